// Decode attention of the AMX tier where there is no AMX: its body over tiles in software, and the
// instructions that the compiler made of it, carried out one by one.
#include <gtest/gtest.h>

#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "amx_emulated.hpp"
#include "kernels/attention/attention_case.hpp"
#include "sanitized.hpp"

namespace perfmodel::kernels {
namespace {

using attention_detail::PairTier;

const Descriptor& described(const std::string& kind, Format cache) {
  return *descriptor_named("attention_decode/" + kind + "/" + std::string(name_of(cache)) +
                           "/bf16");
}

/// What is compared to the bit; the paths of the other one are a sanitizer's in the tests above.
std::vector<const char*> compared_kinds() {
  if (kSanitized) return {"gqa"};
  return {"gqa", "mla"};
}

/// Beside the descriptor's: heads that fill groups of sixteen, and more.
std::vector<Shape> shapes_of(const Descriptor& d) {
  auto shapes = d.test_shapes;
  for (const std::int64_t g : {16, 17, 40}) shapes.push_back({1, 97, 1, g});
  return shapes;
}

void expect_small_errors(const PairTier& tier, const Descriptor& d, const KvLayout& layout,
                         std::span<const Shape> shapes) {
  ASSERT_NE(tier.task, nullptr) << d.name;
  Team one(1), three(3);
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    // Plain code checks the same sums of all; a sanitizer's time is for the paths.
    if (kSanitized && i % 4 != 0) continue;
    const auto c = make_decode_case(layout, Format::bf16, shapes[i], &tier);
    c->run({Tier::scalar, i % 4 == 0 ? three : one});
    ASSERT_LE(c->error(), d.max_error_of(Tier::amx)) << d.name << ", " << to_string(shapes[i]);
  }
}

std::vector<float> results(const KvLayout& layout, const Shape& shape, const PairTier& tier,
                           int threads) {
  Team team(threads);
  const auto c = make_decode_case(layout, Format::bf16, shape, &tier);
  c->run({Tier::scalar, team});
  return {c->results().begin(), c->results().end()};
}

TEST(AttentionAmx, TilesInSoftwareStayWithinTheStatedErrorOnEveryShape) {
  for (const Format cache : {Format::bf16, Format::e4m3}) {
    for (const char* kind : {"gqa", "mla"}) {
      const Descriptor& d = described(kind, cache);
      EXPECT_GT(d.max_error_of(Tier::amx), d.max_error);
      expect_small_errors(find_attention_emulated(cache), d, described_layout(kind, cache),
                          shapes_of(d));
    }
  }
}

/// Pages that are shorter than a chunk, or end in the midst of one; values whose columns leave a
/// pair of tiles over.
TEST(AttentionAmx, AnyPagesAndColumnsDo) {
  const Shape shapes[] = {{2, 130, 2, 3}, {1, 97, 1, 17}, {1, 32, 1, 1}};
  for (const std::int64_t page : {32, 96, 160}) {
    expect_small_errors(find_attention_emulated(Format::bf16), described("gqa", Format::bf16),
                        {Format::bf16, 1, 96, 96, page, false}, shapes);
    expect_small_errors(find_attention_emulated(Format::bf16), described("mla", Format::bf16),
                        {Format::bf16, 1, 64, 32, page, true}, shapes);
    expect_small_errors(find_attention_emulated(Format::e4m3), described("gqa", Format::e4m3),
                        {Format::e4m3, 1, 192, 192, page, false}, shapes);
  }
}

TEST(AttentionAmx, ThreadsDoNotChangeABit) {
  for (const Format cache : {Format::bf16, Format::e4m3}) {
    const PairTier tier = find_attention_emulated(cache);
    for (const char* kind : compared_kinds()) {
      const KvLayout layout = described_layout(kind, cache);
      const Shape shape{2, 70, 3, 5};
      const auto one = results(layout, shape, tier, 1);
      EXPECT_EQ(one, results(layout, shape, tier, 2)) << kind;
      EXPECT_EQ(one, results(layout, shape, tier, 5)) << kind;
    }
  }
}

TEST(AttentionAmx, RefusesWhatDoesNotFitItsTiles) {
  const PairTier tier = find_attention_emulated(Format::e4m3);
  const KvLayout narrow{Format::e4m3, 1, 96, 96, 64, false};
  Team team(1);
  const auto c = make_decode_case(narrow, Format::bf16, {1, 10, 1, 2}, &tier);
  EXPECT_THROW(c->run({Tier::scalar, team}), std::invalid_argument);
  EXPECT_EQ(find_attention_emulated(Format::fp16).task, nullptr);
}

#if defined(__x86_64__)
TEST(AttentionAmx, IsTheBestOfItsTiersAndLeavesFp32QueriesAlone) {
  for (const Format cache : {Format::bf16, Format::e4m3}) {
    EXPECT_EQ(attention_decode_bf16_tiers(cache).back(), Tier::amx);
    EXPECT_EQ(attention_decode_tiers(cache).back(), Tier::avx512);
  }
}

TEST(AttentionAmx, RowsThatDoNotFitTakeTheTierOfFp32Vectors) {
  if (!can_run(Tier::avx512)) GTEST_SKIP() << "this machine lacks the tier's vectors";
  const KvLayout narrow{Format::e4m3, 1, 96, 96, 64, false};
  Team team(1);
  const auto by = [&](Tier tier) {
    const auto c = make_decode_case(narrow, Format::bf16, {2, 70, 2, 3}, nullptr);
    c->run({tier, team});
    EXPECT_LE(c->error(), described("gqa", Format::e4m3).max_error);
    return std::vector<float>(c->results().begin(), c->results().end());
  };
  EXPECT_EQ(by(Tier::amx), by(Tier::avx512));
}
#endif

#if defined(__x86_64__) && defined(__linux__)
constexpr const char* kNoVectors = "this machine lacks the tier's vectors";

/// What the compiler made of the tier for the processor, bit for bit with the body in software.
TEST(AttentionAmx, CompiledInstructionsGiveTheBitsOfTheTilesInSoftware) {
  if (!can_run(Tier::avx512bf16)) GTEST_SKIP() << kNoVectors;
  const AmxTraps traps;
  for (const Format cache : {Format::bf16, Format::e4m3}) {
    for (const char* kind : compared_kinds()) {
      for (const Shape& s : {Shape{1, 31, 2, 3}, Shape{1, 65, 1, 17}, Shape{1, 150, 1, 8}})
        EXPECT_EQ(results(described_layout(kind, cache), s, attention_detail::find_amx(cache), 1),
                  results(described_layout(kind, cache), s, find_attention_emulated(cache), 1))
            << kind << ' ' << name_of(cache) << ' ' << to_string(s);
    }
  }
}

TEST(AttentionAmx, CompiledInstructionsStayWithinTheStatedError) {
  if (!can_run(Tier::avx512bf16)) GTEST_SKIP() << kNoVectors;
  const AmxTraps traps;
  const Shape shapes[] = {{3, 65, 2, 9}, {1, 200, 1, 40}};
  for (const Format cache : {Format::bf16, Format::e4m3}) {
    for (const char* kind : {"gqa", "mla"})
      expect_small_errors(attention_detail::find_amx(cache), described(kind, cache),
                          described_layout(kind, cache), shapes);
  }
  if (can_run(Tier::amx)) return;  // nothing was trapped
  const auto n = AmxTraps::counts();
  EXPECT_GT(n.configured, 0);
  EXPECT_EQ(n.configured, n.released) << "the state must not stay in use";
  EXPECT_EQ(n.scattered, 0) << "stores with a stride of a power of two take nine times as long";
}

/// No product more than the algorithm has, and a tile of sums loaded and stored once for 64 tokens.
TEST(AttentionAmx, MultipliesTilesOnce) {
  if (!can_run(Tier::avx512bf16) || can_run(Tier::amx)) GTEST_SKIP() << "nothing to trap";
  const AmxTraps traps;
  constexpr std::int64_t kChunks = 3, kGroups = 2;  // of 64 tokens, of 16 heads
  results(described_layout("mla", Format::bf16), {1, 64 * kChunks, 1, 16 * kGroups},
          attention_detail::find_amx(Format::bf16), 1);
  const auto n = AmxTraps::counts();
  constexpr std::int64_t kSteps = 576 / 32, kSums = 512 / 16;
  EXPECT_EQ(n.configured, 1);
  EXPECT_EQ(n.multiplied, kChunks * kGroups * (kSteps * 4 + kSums * 2));
  EXPECT_EQ(n.stored, kChunks * kGroups * (4 + kSums));
  EXPECT_EQ(n.loaded, kChunks * kGroups * (kSteps * (4 + 1) + 2 + kSums * (1 + 2)));
}
#endif

}  // namespace
}  // namespace perfmodel::kernels
