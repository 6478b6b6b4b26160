// A fleet file with everything that it names.
#pragma once

#include <string>
#include <vector>

#include "cli/setup.hpp"
#include "fleet/fleet.hpp"

namespace perfmodel::cli {

/// Chips of one kind, loaded.
struct FleetSite {
  Setup setup;  // one system
  std::string stack;
  long chips = 0;     // 0 for those of a supply
  long join = 1;      // systems that a block may span
  long reserved = 0;  // chips that training takes

  long serving() const { return chips - reserved; }
};

struct LoadedFleet {
  std::string path;
  fleet::Fleet fleet;
  std::vector<FleetSite> hardware;  // by Fleet::inventory
  std::vector<FleetSite> supplied;  // by Fleet::supply
};

/// `word` is a path or an id of configs/fleets. Throws UsageError with all that is wrong.
LoadedFleet load_fleet(const Catalog& catalog, const std::string& word);

/// What is wrong with the names in a fleet that was read; for `check`.
void check_fleet(const Catalog& catalog, const fleet::Fleet& fleet, const std::string& file,
                 spec::Diagnostics& diagnostics);

/// The question that a workload asks, under a software profile. Throws UsageError.
Question fleet_question(const Catalog& catalog, const fleet::Demand& demand,
                        const std::string& stack);

}  // namespace perfmodel::cli
