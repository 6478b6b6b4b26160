// Plain C++, summing in FP64: slow, and right for every code, NaN included.
#include "kernels/gemv/gemv_rows.hpp"

namespace perfmodel::kernels::gemv_detail {

namespace {

template <Format F>
std::uint16_t code_at(const std::uint8_t* row, std::int64_t k) {
  if constexpr (bits_of(F) == 16) {
    return static_cast<std::uint16_t>(row[2 * k] | (row[2 * k + 1] << 8));
  } else if constexpr (bits_of(F) == 4) {
    return static_cast<std::uint16_t>((row[k / 2] >> (4 * (k % 2))) & 0xF);
  } else {
    return row[k];
  }
}

template <Format F, Step S>
void rows(const Rows& t) noexcept {
  const auto* x = static_cast<const float*>(t.x);
  for (std::int64_t n = t.first; n < t.last; ++n) {
    const std::uint8_t* row = t.codes + n * t.row_bytes;
    const float* scale = nullptr;
    if constexpr (S != Step::mx32) scale = t.scales + n / t.rows_per_scale * t.scale_stride;
    double y = 0.0;
    for (std::int64_t k = 0; k < t.columns; ++k) {
      float s = 0.0F;
      if constexpr (S == Step::mx32) {
        s = t.powers[t.exponents[n * t.scale_stride + k / 32]];
      } else {
        s = scale[S == Step::whole ? 0 : k / 128];
      }
      y += static_cast<double>(decode(F, code_at<F>(row, k))) * static_cast<double>(s) *
           static_cast<double>(x[k]);
    }
    t.y[n] = static_cast<float>(y);
  }
}

template <Format A>
void prepare(const std::uint16_t* x, std::int64_t columns, void* out) noexcept {
  for (std::int64_t i = 0; i < columns; ++i) static_cast<float*>(out)[i] = decode(A, x[i]);
}

template <Format F>
RowsFn rows_of(Step step) {
  switch (step) {
    case Step::whole:
      return rows<F, Step::whole>;
    case Step::block128:
      return rows<F, Step::block128>;
    case Step::mx32:
      break;
  }
  return rows<F, Step::mx32>;
}

}  // namespace

Functions find_scalar(Format weights, Step step, Format activations) {
  Functions f{};
  if (activations == Format::bf16) f.prepare = prepare<Format::bf16>;
  if (activations == Format::fp16) f.prepare = prepare<Format::fp16>;
  switch (weights) {
    case Format::e4m3:
      f.rows = rows_of<Format::e4m3>(step);
      break;
    case Format::e5m2:
      f.rows = rows_of<Format::e5m2>(step);
      break;
    case Format::int8:
      f.rows = rows_of<Format::int8>(step);
      break;
    case Format::e2m1:
      f.rows = rows_of<Format::e2m1>(step);
      break;
    case Format::bf16:
      f.rows = rows<Format::bf16, Step::whole>;
      break;
    case Format::fp16:
      f.rows = rows<Format::fp16, Step::whole>;
      break;
    case Format::fp32:
      break;
  }
  return f;
}

}  // namespace perfmodel::kernels::gemv_detail
