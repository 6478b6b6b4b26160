// The compiled table against the evaluation operator by operator, and points against the engine in
// steady state: the same numbers, on every chip and model.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "hall.hpp"
#include "phase/compiled.hpp"
#include "serving/points.hpp"

namespace perfmodel::property {
namespace {

constexpr double kSame = 1e-13;  // for the rounding of sums in another order

double off(double a, double b) {
  return a == b ? 0.0 : std::abs(a - b) / std::max(std::abs(a), std::abs(b));
}

/// Passes from a single token to more than a chip can take: 24 and 20, so that the last vector is
/// now full and now not.
std::vector<ops::Pass> passes_of(ops::Phase phase, double dp, double drafts) {
  std::vector<ops::Pass> all;
  const bool prefill = phase == ops::Phase::prefill;
  for (double sequences :
       prefill ? std::vector<double>{1, 3} : std::vector{1., 2., 63.5, 128., 700.})
    for (double tokens : prefill ? std::vector{1., 129., 8192.} : std::vector{1. + drafts})
      for (double context : {0., 100., 3000., 90'000.}) {
        ops::Pass p;
        p.phase = phase;
        p.sequences = sequences;
        p.tokens_per_sequence = p.causal_length = tokens;
        p.context_low = context;
        p.context_high = context * 1.5;
        p.logit_rows = prefill ? sequences / 2 : p.rows();
        p.expert_rows = p.rows() * dp;
        all.push_back(p);
      }
  return all;
}

/// Largest relative error.
struct Worst {
  double error = 0;
  std::size_t seen = 0;
  void add(double a, double b) {
    error = std::max(error, off(a, b));
    ++seen;
  }
};

Worst worst_pass(const phase::Plan& plan, const cost::Machine& m) {
  const phase::Compiled compiled(plan, m);
  EXPECT_EQ(compiled.unfolded(), 0u);
  Worst worst;
  for (auto phase : {ops::Phase::prefill, ops::Phase::decode}) {
    const auto all = passes_of(phase, plan.parallelism.token_groups(), plan.draft_tokens);
    phase::Passes passes;
    for (std::size_t i = 0; i < all.size(); ++i) passes.set(i, all[i]);
    std::vector<Time> times(all.size());
    compiled.evaluate(phase, passes, all.size(), times.data());
    for (std::size_t i = 0; i < all.size(); ++i)
      worst.add(times[i].base(), phase::evaluate(plan, m, all[i]).total.base());
  }
  return worst;
}

/// Each model on chips of every kind, in every format and cut.
TEST(Compiled, IsTheSumOverOperators) {
  std::size_t passes = 0;
  const Scope scope{.every = 23};
  const auto tally = for_each_subject(scope, [&](const Subject& s) {
    for (const auto* m : {&s.typical, &s.ceiling}) {
      const auto worst = worst_pass(s.plan, *m);
      passes += worst.seen;
      EXPECT_LE(worst.error, kSame) << s.text() << (m == &s.ceiling ? ", ceiling" : "");
    }
  });
  RecordProperty("tally", tally.text());
  EXPECT_GT(tally.seen, floor_of(1'500)) << tally.text();
  EXPECT_EQ(passes, tally.seen * 2 * 44);
}

/// Sequences divided over groups, whose exchanges depend on rows and contexts at once.
TEST(Compiled, DividesSequencesAsTheOperatorsDo) {
  const Scope scope{.weights = {"", "int8"},
                    .degrees = {{.tp = 1, .ep = 0, .cp = 8}, {.tp = 2, .dp = 2, .ep = 0, .cp = 4}},
                    .every = 17};
  const auto tally = for_each_subject(scope, [&](const Subject& s) {
    for (const auto* m : {&s.typical, &s.ceiling})
      EXPECT_LE(worst_pass(s.plan, *m).error, kSame) << s.text();
  });
  EXPECT_GT(tally.seen, floor_of(100)) << tally.text();
}

/// Speculation: the draft layer's passes have other rows than the model's own.
TEST(Compiled, DraftsAsTheOperatorsDo) {
  const auto& h = hall();
  std::size_t seen = 0;
  for (const auto& setup : h.setups) {
    for (const auto& llm : h.llms) {
      const auto precision = mapping::resolve({}, llm, setup.chip);
      if (!precision) continue;
      for (int dp : {1, 8}) {
        const mapping::Parallelism p{.tp = 2, .dp = dp, .ep = llm.is_moe() ? 2 * dp : 1};
        if (p.devices() > setup.devices()) continue;
        const auto m = setup.machine(h.typical);
        const auto plan = phase::compile(llm, p, *precision, m, 1 + static_cast<int>(seen % 3));
        if (!plan) continue;
        if (seen++ % (kStride > 1 ? 61 : 7) != 0) continue;
        const auto worst = worst_pass(*plan, m);
        EXPECT_LE(worst.error, kSame) << setup.chip.id << " " << llm.id << " dp " << dp;
        if (enough_failures()) return;
      }
    }
  }
  EXPECT_GT(seen, 3'000u);
}

/// Every profile of software and, of machines, what no profile has: exponents of all kinds, no
/// cache, cores unknown, tiles that are not powers of two.
TEST(Compiled, HoldsForEverySoftware) {
  const auto& h = hall();
  std::vector<cost::Stack> stacks;
  for (const auto& id : h.catalog.ids(cli::kKinds[5])) stacks.push_back(h.catalog.stack(id));
  ASSERT_GE(stacks.size(), 10u);
  const auto odd = [](cost::Machine m, std::size_t i) {
    if (i % 6 == 1) m.sharpness = 2.5;
    if (i % 6 == 2) m.cache = {};
    if (i % 6 == 3) m.cores = 0;
    if (i % 6 == 4) m.tile_m = 48;
    if (i % 6 == 5) m.vector = {};
    return m;
  };
  std::size_t i = 0;
  const Scope scope{.weights = {"", "int4"}, .every = 97};
  const auto tally = for_each_subject(scope, [&](const Subject& s) {
    const auto worst = worst_pass(s.plan, odd(s.setup->machine(stacks[i % stacks.size()]), i));
    EXPECT_LE(worst.error, kSame) << s.text() << " " << stacks[i % stacks.size()].id << " "
                                  << i % 6;
    ++i;
  });
  EXPECT_GT(tally.seen, floor_of(200)) << tally.text();
}

/// A tile as tall as three others would round steps to waves otherwise than the roofline does: such
/// operators are priced one by one, and come to the same.
TEST(Compiled, LeavesOddTilesToTheRoofline) {
  const Scope scope{.weights = {""}, .every = 97};
  std::size_t products = 0;
  const auto tally = for_each_subject(scope, [&](const Subject& s) {
    auto m = s.typical;
    m.tile_n = 3 * m.tile_m;
    const phase::Compiled compiled(s.plan, m);
    EXPECT_GT(compiled.unfolded(), 0u);
    products += compiled.unfolded();
    const auto pass = serving::decode_pass(s.plan, usual_workload(*s.llm), 100);
    phase::Passes passes;
    passes.set(0, pass);
    Time time;
    compiled.evaluate(ops::Phase::decode, passes, 1, &time);
    EXPECT_LE(off(time.base(), phase::evaluate(s.plan, m, pass).total.base()), kSame) << s.text();
  });
  EXPECT_GT(products, 0u) << tally.text();
}

/// Lengths that chunks cut, that a chunk holds many of, and that a cache knows; each a few times,
/// so that points share prefills.
std::vector<serving::Point> points_of(const phase::Plan& plan, const cost::Machine& m,
                                      const serving::Lengths& usual) {
  std::vector<serving::Point> all;
  for (double scale : {0.01, 0.3, 1.0, 9.0})
    for (double output : {3.0, 500.0}) {
      serving::Point p;
      p.lengths = {usual.input * scale, output, scale < 1 ? 0.2 : 0.0, output > 3 ? 0.4 : 0.0};
      const double largest = serving::largest_batch(plan, m, p.lengths);
      for (double batch : {1.0, 2.0, 37.0, std::max(1.0, largest), largest + 1.0, 900.0}) {
        p.batch = batch;
        all.push_back(p);
      }
    }
  // Neighbours that differ, too.
  for (std::size_t i = 0; i < 40; ++i) all.push_back(all[i * 7 % 48]);
  return all;
}

TEST(Points, AreTheEngineInSteadyState) {
  auto degrees = usual_degrees();
  degrees.push_back({.tp = 2, .ep = 0, .cp = 4});
  const Scope scope{.degrees = degrees, .every = 251};
  std::size_t seen = 0, fits = 0;
  const auto tally = for_each_subject(scope, [&](const Subject& s) {
    for (const auto* m : {&s.typical, &s.ceiling}) {
      const double accepted = 0.3;
      const serving::Points points(s.plan, *m, accepted);
      const auto asked = points_of(s.plan, *m, usual_workload(*s.llm));
      std::vector<serving::PointResult> results(asked.size());
      points.evaluate(asked, results);
      Worst worst;
      for (std::size_t i = 0; i < asked.size(); ++i) {
        const auto& p = asked[i];
        const auto& r = results[i];
        const auto prefill = serving::prefill_cost(s.plan, *m, p.lengths);
        const auto steady =
            serving::steady_state(s.plan, *m, p.lengths, prefill, accepted, p.batch);
        const auto memory = serving::memory_plan(s.plan, *m, p.lengths, p.batch);
        worst.add(r.ttft.base(), steady.ttft.base());
        worst.add(r.tpot.base(), steady.tpot.base());
        worst.add(r.decode_step.base(), steady.decode_step.base());
        worst.add(r.prefill.base(), steady.prefill.base());
        worst.add(r.output_rate.base(), steady.output_rate.base());
        worst.add(r.input_rate.base(), steady.input_rate.base());
        EXPECT_EQ(r.memory_used.base(), memory.used().base()) << s.text();
        EXPECT_EQ(r.fits, memory.fits()) << s.text();
        fits += r.fits ? 1 : 0;
      }
      seen += asked.size();
      EXPECT_LE(worst.error, kSame) << s.text() << (m == &s.ceiling ? ", ceiling" : "");
    }
  });
  EXPECT_GT(tally.seen, floor_of(200)) << tally.text();
  EXPECT_GT(fits, seen / 10);
  EXPECT_LT(fits, seen);
}

TEST(Points, RefuseResultsOfAnotherNumber) {
  const Scope scope{.every = 100'000};
  for_each_subject(scope, [](const Subject& s) {
    const serving::Points points(s.plan, s.typical, 0.0);
    const std::vector<serving::Point> asked(3);
    std::vector<serving::PointResult> results(2);
    EXPECT_THROW(points.evaluate(asked, results), std::invalid_argument);
  });
}

TEST(Points, GiveThePhasesAlone) {
  const Scope scope{.every = 499};
  const auto tally = for_each_subject(scope, [&](const Subject& s) {
    const serving::Points points(s.plan, s.typical, 0.0);
    const auto asked = points_of(s.plan, s.typical, usual_workload(*s.llm));
    std::vector<serving::Lengths> lengths;
    for (const auto& p : asked) lengths.push_back(p.lengths);
    std::vector<serving::PrefillCost> prefills(asked.size());
    std::vector<Time> steps(asked.size());
    points.prefills(lengths, prefills);
    points.decode_steps(asked, steps);
    Worst worst;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const auto prefill = serving::prefill_cost(s.plan, s.typical, lengths[i]);
      EXPECT_EQ(prefills[i].full, prefill.full);
      worst.add(prefills[i].one.base(), prefill.one.base());
      worst.add(prefills[i].full_time.base(), prefill.full_time.base());
      const auto pass = serving::decode_pass(s.plan, lengths[i], asked[i].batch);
      worst.add(steps[i].base(), phase::evaluate(s.plan, s.typical, pass).total.base());
    }
    EXPECT_LE(worst.error, kSame) << s.text();
  });
  EXPECT_GT(tally.seen, floor_of(50)) << tally.text();
}

}  // namespace
}  // namespace perfmodel::property
