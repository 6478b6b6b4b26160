// Which cuts a model allows, and what the refusals say.
#include <gtest/gtest.h>

#include "mapping/parallelism.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::mapping {
namespace {

using test::catalog;

void expect_refused(const Parallelism& p, const char* llm, const char* reason,
                    const char* nearest) {
  const auto bad = check(p, catalog().llm(llm));
  ASSERT_TRUE(bad) << to_string(p) << " on " << llm;
  EXPECT_EQ(bad->why, spec::Why::invalid_mapping);
  EXPECT_EQ(bad->reason, reason);
  EXPECT_EQ(bad->nearest, nearest);
}

TEST(Parallelism, NumbersItsDevices) {
  const Parallelism p{.tp = 4, .pp = 2, .dp = 3, .ep = 6, .moe_tp = 2};
  EXPECT_EQ(p.devices(), 24);
  EXPECT_EQ(p.stage_devices(), 12);
  EXPECT_EQ(to_string(p), "tp=4 pp=2 dp=3 ep=6 moe-tp=2");
  EXPECT_EQ(to_string(Parallelism{}), "tp=1");
}

TEST(Parallelism, AcceptsWhatFits) {
  const auto fits = [](const Parallelism& p, const char* llm) {
    return !check(p, catalog().llm(llm));
  };
  EXPECT_TRUE(fits({}, "llama-3.1-8b"));
  EXPECT_TRUE(fits({.tp = 32}, "llama-3.1-8b"));  // beyond the 8 KV heads: copies
  EXPECT_TRUE(fits({.tp = 2, .pp = 32, .dp = 4}, "llama-3.1-8b"));
  EXPECT_TRUE(fits({.tp = 4, .dp = 8, .ep = 32}, "deepseek-v3"));
  EXPECT_TRUE(fits({.tp = 4, .dp = 8, .ep = 8, .moe_tp = 4}, "deepseek-v3"));
  EXPECT_TRUE(fits({.dp = 512, .ep = 512}, "deepseek-v3"));  // copies of experts
}

TEST(Parallelism, RefusesWithTheNearestThatWorks) {
  expect_refused({.tp = 3}, "llama-3.1-8b",
                 "tp=3 does not divide the 32 attention heads of llama-3.1-8b", "tp=2");
  expect_refused({.tp = 64}, "llama-3.1-8b",
                 "tp=64 does not divide the 32 attention heads of llama-3.1-8b", "tp=32");
  expect_refused({.pp = 33}, "llama-3.1-8b",
                 "pp=33 is more stages than the 32 layers of llama-3.1-8b", "pp=32");
  expect_refused({.dp = 2, .ep = 2}, "llama-3.1-8b",
                 "llama-3.1-8b has no experts, so ep and moe-tp must be 1", "ep=1");
  expect_refused({.tp = 2, .dp = 4, .ep = 4}, "deepseek-v3",
                 "ep=4 x moe-tp=1 must equal tp=2 x dp=4", "ep=8");
  expect_refused({.dp = 7, .moe_tp = 7}, "deepseek-v3",
                 "moe-tp=7 does not divide the expert width 2048", "ep=7");
}

TEST(Parallelism, EveryKindOfAttentionCountsItsHeads) {
  // The first block that a cut does not divide is named; qwen3-next has 32 value heads in its
  // linear blocks and 16 heads in the others.
  const auto hybrid = catalog().llm("qwen3-next-80b-a3b");
  EXPECT_TRUE(divides_heads(16, hybrid));
  EXPECT_FALSE(divides_heads(32, hybrid));
  EXPECT_EQ(nearest_tp(32, hybrid), 16);
  EXPECT_TRUE(divides_heads(128, catalog().llm("deepseek-v3")));
  EXPECT_EQ(nearest_tp(200, catalog().llm("deepseek-v3")), 128);
  EXPECT_EQ(nearest_tp(100, catalog().llm("deepseek-v4-flash")), 64);
}

}  // namespace
}  // namespace perfmodel::mapping
