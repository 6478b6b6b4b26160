// Power over every chip: between idle and TDP, never less for more work, the sum of its parts.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "hall.hpp"
#include "power/pass_energy.hpp"
#include "power/system_power.hpp"
#include "search/worth.hpp"

namespace perfmodel::property {
namespace {

const power::Coefficients& coefficients() {
  static const auto c = hall().catalog.power("typical");
  return c;
}

TEST(PowerProperty, OfASystemLiesBetweenItsIdleAndItsNameplate) {
  std::size_t seen = 0;
  for (const auto& setup : hall().setups) {
    const auto plate = power::nameplate(setup.system, setup.chip, setup.systems, coefficients());
    if (!plate) {
      EXPECT_FALSE(setup.chip.tdp) << setup.chip.id << ": " << plate.error().reason;
      continue;
    }
    ++seen;
    EXPECT_GE(plate->pue, 1) << setup.system.id;
    const double tdp = setup.chip.tdp->value.base();
    const double chips = setup.chips();
    Power last{};
    for (const double use : {0.0, 0.01, 0.1, 0.3, 0.7, 1.0}) {
      const power::Activity a{use, use * 0.5, use * 0.2, use, use * 0.3};
      const auto p = power::system_power(setup.system, setup.chip, setup.systems, coefficients(),
                                         {{chips, a}});
      ASSERT_TRUE(p);
      const auto one = p->pools[0].total().base();
      EXPECT_GE(one, tdp * coefficients().chip.idle.value.base() * (1 - kRounding));
      EXPECT_LE(one, tdp * (1 + kRounding)) << setup.chip.id;
      EXPECT_LE(p->system().base(), p->nameplate.system().base() * (1 + kRounding));
      EXPECT_GE(p->system().base(), last.base() * (1 - kRounding))
          << setup.chip.id << " at " << use;
      EXPECT_GE(p->site(), p->system());
      last = p->system();
    }
  }
  EXPECT_GE(seen, 40u);
}

TEST(PowerProperty, EnergyOfAPassIsTheSumOfItsOperatorsAndWithinTheTdp) {
  Scope scope;
  scope.weights = {"", "bf16"};
  scope.every = 7;
  std::size_t seen = 0;
  for_each_subject(scope, [&](const Subject& s) {
    if (!s.setup->chip.tdp) return;
    ++seen;
    const Power tdp = s.setup->chip.tdp->value / (1.0 * s.setup->chip.devices);
    const auto w = usual_workload(*s.llm);
    for (const auto& pass : {serving::decode_pass(s.plan, w, 8),
                             serving::prefill_passes(s.plan, s.typical, w, 1.0).pass}) {
      const auto e = power::energy_of(s.plan, s.typical, pass, tdp, coefficients().chip);
      Energy sum = e.software;
      for (const auto part : e.operators) {
        EXPECT_GE(part.base(), 0) << s.text();
        sum += part;
      }
      EXPECT_NEAR(sum / e.total, 1, kRounding) << s.text();
      const Time t = phase::evaluate(s.plan, s.typical, pass).total;
      EXPECT_LE(e.total / t, tdp * (1 + kRounding)) << s.text();
      EXPECT_GE(e.total / t, tdp * coefficients().chip.idle.value.base()) << s.text();
    }
  });
  EXPECT_GE(seen, floor_of(400));
}

TEST(PowerProperty, AWorthIsAtMostAsManyTimesAsHighAsTheBatchIs) {
  Scope scope;
  scope.weights = {""};
  scope.every = 11;
  std::size_t seen = 0;
  for_each_subject(scope, [&](const Subject& s) {
    if (!s.setup->chip.tdp) return;
    const auto plate =
        power::nameplate(s.setup->system, s.setup->chip, s.setup->systems, coefficients());
    if (!plate) return;
    ++seen;
    search::Upkeep u;
    u.shares = coefficients().chip;
    u.tdp = s.setup->chip.tdp->value / (1.0 * s.setup->chip.devices);
    u.around = plate->around / (1.0 * s.setup->devices());
    u.steady = coefficients().around.steady.value.base();
    u.pue = plate->pue;
    const auto w = usual_workload(*s.llm);
    for (const double fixed : {0.0, 500.0}) {
      u.fixed = fixed;
      const auto at = [&](double batch) {
        return search::worth_of(u, s.plan, s.typical, w, steady_of(s.plan, s.typical, w, batch));
      };
      for (const double low : {1.0, 7.0, 64.0}) {
        const double there = at(low);
        for (const double times : {1.5, 2.0, 9.0})
          EXPECT_LE(at(std::floor(low * times)),
                    there * (std::floor(low * times) / low) * (1 + kRounding))
              << s.text() << " from " << low;
      }
    }
  });
  EXPECT_GE(seen, floor_of(100));
}

/// Small systems, every candidate, every batch.
TEST(PowerProperty, ASearchPerWattFindsTheBestThereIs) {
  const auto& catalog = hall().catalog;
  for (const auto& [name, model] :
       {std::pair{"hgx-h100", "llama-3.1-8b"}, std::pair{"hgx-h20", "llama-3.1-70b"}}) {
    const auto setup = cli::load_comparison(catalog, "", name, true);
    const auto llm = catalog.llm(model);
    const auto machine = setup.machine(hall().typical);
    const auto precision = mapping::resolve({}, llm, setup.chip);
    ASSERT_TRUE(precision);
    auto workload = usual_workload(llm);
    const auto plate = power::nameplate(setup.system, setup.chip, 1, coefficients());
    ASSERT_TRUE(plate);
    search::Upkeep u;
    u.shares = coefficients().chip;
    u.tdp = setup.chip.tdp->value;
    u.around = plate->around / (1.0 * setup.devices());
    u.steady = coefficients().around.steady.value.base();
    search::Problem problem{llm, machine, *precision, workload, setup.devices()};
    problem.upkeep = &u;
    search::Request request;
    request.objective = search::Objective::per_watt;
    request.slo.tpot = Time::from_base(0.05);
    const auto found = search::find_deployment(problem, request);
    ASSERT_TRUE(found) << found.error().reason;
    double best = 0;
    for (const auto& c : search::candidates(llm, setup.devices(), 1)) {
      const auto plan = phase::compile(llm, c, *precision, machine, 0);
      if (!plan) continue;
      const double most = serving::largest_batch(*plan, machine, workload);
      const double step = kSanitized ? 16 : 1;
      for (double b = 1; b <= most; b += step) {
        const auto s = steady_of(*plan, machine, workload, b);
        if (s.tpot > *request.slo.tpot) break;
        best = std::max(best, search::worth_of(u, *plan, machine, workload, s));
      }
    }
    EXPECT_GE(search::worth_of(problem, request.objective, *found), best / 1.0011) << name;
  }
}

}  // namespace
}  // namespace perfmodel::property
