// The vector conversions to E4M3, held against the scalar ones over all of BF16.
#include <gtest/gtest.h>

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
TEST(RowKernels, QuantiseWritesLargeResultsPastTheCaches) {
  Team team(1);
  const auto some = sample_codes(Format::bf16, std::size_t{1031} * 128, 3);
  Buffer<std::uint16_t> in(some.size() * 65);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = some[i % some.size()];
  Buffer<std::uint8_t> codes(in.size() + 1), expected(some.size());
  std::vector<float> scales(in.size() / 128), expected_scales(some.size() / 128);
  quantise_rows(some, expected.span(), expected_scales, {Tier::scalar, team});
  for (const Tier t : row_tiers()) {
    if (!can_run(t) || t < Tier::avx2) continue;
    for (const std::size_t first : {0U, 1U}) {
      const auto to = codes.span().subspan(first, in.size());
      quantise_rows(in.span(), to, scales, {t, team});
      for (std::size_t i = 0; i < in.size(); i += some.size())
        ASSERT_EQ(std::memcmp(to.data() + i, expected.data(), some.size()), 0) << name_of(t) << i;
      EXPECT_EQ(scales[scales.size() - 1], expected_scales.back());
    }
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
