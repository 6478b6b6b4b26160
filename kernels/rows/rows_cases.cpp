// What the row-wise kernels say about themselves, for tests, benchmarks and lists.
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "kernels/formats/quantised.hpp"
#include "kernels/registry/registry.hpp"
#include "kernels/registry/sample.hpp"
#include "kernels/rows/rows.hpp"

namespace perfmodel::kernels {

namespace {

constexpr float kEpsilon = 1e-6F;
/// Half a unit in the last place of BF16, relative to the value, and a little for FP32 before it.
constexpr double kBf16Error = 0x1.01p-8;

class RowsCase final : public Case {
 public:
  RowsCase(RowOp op, const Shape& s)
      : op_(op),
        columns_(s.n),
        size_(static_cast<std::size_t>(s.m * s.n)),
        in_(size_),
        other_(size_),
        out_(size_),
        in_fp32_(op == RowOp::softmax || op == RowOp::rope ? size_ : 0),
        out_fp32_(op == RowOp::softmax ? size_ : 0),
        codes_(size_),
        scales_(size_ / 128),
        weight_(sample_values(static_cast<std::size_t>(s.n), 2)) {
    const auto values = sample_values(4096, 1);
    for (std::size_t i = 0; i < size_; ++i) {
      in_[i] = float_to_bf16(values[(i * 7 + i / 4096) % 4096]);
      other_[i] = float_to_bf16(values[(i * 5 + 99) % 4096]);
    }
    for (std::size_t i = 0; i < in_fp32_.size(); ++i) in_fp32_[i] = values[(i * 3 + i / 64) % 4096];
    if (op == RowOp::dequantise) {
      for (std::size_t i = 0; i < size_; ++i)
        codes_[i] = static_cast<std::uint8_t>(i % 127 + i / 127 % 2 * 128);
      for (std::size_t i = 0; i < scales_.size(); ++i)
        scales_[i] = 0.01F + std::fabs(values[i % 4096]);
    }
    // Angles of rotary embedding: cosines in the first half, sines in the second.
    if (op == RowOp::rope) {
      for (std::size_t i = 0; i < size_ / 2; ++i) {
        const double angle = static_cast<double>(i % 1000) * 0.37;
        in_fp32_[i] = static_cast<float>(std::cos(angle));
        in_fp32_[size_ / 2 + i] = static_cast<float>(std::sin(angle));
      }
    }
  }

  void run(const Exec& exec) override {
    switch (op_) {
      case RowOp::rmsnorm:
        return rmsnorm(in_.span(), weight_, kEpsilon, out_.span(), exec);
      case RowOp::rmsnorm_quantise:
        return rmsnorm_quantise(in_.span(), weight_, kEpsilon, codes_.span(), scales_.span(), exec);
      case RowOp::softmax:
        return softmax(in_fp32_.span(), columns_, out_fp32_.span(), exec);
      case RowOp::swiglu:
        return swiglu(in_.span(), other_.span(), out_.span(), exec);
      case RowOp::rope:
        return rope(in_.span(), columns_, in_fp32_.span().first(size_ / 2),
                    in_fp32_.span().last(size_ / 2), out_.span(), exec);
      case RowOp::quantise:
        return quantise_rows(in_.span(), codes_.span(), scales_.span(), exec);
      case RowOp::dequantise:
        return dequantise_rows(codes_.span(), scales_.span(), out_.span(), exec);
    }
  }

  double error() override {
    double largest = 0.0;
    const auto add = [&](double actual, double expected, double of) {
      const double difference = std::fabs(actual - expected);
      if (difference == 0.0) return;
      const double e = difference / of;
      largest = e >= largest    ? e
                : std::isnan(e) ? std::numeric_limits<double>::infinity()
                                : largest;
    };
    for (std::size_t row = 0; row < size_; row += static_cast<std::size_t>(columns_))
      row_error(row, add);
    return largest;
  }

 private:
  double in(std::size_t i) const { return static_cast<double>(bf16_to_float(in_[i])); }
  double out(std::size_t i) const { return static_cast<double>(bf16_to_float(out_[i])); }
  double decoded(std::size_t i) const {
    return static_cast<double>(decode(kE4m3, codes_[i])) * static_cast<double>(scales_[i / 128]);
  }

  template <class Add>
  void row_error(std::size_t row, const Add& add) const {
    const auto columns = static_cast<std::size_t>(columns_);
    double square = 0.0, total = 0.0;
    for (std::size_t c = row; c < row + columns; ++c) {
      square += in(c)*in(c);
      if (op_ == RowOp::softmax) total += std::exp(static_cast<double>(in_fp32_[c]));
    }
    const double rms =
        std::sqrt(square / static_cast<double>(columns_) + static_cast<double>(kEpsilon));
    // What the scale of 128 columns must be: E4M3's range is there to be used.
    const auto amax_of = [&](std::size_t block) {
      double amax = 0.0;
      for (std::size_t c = block * 128; c < block * 128 + 128; ++c)
        amax = std::fmax(amax, std::fabs(in(c) / rms * static_cast<double>(weight_[c - row])));
      return amax;
    };
    Quantised expected_codes;
    if (op_ == RowOp::quantise) {
      std::vector<float> values;
      for (std::size_t c = row; c < row + columns; ++c) values.push_back(bf16_to_float(in_[c]));
      expected_codes =
          quantise({Format::e4m3, ScaleScheme::row_1x128, ScaleType::fp32}, values, 1, columns_);
    }
    double scale = 0.0;
    for (std::size_t c = row; c < row + columns; ++c) {
      const std::size_t i = c - row, half = columns / 2;
      double y = 0.0;
      switch (op_) {
        case RowOp::rmsnorm:
          y = in(c) / rms * static_cast<double>(weight_[i]);
          add(out(c), y, std::fabs(y));
          break;
        case RowOp::rmsnorm_quantise: {
          y = in(c) / rms * static_cast<double>(weight_[i]);
          if (c % 128 == 0) scale = amax_of(c / 128) / 448.0;
          // Below 2^-6 of the scale the step of E4M3 no longer shrinks.
          add(decoded(c), y, std::max(std::fabs(y), scale * 0x1p-6));
          break;
        }
        case RowOp::softmax:
          y = std::exp(static_cast<double>(in_fp32_[c])) / total;
          add(static_cast<double>(out_fp32_[c]), y, y);
          break;
        case RowOp::swiglu:
          y = in(c) / (1.0 + std::exp(-in(c))) * static_cast<double>(bf16_to_float(other_[c]));
          add(out(c), y, std::fabs(y));
          break;
        case RowOp::rope: {
          const std::size_t pair = i % half, at = row / 2 + pair;
          const auto cosine = static_cast<double>(in_fp32_[at]);
          const auto sine = static_cast<double>(in_fp32_[size_ / 2 + at]);
          const double a = in(row + pair), b = in(row + half + pair);
          y = i < half ? a * cosine - b * sine : b * cosine + a * sine;
          add(out(c), y,
              std::fabs(a * (i < half ? cosine : sine)) +
                  std::fabs(b * (i < half ? sine : cosine)));
          break;
        }
        case RowOp::quantise:
          add(codes_[c], expected_codes.code(0, static_cast<std::int64_t>(i)), 1.0);
          add(static_cast<double>(scales_[c / 128]),
              static_cast<double>(expected_codes.scale(0, static_cast<std::int64_t>(i))), 1.0);
          break;
        case RowOp::dequantise:
          y = decoded(c);
          add(out(c), y, std::fabs(y));
          break;
      }
    }
  }

  RowOp op_;
  std::int64_t columns_;
  std::size_t size_;
  Buffer<std::uint16_t> in_, other_, out_;
  Buffer<float> in_fp32_, out_fp32_;
  Buffer<std::uint8_t> codes_;
  Buffer<float> scales_;
  std::vector<float> weight_;
};

struct Facts {
  RowOp op;
  const char *name, *summary, *formats;
  double bytes, flops;  // per element
  double error;
  const char* reason;
};

const char* const kRounding = "of the value: rounding to BF16 is 2^-8, FP32 arithmetic adds little";

const Facts kFacts[] = {
    {RowOp::rmsnorm, "rmsnorm", "root-mean-square norm of rows, with weights", "bf16", 4, 4,
     kBf16Error, kRounding},
    {RowOp::rmsnorm_quantise, "rmsnorm_quantise", "the same into E4M3 with 1x128 scales", "e4m3",
     3 + 4.0 / 128, 6, 0x1.01p-4,
     "of the value, or of 2^-6 of the scale: half a step of E4M3 is 2^-4"},
    {RowOp::softmax, "softmax", "softmax of rows", "fp32", 8, 12, 2e-6,
     "of the value: 3e-7 of the exponential, FP32 sums"},
    {RowOp::swiglu, "swiglu", "gate / (1 + e^-gate) * up", "bf16", 6, 14, kBf16Error, kRounding},
    {RowOp::rope, "rope", "rotary embedding, a table of angles per row", "bf16", 8, 3, kBf16Error,
     "of the magnitudes of the two terms: rounding to BF16 is 2^-8"},
    {RowOp::quantise, "quantise", "BF16 to E4M3 with 1x128 scales", "e4m3", 3 + 4.0 / 128, 2, 0.0,
     "absolute, of codes and scales: they are those of the scalar conversion to the bit"},
    {RowOp::dequantise, "dequantise", "E4M3 with 1x128 scales to BF16", "bf16", 3 + 4.0 / 128, 1,
     kBf16Error, kRounding},
};

}  // namespace

void add_rows(Descriptors& all) {
  for (const Facts& f : kFacts) {
    Descriptor d;
    d.family = f.name;
    d.name = d.family + "/" + f.formats;
    d.summary = f.summary;
    d.shape_meaning = "m: rows, n: columns";
    d.activations = f.formats;
    d.scales = std::string(f.formats) == "e4m3" || f.op == RowOp::dequantise ? "1x128" : "none";
    d.tiers = row_tiers();
    d.max_error = f.error;
    d.error_reason = f.reason;
    const RowOp op = f.op;
    const double bytes = f.bytes, flops = f.flops;
    d.cost = [=](const Shape& s) {
      const double n = static_cast<double>(s.m) * static_cast<double>(s.n);
      const Bytes memory = Bytes::from_base(bytes * n);
      return Cost{Ops::from_base(flops * n), memory, memory, memory};
    };
    d.make = [=](const Shape& s, Purpose) { return std::make_unique<RowsCase>(op, s); };
    d.test_shapes = {{1, 128, 1, 1}, {2, 256, 1, 1}, {7, 384, 1, 1}, {33, 1152, 1, 1}};
    // Written past the caches.
    if (op == RowOp::rmsnorm || op == RowOp::rope) d.test_shapes.push_back({4100, 2176, 1, 1});
    if (op == RowOp::softmax) d.test_shapes.push_back({2050, 2176, 1, 1});
    if (op == RowOp::rope) d.test_shapes.push_back({5, 64, 1, 1});
    d.benchmark_shapes = {{8192, 7168, 1, 1}};
    all.push_back(std::move(d));
  }
}

}  // namespace perfmodel::kernels
