// The AMX tier where there is no AMX: its body over tiles in software, and the instructions that
// the compiler made of it, carried out one by one. On a machine with AMX the latter run as they
// are.
#include <gtest/gtest.h>

#include <cmath>

#include "amx_emulated.hpp"
#include "kernels/gemm/gemm.hpp"
#include "kernels/gemm/gemm_kinds.hpp"
#include "kernels/registry/sample.hpp"
#include "kernels/stream/stream.hpp"
#include "sanitized.hpp"
#include "soft_tiles.hpp"

namespace perfmodel::kernels {
namespace {

using gemm_detail::Functions;

constexpr std::int64_t kPanelChannels = 32;

/// Around the edges of tiles of 16 and 32 rows, of panels, of decoded chunks and of waves.
std::vector<Shape> shapes_of(const GemmKind& kind) {
  auto shapes = descriptor_named(name_of(kind))->test_shapes;
  if (kind.grouped) return shapes;
  for (const std::int64_t m : {16, 17, 31, 32, 33, 48, 49}) shapes.push_back({m, 33, 160, 1});
  shapes.push_back({515, 3, 33, 1});
  return shapes;
}

void expect_small_errors(const GemmKind& kind, const Functions& f, std::span<const Shape> shapes) {
  const double bound = descriptor_named(name_of(kind))->max_error_of(Tier::amx);
  Team one(1), three(3);
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    // Plain code checks the same sums of all; a sanitizer's time is for the paths.
    if (kSanitized && i % 9 != 0) continue;
    const auto c = make_gemm_case(kind, shapes[i], Purpose::test, &f);
    c->run({Tier::scalar, i % 9 == 0 ? three : one});
    ASSERT_LE(c->error(), bound) << name_of(kind) << ", " << to_string(shapes[i]);
  }
}

TEST(Amx, TilesInSoftwareStayWithinTheStatedErrorOnEveryShape) {
  for (const GemmKind& kind : gemm_kinds()) {
    const Functions f = find_amx_emulated(kind.weights.format, kind.activations);
    ASSERT_NE(f.tile, nullptr) << name_of(kind);
    expect_small_errors(kind, f, shapes_of(kind));
  }
}

Quantised blocks_of_powers(std::uint8_t exponent) {
  constexpr QuantSpec kSpec{Format::e4m3, ScaleScheme::block_128x128, ScaleType::ue8m0};
  Quantised q = sample_matrix(kSpec, 40, 200, 3);
  q.exponents()[1] = exponent;
  return q;
}

std::vector<float> product(const Quantised& q, const Activations& a, const Functions& f) {
  Team team(2);
  std::vector<float> c(static_cast<std::size_t>(a.rows() * q.rows()));
  gemm(PackedWeights(q, a.format(), Tier::scalar, f), a, c, {Tier::scalar, team});
  return c;
}

/// A power of two that BF16 has no room for is applied to the sums; both ways give the same
/// products.
TEST(Amx, PowersOfTwoJoinTheWeightsWhereTheyFit) {
  const auto x = sample_codes(Format::bf16, 20 * 200, 4);
  const Activations a(Format::bf16, x, 200);
  const Functions f = find_amx_emulated(Format::e4m3, Format::bf16);
  Functions without = f;
  without.fold = nullptr;
  for (const auto& [exponent, folds] : {std::pair(126, true), std::pair(40, false)}) {
    const auto q = blocks_of_powers(static_cast<std::uint8_t>(exponent));
    EXPECT_EQ(PackedWeights(q, Format::bf16, Tier::scalar, f).folds(), folds);
    const auto c = product(q, a, f), expected = product(q, a, without);
    for (std::size_t i = 0; i < c.size(); ++i)
      EXPECT_NEAR(c[i], expected[i], 1e-5F * std::fabs(expected[i]) + 1e-5F) << exponent;
  }
}

bool vectors_suffice() {
  return can_run(Tier::avx512bf16);
}

/// In software, and what the processor runs if it can: all but products is AVX-512.
std::vector<Functions> functions_for(Format weights, Format activations) {
  std::vector<Functions> all{find_amx_emulated(weights, activations)};
#if defined(__x86_64__)
  if (vectors_suffice()) all.push_back(gemm_detail::find_amx(weights, activations));
#endif
  return all;
}

void expect_parts_of_fp16(const Functions& f) {
  for (unsigned first = 0; first < 0x10000; first += 128) {
    std::uint16_t codes[128], parts[256];
    for (unsigned i = 0; i < 128; ++i) codes[i] = static_cast<std::uint16_t>(first + i);
    f.activations(reinterpret_cast<const std::uint8_t*>(codes), 128, parts);
    for (unsigned i = 0; i < 128; ++i) {
      const float value = fp16_to_float(codes[i]);
      const float low = bf16_to_float(parts[i / 32 * 64 + 32 + i % 32]);
      const float sum = bf16_to_float(parts[i / 32 * 64 + i % 32]) + low;
      if (std::isfinite(value)) {
        ASSERT_EQ(sum, value) << codes[i];
        ASSERT_LE(std::fabs(low), 0x1p-8F * std::fabs(value)) << codes[i];
      } else {
        ASSERT_TRUE(std::isnan(sum)) << codes[i];
      }
    }
  }
}

TEST(Amx, Fp16IsTheSumOfTwoBf16NumbersOneOfThemSmall) {
  for (const Functions& f : functions_for(Format::bf16, Format::fp16)) expect_parts_of_fp16(f);
}

/// All weights of a format, by all powers of two that are folded.
TEST(Amx, FoldingIsExact) {
  for (const Format format : {Format::e4m3, Format::e2m1}) {
    for (const Functions& f : functions_for(format, Format::bf16)) {
      std::vector<std::uint8_t> codes(1024);
      for (std::size_t i = 0; i < codes.size(); ++i)
        codes[i] = static_cast<std::uint8_t>(i % 128 == 127 ? 0 : i);
      const std::int64_t count = format == Format::e4m3 ? 1024 : 2048;
      std::vector<std::uint16_t> plain(static_cast<std::size_t>(count)), folded;
      f.weights(codes.data(), count, plain.data());
      for (int power = -64; power <= 64; ++power) {
        std::vector<float> scales(std::size_t{kPanelChannels}, std::ldexp(1.0F, power));
        scales[3] = 2.0F;
        folded = plain;
        f.fold(folded.data(), count / kPanelChannels, scales.data());
        for (std::size_t i = 0; i < folded.size(); ++i) {
          ASSERT_EQ(bf16_to_float(folded[i]),
                    bf16_to_float(plain[i]) * scales[i / 2 % std::size_t{kPanelChannels}])
              << power << ' ' << i;
        }
      }
    }
  }
}

#if defined(__x86_64__) && defined(__linux__)
/// What the compiler made of the tier for the processor, bit for bit with the body in software.
/// Without scales, so that the compilers' choice of fused operations makes no difference.
TEST(Amx, CompiledInstructionsGiveTheBitsOfTheTilesInSoftware) {
  if (!vectors_suffice()) GTEST_SKIP() << "this machine lacks the tier's vectors";
  const AmxTraps traps;
  for (const Format format : {Format::bf16, Format::fp16}) {
    const Quantised q = sample_matrix({format, ScaleScheme::none}, 70, 300, 3);
    for (const std::int64_t m : {5, 16, 40}) {
      const auto x = sample_codes(format, static_cast<std::size_t>(m * 300), 4);
      const Activations a(format, x, 300);
      EXPECT_EQ(product(q, a, gemm_detail::find_amx(format, format)),
                product(q, a, find_amx_emulated(format, format)))
          << m;
    }
  }
}

TEST(Amx, CompiledInstructionsStayWithinTheStatedError) {
  if (!vectors_suffice()) GTEST_SKIP() << "this machine lacks the tier's vectors";
  const AmxTraps traps;
  for (const GemmKind& kind : gemm_kinds()) {
    const Functions f = gemm_detail::find_amx(kind.weights.format, kind.activations);
    ASSERT_NE(f.tile, nullptr) << name_of(kind);
    std::vector<Shape> shapes = {{1, 33, 130, 1}, {17, 31, 513, 1}, {33, 64, 1100, 1}};
    if (kind.grouped) shapes = {{23, 40, 200, 6}};
    expect_small_errors(kind, f, shapes);
  }
  if (can_run(Tier::amx)) return;  // nothing was trapped
  const auto n = AmxTraps::counts();
  EXPECT_GT(n.configured, 0);
  EXPECT_EQ(n.configured, n.released) << "the state must not stay in use";
  EXPECT_GT(n.loaded, 0);
  EXPECT_GT(n.stored, 0);
  EXPECT_EQ(n.scattered, 0) << "stores with a stride of a power of two take nine times as long";
  EXPECT_GT(n.multiplied, n.stored);
}

TEST(Amx, TheRoofIsFedFromMemoryAndFinite) {
  if (!vectors_suffice()) GTEST_SKIP() << "this machine lacks the tier's vectors";
  const AmxTraps traps;
  std::vector<float> operands(stream_detail::kTileOperandBytes / sizeof(float), 0x1.01p0F);
  stream_detail::Range range{operands.data(), nullptr, nullptr, 1.0F,
                             1 << 19,         0.0F,    false,   nullptr};
  stream_detail::find_amx(StreamOp::multiply_add)(range);
  EXPECT_TRUE(std::isfinite(range.result) && range.result > 0.0F);
  if (can_run(Tier::amx)) return;
  const auto n = AmxTraps::counts();
  EXPECT_EQ(n.multiplied, (1 << 19) / (16 * 16 * 32));
  EXPECT_EQ(n.loaded, n.multiplied) << "a product needs a load, as in a GEMM";
  EXPECT_EQ(n.scattered, 0);
}
#endif

struct Config {
  std::uint8_t bytes[64] = {1};
  void tile(int t, int rows, int row_bytes) {
    bytes[16 + 2 * t] = static_cast<std::uint8_t>(row_bytes);
    bytes[48 + t] = static_cast<std::uint8_t>(rows);
  }
};

/// Two rows by two pairs, times two pairs by one channel.
std::vector<float> dot_of(const std::uint16_t (&a)[8], const std::uint16_t (&b)[4], float c) {
  Config config;
  config.tile(0, 2, 4);
  config.tile(1, 2, 8);
  config.tile(2, 2, 4);
  SoftTiles tiles;
  EXPECT_TRUE(tiles.configure(config.bytes));
  float sums[2] = {c, c};
  tiles.load(0, reinterpret_cast<const std::uint8_t*>(sums), 4);
  tiles.load(1, reinterpret_cast<const std::uint8_t*>(a), 8);
  tiles.load(2, reinterpret_cast<const std::uint8_t*>(b), 4);
  tiles.dot(0, 1, 2);
  tiles.store(0, reinterpret_cast<std::uint8_t*>(sums), 4);
  return {sums[0], sums[1]};
}

TEST(SoftTiles, MultiplyPairsAlongColumns) {
  const auto h = [](float v) { return float_to_bf16(v); };
  const std::uint16_t a[8] = {h(1), h(2), h(3), h(4), h(5), h(6), h(7), h(8)};
  const std::uint16_t b[4] = {h(10), h(20), h(30), h(40)};
  EXPECT_EQ(dot_of(a, b, 0.5F), (std::vector<float>{300.5F, 700.5F}));
}

TEST(SoftTiles, TakeAndMakeSubnormalsZeroAndRoundToEven) {
  const auto h = [](float v) { return float_to_bf16(v); };
  const std::uint16_t one[4] = {h(1), h(1), h(1), h(1)};
  // 2^-127 is a subnormal BF16 number.
  const std::uint16_t tiny[8] = {0x0040, 0, 0, 0, h(0x1p-126F), 0, 0, 0};
  EXPECT_EQ(dot_of(tiny, one, 0.0F), (std::vector<float>{0.0F, 0x1p-126F}));
  const std::uint16_t half[4] = {h(0.5F), h(0.5F), h(0.5F), h(0.5F)};
  EXPECT_EQ(dot_of(tiny, half, 0.0F)[1], 0.0F) << "a result of 2^-127";
  // 2^24 + 1 lies between two numbers, 2^24 + 3 as well.
  const std::uint16_t ones[8] = {h(1), 0, 0, 0, h(3), 0, 0, 0};
  EXPECT_EQ(dot_of(ones, one, 0x1p24F), (std::vector<float>{0x1p24F, 0x1p24F + 4.0F}));
  // Even and odd columns are summed apart: 2^24 + 1 first would lose the 1.
  const std::uint16_t apart[8] = {h(0x1p24F), h(1), h(-0x1p24F), h(1), 0, 0, 0, 0};
  EXPECT_EQ(dot_of(apart, one, 0.0F)[0], 2.0F);
}

TEST(SoftTiles, RefuseWhatTheProcessorRefuses) {
  SoftTiles tiles;
  Config good;
  good.tile(0, 16, 64);
  EXPECT_TRUE(tiles.configure(good.bytes));
  EXPECT_TRUE(tiles.configured(0) && !tiles.configured(1));
  Config palette = good, reserved = good, rows = good, wide = good, half = good;
  palette.bytes[0] = 2;
  reserved.bytes[5] = 1;
  rows.tile(1, 17, 64);
  wide.tile(1, 16, 65);
  half.tile(1, 16, 0);
  for (const Config& c : {palette, reserved, rows, wide, half})
    EXPECT_FALSE(tiles.configure(c.bytes));
}

}  // namespace
}  // namespace perfmodel::kernels
