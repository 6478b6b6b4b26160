// Plans: what keeps one from being compiled, and that a pass is the sum of its operators less what
// overlaps.
#include <algorithm>

#include <gtest/gtest.h>

#include "phase/plan.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::phase {
namespace {

using mapping::Parallelism;
using mapping::Stream;
using spec::Storage;
using test::catalog;
using test::uniform_precision;

/// Eight devices over a switch, four such nodes; with software.
cost::Machine node() {
  auto m = test::round_machine();
  m.quantise = true;
  m.sharpness = 4;
  m.vector = OpRate::from_base(5e12);
  m.cores = 100;
  m.tile_m = m.tile_n = 128;
  m.launch = test::us(2);
  m.layer = test::us(40);
  m.expert_layer = test::us(7);
  m.step = test::us(900);
  m.sequence = test::us(3);
  m.collective = test::us(4);
  m.dispatch = test::us(50);
  m.combine = test::us(40);
  m.overlap_shared_expert = 0.5;
  m.overlap_communication = 0.25;
  test::add_link(m, 8, 100, 1);
  test::add_link(m, 32, 20, 4);
  return m;
}
Plan compiled(const char* llm, const Parallelism& p, int draft = 0) {
  const auto plan = compile(catalog().llm(llm), p, uniform_precision(Storage::bf16), node(), draft);
  EXPECT_TRUE(plan) << (plan ? "" : plan.error().reason);
  return *plan;
}
ops::Pass pass_of(ops::Phase phase, double sequences, double tokens, double dp) {
  ops::Pass p;
  p.phase = phase;
  p.sequences = sequences;
  p.tokens_per_sequence = p.causal_length = tokens;
  p.context_low = 1000;
  p.context_high = 2000;
  p.logit_rows = phase == ops::Phase::decode ? p.rows() : sequences;
  p.expert_rows = p.rows() * dp;
  return p;
}

void expect_sum(const Plan& plan, const ops::Pass& pass) {
  const auto m = node();
  const auto total = evaluate(plan, m, pass);
  Time main{}, shared{}, exchange{}, draft{};
  bool any_draft = false;
  for (const auto& row : explain(plan, m, pass)) {
    EXPECT_NEAR(row.total.base(), row.time.total.base() * row.count, 1e-15);
    any_draft |= row.term->draft;
    if (row.term->draft) draft += row.total;
    (row.term->stream == Stream::main            ? main
     : row.term->stream == Stream::shared_expert ? shared
                                                 : exchange) += row.total;
  }
  const double scale = 1e-12 * total.total.base();
  EXPECT_NEAR(total.main.base(), main.base(), scale);
  EXPECT_NEAR(total.shared_expert.base(), shared.base(), scale);
  EXPECT_NEAR(total.exchange.base(), exchange.base(), scale);
  EXPECT_NEAR(total.draft.base(), draft.base(), scale);
  const bool drafting = plan.draft_tokens > 0 && pass.phase == ops::Phase::decode;
  EXPECT_EQ(any_draft, drafting);
  // Half of the shared expert; a quarter of the exchange, as far as there is work to hide it under.
  const Time hidden = shared * 0.5 + min(exchange, main) * 0.25;
  EXPECT_NEAR(total.hidden.base(), hidden.base(), scale);
  const double layers = plan.model.layers + (drafting ? plan.draft_tokens : 0.0);
  const double experts = plan.model.expert_layers +
                         (drafting ? plan.model.draft_expert_layers * plan.draft_tokens : 0.0);
  const Time layered = m.layer * layers + m.expert_layer * experts;
  const Time busy = main + shared + exchange - hidden + layered;
  const Time software = m.step + m.sequence * pass.sequences;
  EXPECT_NEAR(total.total.base(), (busy * plan.stage_excess + software).base(), scale);
  EXPECT_NEAR(total.overhead.base(), (layered + software).base(), scale);
}

TEST(Pass, IsTheSumOfItsOperatorsLessTheOverlap) {
  for (const auto& [llm, p, draft] :
       {std::tuple{"llama-3.1-8b", Parallelism{}, 0},
        {"llama-3.1-70b", Parallelism{.tp = 8}, 0},
        {"deepseek-v3", Parallelism{.dp = 8, .ep = 8}, 0},
        {"deepseek-v3", Parallelism{.tp = 4, .dp = 8, .ep = 32}, 2},
        {"deepseek-v3", Parallelism{.tp = 8, .pp = 4, .ep = 8}, 0},
        {"qwen3-next-80b-a3b", Parallelism{.tp = 2, .dp = 4, .moe_tp = 8}, 1}}) {
    SCOPED_TRACE(llm + (" " + to_string(p)));
    const auto plan = compiled(llm, p, draft);
    expect_sum(plan, pass_of(ops::Phase::decode, 32, 1.0 + draft, p.dp));
    expect_sum(plan, pass_of(ops::Phase::prefill, 2, 700, p.dp));
  }
}

TEST(Pass, OverlapHidesNothingOrAllThatItMay) {
  const auto plan = compiled("deepseek-v3", {.dp = 8, .ep = 8});
  const auto pass = pass_of(ops::Phase::decode, 64, 1, 8);
  auto m = node();
  m.overlap_shared_expert = m.overlap_communication = 0;
  const auto none = evaluate(plan, m, pass);
  EXPECT_GT(none.exchange.base(), 0);
  EXPECT_GT(none.shared_expert.base(), 0);
  EXPECT_EQ(none.hidden, Time{});
  m.overlap_shared_expert = m.overlap_communication = 1;
  const auto all = evaluate(plan, m, pass);
  EXPECT_NEAR(all.total.base(), none.total.base() - all.hidden.base(), 1e-12);
  EXPECT_NEAR(all.hidden.base(), (none.shared_expert + min(none.exchange, none.main)).base(),
              1e-12);
  // An exchange longer than all computation cannot hide: 1 s of latency each way.
  m.dispatch = m.combine = Time::from_base(1);
  const auto slow = evaluate(plan, m, pass);
  EXPECT_NEAR(slow.hidden.base(), (slow.shared_expert + slow.main).base(), 1e-12);
}

TEST(Pass, DraftsSeeOneTokenOfEachSequenceAndRunOncePerToken) {
  const auto m = node();
  const auto two = compiled("deepseek-v3", {}, 2);
  const auto pass = pass_of(ops::Phase::decode, 16, 3, 1);
  int seen = 0;
  for (const auto& row : explain(two, m, pass)) {
    if (!row.term->draft || row.term->op.name() != "mtp_proj") continue;
    ++seen;
    EXPECT_EQ(row.count, 2);
    // 16 rows, not 48: 2 x 16 x 14336 x 7168.
    EXPECT_EQ(row.cost.matrix.base(), 2.0 * 16 * 14336 * 7168);
  }
  EXPECT_EQ(seen, 1);
}

TEST(Pass, LayersWithExpertsAreCountedApart) {
  EXPECT_EQ(compiled("llama-3.1-8b", {}).model.expert_layers, 0);
  EXPECT_EQ(compiled("deepseek-v3", {}).model.expert_layers, 58);  // after three dense ones
}

TEST(Pass, UnevenStagesWaitForTheFullest) {
  // 61 layers over 4 stages: 16 where the mean is 15.25.
  EXPECT_DOUBLE_EQ(compiled("deepseek-v3", {.tp = 8, .pp = 4, .ep = 8}).stage_excess, 64.0 / 61);
  EXPECT_DOUBLE_EQ(compiled("llama-3.1-70b", {.tp = 8, .pp = 4}).stage_excess, 1.0);
}

TEST(Compile, RoutesItsGroups) {
  // tp 2 inside a node, data ranks 2 apart, experts 2 apart with moe-tp 2, stages of 16 devices.
  const auto plan = compiled("deepseek-v3", {.tp = 2, .pp = 2, .dp = 8, .ep = 8, .moe_tp = 2});
  using mapping::Group;
  EXPECT_EQ(plan.route(Group::tensor).size, 2);
  EXPECT_EQ(plan.route(Group::tensor).count, 1u);
  EXPECT_EQ(plan.route(Group::expert).size, 8);
  ASSERT_EQ(plan.route(Group::expert).count, 2u);
  EXPECT_EQ(plan.route(Group::expert).levels[0].fan, 4);  // four of every second device to a node
  EXPECT_EQ(plan.route(Group::expert).levels[1].fan, 2);
  EXPECT_EQ(plan.route(Group::stage).size, 16);
  ASSERT_EQ(plan.route(Group::pipeline).count, 1u);
  EXPECT_EQ(plan.route(Group::pipeline).levels[0].link, 1u);  // to the next pair of nodes
}

void expect_gap(const cost::Machine& m, const mapping::Precision& precision, const char* reason) {
  const auto plan = compile(catalog().llm("deepseek-v3"), {.dp = 8, .ep = 8}, precision, m, 0);
  ASSERT_FALSE(plan) << reason;
  EXPECT_EQ(plan.error().why, spec::Why::missing_figure);
  EXPECT_EQ(plan.error().reason, reason);
}

TEST(Compile, NamesTheMissingFigure) {
  const auto bf16 = uniform_precision(Storage::bf16);
  auto m = node();
  m.memory = {};
  expect_gap(m, bf16, "the memory bandwidth is not published (chip.memory.bandwidth)");
  m = node();
  m.capacity = {};
  expect_gap(m, bf16, "the memory capacity is not published (chip.memory.capacity)");
  m = node();
  m.peak[spec::index(spec::Compute::bf16)] = {};
  expect_gap(m, bf16, "the bf16 peak is not published (chip.matrix.bf16)");
  m = node();
  m.links[0].known = false;
  expect_gap(m, bf16, "the link bandwidth between chips is not published (chip.link.scale_up)");
}

TEST(Compile, ThePeakOfTheExpertsIsAFigureToo) {
  auto precision = uniform_precision(Storage::bf16);
  precision.expert_gemm = spec::Compute::fp4;
  expect_gap(node(), precision, "the fp4 peak is not published (chip.matrix.fp4)");
}

TEST(Compile, LinksThatNobodyUsesMayBeUnknown) {
  auto m = node();
  m.links[1].known = false;
  EXPECT_TRUE(compile(catalog().llm("deepseek-v3"), {.dp = 8, .ep = 8},
                      uniform_precision(Storage::bf16), m, 0));
}

TEST(Compile, RefusesAnImpossibleMapping) {
  const auto plan = compile(catalog().llm("deepseek-v3"), {.tp = 3, .ep = 3},
                            uniform_precision(Storage::bf16), node(), 0);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().why, spec::Why::invalid_mapping);
}

TEST(Pass, MoreWorkNeverTakesLess) {
  const auto m = node();
  for (const char* id : {"llama-3.1-8b", "deepseek-v3.2", "gpt-oss-120b", "minimax-m1"}) {
    const auto plan = compiled(id, {});
    auto pass = pass_of(ops::Phase::decode, 8, 1, 1);
    double before = 0;
    for (double context = 0; context < 1e6; context = 2 * context + 100) {
      pass.context_low = pass.context_high = context;
      const double t = evaluate(plan, m, pass).total.base();
      EXPECT_GE(t, before * (1 - 1e-12)) << id << " " << context;
      before = t;
    }
  }
}

}  // namespace
}  // namespace perfmodel::phase
