// The figures that an answer rests on, in its record.
#pragma once

#include <vector>

#include "cli/setup.hpp"
#include "report/estimate_record.hpp"
#include "search/deployment.hpp"
#include "search/provenance.hpp"
#include "uncertainty/intervals.hpp"

namespace perfmodel::cli {

std::vector<search::UsedFigure> figures_of(const search::Deployment& deployment, const Setup& setup,
                                           const Question& question);

/// All figures, set and weak ones first, and the weakest of hardware and of software.
void fill_figures(report::EstimateRecord& record, const Setup& setup, const Question& question,
                  const search::Deployment& deployment);

/// What the answer does as each of them moves: "the output rate", else "other numbers" (a latency),
/// else "what fits in memory", else "nothing"; "power and cost" for what they alone rest on, "the
/// interval" for the chance of another chip. Empty for what is no number, or a count.
void fill_pulls(report::EstimateRecord& record, const uncertainty::Answer& answer);

}  // namespace perfmodel::cli
