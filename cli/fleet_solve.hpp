// The record's table of blocks through the integer programme: who serves what, what that takes by
// other objectives, what more chips would change, and what limits a demand.
#pragma once

#include "cli/fleet_load.hpp"
#include "fleet/allocate.hpp"
#include "report/fleet_record.hpp"

namespace perfmodel::cli {

/// Fills what the record says beyond its table: `hardware`, `workloads` and `blocks` are there
/// already, `blocks` with the infeasible ones too. Throws UsageError where the objective counts
/// what is not known, or where the solver came to no proven answer.
void solve_fleet(const LoadedFleet& loaded, fleet::Objective objective,
                 report::FleetRecord& record);

}  // namespace perfmodel::cli
