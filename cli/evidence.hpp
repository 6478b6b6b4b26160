// What was measured near an answer: the residuals of its software profile, and the published runs
// most like its deployment.
#pragma once

#include "calibrate/run_index.hpp"
#include "cli/setup.hpp"
#include "report/estimate_record.hpp"
#include "search/deployment.hpp"

namespace perfmodel::cli {

/// Fills the record's part "how far to trust it", with at most `options.words.nearest` runs of
/// `index`, which is that of all published ones.
void fill_evidence(report::EstimateRecord& record, const Catalog& catalog,
                   const calibrate::RunIndex& index, const Setup& setup, const Question& question,
                   const search::Deployment& deployment, const EstimateOptions& options);

}  // namespace perfmodel::cli
