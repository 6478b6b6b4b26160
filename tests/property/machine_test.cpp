// Better hardware is never slower, software never faster than the hardware, and one device alone
// has nobody to talk to.
#include <gtest/gtest.h>

#include "hall.hpp"

namespace perfmodel::property {
namespace {

cost::Machine with_more_memory_bandwidth(cost::Machine m) {
  m.memory *= 2.0;
  return m;
}
cost::Machine with_more_peak(cost::Machine m) {
  for (auto& peak : m.peak) peak *= 2.0;
  return m;
}
cost::Machine with_more_vector(cost::Machine m) {
  m.vector *= 2.0;
  return m;
}
cost::Machine with_more_link(cost::Machine m) {
  for (auto& link : m.links) link.bandwidth *= 2.0;
  return m;
}
cost::Machine with_less_latency(cost::Machine m) {
  for (auto& link : m.links) link.latency *= 0.5;
  return m;
}

struct Better {
  std::string_view what;
  cost::Machine (*make)(cost::Machine);
};
constexpr Better kBetter[] = {{"memory bandwidth", with_more_memory_bandwidth},
                              {"matrix peak", with_more_peak},
                              {"vector peak", with_more_vector},
                              {"link bandwidth", with_more_link},
                              {"latency", with_less_latency}};

void not_slower(const Subject& s, const cost::Machine& base, const cost::Machine& better,
                std::string_view what, std::string_view stack) {
  const auto w = usual_workload(*s.llm);
  const auto prefill = serving::prefill_passes(s.plan, base, w, 1.0).pass;
  const auto a = phase::evaluate(s.plan, base, prefill).total;
  const auto b = phase::evaluate(s.plan, better, prefill).total;
  EXPECT_LE(b.base(), a.base() * (1 + kRounding))
      << s.text() << ", " << stack << ": twice the " << what << " slows prefill down";
  for (double batch : {1.0, 48.0}) {
    const auto decode = serving::decode_pass(s.plan, w, batch);
    EXPECT_LE(phase::evaluate(s.plan, better, decode).total.base(),
              phase::evaluate(s.plan, base, decode).total.base() * (1 + kRounding))
        << s.text() << ", " << stack << ", batch " << batch << ": twice the " << what
        << " slows decode down";
    const auto before = steady_of(s.plan, base, w, batch);
    const auto after = steady_of(s.plan, better, w, batch);
    EXPECT_LE(after.tpot.base(), before.tpot.base() * (1 + kRounding))
        << s.text() << ", " << stack << ", batch " << batch << ": TPOT, twice the " << what;
    EXPECT_LE(after.ttft.base(), before.ttft.base() * (1 + kRounding))
        << s.text() << ", " << stack << ", batch " << batch << ": TTFT, twice the " << what;
    EXPECT_GE(after.output_rate.base(), before.output_rate.base() * (1 - kRounding))
        << s.text() << ", " << stack << ", batch " << batch << ": output, twice the " << what;
    EXPECT_GE(after.prefill_only.base(), before.prefill_only.base() * (1 - kRounding))
        << s.text() << ", " << stack << ": prefill alone, twice the " << what;
  }
}

class BetterHardware : public ::testing::TestWithParam<Better> {};

TEST_P(BetterHardware, IsNeverSlower) {
  const auto& better = GetParam();
  const auto tally = for_each_subject({}, [&](const Subject& s) {
    not_slower(s, s.typical, better.make(s.typical), better.what, "typical");
    not_slower(s, s.ceiling, better.make(s.ceiling), better.what, "ceiling");
  });
  RecordProperty("tally", tally.text());
  EXPECT_GT(tally.seen, floor_of(30'000)) << tally.text();
}
INSTANTIATE_TEST_SUITE_P(All, BetterHardware, ::testing::ValuesIn(kBetter), [](const auto& named) {
  std::string s(named.param.what);
  for (auto& c : s)
    if (c == ' ') c = '_';
  return s;
});

TEST(Software, IsNeverFasterThanTheCeiling) {
  const auto tally = for_each_subject({}, [](const Subject& s) {
    const auto w = usual_workload(*s.llm);
    for (double batch : {1.0, 7.0, 64.0, 300.0}) {
      const auto expected = steady_of(s.plan, s.typical, w, batch);
      const auto ceiling = steady_of(s.plan, s.ceiling, w, batch);
      const auto where = s.text() + ", batch " + std::to_string(batch);
      const double slack = 1 - kRounding;
      EXPECT_GE(expected.ttft.base(), ceiling.ttft.base() * slack) << where;
      EXPECT_GE(expected.tpot.base(), ceiling.tpot.base() * slack) << where;
      EXPECT_GE(expected.decode_step.base(), ceiling.decode_step.base() * slack) << where;
      EXPECT_GE(expected.prefill.base(), ceiling.prefill.base() * slack) << where;
      EXPECT_LE(expected.output_rate.base() * slack, ceiling.output_rate.base()) << where;
      EXPECT_LE(expected.input_rate.base() * slack, ceiling.input_rate.base()) << where;
      EXPECT_LE(expected.decode_only.base() * slack, ceiling.decode_only.base()) << where;
      EXPECT_LE(expected.prefill_only.base() * slack, ceiling.prefill_only.base()) << where;
    }
  });
  RecordProperty("tally", tally.text());
  EXPECT_GT(tally.seen, floor_of(30'000)) << tally.text();
}

TEST(Software, OfTheCeilingHoldsNoLess) {
  const auto tally = for_each_subject({}, [](const Subject& s) {
    const auto w = usual_workload(*s.llm);
    EXPECT_LE(serving::largest_batch(s.plan, s.typical, w),
              serving::largest_batch(s.plan, s.ceiling, w))
        << s.text();
  });
  EXPECT_GT(tally.seen, floor_of(30'000)) << tally.text();
}

TEST(OneDevice, HasNobodyToTalkTo) {
  const Scope alone{.degrees = {{.tp = 1, .ep = 0}}};
  const auto tally = for_each_subject(alone, [](const Subject& s) {
    ASSERT_EQ(s.parallelism.devices(), 1);
    const auto w = usual_workload(*s.llm);
    for (const auto* machine : {&s.typical, &s.ceiling}) {
      for (const auto& pass : {serving::decode_pass(s.plan, w, 8.0),
                               serving::prefill_passes(s.plan, *machine, w, 1.0).pass}) {
        for (const auto& t : phase::explain(s.plan, *machine, pass)) {
          EXPECT_EQ(t.time.link.base(), 0) << s.text() << ": " << t.term->op.name();
          if (t.cost.message.pattern != ops::Pattern::none) {
            EXPECT_EQ(t.total.base(), 0) << s.text() << ": " << t.term->op.name();
          }
        }
        EXPECT_EQ(phase::evaluate(s.plan, *machine, pass).exchange.base(), 0) << s.text();
      }
    }
  });
  RecordProperty("tally", tally.text());
  EXPECT_GT(tally.seen, floor_of(12'000)) << tally.text();
}

TEST(EveryTime, IsFiniteAndPositive) {
  const auto tally = for_each_subject({}, [](const Subject& s) {
    const auto w = usual_workload(*s.llm);
    for (const auto* machine : {&s.typical, &s.ceiling}) {
      const auto steady = steady_of(s.plan, *machine, w, 8.0);
      for (auto t : {steady.ttft, steady.tpot, steady.decode_step, steady.prefill}) {
        EXPECT_TRUE(t.is_finite() && t.base() > 0) << s.text();
      }
      for (auto r : {steady.output_rate, steady.decode_only, steady.prefill_only}) {
        EXPECT_TRUE(r.is_finite() && r.base() > 0) << s.text();
      }
      EXPECT_LE(steady.output_rate.base(), steady.decode_only.base() * (1 + 1e-6))
          << s.text() << ": prefill beside decode costs nothing";
    }
  });
  EXPECT_GT(tally.seen, floor_of(30'000)) << tally.text();
}

}  // namespace
}  // namespace perfmodel::property
