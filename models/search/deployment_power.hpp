// Power and energy of a deployment, and what its tokens cost.
#pragma once

#include <optional>
#include <vector>

#include "power/system_power.hpp"
#include "power/work.hpp"
#include "search/deployment.hpp"
#include "search/provenance.hpp"
#include "tco/cost.hpp"

namespace perfmodel::search {

/// What a deployment makes its chips do, and what comes of it.
struct Load {
  std::vector<power::Pool> pools;  // on the site that decodes: the engines; a prefill pool there
  std::vector<power::Pool> elsewhere;  // the prefill pool on a site of its own
  Frequency output{};                  // tokens of the whole, all lengths as asked
  Frequency input{};
  /// Of the time of the chips at work, by which cost is split: with two pools that of their chips.
  double prefill_share = 0;
};

/// Machines as the software profile in use makes them; `prefill`: of a prefill pool's own site.
Load load_of(const Deployment& deployment, const Site& site, const cost::Machine& machine,
             const serving::Lengths& lengths, const Site* prefill = nullptr,
             const cost::Machine* prefill_machine = nullptr);

/// Power at that load, whole systems, idle chips included.
struct DeploymentPower {
  power::SystemPower system;                  // of the site that decodes
  std::optional<power::SystemPower> prefill;  // of the site that prefills, where it is another

  Power chips() const { return system.chips + (prefill ? prefill->chips : Power{}); }
  Power around() const { return system.around + (prefill ? prefill->around : Power{}); }
  Power systems() const { return chips() + around(); }
  Power site() const { return system.site() + (prefill ? prefill->site() : Power{}); }
};
/// Fails where a chip's TDP is not published.
spec::Outcome<DeploymentPower> power_at(const Load& load, const Site& site,
                                        const power::Coefficients& coefficients,
                                        const Site* prefill = nullptr);

/// What the tokens of a load cost, all systems paid for at all hours.
struct DeploymentCost {
  tco::Capital capital;  // of both sites, where there are two; the weaker grade
  tco::RunningCost running;
  tco::TokenCost<UsdRate> token;
};
/// Fails where a price is not published.
spec::Outcome<DeploymentCost> cost_at(const Load& load, const Site& site, Power site_power,
                                      const tco::Prices& prices, const Site* prefill = nullptr);

}  // namespace perfmodel::search
