// The numbers of a point by name. Names are the columns of the CSV, units included.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sweep/point.hpp"

namespace perfmodel::sweep {

enum class Better : std::uint8_t { less, more };

struct Metric {
  std::string_view name;
  Better better;
  bool of_memory;                                         // known for points that do not fit, too
  double (*value)(const Point& point, const Site& site);  // in the unit of the name

  bool known(Verdict v) const { return of_memory ? has_memory(v) : has_numbers(v); }
};

/// In the order of the columns.
std::span<const Metric> metrics();
std::optional<std::size_t> find_metric(std::string_view name);
/// The metric that is meant by a name that is none: one that begins with it, or is near.
std::string metric_hint(std::string_view name);

/// Which points become rows.
struct Keep {
  struct Bound {
    std::size_t metric = 0;
    double min = -std::numeric_limits<double>::infinity();
    double max = std::numeric_limits<double>::infinity();
  };
  bool fits = false;          // those with numbers only
  bool slo = false;           // those within the SLO only
  std::vector<Bound> bounds;  // a point without the number is outside

  bool accepts(const Point& point, const Site& site) const;
};

}  // namespace perfmodel::sweep
