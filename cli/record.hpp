// From the engine's results to the record that formats print.
#pragma once

#include "cli/setup.hpp"
#include "report/estimate_record.hpp"
#include "search/deployment.hpp"

namespace perfmodel::cli {

/// What was asked: chip, system, model, lengths, banners. For every answer, feasible or not.
void fill_asked(report::EstimateRecord& record, const Setup& setup, const Question& question,
                const EstimateOptions& options);

/// What was found.
void fill_answer(report::EstimateRecord& record, const Setup& setup, const Question& question,
                 const search::Deployment& deployment);

/// Rates and latencies of the deployment as it stands; per chip of the whole setup, idle ones
/// included.
report::Performance performance(const std::string& stack, const Setup& setup,
                                const search::Deployment& deployment);

report::ComparisonRow comparison_row(const std::string& role, const Setup& setup,
                                     const Question& question,
                                     const spec::Outcome<search::Deployment>& outcome);

}  // namespace perfmodel::cli
