// Every code of every small format, both ways, against a slow reference that shares nothing with
// the conversions but the definition of the formats.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "kernels/formats/codes.hpp"

namespace perfmodel::kernels {
namespace {

/// A format by its definition: (-1)^s * 2^(e - bias) * (1 + m / 2^M), e = 0 subnormal.
struct Definition {
  const char* name;
  MiniFloat codec;
  int exponent_bits, mantissa_bits, bias;
  int finite_codes;  // non-negative codes that are numbers: 0 .. finite_codes - 1
  bool has_infinity;
  double largest;
};

const Definition kDefinitions[] = {
    {"e4m3", kE4m3, 4, 3, 7, 127, false, 448.0},
    {"e5m2", kE5m2, 5, 2, 15, 124, true, 57344.0},
    {"e2m1", kE2m1, 2, 1, 1, 8, false, 6.0},
    {"fp16", kFp16, 5, 10, 15, 31744, true, 65504.0},
    {"bf16", kBf16, 8, 7, 127, 32640, true, 3.3895313892515355e38},
};

double reference_value(const Definition& d, int code) {
  const int e = code >> d.mantissa_bits;
  const int m = code & ((1 << d.mantissa_bits) - 1);
  const double fraction = std::ldexp(m, -d.mantissa_bits);
  return e == 0 ? std::ldexp(fraction, 1 - d.bias) : std::ldexp(1.0 + fraction, e - d.bias);
}

/// Nearest code of a non-negative value by search, ties to the even code; `finite_codes` beyond the
/// midpoint between the largest number and the one that would follow.
int reference_code(const std::vector<double>& values, double next, double x) {
  const int n = static_cast<int>(values.size());
  int below = 0;
  int above = n;
  while (above - below > 1) {
    const int middle = (below + above) / 2;
    (values[static_cast<std::size_t>(middle)] <= x ? below : above) = middle;
  }
  const double low = values[static_cast<std::size_t>(below)];
  const double high = above == n ? next : values[static_cast<std::size_t>(above)];
  if (x - low < high - x) return below;
  if (x - low > high - x) return above;
  return below % 2 == 0 ? below : above;
}

class MiniFloats : public testing::TestWithParam<Definition> {
 protected:
  const Definition& d = GetParam();
  std::uint32_t sign = GetParam().codec.sign_mask();
};
INSTANTIATE_TEST_SUITE_P(Formats, MiniFloats, testing::ValuesIn(kDefinitions),
                         [](const auto& format) { return std::string(format.param.name); });

TEST_P(MiniFloats, EveryCodeDecodesToItsDefinition) {
  for (int code = 0; code < static_cast<int>(sign); ++code) {
    const auto c = static_cast<std::uint32_t>(code);
    const double positive = decode(d.codec, c);
    const double negative = decode(d.codec, c | sign);
    if (code < d.finite_codes) {
      ASSERT_EQ(positive, reference_value(d, code)) << code;
      ASSERT_EQ(negative, -reference_value(d, code)) << code;
      ASSERT_TRUE(std::signbit(negative)) << code;
    } else if (d.has_infinity && code == d.finite_codes) {
      ASSERT_EQ(positive, std::numeric_limits<double>::infinity());
      ASSERT_EQ(negative, -std::numeric_limits<double>::infinity());
    } else {
      ASSERT_TRUE(std::isnan(positive) && std::isnan(negative)) << code;
      ASSERT_TRUE(d.codec.is_nan(c) && d.codec.is_nan(c | sign)) << code;
    }
  }
  EXPECT_EQ(reference_value(d, d.finite_codes - 1), d.largest);
}

TEST_P(MiniFloats, EveryCodeSurvivesDecodingAndEncoding) {
  for (std::uint32_t code = 0; code < 2 * sign; ++code) {
    const float value = decode(d.codec, code);
    const std::uint32_t back = encode(d.codec, value, Overflow::to_non_finite);
    if (std::isnan(value)) {
      ASSERT_TRUE(d.codec.is_nan(back)) << code;
      ASSERT_EQ(back & sign, code & sign) << code;
    } else {
      ASSERT_EQ(back, code);
    }
  }
}

TEST_P(MiniFloats, RoundsToNearestWithTiesToEvenAroundEveryCode) {
  std::vector<double> values;
  for (int code = 0; code < d.finite_codes; ++code) values.push_back(reference_value(d, code));
  const double next = 2 * values.back() - values[values.size() - 2];
  for (std::size_t i = 0; i + 1 < values.size(); ++i) {
    // Midpoints of BF16 subnormals are still FP32 numbers, so all of these are exact.
    const auto middle = static_cast<float>((values[i] + values[i + 1]) / 2);
    for (const float x :
         {static_cast<float>(values[i]), middle, std::nextafter(middle, 0.0F),
          std::nextafter(middle, 1e38F), std::nextafter(static_cast<float>(values[i]), 1e38F)}) {
      const int expected = reference_code(values, next, x);
      ASSERT_EQ(encode(d.codec, x, Overflow::saturate), static_cast<std::uint32_t>(expected)) << x;
      ASSERT_EQ(encode(d.codec, -x, Overflow::saturate),
                static_cast<std::uint32_t>(expected) | sign)
          << x;
    }
  }
}

TEST_P(MiniFloats, AgreesWithTheReferenceOnASweepOfAllFp32Exponents) {
  std::vector<double> values;
  for (int code = 0; code < d.finite_codes; ++code) values.push_back(reference_value(d, code));
  const double next = 2 * values.back() - values[values.size() - 2];
  std::uint32_t state = 12345;
  for (std::uint32_t field = 0; field < 255; ++field) {
    for (int i = 0; i < 200; ++i) {
      state = state * 1664525U + 1013904223U;
      const float x = std::bit_cast<float>((field << 23) | (state >> 9));
      const int expected = reference_code(values, next, x);
      const bool over = expected >= d.finite_codes;
      const int saturated = over ? d.finite_codes - 1 : expected;
      ASSERT_EQ(encode(d.codec, x, Overflow::saturate), static_cast<std::uint32_t>(saturated)) << x;
    }
  }
}

TEST_P(MiniFloats, OverflowSaturatesOrLeavesTheNumbers) {
  const float infinity = std::numeric_limits<float>::infinity();
  const auto largest = static_cast<std::uint32_t>(d.finite_codes - 1);
  for (const float x : {infinity, std::numeric_limits<float>::max()}) {
    EXPECT_EQ(encode(d.codec, x, Overflow::saturate), largest);
    EXPECT_EQ(encode(d.codec, -x, Overflow::saturate), largest | sign);
    const float open = decode(d.codec, encode(d.codec, x, Overflow::to_non_finite));
    const float negative = decode(d.codec, encode(d.codec, -x, Overflow::to_non_finite));
    if (d.codec.top == TopCodes::all_finite) {
      EXPECT_EQ(open, static_cast<float>(d.largest));
    } else if (d.has_infinity) {
      EXPECT_EQ(open, infinity);
      EXPECT_EQ(negative, -infinity);
    } else {
      EXPECT_TRUE(std::isnan(open) && std::isnan(negative));
    }
  }
}

TEST_P(MiniFloats, NanStaysNanAndKeepsItsSign) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const float x : {nan, std::numeric_limits<float>::signaling_NaN()}) {
    for (const float y : {std::copysign(x, 1.0F), std::copysign(x, -1.0F)}) {
      for (const Overflow o : {Overflow::saturate, Overflow::to_non_finite}) {
        const std::uint32_t code = encode(d.codec, y, o);
        if (d.codec.top == TopCodes::all_finite) {
          EXPECT_EQ(code & ~sign, d.codec.max_code());
        } else {
          EXPECT_TRUE(d.codec.is_nan(code));
        }
        EXPECT_EQ((code & sign) != 0, std::signbit(y));
      }
    }
  }
}

TEST_P(MiniFloats, ZeroAndUnderflowKeepTheirSign) {
  const float tiny = std::numeric_limits<float>::denorm_min();
  EXPECT_EQ(encode(d.codec, 0.0F, Overflow::saturate), 0U);
  EXPECT_EQ(encode(d.codec, -0.0F, Overflow::saturate), sign);
  EXPECT_EQ(encode(d.codec, tiny, Overflow::saturate), 0U);
  EXPECT_EQ(encode(d.codec, -tiny, Overflow::saturate), sign);
  EXPECT_TRUE(std::signbit(decode(d.codec, sign)));
}

TEST(Int8, RoundsToNearestEvenAndSaturatesSymmetrically) {
  for (int code = -127; code <= 127; ++code) {
    const auto x = static_cast<float>(code);
    ASSERT_EQ(encode_int8(x), code);
    ASSERT_EQ(decode(Format::int8, encode(Format::int8, x)), x);
    if (code == 127) continue;
    const int even = code % 2 == 0 ? code : code + 1;
    ASSERT_EQ(encode_int8(x + 0.5F), even);
    ASSERT_EQ(encode_int8(std::nextafter(x + 0.5F, -200.0F)), code);
    ASSERT_EQ(encode_int8(std::nextafter(x + 0.5F, 200.0F)), code + 1);
  }
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(encode_int8(127.5F), 127);
  EXPECT_EQ(encode_int8(infinity), 127);
  EXPECT_EQ(encode_int8(-128.0F), -127);
  EXPECT_EQ(encode_int8(-infinity), -127);
  EXPECT_EQ(encode_int8(std::numeric_limits<float>::quiet_NaN()), 0);
  EXPECT_EQ(decode(Format::int8, 0x80), -128.0F);
}

TEST(Ue8m0, EveryCodeIsAPowerOfTwoAndSurvivesAllRoundings) {
  for (int code = 0; code < 255; ++code) {
    const float value = ue8m0_to_float(static_cast<std::uint8_t>(code));
    ASSERT_EQ(static_cast<double>(value), std::ldexp(1.0, code - 127));
    for (const auto r : {ScaleRounding::up, ScaleRounding::nearest, ScaleRounding::down})
      ASSERT_EQ(float_to_ue8m0(value, r), code);
  }
  EXPECT_TRUE(std::isnan(ue8m0_to_float(255)));
}

TEST(Ue8m0, RoundsBetweenEveryPairOfCodes) {
  for (int code = 0; code < 254; ++code) {
    const float low = ue8m0_to_float(static_cast<std::uint8_t>(code));
    const float middle = 1.5F * low;
    const int even = code % 2 == 0 ? code : code + 1;
    const float above = std::nextafter(low, 3e38F);
    ASSERT_EQ(float_to_ue8m0(above, ScaleRounding::up), code + 1);
    ASSERT_EQ(float_to_ue8m0(above, ScaleRounding::down), code);
    ASSERT_EQ(float_to_ue8m0(above, ScaleRounding::nearest), code);
    ASSERT_EQ(float_to_ue8m0(middle, ScaleRounding::nearest), even);
    ASSERT_EQ(float_to_ue8m0(std::nextafter(middle, 3e38F), ScaleRounding::nearest), code + 1);
  }
}

TEST(Ue8m0, EndsOfTheRange) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const auto r : {ScaleRounding::up, ScaleRounding::nearest, ScaleRounding::down}) {
    EXPECT_EQ(float_to_ue8m0(0.0F, r), 0);
    EXPECT_EQ(float_to_ue8m0(std::numeric_limits<float>::denorm_min(), r), 0);
    EXPECT_EQ(float_to_ue8m0(std::numeric_limits<float>::max(), r), 254);
    EXPECT_EQ(float_to_ue8m0(infinity, r), 254);
    EXPECT_EQ(float_to_ue8m0(-1.0F, r), kUe8m0Nan);
    EXPECT_EQ(float_to_ue8m0(std::numeric_limits<float>::quiet_NaN(), r), kUe8m0Nan);
  }
}

static_assert(max_of(Format::e4m3) == 448.0F && max_of(Format::e2m1) == 6.0F);
static_assert(decode(Format::e4m3, 0x7F) != decode(Format::e4m3, 0x7F), "the one NaN of E4M3");
static_assert(encode(Format::e4m3, 464.0F) == 0x7E && encode(Format::e5m2, 1e9F) == 0x7B);

}  // namespace
}  // namespace perfmodel::kernels
