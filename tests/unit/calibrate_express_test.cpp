// Published rows as deployments: conventions for degrees, words for formats, and reasons why not.
#include <functional>

#include <gtest/gtest.h>

#include "unit/calibrate_support.hpp"

namespace perfmodel::calibrate {
namespace {

using mapping::Parallelism;
using test::deepseek;
using test::express;
using test::llama;
using test::row;
using test::two_pools;

Parallelism spread(const Measurement& m) {
  const auto r = express(m);
  EXPECT_TRUE(r) << r.error().reason;
  return r ? r->decode.plan.parallelism : Parallelism{};
}
Measurement sized(const std::string& chip, double chips, const Degrees& d) {
  auto m = row(chip, "deepseek-r1", chips, 64);
  m.weights = m.activations = chip.starts_with("ascend") ? "int8" : "fp8";
  m.decode = d;
  return m;
}
Degrees degrees(std::optional<int> tp, std::optional<int> dp, std::optional<int> ep = {},
                std::optional<int> moe_tp = {}) {
  Degrees d;
  d.tp = tp;
  d.attn_dp = dp;
  d.moe_ep = ep;
  d.moe_tp = moe_tp;
  return d;
}

TEST(Express, TakesTpBesideAttentionDataParallelism) {
  EXPECT_EQ(spread(sized("h200", 8, degrees(8, 1))), (Parallelism{8, 1, 1, 8, 1}));
  EXPECT_EQ(spread(sized("h200", 16, degrees(2, 8))), (Parallelism{2, 1, 8, 16, 1}));
  EXPECT_EQ(spread(sized("h200", 8, degrees({}, 8))), (Parallelism{1, 1, 8, 8, 1}));
}

TEST(Express, TakesTpThatIncludesAttentionDataParallelism) {
  // Sixteen packages of two dies, which are the ranks.
  EXPECT_EQ(spread(sized("ascend910c", 16, degrees(32, 32))), (Parallelism{1, 1, 32, 32, 1}));
  EXPECT_EQ(spread(sized("ascend910c", 16, degrees(32, 8))), (Parallelism{4, 1, 8, 32, 1}));
  EXPECT_EQ(spread(sized("ascend910c", 16, degrees(4, 8))), (Parallelism{4, 1, 8, 32, 1}));
}

TEST(Express, SpreadsExpertsAsPublished) {
  EXPECT_EQ(spread(sized("h200", 8, degrees(8, 1, 1))), (Parallelism{8, 1, 1, 1, 8}));
  EXPECT_EQ(spread(sized("h200", 8, degrees(8, 1, 4))), (Parallelism{8, 1, 1, 4, 2}));
  EXPECT_EQ(spread(sized("h200", 8, degrees(8, 1, {}, 8))), (Parallelism{8, 1, 1, 1, 8}));
  // What cannot be is the whole stage: more than there are, or no divisor.
  EXPECT_EQ(spread(sized("h200", 8, degrees(8, 1, 64))).ep, 8);
  EXPECT_EQ(spread(sized("h200", 8, degrees(8, 1, 3))).ep, 8);
}

TEST(Express, FillsMissingDegrees) {
  EXPECT_EQ(spread(sized("h200", 16, {})), (Parallelism{1, 1, 16, 16, 1}));
  EXPECT_EQ(spread(sized("h200", 16, degrees({}, {}, 8))), (Parallelism{1, 1, 8, 8, 1}));
  EXPECT_EQ(spread(row("h100", "llama-3.1-70b", 8, 16)), (Parallelism{8, 1, 1, 1, 1}));
  Degrees two;
  two.workers = 2;
  auto m = row("h100", "llama-3.1-70b", 8, 16);
  m.decode = two;
  EXPECT_EQ(spread(m), (Parallelism{4, 1, 1, 1, 1}));
}

TEST(Express, CountsEnginesAndChips) {
  auto m = llama(16);
  m.n_chips = 8;
  m.decode.tp = 2;
  const auto r = express(m);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->decode.workers, 4);
  EXPECT_EQ(r->chips, 8);
  // Without a number of chips, the spread of the experts or the degrees tell.
  auto unsized = sized("ascend910c", 1, degrees({}, {}, 64));
  unsized.n_chips.reset();
  EXPECT_EQ(express(unsized)->chips, 32);
  m = llama(16);
  m.n_chips.reset();
  m.decode.tp = 4;
  EXPECT_EQ(express(m)->chips, 4);
}

TEST(Express, ReadsPoolSizes) {
  auto m = two_pools(64);
  auto r = express(m);
  ASSERT_TRUE(r) << r.error().reason;
  ASSERT_TRUE(r->prefill);
  EXPECT_EQ(r->prefill->chips, 8);
  EXPECT_EQ(r->decode.chips, 16);
  EXPECT_EQ(r->prefill->plan.parallelism.dp, 8);
  EXPECT_EQ(r->decode.plan.parallelism.dp, 16);
  m.prefill.workers = 3;
  m.n_chips = 40;
  EXPECT_EQ(express(m)->prefill->chips, 24);
  EXPECT_EQ(express(m)->prefill->workers, 3);
  m.n_chips.reset();
  EXPECT_EQ(express(m)->chips, 40);
  // Notes say more than degrees do.
  m = two_pools(64);
  m.notes = "prefill_chips=16 decode_chips=32";
  m.n_chips = 48;
  r = express(m);
  EXPECT_EQ(r->prefill->chips, 16);
  EXPECT_EQ(r->prefill->workers, 2);
  EXPECT_EQ(r->decode.chips, 32);
  EXPECT_EQ(r->decode.workers, 2);
}

TEST(Express, TakesABatchForTheDecodePool) {
  auto m = two_pools(0);
  m.batch_per_chip = 4;
  EXPECT_EQ(express(m)->concurrency, 64);
}

mapping::Precision precision(Measurement m, const std::string& weights,
                             const std::string& activations, const std::string& kv = "") {
  m.weights = weights;
  m.activations = activations;
  m.kv = kv;
  const auto r = express(m);
  EXPECT_TRUE(r) << r.error().reason;
  return r ? r->decode.plan.precision : mapping::Precision{};
}

TEST(Express, TakesFp8ForTheModelsOwnWhereItHasOne) {
  const auto own = precision(deepseek(8, 16), "fp8", "fp8");
  const auto& native = test::catalog().llm("deepseek-r1").native;
  EXPECT_EQ(own.experts, native.experts);
  EXPECT_EQ(own.attention, native.attention);
  EXPECT_EQ(own.expert_gemm, spec::Compute::fp8);
  const auto converted = precision(llama(16), "fp8", "fp8");
  EXPECT_EQ(converted.ffn, spec::Storage::fp8);
  EXPECT_EQ(converted.attention, spec::Storage::fp8);
}

TEST(Express, TakesFp4ForTheLargeProducts) {
  auto m = deepseek(8, 16);
  m.chip = "b200";
  const auto p = precision(m, "fp4", "fp4");
  EXPECT_EQ(p.experts, spec::Storage::nvfp4);
  EXPECT_EQ(p.attention, test::catalog().llm("deepseek-r1").native.attention);
  EXPECT_EQ(p.expert_gemm, spec::Compute::fp4);
}

TEST(Express, WidensNarrowWeightsUnlessTheChipMultipliesThem) {
  auto m = row("h200", "gpt-oss-120b", 8, 16);
  m.decode.tp = 8;
  EXPECT_EQ(precision(m, "mxfp4", "bf16").expert_gemm, spec::Compute::bf16);
  m.chip = "b200";
  const auto p = precision(m, "mxfp4", "bf16");
  EXPECT_EQ(p.expert_gemm, spec::Compute::fp8);
  EXPECT_EQ(p.experts, spec::Storage::mxfp4);
}

TEST(Express, TakesTheFirstWordOfAList) {
  EXPECT_EQ(precision(llama(1), "int8 (rest)", "bf16").ffn, spec::Storage::int8);
}

TEST(Express, SizesTheCacheByActivationsWhereNothingIsSaid) {
  EXPECT_EQ(precision(llama(1), "fp8", "fp8").kv, spec::Storage::fp8);
  EXPECT_EQ(precision(llama(1), "bf16", "bf16").kv, spec::Storage::bf16);
  EXPECT_EQ(precision(llama(1), "fp8", "fp8", "bf16").kv, spec::Storage::bf16);
}

struct Refusal {
  const char* name;
  std::function<void(Measurement&)> change;
  const char* reason;
};

TEST(Express, SaysWhyNot) {
  const std::vector<Refusal> all = {
      {"mode",
       [](auto& m) {
         m.mode.reset();
         m.mode_text = "microbenchmark";
       },
       "mode 'microbenchmark' is not one of those modelled"},
      {"model", [](auto& m) { m.model = "lama"; }, "unknown LLM 'lama'"},
      {"chip", [](auto& m) { m.chip = "h1"; }, "unknown chip 'h1'"},
      {"input", [](auto& m) { m.input.reset(); }, "the input length is not published"},
      {"cache",
       [](auto& m) {
         m.mode = Mode::decode_only;
         m.input.reset();
       },
       "the cache length is not published"},
      {"output", [](auto& m) { m.output.reset(); }, "the output length is not published"},
      {"context", [](auto& m) { m.input = 1e7; }, "longer than the model's context"},
      {"load", [](auto& m) { m.concurrency.reset(); },
       "neither concurrency nor batch is published"},
      {"weights", [](auto& m) { m.weights = "fp3"; }, "weight format 'fp3' is not known"},
      {"kv", [](auto& m) { m.kv = "fp3"; }, "cache format 'fp3' is not known"},
      {"heads", [](auto& m) { m.decode.tp = 7; }, "7"},
      {"stages", [](auto& m) { m.decode.pp = 1000; }, "1000"},
      {"overflow", [](auto& m) { m.decode.tp = m.decode.pp = m.decode.attn_dp = 1'000'000; },
       "more devices than any machine has"},
      {"chips", [](auto& m) { m.n_chips = 1e30; }, "more devices than any machine has"},
  };
  for (const auto& c : all) {
    auto m = llama(16);
    c.change(m);
    const auto r = express(m);
    ASSERT_FALSE(r) << c.name;
    EXPECT_NE(r.error().reason.find(c.reason), std::string::npos)
        << c.name << ": " << r.error().reason;
  }
}

TEST(Express, TakesTheNumberInFlightFromTheNotes) {
  auto m = llama(0);
  m.concurrency.reset();
  m.notes = "open loop; mean in-flight 12.5";
  EXPECT_EQ(express(m)->concurrency, 12.5);
  m.notes = "in-flight about 7 by Little's law";
  EXPECT_EQ(express(m)->concurrency, 7);
  m.notes = "mean in-flight unknown";
  EXPECT_FALSE(express(m));
}

TEST(Express, SpeculationOfUnknownDepthHasTheUsualOne) {
  auto m = llama(16);
  m.notes = "speculative decoding on, depth not published";
  const auto r = express(m);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->drafted, 3);
  EXPECT_FALSE(r->accepted);
  m.notes.clear();
  EXPECT_EQ(express(m)->drafted, 0);
  m.draft_tokens = 2;
  m.accepted = 0.9;
  EXPECT_EQ(express(m)->drafted, 2);
  EXPECT_EQ(*express(m)->accepted, 0.9);
}

TEST(Express, TakesForcedBalanceFromTheNotes) {
  auto m = llama(16);
  for (const auto* notes :
       {"no serving scheduling; forced (perfect) EPLB; global batch 64",
        "EP32 | PERFECT EPLB = upper bound", "README: 'absolutely balanced' MoE routing simulated",
        "59,337/8; simulated balance. read"}) {
    m.notes = notes;
    EXPECT_TRUE(express(m)->balanced) << notes;
  }
  for (const auto* notes : {"", "EPLB | real (in-distribution) expert imbalance",
                            "default distribution (real imbalance after EPLB)", "balanced load"}) {
    m.notes = notes;
    EXPECT_FALSE(express(m)->balanced) << notes;
  }
}

TEST(Express, BringsStrayNumbersWithinTheirMeaning) {
  auto m = llama(16);
  m.jitter = 40;
  m.prefix_hit = 3;
  m.accepted = -2;
  m.draft_tokens = -3;
  const auto r = express(m);
  ASSERT_TRUE(r);
  EXPECT_GT(r->workload.mean_output(), 0);
  EXPECT_LT(r->workload.prefix_hit, 1);
  EXPECT_EQ(r->accepted, 0);
}

}  // namespace
}  // namespace perfmodel::calibrate
