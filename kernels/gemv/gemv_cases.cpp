// What GEMV says about itself, for tests, benchmarks and lists.
#include <cmath>
#include <memory>
#include <stdexcept>

#include "kernels/gemv/gemv.hpp"
#include "kernels/registry/registry.hpp"
#include "kernels/registry/sample.hpp"

namespace perfmodel::kernels {

namespace {

class GemvCase final : public Case {
 public:
  GemvCase(const QuantSpec& spec, Format activations, const Shape& s, Purpose purpose)
      : activations_(activations),
        x_(sample_codes(activations, static_cast<std::size_t>(s.k), 1)),
        y_(static_cast<std::size_t>(s.n)) {
    if (s.m != 1 || s.groups != 1)
      throw std::invalid_argument("gemv: takes one token and one matrix, so m and g are 1");
    matrices_.push_back(sample_matrix(spec, s.n, s.k, 2));
    const auto copies = copies_for(matrices_[0].bytes(), purpose == Purpose::benchmark);
    matrices_.reserve(static_cast<std::size_t>(copies));
    for (std::int64_t i = 1; i < copies; ++i) matrices_.push_back(matrices_.front().clone());
    for (const auto& m : matrices_) weights_.emplace_back(m);
  }

  void run(const Exec& exec) override {
    gemv(weights_[next_], activations_, x_, y_, exec);
    next_ = (next_ + 1) % weights_.size();
  }

  double error() override {
    if (expected_.empty()) compute_reference();
    return largest_error(y_, expected_, magnitude_);
  }

 private:
  void compute_reference() {
    const Quantised& w = matrices_[0];
    for (std::int64_t n = 0; n < w.rows(); ++n) {
      double y = 0.0, magnitude = 0.0;
      for (std::int64_t k = 0; k < w.columns(); ++k) {
        const double product = w.value(n, k) * static_cast<double>(decode(
                                                   activations_, x_[static_cast<std::size_t>(k)]));
        y += product;
        magnitude += std::fabs(product);
      }
      expected_.push_back(y);
      magnitude_.push_back(magnitude);
    }
  }

  Format activations_;
  std::vector<Quantised> matrices_;
  std::vector<GemvWeights> weights_;
  std::size_t next_ = 0;
  std::vector<std::uint16_t> x_;
  std::vector<float> y_;
  std::vector<double> expected_, magnitude_;
};

Cost gemv_cost(const QuantSpec& spec, Format activations, const Shape& s) {
  const Quantised one(spec, std::min<std::int64_t>(s.n, 128), s.k);  // for its sizes
  const double blocks = static_cast<double>(s.n) / static_cast<double>(one.rows());
  const double weights = static_cast<double>(one.bytes()) * blocks;
  const auto n = static_cast<double>(s.n), k = static_cast<double>(one.padded_columns());
  const double memory = weights + 2.0 * k + 4.0 * n;
  Cost c;
  c.flops = Ops::from_base(2.0 * n * static_cast<double>(s.k));
  c.memory = Bytes::from_base(memory);
  // The vector stays in L1 or L2 and is loaded once for four rows, in 16 bits where the best tiers
  // hold it as codes (gemv_avx512bf16.cpp, kHeld of gemv_body.hpp), else in FP32.
  const double held = activations == Format::bf16 || bits_of(spec.format) == 16 ? 2.0 : 4.0;
  c.l2 = Bytes::from_base(memory);
  c.l1 = Bytes::from_base(memory + n / 4.0 * held * k);
  return c;
}

Descriptor describe(const QuantSpec& spec, Format activations) {
  Descriptor d;
  d.name = "gemv/" + name_of(spec) + "/" + std::string(name_of(activations));
  d.family = "gemv";
  d.summary = "weight matrix times one token, FP32 result";
  d.shape_meaning = "n: output channels, k: input channels";
  d.weights = name_of(spec.format);
  d.activations = name_of(activations);
  d.scales = name_of(spec.scheme);
  d.tiers = gemv_tiers(spec, activations);
  // Each of at least 16 interleaved FP32 sums adds up k / 32 exact or once-rounded products; the
  // roundings of random data grow with the root of that and stay below 1e-6 up to k of some 10^5.
  d.max_error = 1e-6;
  d.error_reason =
      "of the sum of |w x|: decoding is exact, products are summed in FP32 over 16 or more "
      "interleaved sums";
  if (spec.format == Format::e4m3 && spec.scheme != ScaleScheme::mx_32 &&
      activations == Format::fp16) {
    // gemv_fp16_body.hpp derives it.
    d.coarser_tiers = {{Tier::avx512fp16, 2.4e-3}};
    d.error_reason +=
        "; avx512fp16 rounds each product and each sum of four to FP16, 2.0e-3, and loses up to "
        "3.4e-4 below its normal numbers where the largest activation of 128 meets no zero weight";
  }
  d.cost = [=](const Shape& s) { return gemv_cost(spec, activations, s); };
  d.make = [=](const Shape& s, Purpose p) {
    return std::make_unique<GemvCase>(spec, activations, s, p);
  };
  for (const std::int64_t n : {1, 3, 4, 5, 130}) d.test_shapes.push_back({1, n, 192, 1});
  for (const std::int64_t k : {1, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 1000})
    d.test_shapes.push_back({1, 9, k, 1});
  d.test_shapes.push_back({1, 20, 4096, 1});
  d.benchmark_shapes = {{1, 4096, 4096, 1}, {1, 18432, 7168, 1}};
  return d;
}

}  // namespace

void add_gemv(Descriptors& all) {
  using S = ScaleScheme;
  const QuantSpec specs[] = {
      {Format::e4m3, S::per_tensor, ScaleType::fp32},
      {Format::e4m3, S::per_channel, ScaleType::fp32},
      {Format::e4m3, S::block_128x128, ScaleType::fp32},
      {Format::e4m3, S::block_128x128, ScaleType::ue8m0},
      {Format::e4m3, S::mx_32, ScaleType::ue8m0},
      {Format::e5m2, S::per_channel, ScaleType::fp32},
      {Format::e5m2, S::block_128x128, ScaleType::fp32},
      {Format::e2m1, S::mx_32, ScaleType::ue8m0},
      {Format::int8, S::per_channel, ScaleType::fp32},
      {Format::int8, S::block_128x128, ScaleType::fp32},
      {Format::bf16, S::none},
      {Format::fp16, S::none},
  };
  for (const QuantSpec& spec : specs) {
    for (const Format activations : {Format::bf16, Format::fp16})
      all.push_back(describe(spec, activations));
  }
}

}  // namespace perfmodel::kernels
