// Evaluation of points that share a deployment and lengths.
#pragma once

#include <span>

#include "serving/workload.hpp"
#include "sweep/point.hpp"

namespace perfmodel::sweep {

/// One point for each batch (sequences per attention rank), into `out`, which is as long as
/// `batches`. `workload` gives lengths and promise. Allocates nothing.
void evaluate_block(const Site& site, const serving::Workload& workload,
                    std::span<const double> batches, std::span<Point> out);

}  // namespace perfmodel::sweep
