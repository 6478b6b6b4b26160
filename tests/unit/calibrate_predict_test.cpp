// What runs would measure, and the errors of that.
#include <cmath>

#include <gtest/gtest.h>

#include "calibrate/statistics.hpp"
#include "unit/calibrate_support.hpp"

namespace perfmodel::calibrate {
namespace {

using test::deepseek;
using test::llama;
using test::two_pools;
using test::typical;

struct Predicted {
  Run run;
  Prediction p;
};
Predicted predicted(const Measurement& m) {
  auto r = test::express(m);
  EXPECT_TRUE(r) << r.error().reason;
  if (!r) return {};
  const auto p = predict(*r, typical());
  EXPECT_TRUE(p);
  return {*r, *p};
}
Measurement in_mode(Measurement m, Mode mode) {
  m.mode = mode;
  return m;
}

TEST(Predict, MoreLoadIsSlowerPerTokenAndFasterInAll) {
  for (const bool dense : {true, false}) {
    Prediction last{};
    for (double load = 8; load <= 512; load *= 2) {
      const auto p = predicted(dense ? llama(load) : deepseek(8, load)).p;
      EXPECT_GE(p.tpot.base(), last.tpot.base() * (1 - 1e-9)) << load;
      EXPECT_GE(p.step.base(), last.step.base() * (1 - 1e-9)) << load;
      EXPECT_GE(p.output.base(), last.output.base() * (1 - 1e-9)) << load;
      last = p;
    }
  }
}

TEST(Predict, ForcedBalanceIsEvenRanksWhateverTheProfileSays) {
  auto even = typical();
  even.imbalance.value = Count::from_base(1);
  even.policy.balance_measured = true;
  for (const auto mode : {Mode::prefill_only, Mode::decode_only, Mode::aggregated}) {
    auto m = in_mode(deepseek(8, 512), mode);
    const auto free = predicted(m);
    m.notes = "perfect EPLB";
    const auto forced = predicted(m);
    EXPECT_LT(forced.p.step.base(), free.p.step.base());
    EXPECT_EQ(forced.p.step.base(), predict(free.run, even)->step.base());
  }
}

TEST(Predict, RatesAgreeWithLatencies) {
  const auto x = predicted(llama(32));
  EXPECT_NEAR(x.p.output / x.p.requests, 256, 1e-6);
  EXPECT_NEAR(x.p.input / x.p.requests, 1024, 1e-6);
  EXPECT_NEAR(x.p.requests * (x.p.ttft + x.p.tpot * 255), 32, 1e-6);
  EXPECT_FALSE(x.p.saturated);
}

TEST(Predict, AStaticBatchIsItsPrefillsAndItsSteps) {
  const auto p = predicted(in_mode(llama(16), Mode::static_batch)).p;
  EXPECT_NEAR(p.batch_latency / (p.ttft + p.step * 255), 1, 1e-12);
  EXPECT_NEAR(p.output * p.batch_latency, 16 * 256, 1e-6);
  auto single = in_mode(llama(16), Mode::static_batch);
  single.output = 1;
  const auto first = predicted(single).p;
  EXPECT_NEAR(first.batch_latency / first.ttft, 1, 1e-12);
}

TEST(Predict, FewerRequestsThanRanksDoNotCountEmptyPlaces) {
  for (const auto mode : {Mode::aggregated, Mode::static_batch}) {
    const auto all = predicted(in_mode(deepseek(16, 16), mode)).p;
    const auto some = predicted(in_mode(deepseek(16, 4), mode)).p;
    EXPECT_NEAR(some.output / all.output, 0.25, 1e-9);
    EXPECT_NEAR(some.input / all.input, 0.25, 1e-9);
    EXPECT_NEAR(some.tpot / all.tpot, 1, 1e-9);
  }
  auto batch = in_mode(deepseek(16, 0), Mode::decode_only);
  batch.batch_per_chip = 1;
  const auto all = predicted(batch).p;
  batch.batch_per_chip = 0.25;
  EXPECT_NEAR(predicted(batch).p.output / all.output, 0.25, 1e-9);
}

TEST(Predict, DecodeOnlyIsASingleStep) {
  auto m = in_mode(deepseek(16, 0), Mode::decode_only);
  m.batch_per_chip = 8;
  m.input = 4096;
  const auto x = predicted(m);
  EXPECT_EQ(x.run.fixed_context, 4096);
  EXPECT_NEAR(x.p.output * x.p.tpot, 8 * 16, 1e-6);
  m.accepted = 0.7;
  m.draft_tokens = 1;
  const auto drafted = predicted(m).p;
  EXPECT_NEAR(drafted.step / drafted.tpot, 1.7, 1e-9);
  EXPECT_GT(drafted.step, x.p.step);
}

TEST(Predict, UnpublishedAcceptanceIsTheProfiles) {
  auto m = in_mode(deepseek(16, 0), Mode::decode_only);
  m.batch_per_chip = 8;
  m.input = 4096;
  m.draft_tokens = 3;
  const auto r = test::express(m);
  ASSERT_TRUE(r);
  auto stack = typical();
  stack.acceptance.value = Count::from_base(0.5);
  const auto p = calibrate::predict(*r, stack);
  ASSERT_TRUE(p);
  EXPECT_NEAR(p->step / p->tpot, 1 + 0.5 + 0.25 + 0.125, 1e-9);
  stack.acceptance.value = Count::from_base(0.8);
  EXPECT_LT(calibrate::predict(*r, stack)->tpot, p->tpot);
}

TEST(Predict, PrefillOnlyCountsTokensOrSequences) {
  auto m = in_mode(deepseek(16, 0), Mode::prefill_only);
  m.concurrency.reset();
  m.batch_per_chip = 4096;  // tokens
  const auto tokens = predicted(m).p;
  m.batch_per_chip = 4;  // sequences of 1024
  const auto sequences = predicted(m).p;
  EXPECT_NEAR(tokens.ttft / sequences.ttft, 1, 1e-9);
  EXPECT_NEAR(tokens.input * tokens.ttft, 4096 * 16, 1e-3);
  EXPECT_FALSE(value_of(tokens, predicted(m).run, Metric::output_per_chip));
}

TEST(Predict, PoolsGiveNoMoreThanEitherCan) {
  for (double load : {1.0, 16.0, 256.0, 4096.0, 65536.0}) {
    const auto x = predicted(two_pools(load));
    const auto& r = x.run;
    const auto machine = [&](const Pool& p) {
      return cost::make_machine(r.site->chip, r.site->system, p.systems, &r.site->family,
                                typical());
    };
    const auto prefill = serving::prefill_cost(r.prefill->plan, machine(*r.prefill), r.workload);
    const Frequency prefills = r.prefill->workers * r.prefill->plan.parallelism.dp *
                               r.prefill->plan.parallelism.pp * prefill.full / prefill.full_time;
    const auto decode = machine(r.decode);
    const double most = serving::largest_batch(r.decode.plan, decode, r.workload);
    const auto step = phase::evaluate(r.decode.plan, decode,
                                      serving::decode_pass(r.decode.plan, r.workload, most))
                          .total;
    const Frequency decodes =
        most * r.decode.workers * r.decode.plan.parallelism.dp / (step * r.workload.mean_output());
    EXPECT_LE(x.p.requests.base(), prefills.base() * (1 + 1e-9)) << load;
    EXPECT_LE(x.p.requests.base(), decodes.base() * (1 + 1e-9)) << load;
    EXPECT_LE(x.p.requests * x.p.tpot * r.workload.mean_output(), load * (1 + 1e-9)) << load;
    EXPECT_EQ(x.p.saturated, load >= 4096) << load;
  }
}

TEST(Predict, RequestsBeyondMemoryQueue) {
  const auto full = predicted(llama(1e5));
  const auto more = predicted(llama(2e5));
  EXPECT_TRUE(full.p.saturated);
  EXPECT_NEAR(more.p.output / full.p.output, 1, 1e-9);
  EXPECT_NEAR(more.p.tpot / full.p.tpot, 1, 1e-9);
  EXPECT_GT(more.p.ttft, full.p.ttft * 1.9);
  EXPECT_TRUE(predicted(in_mode(llama(0), Mode::offline_max)).p.saturated);
}

TEST(Predict, ValuesAreInTheUnitOfTheMetric) {
  const auto x = predicted(two_pools(256));
  const auto value = [&](Metric m) { return *value_of(x.p, x.run, m); };
  EXPECT_NEAR(value(Metric::tpot), x.p.tpot.base() * 1e3, 1e-9);
  EXPECT_NEAR(value(Metric::output_per_chip) * 24, x.p.output.base(), 1e-6);
  EXPECT_NEAR(value(Metric::output_per_decode_chip) * 16, x.p.output.base(), 1e-6);
  EXPECT_NEAR(value(Metric::input_per_prefill_chip) * 8, x.p.input.base(), 1e-6);
  EXPECT_NEAR(value(Metric::total_per_chip) * 24, (x.p.input + x.p.output).base(), 1e-6);
  EXPECT_FALSE(value_of(x.p, x.run, Metric::power));
  EXPECT_FALSE(value_of(x.p, x.run, Metric::joules));
  EXPECT_FALSE(value_of(x.p, x.run, Metric::batch_latency));
}

TEST(ErrorsOf, AreAsComputedByHand) {
  // Ratios 1.1, 0.8, 2, 1; errors 0.1, 0.2, 1, 0.
  const auto e = errors_of({{10, 11}, {20, 16}, {5, 10}, {40, 40}});
  EXPECT_EQ(e.count, 4u);
  EXPECT_NEAR(e.median, 0.15, 1e-12);
  EXPECT_NEAR(e.mean, 1.3 / 4, 1e-12);
  EXPECT_NEAR(e.p90, 0.2 + 0.7 * 0.8, 1e-12);  // between the third and the fourth of four
  EXPECT_NEAR(e.bias, std::pow(1.1 * 0.8 * 2.0, 0.25), 1e-12);
  // Ranks 2 3 1 4 and 2 3 1 4.
  EXPECT_NEAR(e.rank, 1, 1e-12);
  // Ranks 1 2 3 and 3 2 1; then with a tie, 1 2 3 and 1.5 1.5 3.
  EXPECT_NEAR(errors_of({{1, 3}, {2, 2}, {3, 1}}).rank, -1, 1e-12);
  EXPECT_NEAR(errors_of({{1, 5}, {2, 5}, {3, 6}}).rank, std::sqrt(3) / 2, 1e-12);
  // log 2 and -log 2 about zero.
  EXPECT_NEAR(errors_of({{1, 2}, {2, 1}}).spread, std::log(2), 1e-12);
}

TEST(ErrorsOf, PerfectPredictionsHaveNone) {
  const auto e = errors_of({{1, 1}, {7, 7}, {3, 3}});
  EXPECT_EQ(e.mean, 0);
  EXPECT_EQ(e.median, 0);
  EXPECT_EQ(e.p90, 0);
  EXPECT_EQ(e.bias, 1);
  EXPECT_EQ(e.spread, 0);
  EXPECT_NEAR(e.rank, 1, 1e-12);
}

TEST(ErrorsOf, FewOrEqualPairsHaveNoRank) {
  EXPECT_EQ(errors_of({}).count, 0u);
  EXPECT_EQ(errors_of({}).bias, 1);
  const auto one = errors_of({{2, 3}});
  EXPECT_EQ(one.median, 0.5);
  EXPECT_EQ(one.p90, 0.5);
  EXPECT_EQ(one.rank, 0);
  EXPECT_EQ(errors_of({{2, 3}, {2, 4}}).rank, 0);
}

}  // namespace
}  // namespace perfmodel::calibrate
