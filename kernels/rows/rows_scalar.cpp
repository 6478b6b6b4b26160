// Plain C++ in FP64, rounded once at the end; scales as kernels/formats defines them.
#include <algorithm>
#include <cmath>

#include "kernels/formats/quantised.hpp"
#include "kernels/rows/row_ops.hpp"

namespace perfmodel::kernels::rows_detail {

namespace {

constexpr QuantSpec kSpec{Format::e4m3, ScaleScheme::row_1x128, ScaleType::fp32};

double bf16(std::uint16_t code) {
  return static_cast<double>(bf16_to_float(code));
}

std::uint16_t to_bf16(double value) {
  return float_to_bf16(static_cast<float>(value));
}

void quantise_block(const float* values, std::uint8_t* codes, float* scale) {
  float amax = 0.0F;
  for (int i = 0; i < 128; ++i) amax = std::fmax(amax, std::fabs(values[i]));
  *scale = block_scale(kSpec, amax);
  const float inverse = 1.0F / *scale;
  for (int i = 0; i < 128; ++i)
    codes[i] = static_cast<std::uint8_t>(encode(Format::e4m3, values[i] * inverse));
}

template <bool Quantise>
void rmsnorm(const Work& w) noexcept {
  for (std::int64_t r = w.first; r < w.last; ++r) {
    const std::uint16_t* in = w.in + r * w.columns;
    double sum = 0.0;
    for (std::int64_t c = 0; c < w.columns; ++c) sum += bf16(in[c]) * bf16(in[c]);
    const double factor =
        1.0 / std::sqrt(sum / static_cast<double>(w.columns) + static_cast<double>(w.epsilon));
    float block[128];
    for (std::int64_t c = 0; c < w.columns; ++c) {
      const double y = bf16(in[c]) * factor * static_cast<double>(w.weight[c]);
      const std::int64_t at = r * w.columns + c;
      block[c % 128] = static_cast<float>(y);
      if constexpr (!Quantise) w.out[at] = to_bf16(y);
      if (Quantise && c % 128 == 127)
        quantise_block(block, w.codes + at - 127, w.scales + at / 128);
    }
  }
}

void quantise(const Work& w) noexcept {
  for (std::int64_t at = w.first * w.columns; at < w.last * w.columns; at += 128) {
    float block[128];
    for (int i = 0; i < 128; ++i) block[i] = bf16_to_float(w.in[at + i]);
    quantise_block(block, w.codes + at, w.scales + at / 128);
  }
}

void dequantise(const Work& w) noexcept {
  for (std::int64_t at = w.first * w.columns; at < w.last * w.columns; ++at)
    w.out[at] = float_to_bf16(decode(kE4m3, w.codes[at]) * w.scales[at / 128]);
}

void softmax(const Work& w) noexcept {
  for (std::int64_t r = w.first; r < w.last; ++r) {
    const float* in = w.in_fp32 + r * w.columns;
    const double largest = static_cast<double>(*std::max_element(in, in + w.columns));
    double sum = 0.0;
    for (std::int64_t c = 0; c < w.columns; ++c)
      sum += std::exp(static_cast<double>(in[c]) - largest);
    for (std::int64_t c = 0; c < w.columns; ++c)
      w.out_fp32[r * w.columns + c] =
          static_cast<float>(std::exp(static_cast<double>(in[c]) - largest) / sum);
  }
}

void swiglu(const Work& w) noexcept {
  for (std::int64_t c = w.first * w.columns; c < w.last * w.columns; ++c)
    w.out[c] = to_bf16(bf16(w.in[c]) / (1.0 + std::exp(-bf16(w.in[c]))) * bf16(w.other[c]));
}

void rope(const Work& w) noexcept {
  const std::int64_t half = w.columns / 2;
  for (std::int64_t r = w.first; r < w.last; ++r) {
    for (std::int64_t c = 0; c < half; ++c) {
      const double a = bf16(w.in[r * w.columns + c]), b = bf16(w.in[r * w.columns + half + c]);
      const auto cosine = static_cast<double>(w.weight[r * half + c]);
      const auto sine = static_cast<double>(w.sines[r * half + c]);
      w.out[r * w.columns + c] = to_bf16(a * cosine - b * sine);
      w.out[r * w.columns + half + c] = to_bf16(b * cosine + a * sine);
    }
  }
}

}  // namespace

Fn find_scalar(Op op) {
  switch (op) {
    case Op::rmsnorm:
      return rmsnorm<false>;
    case Op::rmsnorm_quantise:
      return rmsnorm<true>;
    case Op::softmax:
      return softmax;
    case Op::swiglu:
      return swiglu;
    case Op::rope:
      return rope;
    case Op::quantise:
      return quantise;
    case Op::dequantise:
      break;
  }
  return dequantise;
}

}  // namespace perfmodel::kernels::rows_detail
