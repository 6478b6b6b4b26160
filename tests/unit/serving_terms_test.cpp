// The terms of an engine, combined by the formula of docs/reports.md as any other program would,
// against the engine itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "cli/setup.hpp"
#include "engine_support.hpp"
#include "hw/kernel_curve.hpp"
#include "serving/engine.hpp"
#include "serving/terms.hpp"

namespace perfmodel::serving {
namespace {

struct Multipliers {
  double bandwidth = 1, peak = 1, link = 1;
};

/// The formula of the what-if, word for word.
class Formula {
 public:
  Formula(const EngineTerms& terms, Multipliers by) : t_(terms), by_(by) {}

  double pass(const PassTerms& p, double n) const {
    auto sum = p.constant;
    for (const auto& r : p.plain)
      sum[r.stream] +=
          r.count * smooth(r.compute * n * slower(r.of_peak),
                           (r.memory * n + spill(r.touched * n) * r.by_byte) / by_.bandwidth,
                           r.vector * n / by_.peak);
    for (const auto& r : p.products) sum[r.stream] += r.count * product(r, n);
    for (const auto& r : p.lines) {
      double least = std::numeric_limits<double>::infinity();
      for (const auto& l : r.lines)
        least = std::min(least, l.at_zero + l.slope * r.rows * n / by_.link);
      sum[r.stream] += least;
    }
    for (const auto& r : p.exchange)
      sum[r.stream] += r.seconds * n * (r.routing ? hot(*r.routing, n) : 1.0) / by_.link;
    const double hidden =
        sum[1] * t_.overlap_shared + std::min(sum[2], sum[0]) * t_.overlap_exchange;
    return (sum[0] + sum[1] + sum[2] - hidden + p.layers) * t_.stage_excess + t_.step +
           t_.sequence * n;
  }
  double decode(double b) const { return pass(t_.decode, std::max(1.0, b / t_.pp)); }
  double prefill(double n) const { return pass(t_.prefill, n) * t_.prefill_passes; }

 private:
  double spill(double x) const { return x > 0 ? x * (x / (x + t_.spill)) : 0.0; }
  double slower(const TermShare& r) const {
    double s = r.share;
    if (t_.shares_fall && s < t_.best_share)
      s = t_.best_share / (1 + (t_.best_share / s - 1) * by_.peak);
    return std::min(1.0, r.share * r.efficiency) / (by_.peak * std::min(1.0, s * r.efficiency));
  }
  double smooth(double a, double b, double c) const {
    const double most = std::max({a, b, c});
    if (t_.sharpness <= 0 || most <= 0) return most;
    double sum = 0;
    for (const double x : {a, b, c}) sum += std::pow(x / most, t_.sharpness);
    return most * std::pow(sum, 1 / t_.sharpness);
  }
  double hot(const TermRouting& r, double n) const {
    if (r.ranks <= 1) return 1;
    const double load = r.load * n;
    return std::min(r.ranks, t_.imbalance * (1 + std::sqrt(2 * std::log(r.ranks) / load) +
                                             std::log(r.ranks) / (3 * load)));
  }
  double product(const ProductTerm& t, double n) const {
    double groups = t.groups, rows = t.rows * n, tile_rows = rows, active = rows;
    double weights = t.weights;
    if (t.routing) {
      const auto& r = *t.routing;
      const double load = r.load * n;
      groups = -r.local * std::expm1(r.tokens * n * r.log_miss);
      rows = load / groups;
      tile_rows = rows * hot(r, n);
      weights = t.weights * groups;
      active = load * hot(r, n);
    }
    const double share = tile_rows / t.tile;
    const double steps = groups > 1 ? std::max(1.0, share + 0.5) : std::ceil(share);
    const double waves = groups * std::max(1.0, steps * t.by_tall) * t.columns / t.cores;
    const double idle =
        waves >= 1 ? std::ceil(waves) / waves : std::max(1.0, 1 / (waves * t.split));
    const double compute =
        t.compute * slower(t.of_peak) * groups * steps * (1 + (idle - 1) * t.wave_share);
    const double memory = (weights + spill(t.touched * active)) *
                          (rows > 1 ? t.by_byte : t.by_byte_single) / by_.bandwidth;
    return smooth(compute, memory, 0) +
           spill(t.converted * active) * t.by_byte_converted / by_.bandwidth;
  }

  const EngineTerms& t_;
  Multipliers by_;
};

cli::Setup times(cli::Setup s, Multipliers by) {
  const auto scale = [](auto& f, double factor) {
    if (f) f->value *= factor;
  };
  scale(s.chip.memory_bandwidth, by.bandwidth);
  for (auto& p : s.chip.matrix) scale(p, by.peak);
  scale(s.chip.vector_fp32, by.peak);
  scale(s.chip.vector_fp16, by.peak);
  for (auto& tier : s.system.tiers) scale(tier.bandwidth, by.link);
  return s;
}

struct Case {
  const char* system;
  const char* llm;
  const char* parallel;
  const char* speculate;
};

class EngineTermsOf : public testing::TestWithParam<Case> {};

TEST_P(EngineTermsOf, GiveTheEnginesTimesForAnyHardware) {
  const auto& c = GetParam();
  cli::EstimateArguments words;
  words.system = c.system;
  words.llm = c.llm;
  words.parallel = c.parallel;
  words.policy.speculate = c.speculate;
  const auto options = cli::check_arguments(words);
  const auto setup = cli::load_setup(test::catalog(), options);
  const auto question = cli::load_question(test::catalog(), options);
  const auto precision = mapping::resolve(question.precision, question.llm, setup.chip);
  ASSERT_TRUE(precision);
  const auto machine = setup.machine(question.stack);
  const auto plan = phase::compile(question.llm, *question.request.parallelism, *precision, machine,
                                   question.request.speculation.drafts);
  ASSERT_TRUE(plan);
  const bool fall = setup.family.kernels.core_rate && hw::core_rate(setup.chip);
  const auto& w = question.workload;
  const auto terms = engine_terms(*plan, machine, w, question.request.speculation.accepted, fall);
  ASSERT_TRUE(terms);
  for (const Multipliers by : {Multipliers{1, 1, 1},
                               {4, 1, 1},
                               {0.25, 1, 1},
                               {1, 4, 1},
                               {1, 0.25, 1},
                               {1, 1, 4},
                               {1, 1, 0.25},
                               {2, 0.7, 1.3}}) {
    const auto other = times(setup, by).machine(question.stack);
    const Formula formula(*terms, by);
    for (const double b : {1.0, 2.0, 7.0, 64.0, 300.0}) {
      const auto step = phase::evaluate(*plan, other, decode_pass(*plan, w, b)).total.base();
      EXPECT_NEAR(formula.decode(b), step, step * 1e-9) << b;
    }
    const auto prefill = prefill_cost(*plan, other, w);
    EXPECT_NEAR(formula.prefill(1), prefill.one.base(), prefill.one.base() * 1e-9);
    EXPECT_NEAR(formula.prefill(terms->full), prefill.full_time.base(),
                prefill.full_time.base() * 1e-9);
  }
  const auto memory = memory_plan(*plan, machine, w, 33);
  const double rows = std::max(33 * terms->rows_per_sequence, terms->prefill_rows);
  EXPECT_NEAR(terms->weights + terms->by_sequence * 33 + terms->by_row * rows +
                  terms->by_logit_row * 33 * terms->rows_per_sequence,
              memory.used().base(), memory.used().base() * 1e-12);
  EXPECT_NEAR(terms->capacity * terms->use, (memory.capacity - memory.reserve).base(),
              memory.capacity.base() * 1e-12);
}

INSTANTIATE_TEST_SUITE_P(
    Engines, EngineTermsOf,
    testing::Values(Case{"cloudmatrix384", "deepseek-r1", "tp=1,dp=256,ep=256", ""},
                    Case{"gb200-nvl72", "deepseek-r1", "tp=2,dp=32,ep=64", "1:0.7"},
                    Case{"hgx-h200", "llama-3.1-70b", "tp=8", ""},
                    Case{"hgx-b200", "qwen3-next-80b-a3b", "tp=2,pp=2,dp=2,ep=4", ""},
                    Case{"hgx-h20", "deepseek-v3.2", "tp=8,ep=8", ""},
                    Case{"hgx-b200", "llama-3.1-70b", "tp=2,pp=2,cp=2", "1:0.7"},
                    Case{"cloudmatrix384", "deepseek-r1", "cp=8,dp=4,ep=32", "1:0.7"}),
    [](const auto& of) {
      return test::test_name(std::string(of.param.system) + "_" + of.param.llm + "_" +
                             std::to_string(of.index));
    });

TEST(EngineTerms, AreNoneOfAnIdealMachine) {
  cli::EstimateArguments words;
  words.system = "hgx-h200";
  words.llm = "llama-3.1-8b";
  words.parallel = "tp=1";
  const auto options = cli::check_arguments(words);
  const auto setup = cli::load_setup(test::catalog(), options);
  const auto question = cli::load_question(test::catalog(), options);
  const auto precision = mapping::resolve(question.precision, question.llm, setup.chip);
  const auto machine = setup.machine(question.ceiling);
  const auto plan =
      phase::compile(question.llm, *question.request.parallelism, *precision, machine, 0);
  ASSERT_TRUE(plan);
  EXPECT_FALSE(engine_terms(*plan, machine, question.workload, 0, false));
}

}  // namespace
}  // namespace perfmodel::serving
