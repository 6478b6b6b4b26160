// Scale schemes: what scale each block gets, what the values become, how large the error can be.
#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/formats/quantised.hpp"

namespace perfmodel::kernels {
namespace {

const QuantSpec kSpecs[] = {
    {Format::e4m3, ScaleScheme::per_tensor, ScaleType::fp32},
    {Format::e4m3, ScaleScheme::per_channel, ScaleType::fp32},
    {Format::e4m3, ScaleScheme::block_128x128, ScaleType::fp32},
    {Format::e4m3, ScaleScheme::block_128x128, ScaleType::ue8m0},
    {Format::e4m3, ScaleScheme::row_1x128, ScaleType::fp32},
    {Format::e4m3, ScaleScheme::mx_32, ScaleType::ue8m0},
    {Format::e4m3, ScaleScheme::mx_32, ScaleType::ue8m0, ScaleRounding::down},
    {Format::e5m2, ScaleScheme::per_channel, ScaleType::fp32},
    {Format::e5m2, ScaleScheme::block_128x128, ScaleType::fp32},
    {Format::int8, ScaleScheme::per_channel, ScaleType::fp32},
    {Format::int8, ScaleScheme::row_1x128, ScaleType::fp32},
    {Format::e2m1, ScaleScheme::mx_32, ScaleType::ue8m0},
};

std::vector<float> gaussian(std::size_t n, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  std::vector<float> v(n);
  for (float& x : v) x = normal(generator);
  return v;
}

/// Half the spacing of a format at magnitude x, in units of the code.
double half_step(Format f, double x) {
  if (f == Format::int8) return 0.5;
  const MiniFloat& m = f == Format::e4m3 ? kE4m3 : f == Format::e5m2 ? kE5m2 : kE2m1;
  const int exponent = x == 0 ? m.min_exponent() : std::max(std::ilogb(x), m.min_exponent());
  return std::ldexp(0.5, exponent - m.mantissa_bits);
}

class Schemes : public testing::TestWithParam<QuantSpec> {};
INSTANTIATE_TEST_SUITE_P(Specs, Schemes, testing::ValuesIn(kSpecs), [](const auto& spec) {
  std::string name = name_of(spec.param);
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name + (spec.param.rounding == ScaleRounding::down ? "_down" : "");
});

TEST_P(Schemes, ErrorIsWithinHalfAStepOfEveryElement) {
  const QuantSpec spec = GetParam();
  const std::int64_t rows = 131, columns = 261;
  const auto values = gaussian(static_cast<std::size_t>(rows * columns), 7);
  const Quantised q = quantise(spec, values, rows, columns);
  const auto back = dequantise(q);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      const auto i = static_cast<std::size_t>(r * columns + c);
      const double scale = q.scale(r, c);
      const double x = values[i] / scale;
      // value * (1 / scale) is rounded twice on the way: 2^-23 of the value beside half a step.
      // With the rounding of OCP MX, what is beyond the largest element saturates.
      const double beyond = std::max(0.0, std::fabs(x) - max_of(spec.format));
      const double bound = half_step(spec.format, std::fabs(x)) + std::fabs(x) * 0x1p-22 + beyond;
      ASSERT_LE(std::fabs(q.value(r, c) - values[i]), bound * scale) << r << ' ' << c;
      ASSERT_EQ(back[i], static_cast<float>(q.value(r, c)));
      if (spec.rounding == ScaleRounding::up) {
        ASSERT_LE(std::fabs(x), max_of(spec.format) * 1.000001);
      }
      if (spec.scale_type == ScaleType::ue8m0) {
        ASSERT_EQ(std::exp2(std::ilogb(scale)), scale);
      }
    }
  }
}

TEST_P(Schemes, TheLargestMagnitudeOfABlockUsesTheTopOfTheFormat) {
  const QuantSpec spec = GetParam();
  const auto values = gaussian(256 * 256, 9);
  const Quantised q = quantise(spec, values, 256, 256);
  float largest = 0;
  for (std::int64_t r = 0; r < 256; ++r) {
    for (std::int64_t c = 0; c < 256; ++c)
      largest = std::max(largest, std::fabs(decode(spec.format, q.code(r, c))));
  }
  // The next power of two above the scale wanted leaves up to half of the range unused.
  const bool up = spec.scale_type == ScaleType::ue8m0 && spec.rounding == ScaleRounding::up;
  EXPECT_GT(largest, max_of(spec.format) * (up ? 0.5F : 0.999F));
  EXPECT_LE(largest, max_of(spec.format));
}

TEST_P(Schemes, QuantisingTheResultAgainChangesNothing) {
  const QuantSpec spec = GetParam();
  const auto values = gaussian(std::size_t{40} * 300, 11);
  const Quantised once = quantise(spec, values, 40, 300);
  const auto back = dequantise(once);
  const Quantised twice = quantise(spec, back, 40, 300);
  const auto again = dequantise(twice);
  for (std::size_t i = 0; i < back.size(); ++i)
    ASSERT_NEAR(again[i], back[i], std::fabs(back[i]) * 1e-6F) << i;
}

TEST_P(Schemes, PaddingIsZeroAndRowsStartOnCacheLines) {
  const auto values = gaussian(5 * 33, 13);
  const Quantised q = quantise(GetParam(), values, 5, 33);
  EXPECT_EQ(q.padded_columns(), 128);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(q.codes()) % kCacheLine, 0U);
  EXPECT_EQ(q.row_bytes() % static_cast<std::int64_t>(kCacheLine), 0);
  for (std::int64_t r = 0; r < 5; ++r) {
    for (std::int64_t c = 33; c < 128; ++c) ASSERT_EQ(q.code(r, c), 0);
  }
}

TEST(Quantised, HasNanWhereACodeOfItsFormatIs) {
  using enum Format;
  for (const Format f : {e4m3, e5m2, fp16, bf16, int8, e2m1}) {
    const bool scaled = f != fp16 && f != bf16;
    Quantised q({f, scaled ? ScaleScheme::per_channel : ScaleScheme::none}, 2, 5);
    for (std::uint32_t code = 0; code < 1U << bits_of(f); ++code) {
      q.set_code(1, 4, static_cast<std::uint16_t>(code));
      ASSERT_EQ(q.has_nan(), std::isnan(decode(f, static_cast<std::uint16_t>(code))))
          << name_of(f) << " " << code;
    }
  }
}

TEST_P(Schemes, NanMarksItsElementAndNotItsBlock) {
  if (GetParam().format == Format::int8 || GetParam().format == Format::e2m1)
    return;  // have no NaN
  std::vector<float> values(256, 1.0F);
  EXPECT_FALSE(quantise(GetParam(), values, 2, 128).has_nan());
  values[130] = std::numeric_limits<float>::quiet_NaN();
  const Quantised q = quantise(GetParam(), values, 2, 128);
  EXPECT_TRUE(q.has_nan());
  EXPECT_TRUE(std::isnan(q.value(1, 2)));
  EXPECT_NEAR(q.value(1, 3), 1.0, 0.07);
}

TEST_P(Schemes, ZerosInfinitiesAndTinyValuesGiveFiniteScales) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float x :
       {0.0F, infinity, std::numeric_limits<float>::denorm_min(), FLT_MIN, FLT_MAX}) {
    const Quantised q = quantise(GetParam(), std::vector<float>(128, x), 1, 128);
    EXPECT_TRUE(std::isfinite(q.scale(0, 0)) && q.scale(0, 0) >= FLT_MIN) << x;
    EXPECT_FALSE(std::isnan(q.value(0, 0))) << x;
    if (x == infinity) {
      EXPECT_EQ(decode(q.spec().format, q.code(0, 5)), max_of(q.spec().format));
    }
    if (x == 0.0F) {
      EXPECT_EQ(q.value(0, 0), 0.0);
    }
  }
}

double relative_error(const QuantSpec& spec, const std::vector<float>& values, std::int64_t rows) {
  const auto columns = static_cast<std::int64_t>(values.size()) / rows;
  const auto back = dequantise(quantise(spec, values, rows, columns));
  double error = 0, power = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    error += std::pow(static_cast<double>(back[i]) - values[i], 2);
    power += std::pow(static_cast<double>(values[i]), 2);
  }
  return std::sqrt(error / power);
}

/// E4M3 has a relative grid, so a scale that is off by less than a factor of two shifts the values
/// on it without making it coarser; INT8 has an absolute one and pays for every lost bit of range.
TEST(Ue8m0AgainstFp32, CostsE4m3LittleAndInt8Much) {
  const auto values = gaussian(512 * 512, 17);
  const auto error = [&](Format f, ScaleType t) {
    return relative_error({f, ScaleScheme::block_128x128, t}, values, 512);
  };
  const double e4m3 = error(Format::e4m3, ScaleType::fp32);
  EXPECT_NEAR(e4m3, 0.0265, 0.002);
  EXPECT_NEAR(error(Format::e4m3, ScaleType::ue8m0) / e4m3, 1.0, 0.05);
  EXPECT_GT(error(Format::int8, ScaleType::ue8m0) / error(Format::int8, ScaleType::fp32), 1.2);
}

TEST(Ue8m0AgainstFp32, OcpRoundingSaturatesAndUpDoesNot) {
  std::vector<float> values(32, 1.0F);
  values[0] = 500.0F;  // floor(log2(500)) = 8 = emax: scale 1, and 500 is beyond 448
  const QuantSpec down{Format::e4m3, ScaleScheme::mx_32, ScaleType::ue8m0, ScaleRounding::down};
  const QuantSpec up{Format::e4m3, ScaleScheme::mx_32, ScaleType::ue8m0, ScaleRounding::up};
  EXPECT_EQ(quantise(down, values, 1, 32).value(0, 0), 448.0);
  EXPECT_EQ(quantise(up, values, 1, 32).value(0, 0), 512.0);
}

TEST(Quantised, SmallBlocksShieldTheRestFromAnOutlier) {
  auto values = gaussian(256 * 256, 19);
  for (std::size_t i = 0; i < values.size(); i += 4096) values[i] = 3e6F;  // all else becomes 0
  const auto error = [&](ScaleScheme s) {
    const bool mx = s == ScaleScheme::mx_32;
    const QuantSpec spec{Format::e4m3, s, mx ? ScaleType::ue8m0 : ScaleType::fp32};
    const auto back = dequantise(quantise(spec, values, 256, 256));
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i % 4096 != 0) sum += std::pow(static_cast<double>(back[i]) - values[i], 2);
    }
    return sum;
  };
  EXPECT_GT(error(ScaleScheme::per_tensor), error(ScaleScheme::row_1x128));
  EXPECT_GT(error(ScaleScheme::row_1x128), error(ScaleScheme::mx_32));
}

TEST(Quantised, SixteenBitFormatsHaveNoScales) {
  const auto values = gaussian(100, 23);
  for (const Format f : {Format::fp16, Format::bf16}) {
    const Quantised q = quantise({f, ScaleScheme::none}, values, 4, 25);
    EXPECT_TRUE(q.scales().empty() && q.exponents().empty());
    for (std::int64_t i = 0; i < 100; ++i)
      EXPECT_EQ(q.value(i / 25, i % 25), decode(f, encode(f, values[static_cast<std::size_t>(i)])));
  }
}

TEST(Quantised, RefusesWhatMakesNoSense) {
  EXPECT_THROW(Quantised({Format::fp32, ScaleScheme::none}, 1, 1), std::invalid_argument);
  EXPECT_THROW(Quantised({Format::e4m3, ScaleScheme::none}, 1, 1), std::invalid_argument);
  EXPECT_THROW(Quantised({Format::bf16, ScaleScheme::per_tensor}, 1, 1), std::invalid_argument);
  EXPECT_THROW(Quantised({Format::e4m3, ScaleScheme::mx_32, ScaleType::fp32}, 1, 1),
               std::invalid_argument);
  EXPECT_THROW(Quantised({Format::e4m3, ScaleScheme::per_tensor}, -1, 1), std::invalid_argument);
  EXPECT_THROW(quantise({Format::e4m3, ScaleScheme::per_tensor}, std::vector<float>(5), 2, 2),
               std::invalid_argument);
  EXPECT_EQ(Quantised({Format::e4m3, ScaleScheme::per_tensor}, 0, 7).bytes(), 0);
}

TEST(Quantised, NamesSayFormatAndScales) {
  EXPECT_EQ(name_of(QuantSpec{Format::e4m3, ScaleScheme::block_128x128, ScaleType::ue8m0}),
            "e4m3/128x128-ue8m0");
  EXPECT_EQ(name_of(QuantSpec{Format::e2m1, ScaleScheme::mx_32, ScaleType::ue8m0}), "e2m1/mx32");
  EXPECT_EQ(name_of(QuantSpec{Format::bf16, ScaleScheme::none}), "bf16");
}

}  // namespace
}  // namespace perfmodel::kernels
