// Which measured numbers an error is of: the kinds that profiles and accuracy tables tell apart.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "calibrate/measurement.hpp"
#include "cost/residual.hpp"

namespace perfmodel::calibrate {

/// The numbers of one metric under one mode; all metrics or modes where none is named.
struct Slice {
  cost::Measured of = cost::Measured::tpot;
  std::string_view title;
  std::optional<Metric> metric;
  std::optional<Mode> mode;
};
/// In the order in which they are shown, one per cost::Measured.
const std::vector<Slice>& slices();
bool holds(const Slice& slice, const Measurement& m);

}  // namespace perfmodel::calibrate
