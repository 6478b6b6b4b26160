// The vector conversions to E4M3, held against the scalar ones over all of BF16.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "kernels/formats/quantised.hpp"
#include "kernels/registry/sample.hpp"
#include "kernels/rows/rows.hpp"

namespace perfmodel::kernels {
namespace {

/// Every tier makes of blocks of 128 BF16 numbers what the scalar conversion does.
void expect_scalar_codes(const std::vector<std::uint16_t>& in) {
  std::vector<float> values;
  for (const std::uint16_t c : in) values.push_back(bf16_to_float(c));
  const auto columns = static_cast<std::int64_t>(in.size());
  const Quantised expected =
      quantise({Format::e4m3, ScaleScheme::row_1x128, ScaleType::fp32}, values, 1, columns);
  Team team(1);
  for (const Tier t : row_tiers()) {
    if (!can_run(t)) continue;
    std::vector<std::uint8_t> codes(in.size());
    std::vector<float> scales(in.size() / 128);
    quantise_rows(in, codes, scales, {t, team});
    for (std::size_t i = 0; i < codes.size(); ++i)
      ASSERT_EQ(codes[i], expected.code(0, static_cast<std::int64_t>(i))) << name_of(t) << ' ' << i;
    for (std::size_t b = 0; b < scales.size(); ++b)
      ASSERT_EQ(scales[b], expected.scales()[b]) << name_of(t) << ' ' << b;
  }
}

TEST(VectorConversions, AgreeWithTheScalarOnesForEveryFiniteBf16Value) {
  // Blocks of 128 neighbouring codes; the first of each pair of rows is alone with its small amax,
  // the second has the largest value put in, so that every value meets a scale of 1 / 448 of 448 as
  // well.
  std::vector<std::uint16_t> in;
  for (unsigned code = 0; code < 65536; ++code) {
    if ((code & 0x7F80) == 0x7F80) continue;
    in.push_back(static_cast<std::uint16_t>(code));
  }
  const std::size_t alone = in.size();
  for (std::size_t i = 0; i < alone; ++i)
    in.push_back(i % 128 == 0 ? float_to_bf16(448.0F) : in[i]);
  ASSERT_EQ(in.size() % 128, 0U);
  expect_scalar_codes(in);
}

/// Every fraction of the largest value, beside values down to a little below 2^-14 of it, where
/// codes become subnormal, and, in one block of four, zero; from the smallest exponents to the
/// largest.
TEST(VectorConversions, AgreeWithTheScalarOnesForEveryFractionOfTheLargestValue) {
  Random random(11);
  std::vector<std::uint16_t> in;
  for (const unsigned exponent : {1U, 14U, 16U, 17U, 127U, 234U, 235U, 254U}) {
    for (unsigned fraction = 0; fraction < 128; ++fraction) {
      const unsigned largest = exponent << 7 | fraction;
      const unsigned below = (13 + fraction % 4) << 7;
      for (unsigned i = 0; i < 128; ++i) {
        const auto bits = static_cast<unsigned>(random.bits() >> 32);
        const unsigned less = i == fraction ? 0 : std::min(bits % (below + 1), largest);
        const unsigned code = fraction % 4 == 3 && i % 32 == 0 ? 0 : largest - less;
        in.push_back(static_cast<std::uint16_t>(code | (bits >> 16 & 0x8000U)));
      }
    }
  }
  expect_scalar_codes(in);
}

/// Blocks that the fast way must leave alone: with NaN, with infinity, with a scale near the end of
/// FP32.
TEST(RowKernels, QuantiseKnowsNanAndInfinityAmongOtherBlocks) {
  auto in = sample_codes(Format::bf16, std::size_t{40} * 128, 3);
  in[5 * 128 + 3] = 0x7FC1;
  in[20 * 128 + 9] = 0xFF80;
  in[21 * 128] = 0x7F7F;
  expect_scalar_codes(in);
}

/// More than a cache holds, and not a whole number of the blocks that are taken together; once not
/// on a cache line either, where stores past the caches are not possible.
TEST(RowKernels, ConversionsWriteLargeResultsPastTheCaches) {
  Team team(1);
  const auto some = sample_codes(Format::bf16, std::size_t{1031} * 128, 3);
  Buffer<std::uint16_t> in(some.size() * 65);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = some[i % some.size()];
  Buffer<std::uint8_t> codes(in.size() + 1), expected(some.size());
  std::vector<float> scales(in.size() / 128), expected_scales(some.size() / 128);
  quantise_rows(some, expected.span(), expected_scales, {Tier::scalar, team});
  Buffer<std::uint16_t> back(in.size()), expected_back(some.size());
  dequantise_rows(expected.span(), expected_scales, expected_back.span(), {Tier::scalar, team});
  for (const Tier t : row_tiers()) {
    if (!can_run(t) || t < Tier::avx2) continue;
    for (const std::size_t first : {0U, 1U}) {
      const auto to = codes.span().subspan(first, in.size());
      quantise_rows(in.span(), to, scales, {t, team});
      for (std::size_t i = 0; i < in.size(); i += some.size())
        ASSERT_EQ(std::memcmp(to.data() + i, expected.data(), some.size()), 0) << name_of(t) << i;
      EXPECT_EQ(scales[scales.size() - 1], expected_scales.back());
      dequantise_rows(to, scales, back.span(), {t, team});
      for (std::size_t i = 0; i < in.size(); i += some.size())
        ASSERT_EQ(std::memcmp(&back[i], expected_back.data(), expected_back.bytes()), 0) << i;
    }
  }
}

/// From scales in the middle of FP32 down to subnormal ones, and up to those that overflow BF16;
/// every code but NaN. What comes out is that of the scalar conversion to the bit.
TEST(RowKernels, DequantiseAgreesWithTheScalarOneForEveryScale) {
  Team team(1);
  std::vector<float> scales;
  for (float scale = 0x1.b8p-140F; scale < 0x1p120F; scale *= 1.7F) scales.push_back(scale);
  scales.push_back(-0.3F);
  scales.push_back(0.0F);
  std::vector<std::uint8_t> codes;
  for (std::size_t i = 0; i < scales.size() * 128; ++i)
    codes.push_back(static_cast<std::uint8_t>(i % 127 + i / 127 % 2 * 128));
  std::vector<std::uint16_t> expected(codes.size()), out(codes.size());
  dequantise_rows(codes, scales, expected, {Tier::scalar, team});
  for (const Tier t : row_tiers()) {
    if (!can_run(t)) continue;
    dequantise_rows(codes, scales, out, {t, team});
    for (std::size_t i = 0; i < out.size(); ++i)
      ASSERT_EQ(out[i], expected[i]) << name_of(t) << ' ' << scales[i / 128] << ' ' << i % 128;
  }
}

/// Instructions that round to BF16 take subnormals for zero.
TEST(RowKernels, SubnormalResultsAreKept) {
  Team team(1);
  std::vector<std::uint16_t> in(128, 0x3F80), gate(in), up(in), out(in);
  std::vector<float> ones(64, 1.0F), zeros(64, 0.0F);
  for (const std::size_t c : {7U, 100U}) {
    in[c] = static_cast<std::uint16_t>(0x8000 + c);  // -c 2^-133
    gate[c] = 0x4000;                                // 2 / (1 + e^-2) = 1.76
    up[c] = 5;
  }
  for (const Tier t : row_tiers()) {
    if (!can_run(t)) continue;
    rope(in, 128, ones, zeros, out, {t, team});
    EXPECT_EQ(out, in) << name_of(t);
    swiglu(gate, up, out, {t, team});
    EXPECT_EQ(out[7], 9) << name_of(t);
    EXPECT_EQ(out[100], 9) << name_of(t);
    EXPECT_EQ(out[8], float_to_bf16(0.731059F)) << name_of(t);
  }
}

TEST(RowKernels, RefuseSizesThatDoNotFit) {
  Team team(1);
  const Exec exec{Tier::scalar, team};
  std::vector<std::uint16_t> in(256), out(256), odd(100);
  std::vector<std::uint8_t> codes(256);
  std::vector<float> weight(128), scales(2), one(1), fp32(256);
  EXPECT_THROW(rmsnorm(in, std::span(weight).first(100), 0, out, exec), std::invalid_argument);
  EXPECT_THROW(rmsnorm(in, weight, 0, odd, exec), std::invalid_argument);
  EXPECT_THROW(rmsnorm_quantise(in, weight, 0, codes, one, exec), std::invalid_argument);
  EXPECT_THROW(softmax(fp32, 0, fp32, exec), std::invalid_argument);
  EXPECT_THROW(swiglu(in, odd, out, exec), std::invalid_argument);
  EXPECT_THROW(rope(in, 128, weight, one, out, exec), std::invalid_argument);
  EXPECT_THROW(quantise_rows(odd, codes, scales, exec), std::invalid_argument);
  EXPECT_THROW(dequantise_rows(codes, one, out, exec), std::invalid_argument);
  EXPECT_THROW(quantise_rows(in, codes, scales, {Tier::amx, team}), std::invalid_argument);
}

}  // namespace
}  // namespace perfmodel::kernels
