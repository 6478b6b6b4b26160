// The table that the fleet's integer programme chooses from: what blocks of chips of each kind
// serve of each workload, found by the same search as in `estimate` and `compare`.
#pragma once

#include <string>
#include <vector>

#include "cli/fleet_load.hpp"
#include "report/fleet_record.hpp"
#include "search/deployment.hpp"
#include "spec/outcome.hpp"

namespace perfmodel::cli {

/// The best deployment on a block.
struct FleetDeployment {
  long chips = 0;
  long systems = 1;  // that the block spans
  search::Deployment deployment;
};

/// The blocks worth having, small to large: each serves more per chip than all smaller ones, by
/// more than kWorthMore. The reason on the largest where no block serves at all.
using FleetDeployments = spec::Outcome<std::vector<FleetDeployment>>;
inline constexpr double kWorthMore = 0.02;

/// On blocks of up to `most` chips.
FleetDeployments fleet_deployments(const FleetSite& site, const Question& question, long most);

/// The block as the record's, power and cost included where they are known.
report::FleetBlock fleet_block(const FleetSite& site, const Question& question,
                               const FleetDeployment& block, double utilisation);

/// The setup that a block runs on.
Setup fleet_setup(const FleetSite& site, const FleetDeployment& block);

}  // namespace perfmodel::cli
