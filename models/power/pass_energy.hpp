// Energy of a pass by operator.
#pragma once

#include <vector>

#include "power/work.hpp"

namespace perfmodel::power {

/// Of one device in one pass; of a pipeline, all stages together, one device each.
struct PassEnergy {
  std::vector<Energy> operators;  // in the order of phase::explain, all instances of each
  Energy software{};              // in the profile's time by layer and step
  Energy total{};                 // of all these: power in the pass times its time
};

/// `tdp`: of one device. Each operator has what its work takes, scaled down where the pass as a
/// whole is held at the TDP, and of what does not depend on the work (idle, active) its share of
/// the time before overlap.
PassEnergy energy_of(const phase::Plan& plan, const cost::Machine& machine, const ops::Pass& pass,
                     Power tdp, const ChipShares& shares);

}  // namespace perfmodel::power
