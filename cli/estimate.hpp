// From options to the answer: loads what is named, runs the engine, fills the record.
#pragma once

#include "cli/catalog.hpp"
#include "cli/estimate_options.hpp"
#include "report/estimate_record.hpp"

namespace perfmodel::cli {

struct EstimateResult {
  report::EstimateRecord record;
  int status = 0;  // kExitDone, or kExitNo when the answer is infeasible
};

/// Throws UsageError for bad input, all of it at once where possible.
EstimateResult run_estimate(const Catalog& catalog, const EstimateOptions& options);

}  // namespace perfmodel::cli
