// What a reader of serving measurements lets pass, because it does not need it, and their keeper
// does not.
#pragma once

#include <vector>

#include "calibrate/measurement.hpp"

namespace perfmodel::calibrate {

/// Dates that are none, units that are not the metric's, modes that nobody declared, rows without
/// an id or with the id and metric of an earlier one.
void check_measurements(const std::vector<Measurement>& rows, spec::Diagnostics& diagnostics);

}  // namespace perfmodel::calibrate
