// From a fleet file to the answer: loads what it names, lets the engine fill the table of blocks,
// solves, fills the record.
#pragma once

#include <optional>
#include <string>

#include "cli/catalog.hpp"
#include "fleet/fleet.hpp"
#include "report/fleet_record.hpp"

namespace perfmodel::cli {

struct FleetOptions {
  std::string file;                           // a path or an id
  std::optional<fleet::Objective> objective;  // in the place of the file's
  long samples = 1024;                        // behind the intervals of supplies; 0 for none
  long seed = 1;
};

struct FleetResult {
  report::FleetRecord record;
  int status = 0;  // kExitNo where a demand is not served in full
};

/// Throws UsageError for bad input, all of it at once where possible.
FleetResult run_fleet(const Catalog& catalog, const FleetOptions& options);

}  // namespace perfmodel::cli
