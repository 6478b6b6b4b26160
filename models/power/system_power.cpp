#include "power/system_power.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "units/text.hpp"

namespace perfmodel::power {

spec::Outcome<Nameplate> nameplate(const hw::System& system, const hw::Chip& chip, int systems,
                                   const Coefficients& c) {
  if (!chip.tdp)
    return spec::Infeasible{
        spec::Why::missing_figure,
        fmt::format("no source gives the power of {} (chip.power.tdp)", chip.id),
        "supply it with --set chip.power.tdp=\"700 W\""};
  const double count = 1.0 * system.chip_count() * systems;
  Nameplate n;
  n.chips = chip.tdp->value * count;
  n.pue_published = system.pue.has_value();
  n.pue = (n.pue_published ? system.pue->value : c.around.pue.value).base();
  n.published = system.power.has_value();
  if (!n.published) {
    const Power fixed = system.host_power && system.network_power
                            ? (system.host_power->value + system.network_power->value) * systems
                            : c.around.fixed.value * count;
    n.around = fixed + n.chips * c.around.proportional.value.base();
    return n;
  }
  n.around = system.power->value * systems - n.chips;
  if (n.around.base() >= 0) return n;
  if (chip.tdp->low * count > system.power->high * systems)
    return spec::Infeasible{
        spec::Why::missing_figure,
        fmt::format("{} chips of {} draw more than the {} of {}", system.chip_count(),
                    format(chip.tdp->value), format(system.power->value), system.id),
        "set system.power.total too"};
  n.around = {};
  return n;
}

spec::Outcome<SystemPower> system_power(const hw::System& system, const hw::Chip& chip, int systems,
                                        const Coefficients& c, const std::vector<Pool>& pools) {
  auto at_most = nameplate(system, chip, systems, c);
  if (!at_most) return at_most.error();
  SystemPower p;
  p.nameplate = *at_most;
  double idle = 1.0 * system.chip_count() * systems;
  for (const auto& pool : pools) {
    p.pools.push_back(chip_power(chip.tdp->value, c.chip, pool.activity));
    p.chips += p.pools.back().total() * pool.chips;
    idle -= pool.chips;
  }
  p.chips += chip_power(chip.tdp->value, c.chip, {}).total() * std::max(0.0, idle);
  const double steady = c.around.steady.value.base();
  p.around = p.nameplate.around * (steady + (1.0 - steady) * (p.chips / p.nameplate.chips));
  return p;
}

}  // namespace perfmodel::power
