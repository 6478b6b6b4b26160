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
  const Parallelism q{.tp = 4, .pp = 2, .dp = 3, .ep = 24, .moe_tp = 1, .cp = 2};
  EXPECT_EQ(q.devices(), 48);
  EXPECT_EQ(q.stage_devices(), 24);
  EXPECT_EQ(q.rank_devices(), 16);
  EXPECT_EQ(q.token_groups(), 6);
  EXPECT_EQ(to_string(q), "tp=4 pp=2 cp=2 dp=3 ep=24");
}

TEST(Parallelism, IsReadAsItIsWritten) {
  const auto read = [](std::string_view text, const char* llm) {
    std::vector<std::string> problems;
    const auto asked = parse_parallelism(text, problems);
    EXPECT_TRUE(asked) << text;
    return asked ? asked->of(catalog().llm(llm)) : Parallelism{};
  };
  EXPECT_EQ(read("cp=4,tp=2", "llama-3.1-8b"), (Parallelism{.tp = 2, .cp = 4}));
  // Experts lie over the groups of a sequence too.
  EXPECT_EQ(read("tp=2,cp=4,dp=3", "deepseek-v3"),
            (Parallelism{.tp = 2, .dp = 3, .ep = 24, .cp = 4}));
  EXPECT_EQ(read("tp=2,cp=4,moe-tp=2", "deepseek-v3"),
            (Parallelism{.tp = 2, .ep = 4, .moe_tp = 2, .cp = 4}));
  const auto refused = [](std::string_view text) {
    std::vector<std::string> problems;
    EXPECT_FALSE(parse_parallelism(text, problems)) << text;
    return problems.empty() ? "" : problems.front();
  };
  EXPECT_EQ(refused("tp=8,ccp=2"),
            "unknown degree 'ccp' (tp, pp, cp, dp, ep, moe-tp; nearest: cp)");
  EXPECT_EQ(refused("cp=2,cp=4"), "cp is given twice");
  EXPECT_EQ(refused("cp=1000000,tp=1000"),
            "'cp=1000000,tp=1000' needs 1e+09 devices (at most 100000000)");
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
  EXPECT_TRUE(fits({.tp = 8, .cp = 7}, "llama-3.1-70b"));
  EXPECT_TRUE(fits({.tp = 4, .dp = 2, .ep = 8, .moe_tp = 4, .cp = 4}, "deepseek-v3"));
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
  expect_refused({.tp = 2, .dp = 4, .ep = 8, .cp = 2}, "deepseek-v3",
                 "ep=8 x moe-tp=1 must equal tp=2 x cp=2 x dp=4", "ep=16");
}

TEST(Parallelism, DividesSequencesOfFullAttentionOnly) {
  const auto refused = [](const char* llm, const std::string& what) {
    expect_refused({.ep = 2, .cp = 2}, llm,
                   ("cp=2: " + std::string(llm) + " has " + what +
                    ", which does not divide along the sequence")
                       .c_str(),
                   "cp=1");
  };
  refused("gpt-oss-120b", "attention over a window");
  refused("deepseek-v3.2", "attention to selected keys");
  refused("deepseek-v4-flash", "attention to a compressed context");
  refused("qwen3-next-80b-a3b", "linear attention");
  for (const char* llm : {"llama-3.1-70b", "qwen3-235b-a22b", "deepseek-r1", "kimi-k2"})
    EXPECT_TRUE(divides_sequences(catalog().llm(llm))) << llm;
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
