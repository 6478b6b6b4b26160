// Formats of a fleet's answer. Each is a pure function from record to text, locale-proof and
// deterministic.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/fleet_record.hpp"

namespace perfmodel::report {

std::string fleet_table(const FleetRecord& record, int width = 100);
std::string fleet_markdown(const FleetRecord& record);
/// RFC 4180, one shape: rows for hardware, workloads, blocks, variants, more chips and supplies;
/// the column `row` says which. What does not apply is empty.
std::string fleet_csv(const FleetRecord& record);
std::string fleet_json(const FleetRecord& record);

/// The columns of fleet_csv, in order, units in the names.
std::vector<std::string_view> fleet_columns();

}  // namespace perfmodel::report
