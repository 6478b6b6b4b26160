// What an answer lists as its figures is what it rests on: a figure that is not in the list can
// change without changing the answer.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "hall.hpp"
#include "power/system_power.hpp"
#include "search/economy_figures.hpp"
#include "search/provenance.hpp"
#include "tco/cost.hpp"
#include "uncertainty/intervals.hpp"

namespace perfmodel::property {
namespace {

/// As Specs keys figures.
std::string key_of(const search::UsedFigure& f) {
  return f.path + " " + f.origin.file.substr(f.origin.file.find_last_of('/') + 1);
}

TEST(Provenance, FiguresNotListedDoNotMatter) {
  std::size_t unlisted = 0;
  std::size_t listed = 0;
  std::size_t felt = 0;
  for_each_subject({.weights = {"", "bf16", "fp8"}, .every = 29}, [&](const Subject& s) {
    if (enough_failures()) return;
    const auto& setup = *s.setup;
    for (const auto* stack : {&hall().typical, &hall().ceiling}) {
      const auto workload = usual_workload(*s.llm);
      search::Deployment d;
      d.plan = s.plan;
      d.batch = 8;
      const search::Site site{setup.chip, setup.family, setup.system, setup.systems};
      std::set<std::string> used;
      for (const auto& f : search::used_figures(d, site, *s.llm, *stack)) used.insert(key_of(f));
      for (const auto& p : uncertainty::pulls({d, site, nullptr, *stack, workload, {}, 0})) {
        if (used.contains(p.key)) {
          ++listed;
          felt += p.moves || p.room ? 1 : 0;
          continue;
        }
        ++unlisted;
        EXPECT_FALSE(p.moves || p.room) << s.text() << " " << stack->id << " " << p.key;
      }
    }
  });
  EXPECT_GT(unlisted, floor_of(1000));
  EXPECT_GT(felt, listed / 4) << listed;
}

/// What one system draws and costs.
struct Economy {
  hw::System system;
  hw::Chip chip;
  power::Coefficients coefficients;
  tco::Prices prices;

  std::vector<double> numbers() const {
    std::vector<double> n = {tco::recovery_rate(prices).base()};
    if (const auto p = power::nameplate(system, chip, 1, coefficients))
      n.insert(n.end(), {p->chips.base(), p->around.base(), p->pue});
    if (const auto c = tco::capital_of(system, chip, 1, prices)) n.push_back(c->value.base());
    return n;
  }
};

TEST(Provenance, FiguresOfPowerAndCostAreThoseThatMoveThem) {
  std::size_t unlisted = 0;
  std::size_t felt = 0;
  const auto& h = hall();
  const auto prices = h.catalog.prices("typical");
  const auto coefficients = h.catalog.power("typical");
  for (const auto& s : h.setups) {
    std::set<std::string> listed;
    for (const auto& f : search::economy_figures(s.site(), coefficients, prices)) {
      EXPECT_EQ(f.side, search::UsedFigure::Side::economy);
      EXPECT_TRUE(listed.insert(f.path).second) << s.system.id << " twice " << f.path;
    }
    if (listed.empty()) continue;
    const Economy base{s.system, s.chip, coefficients, prices};
    const auto nudge = [&](auto figure) {
      Economy changed = base;
      auto& maybe = figure(changed);
      constexpr bool kOptional = requires { maybe.has_value(); };
      if constexpr (kOptional) {
        if (!maybe) return;
      }
      auto& f = [&]() -> auto& {
        if constexpr (kOptional)
          return *maybe;
        else
          return maybe;
      }();
      constexpr double kMore = 1.01;
      f.value = f.value * kMore;
      const bool moved = changed.numbers() != base.numbers();
      EXPECT_EQ(moved, listed.contains(f.origin.path))
          << s.system.id << " " << s.chip.id << " " << f.origin.path;
      ++(moved ? felt : unlisted);
    };
    nudge([](Economy& e) -> auto& { return e.chip.tdp; });
    nudge([](Economy& e) -> auto& { return e.chip.price_usd; });
    nudge([](Economy& e) -> auto& { return e.chip.price_cny; });
    nudge([](Economy& e) -> auto& { return e.system.price_usd; });
    nudge([](Economy& e) -> auto& { return e.system.price_cny; });
    nudge([](Economy& e) -> auto& { return e.system.power; });
    nudge([](Economy& e) -> auto& { return e.system.host_power; });
    nudge([](Economy& e) -> auto& { return e.system.network_power; });
    nudge([](Economy& e) -> auto& { return e.system.pue; });
    nudge([](Economy& e) -> auto& { return e.coefficients.around.fixed; });
    nudge([](Economy& e) -> auto& { return e.coefficients.around.proportional; });
    nudge([](Economy& e) -> auto& { return e.coefficients.around.pue; });
    nudge([](Economy& e) -> auto& { return e.prices.surroundings; });
    nudge([](Economy& e) -> auto& { return e.prices.yuan; });
    nudge([](Economy& e) -> auto& { return e.prices.lifetime; });
    nudge([](Economy& e) -> auto& { return e.prices.interest; });
  }
  EXPECT_GT(felt, 100u);
  EXPECT_GT(unlisted, 50u);
}

}  // namespace
}  // namespace perfmodel::property
