// The steady state of an engine on a toy whose passes all take 5 ms, and its memory.
#include <gtest/gtest.h>

#include "llm/counts.hpp"
#include "ops/attention.hpp"
#include "serving/engine.hpp"
#include "unit/toy_engine.hpp"

namespace perfmodel::serving {
namespace {

using test::bytes;
using test::catalog;
using test::five_ms;
using test::ms;

phase::Plan toy(int pp = 1, int dp = 1) {
  return test::toy_plan({.pp = pp, .dp = dp});
}
Workload chat() {
  return test::lengths(1024, 256);
}
Steady steady(const phase::Plan& plan, const cost::Machine& m, double batch, double accepted = 0) {
  return steady_state(plan, m, chat(), prefill_cost(plan, m, chat()), accepted, batch);
}

TEST(SteadyState, ClosedForm) {
  const auto s = steady(toy(), five_ms(), 512);
  EXPECT_DOUBLE_EQ(s.decode_step.base(), 5e-3);
  EXPECT_DOUBLE_EQ(s.prefill.base(), 5e-3);
  EXPECT_EQ(s.yield, 1);
  // 512 / 256 = 2 requests finish per step; their prefills, together 5 ms, stall it: 5 + 5 ms.
  EXPECT_DOUBLE_EQ(s.tpot.base(), 10e-3);
  EXPECT_DOUBLE_EQ(s.ttft.base(), 7.5e-3);  // own prefill and half a step
  // A request lives 7.5 + 255 x 10 = 2557.5 ms.
  EXPECT_NEAR(s.output_rate.base(), 512 * 256 / 2.5575, 1e-6);
  EXPECT_NEAR(s.input_rate.base(), 512 * 1024 / 2.5575, 1e-6);
  EXPECT_NEAR(s.decode_only.base(), 512 / 5e-3, 1e-6);
  EXPECT_NEAR(s.prefill_only.base(), 8 * 1024 / 5e-3, 1e-6);  // eight requests to a chunk
}

TEST(SteadyState, FewRequestsPrefillAlone) {
  // A quarter of a request per step, each stalling for 5 ms: 5 + 1.25 ms.
  EXPECT_DOUBLE_EQ(steady(toy(), five_ms(), 64).tpot.base(), 6.25e-3);
  // More than a chunk holds: 4096 / 256 = 16 finish, in two chunks of 8.
  EXPECT_DOUBLE_EQ(steady(toy(), five_ms(), 4096).tpot.base(), 15e-3);
}

TEST(SteadyState, InterferenceScalesTheStallOnly) {
  auto m = five_ms();
  m.interference = 1.5;
  EXPECT_DOUBLE_EQ(steady(toy(), m, 512).tpot.base(), 12.5e-3);
  EXPECT_DOUBLE_EQ(steady(toy(), m, 512).ttft.base(), 7.5e-3);
}

TEST(SteadyState, DataParallelRanksMultiplyTheRates) {
  const auto one = steady(toy(), five_ms(), 512);
  const auto four = steady(toy(1, 4), five_ms(), 512);
  EXPECT_EQ(four.tpot, one.tpot);
  EXPECT_NEAR(four.output_rate / one.output_rate, 4, 1e-12);
  EXPECT_NEAR(four.prefill_only / one.prefill_only, 4, 1e-12);
  EXPECT_NEAR(four.decode_only / one.decode_only, 4, 1e-12);
}

TEST(SteadyState, PipelinesWorkOnSeveralPrefills) {
  // Two stages: each prefill stalls half as much, 5 + 2.5 ms.
  const auto s = steady(toy(2), five_ms(), 512);
  EXPECT_DOUBLE_EQ(s.tpot.base(), 7.5e-3);
  EXPECT_NEAR(s.prefill_only.base(), 2 * 8 * 1024 / 5e-3, 1e-6);
  // Each stage decodes its half of the batch.
  EXPECT_EQ(decode_pass(toy(2), chat(), 512).sequences, 256);
  EXPECT_EQ(decode_pass(toy(4), chat(), 2).sequences, 1);
}

TEST(SteadyState, SpeculationYieldsMoreTokensPerStep) {
  auto plan = toy();
  plan.draft_tokens = 2;
  const auto s = steady(plan, five_ms(), 512, 1.5);
  EXPECT_EQ(s.yield, 2.5);
  EXPECT_DOUBLE_EQ(s.tpot.base(), 5e-3 / 2.5 + 5e-3);
  EXPECT_NEAR(s.decode_only.base(), 512 * 2.5 / 5e-3, 1e-6);
  const auto pass = decode_pass(plan, chat(), 512);
  EXPECT_EQ(pass.tokens_per_sequence, 3);
  EXPECT_EQ(pass.logit_rows, 3 * 512);  // every draft is verified
}

TEST(DecodePass, AveragesOverTheOutput) {
  auto w = chat();
  w.spread = 0.2;  // means 0.9 of nominal
  const auto pass = decode_pass(toy(1, 8), w, 10);
  EXPECT_DOUBLE_EQ(pass.context_low, 921.6);
  // Long answers are in flight for longer: E[n^2]/E[n] of 0.8 .. 1 times 256.
  EXPECT_NEAR(pass.context_high, 921.6 + 256 * (1 - 0.512) / 3 / 0.18, 1e-9);
  EXPECT_EQ(pass.rows(), 10);
  EXPECT_EQ(pass.expert_rows, 80);
}

TEST(PrefillCost, IsAffineBetweenOneAndAChunk) {
  const PrefillCost c{.one = ms(10), .full = 5, .full_time = ms(30)};
  EXPECT_DOUBLE_EQ(c.of(1).base(), 10e-3);
  EXPECT_DOUBLE_EQ(c.of(3).base(), 20e-3);
  EXPECT_DOUBLE_EQ(c.of(5).base(), 30e-3);
  const PrefillCost alone{.one = ms(10), .full = 1, .full_time = ms(10)};
  EXPECT_DOUBLE_EQ(alone.of(2).base(), 20e-3);
}

/// Attention operations of all passes of a prefill, one head of one dimension: 4 per query and key.
double attention_pairs(const PrefillPasses& p) {
  const ops::AttentionArgs a{.heads = 1, .kv_heads = 1, .qk_dim = 1, .v_dim = 1};
  return ops::Op::make(ops::kAttention, "a", a).cost(p.pass).matrix.base() / 4 * p.count;
}

TEST(PrefillPasses, ChunksDoAllTheWork) {
  auto w = chat();
  w.input = 20'000;
  const auto m = five_ms();
  const auto p = prefill_passes(toy(1, 4), m, w, 3);
  EXPECT_DOUBLE_EQ(p.count, 20'000 / 8192.0);
  EXPECT_DOUBLE_EQ(p.pass.tokens_per_sequence, 8192);
  EXPECT_DOUBLE_EQ(p.pass.rows() * p.count, 60'000);
  EXPECT_DOUBLE_EQ(p.pass.logit_rows * p.count, 3);
  EXPECT_DOUBLE_EQ(p.pass.expert_rows, p.pass.rows() * 4);
  // 1 + 2 + ... + 20,000 keys for each of three sequences, as in one pass.
  EXPECT_NEAR(attention_pairs(p), 3 * 20'000.0 * 20'001 / 2, 1);
  // Two and a bit passes of 5 ms.
  EXPECT_DOUBLE_EQ(prefill_cost(toy(), m, w).one.base(), 5e-3 * 20'000 / 8192);
  EXPECT_EQ(prefill_cost(toy(), m, w).full, 1);
}

TEST(PrefillPasses, ShortInputsAreOnePass) {
  const auto p = prefill_passes(toy(), five_ms(), chat(), 1);
  EXPECT_EQ(p.count, 1);
  EXPECT_EQ(p.pass.rows(), 1024);
  EXPECT_EQ(p.pass.context_low, 0);
  EXPECT_EQ(p.pass.context_high, 0);
  EXPECT_NEAR(attention_pairs(p), 1024.0 * 1025 / 2, 1e-6);
}

TEST(PrefillPasses, CachedPrefixesAreSeenButNotComputed) {
  auto w = chat();
  w.input = 20'000;
  w.prefix_hit = 0.5;
  const auto p = prefill_passes(toy(), five_ms(), w, 1);
  EXPECT_DOUBLE_EQ(p.pass.rows() * p.count, 10'000);
  // 10,001 + ... + 20,000 keys.
  EXPECT_NEAR(attention_pairs(p), 10'000 * 10'000.0 + 10'000.0 * 10'001 / 2, 1);
}

TEST(Workload, SquareMeanRatioIsThatOfAUniformLength) {
  for (double spread : {0.0, 0.2, 0.7, 1.0}) {
    Workload w;
    w.input = w.output = 1;
    w.spread = spread;
    double sum = 0, squares = 0;
    constexpr int kSteps = 100'000;
    for (int i = 0; i < kSteps; ++i) {
      const double n = 1 - spread + spread * (i + 0.5) / kSteps;
      sum += n;
      squares += n * n;
    }
    EXPECT_NEAR(w.mean_input(), sum / kSteps, 1e-9);
    EXPECT_NEAR(w.mean_output(), sum / kSteps, 1e-9);
    // E[n^2] / E[n]^2
    EXPECT_NEAR(w.square_mean_ratio(), squares / kSteps / (sum / kSteps) / (sum / kSteps), 1e-9);
  }
}

class Memory : public testing::Test {
 protected:
  phase::Plan plan_of(int draft) const {
    return *phase::compile(llm_, {}, test::uniform_precision(spec::Storage::bf16), machine_, draft);
  }
  Memory() {
    machine_.memory_use = 0.9;
    machine_.chunk = 8192;
  }
  llm::LlmSpec llm_ = catalog().llm("llama-3.1-8b");
  cost::Machine machine_ = test::round_machine();  // 80 GB
  Workload w_ = chat();
};

TEST_F(Memory, PlanAddsUp) {
  const auto plan = plan_of(0);
  const auto m = memory_plan(plan, machine_, w_, 100);
  EXPECT_DOUBLE_EQ(m.weights.base(), 2 * 8'030'261'248.0);
  // 1024 + 256 tokens of 131,072 B.
  EXPECT_DOUBLE_EQ(m.cache_of_sequence.base(), 1280 * 131'072.0);
  EXPECT_DOUBLE_EQ(m.cache.base(), 100 * 1280 * 131'072.0);
  EXPECT_NEAR(m.reserve.base(), 8e9, 1);
  EXPECT_GT(m.activations.base(), 0);
  EXPECT_NEAR((m.weights + m.cache + m.activations + m.reserve + m.free()).base(), 80e9, 1);
  EXPECT_TRUE(m.fits());
}

TEST_F(Memory, HoldsTheFullestPrefillPass) {
  // Eight requests of 1024 tokens go into a chunk of 8192, and a pass of 8192 rows is what
  // `prefill_only` is quoted for.
  const auto plan = plan_of(0);
  ASSERT_EQ(prefill_cost(plan, machine_, w_).full, 8);
  EXPECT_DOUBLE_EQ(memory_plan(plan, machine_, w_, 1).activations.base(),
                   (plan.model.activations_per_token * 8192.0 + plan.model.logits_per_row).base());
  // Longer inputs come in chunks.
  w_.input = 100'000;
  EXPECT_DOUBLE_EQ(memory_plan(plan, machine_, w_, 1).activations.base(),
                   (plan.model.activations_per_token * 8192.0 + plan.model.logits_per_row).base());
}

TEST_F(Memory, TheLargestBatchFitsAndTheNextDoesNot) {
  for (double capacity : {17.9e9, 18.1e9, 20e9, 40e9, 80e9, 1000e9}) {
    for (double memory_use : {0.9, 1.0}) {
      machine_.capacity = bytes(capacity);
      machine_.memory_use = memory_use;
      const auto plan = plan_of(0);
      const double b = largest_batch(plan, machine_, w_);
      EXPECT_EQ(b, std::floor(b));
      if (b > 0) {
        EXPECT_TRUE(memory_plan(plan, machine_, w_, b).fits()) << capacity;
      }
      EXPECT_FALSE(memory_plan(plan, machine_, w_, b + 1).fits()) << capacity;
    }
  }
  machine_.capacity = bytes(16e9);  // less than the weights
  EXPECT_EQ(largest_batch(plan_of(0), machine_, w_), 0);
}

TEST_F(Memory, DraftsTakeWeightsAndRows) {
  llm_ = catalog().llm("deepseek-v3");
  const auto with = plan_of(3);
  const auto without = plan_of(0);
  const auto a = memory_plan(with, machine_, w_, 10'000);
  const auto b = memory_plan(without, machine_, w_, 10'000);
  EXPECT_DOUBLE_EQ((a.weights - b.weights).base(), with.model.draft_weights.base());
  EXPECT_GT(with.model.draft_weights.base(), 0);
  EXPECT_GT(a.activations, b.activations);
}

}  // namespace
}  // namespace perfmodel::serving
