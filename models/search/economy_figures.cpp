#include "search/economy_figures.hpp"

#include "search/figure_collector.hpp"

namespace perfmodel::search {
namespace {

/// Of one site: its own figures, and the common ones that stand in for what it lacks.
void add_economy(Collector& c, const Site& site, const power::Coefficients& coefficients,
                 const tco::Prices& prices) {
  constexpr auto side = UsedFigure::Side::economy;
  const auto& chip = site.chip;
  const auto& system = site.system;
  if (!chip.tdp) return;
  c.side(side, chip.sources);
  c.add(chip.tdp);
  c.add(chip.rental);
  c.side(side, system.sources);
  const bool parts = system.host_power && system.network_power;
  if (!system.power && parts) {
    c.add(system.host_power);
    c.add(system.network_power);
  }
  c.add(system.power);
  c.add(system.pue);
  c.side(side, coefficients.sources);
  if (!system.power) {
    if (!parts) c.add(coefficients.around.fixed);
    c.add(coefficients.around.proportional);
  }
  if (!system.pue) c.add(coefficients.around.pue);
  // The first that is known: the system's in dollars, the chips', and both in yuan.
  const bool dollars = system.price_usd || chip.price_usd;
  const bool whole = system.price_usd || (!chip.price_usd && system.price_cny);
  if (!dollars && !system.price_cny && !chip.price_cny) return;
  c.side(side, whole ? system.sources : chip.sources);
  if (dollars)
    c.add(whole ? system.price_usd : chip.price_usd);
  else
    c.add(whole ? system.price_cny : chip.price_cny);
  c.side(side, prices.sources);
  if (!whole) c.add(prices.surroundings);
  if (!dollars) c.add(prices.yuan);
}

}  // namespace

std::vector<UsedFigure> economy_figures(const Site& site, const power::Coefficients& coefficients,
                                        const tco::Prices& prices, const Site* prefill) {
  Collector c;
  if (!site.chip.tdp || (prefill != nullptr && !prefill->chip.tdp)) return {};
  add_economy(c, site, coefficients, prices);
  c.side(UsedFigure::Side::economy, coefficients.sources);
  const auto& chip = coefficients.chip;
  for (const auto* f : {&chip.idle, &chip.active, &chip.matrix, &chip.vector, &chip.memory,
                        &chip.link, &coefficients.around.steady})
    c.add(*f);
  c.side(UsedFigure::Side::economy, prices.sources);
  c.add(prices.lifetime);
  c.add(prices.interest);
  c.add(prices.electricity);
  if (prefill == nullptr) return c.take();
  c.prefix("prefill.");
  add_economy(c, *prefill, coefficients, prices);
  return c.take();
}

}  // namespace perfmodel::search
