// What the number formats cost: against values worked out by hand, and the orders that follow from
// how they are made.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "kernels/accuracy/format_error.hpp"
#include "kernels/accuracy/weight_divergence.hpp"
#include "kernels/registry/sample.hpp"
#include "sanitized.hpp"

namespace perfmodel::kernels {
namespace {

using enum ScaleScheme;

constexpr std::int64_t kSize = 512;

FormatError error_of(const QuantSpec& f, Operand o, Distribution d) {
  return format_error(f, operand_values(o, d, kSize, kSize, 1), kSize, kSize);
}
double snr(const QuantSpec& f, Operand o, Distribution d) {
  return error_of(f, o, d).snr_db;
}

double db(double ratio) {
  return 10.0 * std::log10(ratio);
}

/// Steps of 2^(e - bits) between 2^e and 2^(e + 1), errors uniform within a step, and mantissas
/// spread evenly over the logarithm: the mean of x^2 over 2^(2 e) is then 3 / (2 ln 2). A Gaussian
/// is nearly so.
double floating_snr(int mantissa_bits) {
  return db(12.0 * std::pow(4.0, mantissa_bits) * 3.0 / (2.0 * std::numbers::ln2));
}

TEST(FormatErrors, OfAGaussianAreThoseOfTheMantissa) {
  const struct {
    QuantSpec format;
    int mantissa_bits;
  } cases[] = {{{Format::fp16, none}, 10},
               {{Format::bf16, none}, 7},
               {{Format::e4m3, per_tensor}, 3},
               {{Format::e4m3, block_128x128}, 3},
               {{Format::e5m2, per_tensor}, 2}};
  for (const auto& c : cases)
    for (const Operand o : {Operand::weights, Operand::activations})
      EXPECT_NEAR(snr(c.format, o, Distribution::gaussian), floating_snr(c.mantissa_bits), 1.0)
          << name_of(c.format);
  EXPECT_NEAR(floating_snr(10), 74.4, 0.1);
  EXPECT_NEAR(floating_snr(3), 32.2, 0.1);
}

TEST(FormatErrors, OfUniformValuesInInt8AreThoseOfItsSteps) {
  Random random(3);
  std::vector<float> values(static_cast<std::size_t>(kSize * kSize));
  for (float& v : values) v = 2.0F * random.uniform() - 1.0F;
  const auto e = format_error({Format::int8, per_tensor}, values, kSize, kSize);
  // Mean square 1/3 over a step of 1/127, squared, by 12.
  EXPECT_NEAR(e.snr_db, db(4.0 * 127 * 127), 0.1);
  // Half a step, over the RMS of 1 / sqrt 3.
  EXPECT_NEAR(e.max_absolute, 0.5 / 127 * std::numbers::sqrt3, 1e-4);
  // Below half a step all is lost.
  EXPECT_NEAR(e.lost, 0.5 / 127, 1e-3);
}

TEST(FormatErrors, OfASingleValueByHand) {
  // 17 lies between the E4M3 values 16 and 18 and ties to the even code; with a power of two for
  // the scale the largest value, 448, keeps it at one.
  const std::vector<float> values = {448.0F, 17.0F};
  const auto e = format_error({Format::e4m3, per_tensor, ScaleType::ue8m0}, values, 1, 2);
  const double square = 448.0 * 448.0 + 17.0 * 17.0;
  EXPECT_NEAR(e.snr_db, db(square), 1e-9);
  EXPECT_NEAR(e.max_relative, 1.0 / 17, 1e-12);
  EXPECT_NEAR(e.max_absolute, 1.0 / std::sqrt(square / 2), 1e-12);
  EXPECT_EQ(e.lost, 0.0);
  EXPECT_TRUE(std::isinf(format_error({Format::bf16, none}, values, 1, 2).snr_db));
  EXPECT_THROW(format_error({Format::bf16, none}, std::vector<float>{0.0F}, 1, 1),
               std::invalid_argument);
  EXPECT_THROW(format_error({Format::bf16, none}, values, 2, 2), std::invalid_argument);
}

/// Rounding of floats hardly knows the scale: this much is the luck of where values fall.
constexpr double kLuck = 0.1;
/// With outliers the values of the one channel that has most of the power decide the ratio.
constexpr double kOneChannel = 1.0;

TEST(FormatErrors, OutliersRuinInt8PerTensorButNotBlocksOrFp8) {
  for (const Operand o : {Operand::weights, Operand::activations}) {
    const ScaleScheme block = o == Operand::weights ? block_128x128 : row_1x128;
    const auto drop = [&](const QuantSpec& f) {
      return snr(f, o, Distribution::gaussian) - snr(f, o, Distribution::outlier_channels);
    };
    EXPECT_GT(drop({Format::int8, per_tensor}), 15.0) << name_of(o);
    for (const QuantSpec& f : {QuantSpec{Format::e4m3, block}, QuantSpec{Format::e4m3, per_tensor}})
      EXPECT_LT(drop(f), 1.0) << name_of(o) << ' ' << name_of(f);
    EXPECT_GT(snr({Format::int8, block}, o, Distribution::outlier_channels),
              snr({Format::int8, per_tensor}, o, Distribution::outlier_channels) + 5.0);
  }
  // A scale for each output channel takes outlier channels of weights as if they were none; those
  // of activations lie across all tokens.
  const QuantSpec channel{Format::int8, per_channel};
  EXPECT_NEAR(snr(channel, Operand::weights, Distribution::outlier_channels),
              snr(channel, Operand::weights, Distribution::gaussian), kOneChannel);
  EXPECT_LT(snr(channel, Operand::activations, Distribution::outlier_channels),
            snr(channel, Operand::activations, Distribution::gaussian) - 10.0);
}

TEST(FormatErrors, FinerScalesAreNeverWorseOnOutliers) {
  for (const Operand o : {Operand::weights, Operand::activations}) {
    const ScaleScheme block = o == Operand::weights ? block_128x128 : row_1x128;
    for (const Format f : {Format::int8, Format::e4m3, Format::e5m2})
      for (const Distribution d : {Distribution::student_t4, Distribution::outlier_channels})
        EXPECT_GE(snr({f, block}, o, d), snr({f, per_tensor}, o, d) - kLuck)
            << name_of(f) << ' ' << name_of(o) << ' ' << name_of(d);
  }
  const auto int8 = [](ScaleScheme s) {
    return snr({Format::int8, s}, Operand::activations, Distribution::outlier_channels);
  };
  EXPECT_GT(int8(per_channel), int8(per_tensor));
  EXPECT_GT(int8(row_1x128), int8(per_channel));
}

TEST(FormatErrors, PowersOfTwoForScalesAreNotBetterThanFp32) {
  for (const Operand o : {Operand::weights, Operand::activations}) {
    const ScaleScheme block = o == Operand::weights ? block_128x128 : row_1x128;
    for (const Distribution d : kDistributions) {
      // Steps of integers grow with the scale; half a binade, on the mean, is 3 dB.
      const QuantSpec int8{Format::int8, block}, int8_power{Format::int8, block, ScaleType::ue8m0};
      EXPECT_LT(snr(int8_power, o, d), snr(int8, o, d)) << name_of(o) << ' ' << name_of(d);
      const double luck = d == Distribution::outlier_channels ? kOneChannel : kLuck;
      for (const Format f : {Format::e4m3, Format::e5m2})
        EXPECT_LE(snr({f, block, ScaleType::ue8m0}, o, d), snr({f, block}, o, d) + luck)
            << name_of(f) << ' ' << name_of(o) << ' ' << name_of(d);
    }
  }
}

TEST(FormatErrors, SixteenBitsBeatEightAndEightBeatFour) {
  for (const Operand o : {Operand::weights, Operand::activations}) {
    for (const Distribution d : kDistributions) {
      double least_of_16 = 1e9, least_of_8 = 1e9, most_of_8 = 0, most_of_4 = 0;
      for (const QuantSpec& f : stored_formats(o)) {
        // INT8 per tensor meets outliers worse than four bits in blocks.
        if (f.format == Format::int8) continue;
        const double s = snr(f, o, d);
        if (bits_of(f.format) == 16) least_of_16 = std::min(least_of_16, s);
        if (bits_of(f.format) == 8) least_of_8 = std::min(least_of_8, s);
        if (bits_of(f.format) == 8) most_of_8 = std::max(most_of_8, s);
        if (bits_of(f.format) == 4) most_of_4 = std::max(most_of_4, s);
      }
      EXPECT_GT(least_of_16, most_of_8);
      EXPECT_GT(least_of_8, most_of_4);
    }
  }
}

TEST(Distributions, HaveTheMomentsOfTheirNames) {
  const auto moments = [](Distribution d) {
    const auto v = operand_values(Operand::activations, d, kSize, kSize, 2);
    double square = 0, fourth = 0;
    for (const double x : v) {
      square += x * x;
      fourth += x * x * x * x;
    }
    const auto n = static_cast<double>(v.size());
    return std::pair(square / n, fourth / n / (square / n) / (square / n));
  };
  EXPECT_NEAR(moments(Distribution::gaussian).first, 1.0, 0.01);
  EXPECT_NEAR(moments(Distribution::gaussian).second, 3.0, 0.05);
  EXPECT_NEAR(moments(Distribution::student_t4).first, 1.0, 0.05);
  EXPECT_GT(moments(Distribution::student_t4).second, 8.0) << "infinite, of so many some";
  // One column of 512 at 900 times the power.
  EXPECT_NEAR(moments(Distribution::outlier_channels).first, 1.0 + 899.0 / 512, 0.2);
  EXPECT_EQ(operand_values(Operand::weights, Distribution::student_t4, 8, 8, 5),
            operand_values(Operand::weights, Distribution::student_t4, 8, 8, 5));
  EXPECT_NE(operand_values(Operand::weights, Distribution::student_t4, 8, 8, 5),
            operand_values(Operand::weights, Distribution::student_t4, 8, 8, 6));
}

constexpr int kTokens = kSanitized ? 5 : 12;

TEST(WeightDivergences, GrowAsBitsGoAndRepeat) {
  EXPECT_THROW(weight_divergences(Architecture::dense, 0), std::invalid_argument);
  const auto found = weight_divergences(Architecture::dense, kTokens);
  const auto of = [&](const QuantSpec& f) {
    const auto at = std::find_if(found.begin(), found.end(),
                                 [&](const WeightDivergence& d) { return d.weights == f; });
    EXPECT_NE(at, found.end()) << name_of(f);
    return at->logits;
  };
  const auto bf16 = of({Format::bf16, none}), e4m3 = of({Format::e4m3, block_128x128}),
             e5m2 = of({Format::e5m2, block_128x128}),
             e2m1 = of({Format::e2m1, mx_32, ScaleType::ue8m0}),
             int8 = of({Format::int8, per_channel});
  EXPECT_LT(bf16.relative_rms, int8.relative_rms);
  EXPECT_LT(int8.relative_rms, e4m3.relative_rms);
  EXPECT_LT(e4m3.relative_rms, e5m2.relative_rms);
  EXPECT_LT(e5m2.relative_rms, e2m1.relative_rms);
  EXPECT_LT(3.0 * bf16.mean_kl, e4m3.mean_kl);
  // A bit of mantissa less doubles the step, whatever the scales.
  using enum ScaleType;
  for (const auto& [scheme, type] : {std::pair{per_tensor, fp32}, std::pair{per_channel, fp32},
                                     std::pair{block_128x128, ue8m0}, std::pair{mx_32, ue8m0}})
    EXPECT_LT(1.5 * of({Format::e4m3, scheme, type}).relative_rms,
              of({Format::e5m2, scheme, type}).relative_rms)
        << name_of(scheme);
  const auto again = weight_divergences(Architecture::dense, kTokens);
  ASSERT_EQ(again.size(), found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(again[i].logits.mean_kl, found[i].logits.mean_kl);
    EXPECT_EQ(again[i].same_experts.mean_kl, found[i].logits.mean_kl) << "dense has no experts";
  }
}

TEST(WeightDivergences, ExpertsApartAreWithoutThePriceOfOtherChoices) {
  for (const auto& d : weight_divergences(Architecture::mla_moe, kTokens))
    EXPECT_LE(d.same_experts.relative_rms, d.logits.relative_rms * 1.05) << name_of(d.weights);
}

}  // namespace
}  // namespace perfmodel::kernels
