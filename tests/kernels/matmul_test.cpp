// What GEMV and GEMM do beside the stated error: NaN, refusals, agreement of their forms.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "amx_emulated.hpp"
#include "kernels/gemm/gemm.hpp"
#include "kernels/gemm/gemm_kinds.hpp"
#include "kernels/gemv/gemv.hpp"
#include "kernels/registry/sample.hpp"
#include "sanitized.hpp"

namespace perfmodel::kernels {
namespace {

constexpr QuantSpec kBlocks{Format::e4m3, ScaleScheme::block_128x128, ScaleType::fp32};
constexpr QuantSpec kUe8m0Blocks{Format::e4m3, ScaleScheme::block_128x128, ScaleType::ue8m0};

std::vector<Tier> can_run_of(std::vector<Tier> tiers) {
  std::erase_if(tiers, [](Tier t) { return !can_run(t); });
  return tiers;
}

/// Tiers that GEMV and GEMM have for these formats and that this machine can run.
std::vector<Tier> in_both(const QuantSpec& spec, Format activations) {
  std::vector<Tier> both;
  const auto of_gemv = gemv_tiers(spec, activations);
  for (const Tier t : gemm_tiers(spec, activations)) {
    if (can_run(t) && std::find(of_gemv.begin(), of_gemv.end(), t) != of_gemv.end())
      both.push_back(t);
  }
  return both;
}

/// The fast decoders take the NaN code of E4M3 for 480; a NaN weight must still make NaN results.
TEST(Matmul, NanWeightsReachTheirResultsAndNoOther) {
  Quantised q = sample_matrix(kBlocks, 40, 200, 3);
  q.set_code(17, 150, 0x7F);
  const auto x = sample_codes(Format::bf16, 200, 4);
  Team team(2);
  for (const Tier t : in_both(kBlocks, Format::bf16)) {
    std::vector<float> y(40), c(40);
    gemv(GemvWeights(q), Format::bf16, x, y, {t, team});
    gemm(PackedWeights(q, Format::bf16, t), Activations(Format::bf16, x, 200), c, {t, team});
    for (std::size_t n = 0; n < 40; ++n) {
      EXPECT_EQ(std::isnan(y[n]), n == 17) << name_of(t) << ' ' << n;
      EXPECT_EQ(std::isnan(c[n]), n == 17) << name_of(t) << ' ' << n;
    }
  }
}

/// Exponent 0 stands for 2^-127, which FP32 has as a subnormal only, and 255 for NaN: the ends of
/// what may be shifted into the field of a float.
TEST(Matmul, TheEndsOfMxScalesReachTheirRowsAndNoOther) {
  for (const Format format : {Format::e4m3, Format::e2m1}) {
    const QuantSpec spec{format, ScaleScheme::mx_32, ScaleType::ue8m0};
    Quantised q = sample_matrix(spec, 40, 700, 3);
    const auto row = [&](std::int64_t n) {
      return q.exponents().subspan(static_cast<std::size_t>(n * q.scale_columns()),
                                   static_cast<std::size_t>(q.scale_columns()));
    };
    std::ranges::fill(row(5), std::uint8_t{0});
    row(17)[20] = 255;
    row(39)[3] = 0;
    row(38)[1] = 200;
    const auto x = sample_codes(Format::bf16, 700, 4);
    Team team(2);
    for (const Tier t : in_both(spec, Format::bf16)) {
      std::vector<float> y(40), c(40);
      gemv(GemvWeights(q), Format::bf16, x, y, {t, team});
      gemm(PackedWeights(q, Format::bf16, t), Activations(Format::bf16, x, 700), c, {t, team});
      for (std::int64_t n = 0; n < 40; ++n) {
        double expected = 0.0, magnitude = 0.0;
        for (std::int64_t k = 0; k < 700; ++k) {
          const double product =
              q.value(n, k) * static_cast<double>(bf16_to_float(x[static_cast<std::size_t>(k)]));
          expected += product;
          magnitude += std::fabs(product);
        }
        for (const std::vector<float>* result : {&y, &c}) {
          const auto actual = static_cast<double>((*result)[static_cast<std::size_t>(n)]);
          if (n == 17) {
            EXPECT_TRUE(std::isnan(actual)) << name_of(t);
          } else {
            // A unit of the last place of subnormal numbers beside the share of the magnitudes.
            EXPECT_NEAR(actual, expected, 2e-6 * magnitude + 0x1p-140) << name_of(t) << ' ' << n;
          }
        }
      }
    }
  }
}

TEST(Matmul, GemvAndGemmAgree) {
  Team team(2);
  for (const QuantSpec& spec : {kBlocks, kUe8m0Blocks}) {
    const Quantised q = sample_matrix(spec, 70, 300, 3);
    const auto x = sample_codes(Format::fp16, 300, 4);
    for (const Tier t : in_both(spec, Format::fp16)) {
      std::vector<float> y(70), c(70);
      gemv(GemvWeights(q), Format::fp16, x, y, {t, team});
      gemm(PackedWeights(q, Format::fp16, t), Activations(Format::fp16, x, 300), c, {t, team});
      for (std::size_t n = 0; n < 70; ++n) EXPECT_NEAR(y[n], c[n], 1e-3F * std::fabs(y[n]) + 1e-3F);
    }
  }
}

TEST(Matmul, TheNumberOfThreadsDoesNotChangeABit) {
  const Quantised q = sample_matrix(kBlocks, 333, 500, 3);
  const auto x = sample_codes(Format::bf16, 500 * 30, 4);
  const std::span one(x.data(), 500);
  Team single(1), several(3);
  for (const Tier t : in_both(kBlocks, Format::bf16)) {
    std::vector<float> a(333 * 30), b(333 * 30);
    const PackedWeights w(q, Format::bf16, t);
    gemm(w, Activations(Format::bf16, x, 500), a, {t, single});
    gemm(w, Activations(Format::bf16, x, 500), b, {t, several});
    EXPECT_EQ(a, b) << name_of(t);
  }
  for (const Tier t : can_run_of(gemv_tiers(kBlocks, Format::bf16))) {
    std::vector<float> y(333), z(333);
    gemv(GemvWeights(q), Format::bf16, one, y, {t, single});
    gemv(GemvWeights(q), Format::bf16, one, z, {t, several});
    EXPECT_EQ(y, z) << name_of(t);
  }
}

/// A row does not know how many others there are: tiles, full or not, and the ways that few rows
/// take give it the same bits.
TEST(Matmul, OtherRowsDoNotChangeABitOfARow) {
  constexpr std::size_t kRows = 60, kColumns = 700;
  Team team(2);
  for (const GemmKind& kind : gemm_kinds()) {
    if (kind.grouped || bits_of(kind.activations) != 16) continue;
    const Quantised q = sample_matrix(kind.weights, 40, kColumns, 3);
    const auto x = sample_codes(kind.activations, kRows * kColumns, 4);
    const auto expect_same = [&](const PackedWeights& w, Tier t, const char* what) {
      const auto of_rows = [&](std::size_t m) {
        std::vector<float> c(m * 40);
        gemm(w, Activations(kind.activations, std::span(x).first(m * kColumns), kColumns), c,
             {t, team});
        return c;
      };
      const auto all = of_rows(kRows);
      for (const std::size_t m : std::initializer_list<std::size_t>{1, 8, 13, 16, 17, 40}) {
        const auto some = of_rows(m);
        EXPECT_TRUE(std::equal(some.begin(), some.end(), all.begin()))
            << name_of(kind) << ' ' << what << ' ' << m;
      }
    };
    for (const Tier t : can_run_of(gemm_tiers(kind.weights, kind.activations))) {
      if (kSanitized && t == Tier::scalar) continue;
      expect_same(PackedWeights(q, kind.activations, t), t, name_of(t).data());
    }
    const auto tiles = find_amx_emulated(kind.weights.format, kind.activations);
    if (!kSanitized)
      expect_same(PackedWeights(q, kind.activations, Tier::scalar, tiles), Tier::scalar, "tiles");
  }
}

/// What is added to C in several passes, over columns that are packed or decoded at a time, is no
/// less exact: many rows and long ones.
TEST(Matmul, LongRowsOfManyTokensStayWithinTheStatedError) {
  Team team(2);
  for (const GemmKind& kind : gemm_kinds()) {
    const bool exact = kind.weights == QuantSpec{Format::bf16, ScaleScheme::none};
    if (kind.grouped || kind.activations == Format::fp16 || (!exact && kind.weights != kBlocks))
      continue;
    const Descriptor& d = *descriptor_named(name_of(kind));
    for (const Shape& shape : {Shape{300, 2, 2200, 1}, Shape{5, 33, 4200, 1}}) {
      const auto c = make_gemm_case(kind, shape, Purpose::test);
      for (const Tier t : can_run_of(d.tiers)) {
        c->run({t, team});
        EXPECT_LE(c->error(), d.max_error_of(t)) << d.name << name_of(t) << to_string(shape);
      }
      const auto f = find_amx_emulated(kind.weights.format, kind.activations);
      const auto tiles = make_gemm_case(kind, shape, Purpose::test, &f);
      tiles->run({Tier::scalar, team});
      EXPECT_LE(tiles->error(), d.max_error_of(Tier::amx)) << d.name << to_string(shape);
    }
  }
}

TEST(Matmul, NanActivationsReachTheirRowsAndNoOther) {
  const auto values = sample_values(40 * 300, 4);
  Quantised x = quantise({Format::e4m3, ScaleScheme::row_1x128, ScaleType::fp32}, values, 40, 300);
  x.set_code(5, 299, 0xFF);
  x.set_code(21, 0, 0x7F);
  const Quantised q = sample_matrix(kBlocks, 33, 300, 3);
  Team team(2);
  for (const Tier t : can_run_of(gemm_tiers(kBlocks, Format::e4m3))) {
    std::vector<float> c(40 * 33);
    gemm(PackedWeights(q, Format::e4m3, t), Activations(x), c, {t, team});
    for (std::size_t i = 0; i < c.size(); ++i)
      ASSERT_EQ(std::isnan(c[i]), i / 33 == 5 || i / 33 == 21) << name_of(t) << ' ' << i;
  }
}

/// An expert with a NaN weight has other functions than the rest.
TEST(Matmul, ANanWeightOfOneExpertLeavesTheOthersAlone) {
  const Quantised q = sample_matrix(kBlocks, 33, 300, 3);
  Quantised with_nan = sample_matrix(kBlocks, 33, 300, 3);
  with_nan.set_code(7, 200, 0x7F);
  const auto x = sample_codes(Format::bf16, 30 * 300, 4);
  const Activations a(Format::bf16, x, 300);
  const std::int64_t offsets[] = {0, 4, 4, 20, 30};
  Team team(2);
  for (const Tier t : can_run_of(gemm_tiers(kBlocks, Format::bf16))) {
    const PackedWeights whole(q, Format::bf16, t), broken(with_nan, Format::bf16, t);
    const PackedWeights* experts[] = {&whole, &broken, &broken, &whole};
    const PackedWeights* all_whole[] = {&whole, &whole, &whole, &whole};
    std::vector<float> c(30 * 33), expected(c.size());
    grouped_gemm(experts, offsets, a, c, {t, team});
    grouped_gemm(all_whole, offsets, a, expected, {t, team});
    for (std::size_t i = 0; i < c.size(); ++i) {
      const bool of_broken = i / 33 >= 4 && i / 33 < 20;
      ASSERT_EQ(std::isnan(c[i]), of_broken && i % 33 == 7) << name_of(t) << ' ' << i;
      if (!of_broken) {
        ASSERT_EQ(c[i], expected[i]) << name_of(t) << ' ' << i;
      }
    }
  }
}

TEST(Matmul, EmptySizesAreFine) {
  Team team(2);
  const Quantised none = sample_matrix(kBlocks, 0, 64, 3);
  const auto x = sample_codes(Format::bf16, 64, 4);
  std::vector<float> y;
  gemv(GemvWeights(none), Format::bf16, x, y, {Tier::scalar, team});
  gemm(PackedWeights(none, Format::bf16, Tier::scalar), Activations(Format::bf16, x, 64), y,
       {Tier::scalar, team});
  const Quantised q = sample_matrix(kBlocks, 8, 64, 3);
  gemm(PackedWeights(q, Format::bf16, Tier::portable), Activations(Format::bf16, {}, 64), y,
       {Tier::portable, team});
  // Sums of no terms.
  const Quantised flat = sample_matrix({Format::e4m3, ScaleScheme::per_channel}, 8, 0, 3);
  for (const Tier t : in_both(flat.spec(), Format::bf16)) {
    std::vector<float> sums(8, 3.0F);
    gemv(GemvWeights(flat), Format::bf16, {}, sums, {t, team});
    EXPECT_EQ(sums, std::vector<float>(8, 0.0F)) << name_of(t);
  }
}

TEST(Matmul, RefusesWhatDoesNotFit) {
  Team team(1);
  const Exec exec{Tier::scalar, team};
  const Quantised q = sample_matrix(kBlocks, 8, 64, 3);
  const auto x = sample_codes(Format::bf16, 64, 4);
  std::vector<float> y(8), shorter(7);
  const GemvWeights v(q);
  EXPECT_THROW(gemv(v, Format::bf16, std::span(x).first(63), y, exec), std::invalid_argument);
  EXPECT_THROW(gemv(v, Format::bf16, x, shorter, exec), std::invalid_argument);
  EXPECT_THROW(gemv(v, Format::int8, x, y, exec), std::invalid_argument);
  EXPECT_THROW(gemv(v, Format::bf16, x, y, {Tier::amx, team}), std::invalid_argument);
  const PackedWeights w(q, Format::bf16, Tier::scalar);
  const Activations a(Format::bf16, x, 64);
  EXPECT_THROW(gemm(w, a, shorter, exec), std::invalid_argument);
  EXPECT_THROW(gemm(w, a, y, {Tier::portable, team}), std::invalid_argument);
  EXPECT_THROW(gemm(w, Activations(Format::fp16, x, 64), y, exec), std::invalid_argument);
  EXPECT_THROW(Activations(Format::bf16, x, 63), std::invalid_argument);
  EXPECT_THROW(Activations{q}, std::invalid_argument);
  EXPECT_THROW(PackedWeights(q, Format::int8, Tier::amx), std::invalid_argument);
  for (const Format none : {Format::e2m1, Format::fp32}) {
    EXPECT_TRUE(gemm_tiers(kBlocks, none).empty());
    EXPECT_THROW(PackedWeights(q, none, Tier::scalar), std::invalid_argument);
  }
  const PackedWeights* group[] = {&w};
  const std::int64_t backwards[] = {1, 0};
  EXPECT_THROW(grouped_gemm(group, backwards, a, y, exec), std::invalid_argument);
}

}  // namespace
}  // namespace perfmodel::kernels
