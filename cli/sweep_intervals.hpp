// Intervals of a sweep's rows: what `estimate` says of each of them, for many at once.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/sweep_planner.hpp"
#include "uncertainty/points.hpp"

namespace perfmodel::cli {

/// What is uncertain of a metric of a sweep. The others are what was asked (concurrency), or
/// follow from formats and lengths (memory).
struct UncertainColumn {
  std::size_t metric = 0;  // of sweep::metrics()
  uncertainty::Metric of = uncertainty::Metric::tpot;
  bool inverse = false;  // falls as `of` rises

  /// The metric's p10, p50 and p90 as factors on it.
  uncertainty::Interval factors(const uncertainty::PointIntervals& point) const;
};
/// Of the sweep's columns, in their order; none where it draws no samples.
std::vector<UncertainColumn> uncertain_columns(const sweep::Sweep& sweep);

struct RowInterval {
  uncertainty::PointIntervals point;
  std::string_view basis;  // in words; of the evaluator, until its next call
};

/// Not to be shared between threads. What the points of one machine under one profile share is kept
/// from call to call.
class RowIntervals {
 public:
  explicit RowIntervals(const LoadedSweep& sweep);

  /// Fills out[i] for asked[i], points of the deployment that have numbers; spans of equal size.
  void evaluate(const PlannedSite& planned, std::span<const serving::Point> asked,
                std::span<RowInterval> out);

 private:
  void prepare(const PlannedSite& planned);

  const LoadedSweep& loaded_;
  Catalog catalog_;
  std::optional<std::uint64_t> made_of_;
  std::optional<uncertainty::PointSampler> sampler_;
  std::string basis_;
  std::vector<uncertainty::PointIntervals> found_;
};

}  // namespace perfmodel::cli
