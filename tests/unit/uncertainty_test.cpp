// Ranges as distributions, draws, the discrepancy, and what becomes of an answer.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "cli/errors.hpp"
#include "cli/estimate.hpp"
#include "cli/intervals.hpp"
#include "cli/published_index.hpp"
#include "cli/setup.hpp"
#include "report/format.hpp"
#include "uncertainty/draws.hpp"
#include "uncertainty/intervals.hpp"
#include "unit/answer_case.hpp"

namespace perfmodel::uncertainty {
namespace {

using test::catalog;

TEST(Spread, QuantilesHitTheRange) {
  for (const auto form : {Form::normal, Form::even}) {
    const Spread s{.value = 3, .low = 2, .high = 5, .form = form};
    EXPECT_NEAR(s.at(0.05), 2, 1e-8);
    EXPECT_NEAR(s.at(0.5), 3, 1e-12);
    EXPECT_NEAR(s.at(0.95), 5, 1e-8);
    for (double u = 0.01; u < 0.99; u += 0.01) EXPECT_LE(s.at(u), s.at(u + 0.01));
  }
}

TEST(Spread, IsHeldWithinTheBoundsOfItsKind) {
  const Spread share{.value = 0.9, .low = 0.6, .high = 1, .form = Form::normal, .min = 0, .max = 1};
  EXPECT_DOUBLE_EQ(share.at(0.999), 1);
  EXPECT_GT(share.at(0.001), 0);
  // From zero the quantiles run in the figure itself, not in its logarithm.
  const Spread from_zero{.value = 0.5, .low = 0, .high = 1, .form = Form::even, .min = 0, .max = 1};
  EXPECT_NEAR(from_zero.at(0.275), 0.25, 1e-12);
  EXPECT_DOUBLE_EQ(from_zero.at(0.01), 0);
}

TEST(Spread, WithoutWidthIsTheValue) {
  const Spread s{.value = 3, .low = 3, .high = 3};
  EXPECT_FALSE(s.has_width());
  for (const double u : {0.001, 0.3, 0.999}) EXPECT_EQ(s.at(u), 3);
}

double normal_share(double z) {
  return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

TEST(Spread, NormalQuantileInvertsTheShare) {
  for (double u = 0.001; u < 1; u += 0.013) EXPECT_NEAR(normal_share(normal_quantile(u)), u, 1e-9);
  EXPECT_NEAR(normal_quantile(0.9), kZ90, 1e-8);
}

TEST(Draws, FillEveryStratumOnceInAnOrderOfTheKey) {
  constexpr std::size_t n = 256;
  const auto u = draws_of("chip.memory.bandwidth a.yaml", n, 1);
  EXPECT_EQ(u, draws_of("chip.memory.bandwidth a.yaml", n, 1));
  EXPECT_NE(u, draws_of("chip.memory.bandwidth b.yaml", n, 1));
  EXPECT_NE(u, draws_of("chip.memory.bandwidth a.yaml", n, 2));
  auto sorted = u;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_NE(sorted, u);
  for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(static_cast<std::size_t>(sorted[i] * n), i);
}

TEST(Draws, AreOfAFigureWhereverItsFileLies) {
  const spec::Origin here{"chip.memory.bandwidth", "configs/chips/a.yaml", {}};
  const spec::Origin there{
      "chip.memory.bandwidth", "/usr/share/perfmodel/configs/chips/a.yaml", {}};
  EXPECT_EQ(key_of(here), key_of(there));
  EXPECT_NE(key_of(here), key_of({here.path, "configs/chips/b.yaml", {}}));
}

TEST(Discrepancy, HitsBothQuantilesOfTheErrors) {
  const auto d = discrepancy_of(0.10, 0.40);
  EXPECT_NEAR(d.within(0.5), std::atanh(0.10), 1e-8);
  EXPECT_NEAR(d.within(0.9), std::atanh(0.40), 1e-8);
  EXPECT_GT(d.tail, 0);
  // Lighter tails than normal are normal at the 90th percentile.
  const auto light = discrepancy_of(0.10, 0.15);
  EXPECT_EQ(light.tail, 0);
  EXPECT_NEAR(light.within(0.9), std::atanh(0.15), 1e-8);
  EXPECT_GT(light.within(0.5) + 1e-12, 0);
}

TEST(Discrepancy, ALargeBiasWidensIt) {
  // Four times too low in the mean is 0.75 below, and no number of the file says how much lower.
  EXPECT_NEAR(discrepancy_of(0.7, 0.9, 0.25).within(0.9), 2 * std::log(4.0), 1e-8);
  EXPECT_EQ(discrepancy_of(0.1, 0.4, 1.05).scale, discrepancy_of(0.1, 0.4).scale);
}

TEST(Discrepancy, FewRowsArePulledToAllProfiles) {
  const cost::Residual all{cost::LeftOut::chip, cost::Measured::tpot, 1000, 0.1, 0.4, 1};
  auto own = all;
  own.median = 0.2;
  own.p90 = 0.6;
  own.rows = static_cast<long>(kPull);  // half each
  EXPECT_NEAR(discrepancy_of(&own, &all).within(0.5), std::atanh(std::sqrt(0.02)), 1e-8);
  own.rows = 1'000'000'000;
  EXPECT_NEAR(discrepancy_of(&own, &all).within(0.5), std::atanh(0.2), 1e-6);
  EXPECT_EQ(discrepancy_of(nullptr, nullptr).scale, 0);
}

/// Llama-3.1-70B as vLLM of 2026 runs it.
struct Case : test::AnswerCase {
  Case() {
    stack = catalog().stack("vllm-2026");
    llm = catalog().llm("llama-3.1-70b");
    tp = 4;
  }

  Samples samples(const Sampling& how) const {
    return use([&](const Answer& a) { return sample(a, how); });
  }
  PerMetric<Interval> run(std::size_t n = 512) const { return intervals(samples({n, 1})); }

  /// Every range of width nothing.
  void know_all() {
    know_hardware();
    const auto visit = [](std::string_view, const spec::FigureRule&, auto& f) { know(f); };
    for (auto& c : family.kernels.classes) hw::KernelCurve::each(visit, c);
    hw::LinkCurve::each(visit, family.kernels.link);
    know(family.kernels.core_rate);
    for (auto* f : {&family.scale_matrix, &family.scale_memory, &family.scale_software}) know(*f);
    for (auto* f : {&stack.gemm, &stack.grouped_gemm, &stack.attention_prefill,
                    &stack.attention_decode, &stack.vector, &stack.memory, &stack.link,
                    &stack.kernel_start, &stack.overlap_shared_expert, &stack.overlap_communication,
                    &stack.memory_use, &stack.interference, &stack.imbalance, &stack.chunk})
      know(*f);
    for (auto* f : {&stack.launch, &stack.layer, &stack.expert_layer, &stack.step, &stack.sequence,
                    &stack.collective, &stack.dispatch, &stack.combine, &stack.request})
      know(*f);
  }
};

const Interval& rate(const PerMetric<Interval>& all) {
  return all[index(Metric::output_rate)];
}

TEST(Intervals, SameSeedSameNumbersForAnyNumberOfThreads) {
  Case c;
  c.discrepancy.fill(discrepancy_of(0.1, 0.3));
  const auto one = c.samples({512, 7, {}, 1});
  EXPECT_EQ(one.log_ratio, c.samples({512, 7, {}, 1}).log_ratio);
  EXPECT_EQ(one.log_ratio, c.samples({512, 7, {}, 3}).log_ratio);
  EXPECT_NE(one.log_ratio, c.samples({512, 8, {}, 1}).log_ratio);
}

TEST(Intervals, RiseFromP10ToP90AndHoldMoreThanNothing) {
  Case c;
  c.discrepancy.fill(discrepancy_of(0.1, 0.3));
  for (const auto& i : c.run()) {
    EXPECT_LT(i.p10, i.p50);
    EXPECT_LT(i.p50, i.p90);
    EXPECT_LT(i.p10, 1);
    EXPECT_GT(i.p90, 1);
  }
}

TEST(Intervals, NothingUnknownLeavesTheDiscrepancyAlone) {
  Case c;
  c.know_all();
  for (const auto& i : c.run(64)) {
    EXPECT_EQ(i.p10, 1);
    EXPECT_EQ(i.p90, 1);
  }
  c.discrepancy.fill(discrepancy_of(0.1, 0.3));
  const double half = discrepancy_of(0.1, 0.3).within(0.8);
  const auto all = c.run(4096);
  EXPECT_NEAR(std::log(rate(all).p90), half, 0.08 * half);
  EXPECT_NEAR(std::log(rate(all).p10), -half, 0.08 * half);
  // A rate is slow where a token takes long, in the same sample.
  const auto s = c.samples({64, 1});
  for (std::size_t i = 0; i < 64; ++i)
    EXPECT_LE(s.log_ratio[index(Metric::tpot)][i] * s.log_ratio[index(Metric::output_rate)][i], 0);
}

TEST(Intervals, AWiderRangeNeverNarrows) {
  Case c;
  c.know_all();
  auto& bandwidth = *c.chip.memory_bandwidth;
  double narrow_low = 1;
  double narrow_high = 1;
  for (const double by : {1.1, 1.3, 1.8, 2.5}) {
    bandwidth.low = bandwidth.value / by;
    bandwidth.high = bandwidth.value * by;
    const auto i = rate(c.run(256));
    EXPECT_LT(i.p10, narrow_low);
    EXPECT_GT(i.p90, narrow_high);
    narrow_low = i.p10;
    narrow_high = i.p90;
  }
}

TEST(Intervals, AKnownFigureIsNotDrawn) {
  Case c;
  c.know_all();
  auto& bandwidth = *c.chip.memory_bandwidth;
  bandwidth.low = bandwidth.value / 2.0;
  const auto drawn = intervals(c.samples({64, 1}));
  const auto known = intervals(c.samples({64, 1, "chip.memory.bandwidth"}));
  EXPECT_LT(rate(drawn).p10, 1);
  EXPECT_EQ(rate(known).p10, 1);
}

TEST(Intervals, WhatFitsExplainIsNotCountedTwice) {
  Case known;
  known.know_all();
  known.discrepancy.fill(discrepancy_of(0.2, 0.5));
  Case fitted = known;
  // A fitted figure that moves the answer takes its part of the discrepancy over.
  fitted.stack.interference.low = fitted.stack.interference.value / 1.3;
  fitted.stack.interference.high = fitted.stack.interference.value * 1.3;
  const auto a = rate(known.run(2048));
  const auto b = rate(fitted.run(2048));
  EXPECT_NEAR(std::log(b.p90 / b.p10), std::log(a.p90 / a.p10), 0.12 * std::log(a.p90 / a.p10));
}

TEST(Intervals, TheSameMachineIsAboveItselfHalfOfTheTime) {
  Case c;
  c.discrepancy.fill(discrepancy_of(0.1, 0.3));
  const auto s = c.samples({256, 1});
  EXPECT_EQ(chance_above(s, 100, s, 100, Metric::output_rate), 0.5);
  EXPECT_EQ(chance_above(s, 101, s, 100, Metric::output_rate), 1);
  auto other = c;
  other.chip.id = "another";
  const auto t = other.samples({256, 1});
  const double ahead = chance_above(s, 110, t, 100, Metric::output_rate);
  EXPECT_GT(ahead, 0.5);
  EXPECT_LT(ahead, 1);
  EXPECT_NEAR(ahead + chance_above(t, 100, s, 110, Metric::output_rate), 1, 1e-12);
}

TEST(Unseen, ByWhatWasPublished) {
  using cost::LeftOut;
  const auto index = cli::load_index(catalog());
  const auto of = [&](const char* chip, const char* llm, const char* stack) {
    return cli::unseen(index.runs, chip, llm, catalog().stack(stack));
  };
  EXPECT_EQ(of("h200", "deepseek-r1", "trtllm-2026"), std::vector{LeftOut::nothing});
  EXPECT_EQ(of("ascend910d", "deepseek-r1", "trtllm-2026"), std::vector{LeftOut::chip});
  EXPECT_EQ(of("h200", "deepseek-r1", "typical"), std::vector{LeftOut::stack});
  EXPECT_EQ(of("ascend910d", "deepseek-r1", "typical"),
            (std::vector{LeftOut::stack, LeftOut::chip}));
}

TEST(Unseen, RatesThatArriveAreTurnedOut) {
  cli::EstimateArguments w;
  w.chip = "h200";
  w.rate = 0.5;
  w.samples = 32;
  w.nearest = 0;
  w.no_compare = true;
  const auto r = cli::run_estimate(catalog(), cli::check_arguments(w)).record;
  EXPECT_EQ(r.p10.output_system, r.expected.output_system);
  EXPECT_EQ(r.p90.output_system, r.expected.output_system);
  EXPECT_LT(r.p10.tpot, r.expected.tpot);
}

TEST(EstimateOptions, WithoutSamplesThereAreNoIntervals) {
  cli::EstimateArguments w;
  w.chip = "h200";
  w.samples = 0;
  w.nearest = 0;
  w.no_compare = true;
  const auto r = cli::run_estimate(catalog(), cli::check_arguments(w)).record;
  EXPECT_EQ(r.samples, 0U);
  EXPECT_TRUE(r.interval_basis.empty());
  EXPECT_EQ(report::to_table(r).find("p10"), std::string::npos);
}

TEST(EstimateOptions, RefuseSamplesAndSeedsThatMeanNothing) {
  cli::EstimateArguments w;
  w.chip = "h200";
  w.samples = 3;
  w.seed = -1;
  try {
    cli::check_arguments(w);
    FAIL();
  } catch (const cli::UsageError& e) {
    const std::string text = e.what();
    EXPECT_NE(text.find("--samples: 3 is neither 0"), std::string::npos) << text;
    EXPECT_NE(text.find("--seed: must not be negative"), std::string::npos) << text;
  }
  w.samples = 0;
  w.seed = 0;
  EXPECT_NO_THROW(cli::check_arguments(w));
}

}  // namespace
}  // namespace perfmodel::uncertainty
