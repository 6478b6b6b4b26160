// Evaluation of the points of one deployment.
#pragma once

#include <span>
#include <vector>

#include "serving/points.hpp"
#include "serving/workload.hpp"
#include "sweep/point.hpp"

namespace perfmodel::sweep {

/// Fills out[i] for asked[i]; spans of equal size. Neighbours with equal lengths share their
/// prefill. Not to be shared between threads: its scratch memory lasts from call to call.
class PointEvaluator {
 public:
  void evaluate(const Site& site, const serving::Slo& slo, std::span<const serving::Point> asked,
                std::span<Point> out);

 private:
  std::vector<serving::Point> fitting_;
  std::vector<std::size_t> which_;
  std::vector<serving::PointResult> answers_;
};

}  // namespace perfmodel::sweep
