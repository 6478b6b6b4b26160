// What was measured near an answer: the residuals of its software profile, and the published runs
// most like its deployment.
#pragma once

#include "cli/setup.hpp"
#include "report/estimate_record.hpp"
#include "search/deployment.hpp"

namespace perfmodel::cli {

/// Fills the record's part "how far to trust it", with at most `options.words.nearest` runs.
void fill_evidence(report::EstimateRecord& record, const Catalog& catalog, const Setup& setup,
                   const Question& question, const search::Deployment& deployment,
                   const EstimateOptions& options);

}  // namespace perfmodel::cli
