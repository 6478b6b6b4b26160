// How far a metric may move before it counts.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "spec/diagnostics.hpp"

namespace perfmodel::diff {

inline constexpr double kDefaultTolerance = 0.05;

/// Shares of the old value: 0.05 lets 95 to 105 pass for 100.
struct Tolerances {
  double others = kDefaultTolerance;  // of the metrics that are not named
  std::map<std::string, double, std::less<>> named;
};

/// Words such as "5%", "tpot_ms=2%" and "a=1%,b=0%"; the last word on a metric counts. A number
/// without % is refused, because it could be meant as a share: it is 0.05 to some and 5 to others.
Tolerances parse_tolerances(const std::vector<std::string>& words, spec::Diagnostics& diagnostics);

/// Whether `now` differs from `before` by more than the share `tolerance` of `before`. What the
/// rounding of the inputs alone can do never counts, except where the tolerance is 0.
bool is_outside(double before, double now, double tolerance);

}  // namespace perfmodel::diff
