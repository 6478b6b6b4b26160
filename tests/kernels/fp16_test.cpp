// The AVX512-FP16 tier where the processor lacks it: its body over vectors in software, and the
// instructions that the compiler made of it, carried out one by one. On a machine that has them
// the latter run as they are.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "fp16_emulated.hpp"
#include "kernels/gemv/gemv.hpp"
#include "kernels/registry/sample.hpp"
#include "kernels/stream/stream.hpp"
#include "sanitized.hpp"
#include "soft_halves.hpp"

namespace perfmodel::kernels {
namespace {

using gemv_detail::Step;

constexpr QuantSpec kTensor{Format::e4m3, ScaleScheme::per_tensor, ScaleType::fp32};
constexpr QuantSpec kChannel{Format::e4m3, ScaleScheme::per_channel, ScaleType::fp32};
constexpr QuantSpec kSquares{Format::e4m3, ScaleScheme::block_128x128, ScaleType::fp32};
constexpr QuantSpec kSquaresOfPowers{Format::e4m3, ScaleScheme::block_128x128, ScaleType::ue8m0};

Step step_of(const QuantSpec& spec) {
  return spec.scheme == ScaleScheme::block_128x128 ? Step::block128 : Step::whole;
}

/// One way to run the tier.
struct Way {
  const char* name;
  gemv_detail::Functions (*find)(Format, Step, Format);
};
std::vector<Way> ways() {
  std::vector<Way> w = {{"in software", find_fp16_emulated}};
#if defined(__x86_64__) && defined(__linux__)
  if (can_run(Tier::avx512bf16)) w.push_back({"as compiled", gemv_detail::find_avx512fp16});
#endif
  return w;
}

std::vector<float> product(const Quantised& q, std::span<const std::uint16_t> x, const Way& way,
                           int threads = 1) {
  Team team(threads);
  std::vector<float> y(static_cast<std::size_t>(q.rows()));
  gemv(GemvWeights(q), x, y, way.find(Format::e4m3, step_of(q.spec()), Format::fp16), team);
  return y;
}

struct Reference {
  std::vector<double> y, magnitude;
};
Reference reference(const Quantised& q, std::span<const std::uint16_t> x) {
  Reference r;
  for (std::int64_t n = 0; n < q.rows(); ++n) {
    double y = 0.0, magnitude = 0.0;
    for (std::int64_t k = 0; k < q.columns(); ++k) {
      const double p =
          q.value(n, k) * static_cast<double>(fp16_to_float(x[static_cast<std::size_t>(k)]));
      y += p;
      magnitude += std::fabs(p);
    }
    r.y.push_back(y);
    r.magnitude.push_back(magnitude);
  }
  return r;
}

double bound() {
  return descriptor_named("gemv/e4m3/128x128/fp16")->max_error_of(Tier::avx512fp16);
}

double error_of(const Quantised& q, std::span<const std::uint16_t> x, const Way& way,
                int threads = 1) {
  const Reference r = reference(q, x);
  return largest_error(product(q, x, way, threads), r.y, r.magnitude);
}

TEST(Fp16Sums, StayWithinTheStatedErrorOnEveryShapeAndScaleScheme) {
  const Fp16Traps traps;
  for (const QuantSpec& spec : {kTensor, kChannel, kSquares, kSquaresOfPowers}) {
    const Descriptor& kernel = *descriptor_named("gemv/" + name_of(spec) + "/fp16");
    const double most = kernel.max_error_of(Tier::avx512fp16);
    EXPECT_GT(most, kernel.max_error);
    for (const Shape& s : kernel.test_shapes) {
      const Quantised q = sample_matrix(spec, s.n, s.k, 2);
      const auto x = sample_codes(Format::fp16, static_cast<std::size_t>(s.k), 1);
      for (const Way& way : ways())
        EXPECT_LE(error_of(q, x, way, s.n > 4 ? 3 : 1), most)
            << kernel.name << ", " << to_string(s) << ", " << way.name;
    }
  }
}

/// The relative L2 error of such sums was reported as 2.8e-4 for a matrix of 4096 by 4096.
TEST(Fp16Sums, HaveTheErrorOfFp16AndNotOfFp32) {
  const Fp16Traps traps;
  const Quantised q = sample_matrix(kSquares, kSanitized ? 8 : 64, 4096, 2);
  const auto x = sample_codes(Format::fp16, 4096, 1);
  const Reference r = reference(q, x);
  for (const Way& way : ways()) {
    const auto y = product(q, x, way);
    double wrong = 0.0, all = 0.0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      wrong += std::pow(static_cast<double>(y[i]) - r.y[i], 2);
      all += r.y[i] * r.y[i];
    }
    const double l2 = std::sqrt(wrong / all);
    EXPECT_TRUE(l2 > 1e-4 && l2 < 5e-4) << l2 << ' ' << way.name;
  }
}

TEST(Fp16Sums, AreOnlyForE4m3AndFp16UnderScalesOfABlockOrMore) {
  for (const Way& way : ways()) {
    EXPECT_NE(way.find(Format::e4m3, Step::block128, Format::fp16).rows, nullptr);
    for (const auto& f : {way.find(Format::e4m3, Step::mx32, Format::fp16),
                          way.find(Format::e4m3, Step::block128, Format::bf16),
                          way.find(Format::e5m2, Step::block128, Format::fp16),
                          way.find(Format::fp16, Step::whole, Format::fp16)})
      EXPECT_TRUE(f.rows == nullptr && f.prepare == nullptr);
  }
#if defined(__x86_64__)
  EXPECT_EQ(gemv_tiers(kSquares, Format::fp16).back(), Tier::avx512fp16);
  EXPECT_EQ(gemv_tiers({Format::fp16, ScaleScheme::none}, Format::fp16).back(), Tier::avx512);
  EXPECT_EQ(gemv_tiers(kSquares, Format::bf16).back(), Tier::avx512bf16);
#endif
}

/// A matrix of one code.
Quantised filled(std::uint16_t code, std::int64_t rows, std::int64_t columns) {
  Quantised q(kSquares, rows, columns);
  for (std::int64_t n = 0; n < rows; ++n) {
    for (std::int64_t k = 0; k < columns; ++k) q.set_code(n, k, code);
  }
  return q;
}

TEST(Fp16Sums, NeitherOverflowNorVanish) {
  const Fp16Traps traps;
  constexpr std::uint16_t kLargestWeight = 0x7E, kSmallestWeight = 1;
  // Largest, smallest and powers of two of FP16, and what lies beside them.
  constexpr std::uint16_t kEdges[] = {0x7BFF, 0x7000, 0x6FFF, 0x3C00, 0x0400, 0x03FF, 1, 0xFBFF};
  for (const std::uint16_t x : kEdges) {
    const std::vector<std::uint16_t> same(256, x);
    for (const std::uint16_t w : {kLargestWeight, kSmallestWeight}) {
      const Quantised q = filled(w, 5, 256);
      for (const Way& way : ways()) EXPECT_LE(error_of(q, same, way), bound()) << x << way.name;
    }
  }
}

TEST(Fp16Sums, KeepWhatStandsBesideALargeActivation) {
  const Fp16Traps traps;
  auto x = sample_codes(Format::fp16, 256, 5);
  for (auto& code : x) code = static_cast<std::uint16_t>(code % 0x1400);  // below 2^-10
  Quantised q = sample_matrix(kSquares, 7, 256, 3);
  constexpr std::uint16_t kLargest[] = {0x7BFF, 0x6800, 0x3C00};
  for (const std::uint16_t largest : kLargest) {
    x[70] = largest;
    // Its smallest weight keeps the bound.
    for (std::int64_t n = 0; n < 7; ++n) q.set_code(n, 70, 1);
    for (const Way& way : ways()) EXPECT_LE(error_of(q, x, way), bound()) << way.name;
    // With weights of zero the loss is below 2^-20 of scale and activation, in each block.
    for (std::int64_t n = 0; n < 7; ++n) q.set_code(n, 70, 0);
    const Reference r = reference(q, x);
    for (const Way& way : ways()) {
      const auto y = product(q, x, way);
      for (std::size_t n = 0; n < 7; ++n) {
        const double scale = static_cast<double>(q.scales()[0]);
        EXPECT_NEAR(y[n], r.y[n],
                    bound() * r.magnitude[n] + 0x1p-20 * scale * fp16_to_float(largest))
            << way.name;
      }
    }
  }
}

/// Scales near both ends of FP32, whose product with the unit of the block would leave it.
TEST(Fp16Sums, HoldForScalesOfTheWholeRangeOfFp32) {
  const Fp16Traps traps;
  constexpr std::uint16_t kSmallest = 1, kLargest = 0x7BFF;
  Quantised low = sample_matrix(kSquares, 9, 128, 3);
  low.scales()[0] = 0x1.23456p-116F;
  Quantised high = filled(0, 9, 128);
  for (std::int64_t n = 0; n < 9; ++n) high.set_code(n, 77, 1);
  high.scales()[0] = 0x1.23456p120F;
  for (const Way& way : ways()) {
    EXPECT_LE(error_of(low, std::vector<std::uint16_t>(128, kSmallest), way), bound()) << way.name;
    EXPECT_LE(error_of(high, std::vector<std::uint16_t>(128, kLargest), way), bound()) << way.name;
  }
}

TEST(Fp16Sums, TakeInfinityAndNanAsFp32Does) {
  const Fp16Traps traps;
  Quantised q = sample_matrix(kSquares, 6, 300, 3);
  for (std::int64_t n = 0; n < 6; ++n) {
    for (std::int64_t k = 0; k < 300; ++k) {
      if ((q.code(n, k) & 0x7F) == 0) q.set_code(n, k, 1);
    }
  }
  q.set_code(2, 9, 0);  // times infinity
  const auto plain = sample_codes(Format::fp16, 300, 4);
  Team team(1);
  constexpr std::uint16_t kNotFinite[] = {0x7C00, 0xFC00, 0x7E00};
  for (const std::uint16_t odd : kNotFinite) {
    auto x = plain;
    x[9] = odd;
    x[10] = 0x7BFF;  // finite beside it
    std::vector<float> expected(6);
    gemv(GemvWeights(q), Format::fp16, x, expected, {Tier::scalar, team});
    for (const Way& way : ways()) {
      const auto y = product(q, x, way);
      for (std::size_t n = 0; n < 6; ++n) {
        EXPECT_FALSE(std::isfinite(expected[n]));
        EXPECT_EQ(std::isnan(y[n]), std::isnan(expected[n])) << n << ' ' << way.name;
        if (std::isinf(expected[n])) {
          EXPECT_EQ(y[n], expected[n]) << n << ' ' << way.name;
        }
      }
    }
  }
}

#if defined(__x86_64__) && defined(__linux__)
/// What the compiler made of the tier, bit for bit with the body in software.
TEST(Fp16Sums, CompiledInstructionsGiveTheBitsOfTheVectorsInSoftware) {
  if (!can_run(Tier::avx512bf16)) GTEST_SKIP() << "this machine lacks the tier's vectors";
  const Fp16Traps traps;
  const auto all = ways();
  ASSERT_EQ(all.size(), 2U);
  std::int64_t rows = 0;
  for (const QuantSpec& spec : {kChannel, kSquares}) {
    for (const std::int64_t n : {1, 4, 11}) {
      const Quantised q = sample_matrix(spec, n, 700, 6);
      const auto x = sample_codes(Format::fp16, 700, 7);
      EXPECT_EQ(product(q, x, all[0]), product(q, x, all[1])) << n;
      rows += n;
    }
  }
  if (can_run(Tier::avx512fp16)) return;  // nothing was trapped
  const std::int64_t blocks = 6 * rows;   // 700 columns
  EXPECT_EQ(Fp16Traps::counts().multiplied, blocks);
  EXPECT_EQ(Fp16Traps::counts().multiply_added, 3 * blocks);
}

TEST(Fp16Sums, TheRoofIsOfMultiplyAddsAndFinite) {
  if (!can_run(Tier::avx512bf16)) GTEST_SKIP() << "this machine lacks the tier's vectors";
  const Fp16Traps traps;
  constexpr std::int64_t kCount = std::int64_t{12} * 32 * 100;
  stream_detail::Range range{nullptr, nullptr, nullptr, 1.0F, kCount, 0.0F, false, nullptr};
  stream_detail::find_avx512fp16(StreamOp::multiply_add)(range);
  EXPECT_TRUE(std::isfinite(range.result) && range.result > 0.0F);
  EXPECT_EQ(stream_detail::find_avx512fp16(StreamOp::read), nullptr);
  if (can_run(Tier::avx512fp16)) return;
  EXPECT_EQ(Fp16Traps::counts().multiply_added, kCount / 32);
}
#endif

TEST(SoftHalves, RoundOnceToNearestEven) {
  const auto h = [](float v) { return float_to_fp16(v); };
  EXPECT_EQ(multiply_add_halves(h(3), h(5), h(0.5F)), h(15.5F));
  EXPECT_EQ(multiply_halves(h(-3), h(0.25F)), h(-0.75F));
  // 2048 + 1 lies between two numbers, 2048 + 3 as well.
  EXPECT_EQ(multiply_add_halves(h(1), h(1), h(2048)), h(2048));
  EXPECT_EQ(multiply_add_halves(h(1), h(3), h(2048)), h(2052));
  // What is too small for the double beside it still decides between both.
  const std::uint16_t least = 1, more = h(0x1p-12F);
  EXPECT_EQ(multiply_add_halves(h(0x1p11F), h(0x1p4F), h(16)), h(0x1p15F)) << "a tie, to even";
  EXPECT_EQ(nearest_half(0x1p15 + 16, 0x1p-48), h(0x1p15F + 32));
  EXPECT_EQ(nearest_half(0x1p15 + 16, -0x1p-48), h(0x1p15F));
  EXPECT_EQ(nearest_half(-0x1p15 - 16, -0x1p-48), h(-0x1p15F - 32));
  EXPECT_EQ(nearest_half(0x1p15 + 48, -0x1p-48), h(0x1p15F + 32));
  // (1 + 2^-10)^2 has 21 bits; less 1 + 2^-9, its last is left.
  EXPECT_EQ(multiply_add_halves(h(1 + 0x1p-10F), h(1 + 0x1p-10F), h(-1 - 0x1p-9F)), h(0x1p-20F));
  // Subnormal numbers are numbers.
  EXPECT_EQ(multiply_halves(least, h(1)), least);
  EXPECT_EQ(multiply_halves(least, h(0.5F)), 0) << "a tie with zero, to even";
  EXPECT_EQ(multiply_halves(3, h(0.5F)), 2);
  EXPECT_EQ(multiply_add_halves(more, more, least), 2) << "2^-24 twice";
  // Beyond the largest number, and what is not one.
  EXPECT_EQ(multiply_add_halves(h(65504), h(1), h(15)), h(65504));
  EXPECT_EQ(multiply_add_halves(h(65504), h(1), h(16)), 0x7C00);
  EXPECT_EQ(multiply_add_halves(0x7C00, h(-1), h(1)), 0xFC00);
  EXPECT_TRUE(std::isnan(fp16_to_float(multiply_add_halves(0x7C00, 0, h(1)))));
  EXPECT_EQ(multiply_add_halves(h(1), h(1), h(-1)), 0) << "+0";
}

}  // namespace
}  // namespace perfmodel::kernels
