// What GEMM says about itself, for tests, benchmarks and lists.
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "kernels/gemm/gemm.hpp"
#include "kernels/gemm/gemm_kinds.hpp"
#include "kernels/registry/registry.hpp"
#include "kernels/registry/sample.hpp"

namespace perfmodel::kernels {

namespace {

constexpr QuantSpec kFp8Rows{Format::e4m3, ScaleScheme::row_1x128, ScaleType::fp32};

class GemmCase final : public Case {
 public:
  GemmCase(const QuantSpec& spec, Format activations, const Shape& s, Purpose purpose,
           const gemm_detail::Functions* functions)
      : shape_(s),
        functions_(functions),
        offsets_(uneven_offsets(s.m, s.groups)),
        c_(static_cast<std::size_t>(s.m * s.n)) {
    for (std::int64_t g = 0; g < s.groups; ++g)
      matrices_.push_back(sample_matrix(spec, s.n, s.k, 2 + static_cast<std::uint64_t>(g)));
    copies_ = copies_for(matrices_[0].bytes() * s.groups, purpose == Purpose::benchmark);
    const auto values = sample_values(static_cast<std::size_t>(s.m * s.k), 1);
    if (bits_of(activations) == 16) {
      codes_.resize(values.size());
      std::transform(values.begin(), values.end(), codes_.begin(),
                     [&](float v) { return encode(activations, v); });
      a_.emplace(activations, codes_, s.k);
    } else {
      QuantSpec rows = kFp8Rows;
      rows.format = activations;
      quantised_ = quantise(rows, values, s.m, s.k);
      a_.emplace(quantised_);
    }
  }

  void run(const Exec& exec) override {
    if (packed_.empty() || packed_[0].tier() != exec.tier) pack(exec.tier);
    const auto groups = static_cast<std::size_t>(shape_.groups);
    grouped_gemm(std::span(pointers_).subspan(next_ * groups, groups), offsets_, *a_, c_, exec);
    next_ = (next_ + 1) % static_cast<std::size_t>(copies_);
  }

  double error() override {
    if (expected_.empty()) compute_reference();
    return largest_error(c_, expected_, magnitude_);
  }

 private:
  void pack(Tier tier) {
    packed_.clear();
    pointers_.clear();
    packed_.reserve(matrices_.size() * static_cast<std::size_t>(copies_));
    for (const Quantised& q : matrices_) {
      if (functions_ == nullptr) {
        packed_.emplace_back(q, a_->format(), tier);
      } else {
        packed_.emplace_back(q, a_->format(), tier, *functions_);
      }
    }
    // Packing is slow; further copies are copies of the packed form.
    for (std::size_t i = matrices_.size(); i < packed_.capacity(); ++i)
      packed_.push_back(packed_[i % matrices_.size()].clone());
    for (const auto& p : packed_) pointers_.push_back(&p);
    next_ = 0;
  }

  double activation(std::int64_t m, std::int64_t k) const {
    if (codes_.empty()) return quantised_.value(m, k);
    return static_cast<double>(
        decode(a_->format(), codes_[static_cast<std::size_t>(m * shape_.k + k)]));
  }

  void compute_reference() {
    const auto [rows, channels, depth, groups] = shape_;
    std::vector<double> w(static_cast<std::size_t>(depth)), a(w.size());
    expected_.resize(c_.size());
    magnitude_.resize(c_.size());
    for (std::int64_t g = 0; g < groups; ++g) {
      const auto group = static_cast<std::size_t>(g);
      for (std::int64_t n = 0; n < channels; ++n) {
        for (std::int64_t k = 0; k < depth; ++k)
          w[static_cast<std::size_t>(k)] = matrices_[group].value(n, k);
        for (std::int64_t m = offsets_[group]; m < offsets_[group + 1]; ++m) {
          double sum = 0.0, magnitude = 0.0;
          for (std::int64_t k = 0; k < depth; ++k) {
            const double product = w[static_cast<std::size_t>(k)] * activation(m, k);
            sum += product;
            magnitude += std::fabs(product);
          }
          expected_[static_cast<std::size_t>(m * channels + n)] = sum;
          magnitude_[static_cast<std::size_t>(m * channels + n)] = magnitude;
        }
      }
    }
  }

  Shape shape_;
  const gemm_detail::Functions* functions_;
  std::vector<std::int64_t> offsets_;
  std::vector<Quantised> matrices_;
  std::int64_t copies_ = 1;
  std::vector<std::uint16_t> codes_;
  Quantised quantised_;
  std::optional<Activations> a_;
  std::vector<PackedWeights> packed_;
  std::vector<const PackedWeights*> pointers_;
  std::size_t next_ = 0;
  std::vector<float> c_;
  std::vector<double> expected_, magnitude_;
};

Cost gemm_cost(const QuantSpec& spec, Format activations, const Shape& s) {
  const Quantised one(spec, std::min<std::int64_t>(s.n, 128), s.k);  // for its sizes
  const auto m = static_cast<double>(s.m), n = static_cast<double>(s.n);
  const auto k = static_cast<double>(s.k);
  const double weights = static_cast<double>(one.bytes()) * n / static_cast<double>(one.rows()) *
                         static_cast<double>(groups_with_rows(s.m, s.groups));
  const double a = m * k * (bits_of(activations) == 8 ? 1.0 + 4.0 / 128 : 2.0);
  Cost c;
  c.flops = Ops::from_base(2.0 * m * n * k);
  c.memory = Bytes::from_base(weights + a + 4.0 * m * n);
  // Packed activations (counted in BF16) pass from L2 to L1 once for each panel of 32 channels;
  // there each tile of 12 x 32 reads 12 + 32 values for each of its k.
  c.l2 = Bytes::from_base(weights + 2.0 * m * k * n / 32 + 4.0 * m * n);
  c.l1 = Bytes::from_base(c.l2.base() + a + 2.0 * m * n * k * (12 + 32) / (12.0 * 32));
  return c;
}

Descriptor describe(const GemmKind& kind) {
  const auto [spec, activations, grouped] = kind;
  Descriptor d;
  d.family = grouped ? "grouped_gemm" : "gemm";
  d.name = name_of(kind);
  d.summary = grouped ? "rows of tokens times the matrix of their expert, FP32 result"
                      : "rows of tokens times a weight matrix, FP32 result";
  d.shape_meaning = std::string("m: tokens, n: output channels, k: input channels") +
                    (grouped ? ", g: experts, with uneven rows that add up to m" : "");
  d.weights = name_of(spec.format);
  d.activations = name_of(activations);
  d.scales = name_of(spec.scheme);
  if (bits_of(activations) == 8) {
    d.activations += "/1x128";
  }
  d.tiers = gemm_tiers(spec, activations);
  // The roundings of random data grow with the root of the number of products in one FP32 sum,
  // while the magnitudes that they are compared with grow with the number itself.
  d.max_error = 2e-6;
  d.error_reason =
      "of the sum of |w a|: decoding is exact, products are summed in FP32 over blocks of at most "
      "2048 columns; avx512bf16 and amx take BF16 subnormals for zero";
  if (spec.format == Format::fp16 && activations == Format::fp16) {
    d.coarser_tiers = {{Tier::amx, 0x1p-16 + d.max_error}};
    d.error_reason += "; amx leaves out the products of the low halves of FP16, 2^-16 at most";
  }
  d.cost = [kind](const Shape& s) { return gemm_cost(kind.weights, kind.activations, s); };
  d.make = [kind](const Shape& s, Purpose p) { return make_gemm_case(kind, s, p); };
  if (grouped) {
    d.test_shapes = {{23, 40, 200, 6}, {1, 33, 128, 3}, {100, 64, 96, 4}};
    d.benchmark_shapes = {{1024, 2048, 2048, 32}};
  } else {
    for (std::int64_t m = 1; m <= 13; ++m) d.test_shapes.push_back({m, 33, 130, 1});
    for (const std::int64_t n : {1, 31, 32, 64}) d.test_shapes.push_back({5, n, 64, 1});
    for (const std::int64_t k : {1, 2, 127, 128, 129, 513, 1100})
      d.test_shapes.push_back({7, 20, k, 1});
    d.test_shapes.push_back({300, 8, 3, 1});
    for (const std::int64_t m : {8, 32, 128, 512, 2048})
      d.benchmark_shapes.push_back({m, 4096, 4096, 1});
  }
  return d;
}

}  // namespace

std::string name_of(const GemmKind& kind) {
  return std::string(kind.grouped ? "grouped_gemm/" : "gemm/") + name_of(kind.weights) + "/" +
         std::string(name_of(kind.activations));
}

std::vector<GemmKind> gemm_kinds() {
  using S = ScaleScheme;
  constexpr QuantSpec kBlocks{Format::e4m3, S::block_128x128, ScaleType::fp32};
  constexpr QuantSpec kMx{Format::e4m3, S::mx_32, ScaleType::ue8m0};
  constexpr QuantSpec kMxfp4{Format::e2m1, S::mx_32, ScaleType::ue8m0};
  const QuantSpec specs[] = {
      {Format::e4m3, S::per_tensor, ScaleType::fp32},
      {Format::e4m3, S::per_channel, ScaleType::fp32},
      kBlocks,
      {Format::e4m3, S::block_128x128, ScaleType::ue8m0},
      kMx,
      {Format::e5m2, S::block_128x128, ScaleType::fp32},
      kMxfp4,
      {Format::int8, S::per_channel, ScaleType::fp32},
      {Format::bf16, S::none},
      {Format::fp16, S::none},
  };
  std::vector<GemmKind> kinds;
  for (const QuantSpec& spec : specs) {
    for (const Format activations : {Format::bf16, Format::fp16})
      kinds.push_back({spec, activations, false});
  }
  kinds.push_back({kBlocks, Format::e4m3, false});
  kinds.push_back({kMx, Format::e4m3, false});
  kinds.push_back({kBlocks, Format::bf16, true});
  kinds.push_back({{Format::e4m3, S::block_128x128, ScaleType::ue8m0}, Format::bf16, true});
  kinds.push_back({kBlocks, Format::e4m3, true});
  kinds.push_back({kMxfp4, Format::bf16, true});
  kinds.push_back({{Format::bf16, S::none}, Format::bf16, true});
  return kinds;
}

std::unique_ptr<Case> make_gemm_case(const GemmKind& kind, const Shape& s, Purpose purpose,
                                     const gemm_detail::Functions* functions) {
  return std::make_unique<GemmCase>(kind.weights, kind.activations, s, purpose, functions);
}

void add_gemm(Descriptors& all) {
  for (const GemmKind& kind : gemm_kinds()) all.push_back(describe(kind));
}

}  // namespace perfmodel::kernels
