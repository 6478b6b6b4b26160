// How the software is run: mixed steps, prefixes read from elsewhere, balance of experts, depth of
// speculation. On a toy whose passes take known times, and on models.
#include <gtest/gtest.h>

#include "cli/policy_options.hpp"
#include "cli/setup.hpp"
#include "cost/roofline.hpp"
#include "serving/disaggregated.hpp"
#include "serving/load.hpp"
#include "serving/points.hpp"
#include "unit/toy_engine.hpp"

namespace perfmodel::serving::policy {
namespace {

using test::bytes;
using test::catalog;
using test::ms;

phase::Plan policy_plan(int pp = 1, int dp = 1) {
  return test::toy_plan({.pp = pp, .dp = dp}, bytes(1000));
}
/// A step of 3 ms and two layers of 1 ms, and 0.1 ms for every sequence in it.
cost::Machine mixed_machine() {
  auto m = test::five_ms();
  m.sequence = ms(0.1);
  m.mixed = true;
  return m;
}
Workload served_chat() {
  return test::lengths(1024, 256);
}
Steady steady(const phase::Plan& plan, const cost::Machine& m, double batch, double accepted = 0,
              const Workload& w = served_chat()) {
  return steady_state(plan, m, w, prefill_cost(plan, m, w), accepted, batch);
}

TEST(MixedSteps, ClosedForm) {
  // A quarter of a request per step; its whole prompt rides in one step of 5 + 6.4 + 0.1 ms.
  const auto s = steady(policy_plan(), mixed_machine(), 64);
  EXPECT_NEAR(s.decode_step.base(), 11.4e-3, 1e-12);
  EXPECT_NEAR(s.tpot.base(), 11.4e-3 + 0.25 * 0.1e-3, 1e-12);
  EXPECT_NEAR(s.ttft.base(), 11.5e-3 + 0.5 * s.tpot.base(), 1e-12);
  EXPECT_NEAR(s.output_rate.base(), 64 * 256 / (s.ttft + s.tpot * 255).base(), 1e-6);
  // Interference is of what the chunk adds.
  auto m = mixed_machine();
  m.interference = 3;
  EXPECT_NEAR(steady(policy_plan(), m, 64).tpot.base(), 11.4e-3 + 0.25 * 0.3e-3, 1e-12);
  // 512 / 256 = 2 requests finish per step, and their prompts share one.
  EXPECT_NEAR(steady(policy_plan(), mixed_machine(), 512).tpot.base(), (5 + 51.2 + 0.2) * 1e-3,
              1e-12);
  // A step that yields two tokens finishes twice as many.
  EXPECT_NEAR(steady(policy_plan(), mixed_machine(), 64, 1).tpot.base(), 5.7e-3 + 0.25 * 0.1e-3,
              1e-12);
}

TEST(MixedSteps, TakeAPromptApartWhereItIsLongerThanAChunk) {
  auto m = mixed_machine();
  m.chunk = 256;  // four steps for a prompt
  const auto s = steady(policy_plan(), m, 32);
  EXPECT_NEAR(s.tpot.base(), 8.2e-3 + 4 * 0.125 * 0.1e-3, 1e-12);
  EXPECT_NEAR(s.ttft.base(), 4 * 8.3e-3 + 0.5 * s.tpot.base(), 1e-12);
}

TEST(MixedSteps, ThatAreAllFullTurnOutNoMore) {
  auto m = mixed_machine();
  m.chunk = 256;
  // Four steps for a prompt and 256 for an answer: full from a batch of 64 on.
  const auto full = steady(policy_plan(), m, 64);
  EXPECT_NEAR(full.tpot.base(), (5 + 6.4 + 0.1) * 1e-3, 1e-12);
  const auto more = steady(policy_plan(), m, 96);
  EXPECT_DOUBLE_EQ(more.output_rate.base(), full.output_rate.base());
  EXPECT_EQ(more.tpot, full.tpot);
  EXPECT_EQ(more.batch, 96);
  // All 96 are somewhere (Little's law).
  EXPECT_NEAR((more.ttft + more.tpot * 255).base() * more.output_rate.base() / 256, 96, 1e-9);
}

TEST(MixedSteps, HoldRowsOfBothPhasesInMemory) {
  auto plan = policy_plan();
  plan.model.activations_per_token = bytes(1e4);
  auto m = mixed_machine();
  EXPECT_DOUBLE_EQ(memory_plan(plan, m, served_chat(), 100).activations.base(), 1e4 * (8192 + 100));
  m.mixed = false;
  EXPECT_DOUBLE_EQ(memory_plan(plan, m, served_chat(), 100).activations.base(), 1e4 * 8192);
  const auto decode = memory_plan(plan, mixed_machine(), served_chat(), 100, Role::decode);
  EXPECT_DOUBLE_EQ(decode.activations.base(), 1e6);
}

/// On a server of H100: mixing is cheaper than taking turns, and dearer than either phase alone.
TEST(MixedSteps, ShareWeightsAndSoftware) {
  const auto llm = catalog().llm("llama-3.1-8b");
  const auto setup = cli::load_comparison(catalog(), "", "hgx-h100", true);
  const auto m = setup.machine(catalog().stack("typical"));
  const auto precision = mapping::resolve({}, llm, setup.chip);
  ASSERT_TRUE(precision);
  const auto plan = phase::compile(llm, {.tp = 2}, *precision, m, 0);
  ASSERT_TRUE(plan);
  auto w = served_chat();
  for (const double batch : {1.0, 16.0, 128.0}) {
    for (const double input : {64.0, 1024.0, 30'000.0}) {
      w.input = input;
      const auto decode = decode_pass(*plan, w, batch);
      const auto prefill = prefill_passes(*plan, m, w, 1).pass;
      const Time d = phase::evaluate(*plan, m, decode).total;
      const Time p = phase::evaluate(*plan, m, prefill).total;
      const Time both = phase::evaluate_mixed(*plan, m, decode, prefill).total;
      EXPECT_LT(both, d + p) << batch << " " << input;
      EXPECT_GT(both, d) << batch << " " << input;
      EXPECT_GT(both, p) << batch << " " << input;
    }
  }
}

cost::Machine reading(double gb, double latency_ms = 0) {
  auto m = mixed_machine();
  m.mixed = false;
  m.sequence = Time{};
  m.reads_prefixes = true;
  m.prefix_link = test::gb_per_s(gb);
  m.prefix_latency = ms(latency_ms);
  return m;
}
Workload half_cached() {
  auto w = served_chat();
  w.prefix_hit = 0.5;
  return w;
}

TEST(PrefixRead, AddsToTheFirstToken) {
  // 512 tokens of 1000 bytes at 1 GB/s, and 2 ms.
  EXPECT_NEAR(prefix_read(policy_plan(), reading(1, 2), half_cached()).base(), 2.512e-3, 1e-12);
  EXPECT_EQ(prefix_read(policy_plan(), reading(1, 2), served_chat()), Time{});
  auto free = reading(1);
  free.reads_prefixes = false;
  EXPECT_EQ(prefix_read(policy_plan(), free, half_cached()), Time{});
  const auto near = steady(policy_plan(), free, 64, 0, half_cached());
  const auto far = steady(policy_plan(), reading(1, 2), 64, 0, half_cached());
  EXPECT_NEAR((far.ttft - near.ttft).base(), 2.512e-3, 1e-12);
  EXPECT_EQ(far.tpot, near.tpot);
}

TEST(PrefixRead, LimitsTheRate) {
  // 0.0512 s a request: each rank turns out 19.5 requests/s, of 256 tokens.
  const auto slow = reading(0.01);
  const double most = 256 / 0.0512;
  const auto few = steady(policy_plan(1, 4), slow, 8, 0, half_cached());
  EXPECT_LT(few.output_rate.base(), 4 * most);
  const auto many = steady(policy_plan(1, 4), slow, 64, 0, half_cached());
  EXPECT_NEAR(many.output_rate.base(), 4 * most, 1e-6);
  EXPECT_NEAR((many.ttft + many.tpot * 255).base() * many.output_rate.base() / 256, 64 * 4, 1e-9);
  EXPECT_NEAR(many.prefill_only.base(), 4 * 1024 / 0.0512, 1e-6);
  // And that of a pool that prefills alone.
  const auto cost = prefill_cost(policy_plan(), slow, half_cached());
  const PoolLink link{test::gb_per_s(1e6), Time{}};
  const auto pool = prefill_at(policy_plan(), slow, cost, Transfer{}, link, 2);
  EXPECT_NEAR(pool.rate.base(), 1 / 0.0512, 1e-6);
  EXPECT_NEAR(pool.ttft.base(), cost.of(2).base() + 2 * 0.0512, 1e-9);
}

TEST(PrefixHeld, TakesMemoryWherePromptsAreWorkedOn) {
  auto m = mixed_machine();
  m.holds_prefixes = true;
  const double whole = 1000.0 * (1024 + 256);
  EXPECT_DOUBLE_EQ(memory_plan(policy_plan(), m, half_cached(), 4).cache.base(),
                   4 * (whole + 512'000));
  EXPECT_DOUBLE_EQ(memory_plan(policy_plan(), m, half_cached(), 4, Role::decode).cache.base(),
                   4 * whole);
  EXPECT_DOUBLE_EQ(memory_plan(policy_plan(), m, served_chat(), 4).cache.base(), 4 * whole);
}

TEST(ExpertBalance, AsMeasuredHasTheChanceOfRoutingInIt) {
  auto m = test::round_machine();
  m.quantise = true;
  m.imbalance = 1.5;
  EXPECT_GT(cost::hottest_rank(m, 10, 8), 1.5);
  m.random_routing = false;
  EXPECT_EQ(cost::hottest_rank(m, 10, 8), 1.5);
  EXPECT_EQ(cost::hottest_rank(m, 1000, 8), 1.5);
  m.imbalance = 20;  // a rank cannot get more than everything
  EXPECT_EQ(cost::hottest_rank(m, 10, 8), 8);
  EXPECT_EQ(cost::hottest_rank(m, 10, 1), 1);
}

/// The compiled engine follows the reference however the software is run.
TEST(Policy, IsTheSameCompiled) {
  const auto llm = catalog().llm("deepseek-r1");
  const auto setup = cli::load_comparison(catalog(), "", "hgx-h200", true);
  const auto precision = mapping::resolve({}, llm, setup.chip);
  ASSERT_TRUE(precision);
  auto stack = catalog().stack("typical");
  stack.policy = {.mixed = true, .prefix = cost::PrefixTier::host, .balance_measured = true};
  const auto m = setup.machine(stack);
  EXPECT_NEAR(m.prefix_link.base(), 55.4e9, 1);
  const auto plan = phase::compile(llm, {.dp = 8, .ep = 8}, *precision, m, 1);
  ASSERT_TRUE(plan);
  auto w = half_cached();
  const Points points(*plan, m, 0.7);
  for (const double batch : {1.0, 12.0, 300.0}) {
    const std::vector<Point> asked = {{batch, w}};
    std::vector<PointResult> got(1);
    points.evaluate(asked, got);
    const auto s = steady(*plan, m, batch, 0.7, w);
    EXPECT_NEAR(got[0].ttft / s.ttft, 1, 1e-12) << batch;
    EXPECT_NEAR(got[0].tpot / s.tpot, 1, 1e-12) << batch;
    EXPECT_NEAR(got[0].output_rate / s.output_rate, 1, 1e-12) << batch;
    EXPECT_NEAR(got[0].memory_used / memory_plan(*plan, m, w, batch).used(), 1, 1e-12);
  }
}

TEST(Speculation, AcceptsADraftOnlyAfterTheOneBefore) {
  EXPECT_EQ(speculation(0, 0.7).accepted, 0);
  EXPECT_DOUBLE_EQ(speculation(1, 0.7).accepted, 0.7);
  EXPECT_DOUBLE_EQ(speculation(3, 0.5).accepted, 0.875);
  EXPECT_EQ(speculation(4, 1).accepted, 4);
}

TEST(Depths, AreThoseOfTheDraftLayers) {
  const auto one = cli::depths(catalog().llm("deepseek-r1"), 0.5);
  ASSERT_EQ(one.size(), 4u);
  EXPECT_EQ(one[0].drafts, 0);
  EXPECT_DOUBLE_EQ(one[3].accepted, 0.875);
  EXPECT_EQ(cli::depths(catalog().llm("llama-3.1-8b"), 0.5).size(), 1u);
}

/// Requests that vary wait longer for those before them.
TEST(AtLoad, SpreadLengthensTheWaitForPrefill) {
  auto m = mixed_machine();
  m.mixed = false;
  auto w = served_chat();
  w.input = 8192;
  const auto queue = [&](double spread) {
    w.spread = spread;
    const auto most =
        steady_state(policy_plan(), m, w, prefill_cost(policy_plan(), m, w), 0, 48).output_rate;
    return at_load(policy_plan(), m, w, 0, 48, 1, most * (0.5 / w.mean_output()))->queue;
  };
  EXPECT_GT(queue(0.8).base(), 1.01 * queue(0.0).base());
}

/// The draft layer shares table and head with the model: no weights, but their work for every
/// token.
TEST(Draft, PaysForTheHead) {
  const auto llm = catalog().llm("deepseek-r1");
  const auto m = test::round_machine();
  const auto plan = phase::compile(llm, {}, test::uniform_precision(spec::Storage::bf16), m, 2);
  ASSERT_TRUE(plan);
  const auto pass = decode_pass(*plan, served_chat(), 16);
  int heads = 0;
  for (const auto& row : phase::explain(*plan, m, pass)) {
    if (row.term->op.name() != "lm_head") continue;
    ++heads;
    // 2 x rows x hidden x vocabulary.
    const double rows = row.term->draft ? 16 : 16 * 3;
    EXPECT_DOUBLE_EQ(row.cost.matrix.base(), 2 * rows * 7168 * 129'280);
    EXPECT_EQ(row.count, row.term->draft ? 2 : 1);
  }
  EXPECT_EQ(heads, 2);
}

}  // namespace
}  // namespace perfmodel::serving::policy
