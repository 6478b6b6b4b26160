// What a fleet's answer says, before any format: sentences and tables that the terminal and
// Markdown share.
#pragma once

#include <string>
#include <vector>

#include "report/content.hpp"
#include "report/fleet_record.hpp"
#include "report/grid.hpp"

namespace perfmodel::report {

bool has_inventory(const FleetRecord& record);

std::vector<Statement> fleet_question(const FleetRecord& record);
/// Each demand, and how much of it is met.
Grid fleet_workloads(const FleetRecord& record);
/// What keeps demands from being met in full.
std::vector<Statement> fleet_limits(const FleetRecord& record);
/// The blocks in use.
Grid fleet_allocation(const FleetRecord& record);
/// Chips of each kind: in training, serving, left.
Grid fleet_hardware(const FleetRecord& record);
/// Output tokens per second and chip of each kind for each workload, in its best block.
Grid fleet_rates(const FleetRecord& record);
/// Why a kind cannot serve a workload that may run on it.
std::vector<Statement> fleet_reasons(const FleetRecord& record);
/// The same demands by least chips, power and cost.
Grid fleet_variants(const FleetRecord& record);
/// What more chips of each kind would change.
Grid fleet_more(const FleetRecord& record);
/// Chips that each case of a supply makes.
Grid fleet_production(const FleetRecord& record);
/// What they serve, if all serve one workload.
Grid fleet_supply(const FleetRecord& record);
std::vector<Statement> fleet_supply_notes(const FleetRecord& record);
/// Figures of the file that nobody published.
std::vector<Statement> fleet_assumed(const FleetRecord& record);

}  // namespace perfmodel::report
