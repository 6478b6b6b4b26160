// What a supply of chips adds: packages a month times what one of them serves, with what both
// leave open.
#pragma once

#include "cli/fleet_load.hpp"
#include "report/fleet_record.hpp"

namespace perfmodel::cli {

/// Fills the rows: every supply, case and workload. `samples` draws, 0 for none. `workloads` of the
/// record are there already.
void fill_supply(const Catalog& catalog, const LoadedFleet& loaded, std::size_t samples,
                 std::uint64_t seed, report::FleetRecord& record);

}  // namespace perfmodel::cli
