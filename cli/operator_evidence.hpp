// Timings of single operators as the models see them: published ones, and those of the host's own
// kernels.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "calibrate/curve_fit.hpp"
#include "cli/bench_table.hpp"
#include "cli/catalog.hpp"
#include "cli/measurements.hpp"

namespace perfmodel::cli {

struct OperatorEvidence {
  bool host = false;
  std::vector<calibrate::OperatorTiming> rows;
  std::vector<BenchRow> measured;  // of the host, in the order of `rows`
  std::vector<BenchRow> steps;     // of the host: whole steps, which inform nothing
  std::vector<BenchRow> others;    // of the host: kernels that the models have no operator for
  std::deque<calibrate::OperatorPoint> points;
  std::map<std::string, std::size_t> refused;  // by reason

  /// " (12 rows: the models have no operator for route; ...)"; empty where nothing was refused.
  std::string refusals() const;
  std::vector<const calibrate::OperatorPoint*> all() const;
  /// One project's kernels on one chip: their tables have no other to be like, and nothing is set
  /// aside.
  calibrate::CurveFitOptions options() const;
};

bool is_step(const BenchRow& row);

/// Of `files`, or of results/operators beside the configs. `library` must outlive the result.
OperatorEvidence operator_evidence(const Catalog& catalog, CatalogLibrary& library,
                                   const std::vector<std::string>& files);

/// Of files that `perfmodel bench` wrote, or of results/host beside the configs, as timings of the
/// chip `host`. Warns of rows by another processor than the chip is named after. Rows of another
/// number of threads than its cores, and of kernels that the models have no operator for, are
/// refused.
OperatorEvidence host_evidence(const Catalog& catalog, CatalogLibrary& library,
                               const std::vector<std::string>& files);

}  // namespace perfmodel::cli
