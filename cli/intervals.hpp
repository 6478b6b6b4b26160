// The spread of an answer: which residual stands for the model's own error, the samples, and what
// one figure alone does.
#pragma once

#include <string>
#include <vector>

#include "calibrate/run_index.hpp"
#include "cli/setup.hpp"
#include "report/estimate_record.hpp"
#include "uncertainty/intervals.hpp"

namespace perfmodel::cli {

/// What the fit behind an answer had not seen. A software that is not named (`typical`) counts as
/// one left out; a chip or a model that no published run has as left out itself; a model that was
/// never measured on this chip with this software as a model left out; else nothing is.
/// `runs`: all published ones (cli/published_index.hpp).
std::vector<cost::LeftOut> unseen(const std::vector<calibrate::Likeness>& runs,
                                  const std::string& chip, const std::string& llm,
                                  const cost::Stack& stack);

/// The model's own error of each metric: of all that is unseen the widest, the profile's own and
/// that of all profiles joined (uncertainty/discrepancy.hpp). None for a profile that was compared
/// with nothing.
uncertainty::PerMetric<uncertainty::Discrepancy> discrepancies(
    const Catalog& catalog, const cost::Stack& stack, const std::vector<cost::LeftOut>& unseen,
    bool disaggregated);

/// The part of that error's variance that chips under one software share.
double common_of(const std::vector<cost::LeftOut>& unseen);

/// What an interval is made of, in words.
std::string interval_basis(const cost::Stack& stack, const std::vector<cost::LeftOut>& unseen);

/// Fills p10, p50 and p90 of the expected numbers from draws of samples_of.
void fill_spread(report::EstimateRecord& record, const std::vector<calibrate::Likeness>& runs,
                 const Setup& setup, const Question& question, const uncertainty::Samples& drawn);

/// The same with draws of its own, and what `--why` asks for. Gives the draws of
/// the output rate, ln(sample / answer), none without samples.
std::vector<double> fill_intervals(report::EstimateRecord& record, const Catalog& catalog,
                                   const std::vector<calibrate::Likeness>& runs, const Setup& setup,
                                   const Question& question, const search::Deployment& deployment,
                                   const EstimateArguments& words);

/// What `--why` asks for, of a record that has its intervals.
void fill_why_of(report::EstimateRecord& record, const Catalog& catalog,
                 const std::vector<calibrate::Likeness>& runs, const Setup& setup,
                 const Question& question, const search::Deployment& deployment,
                 const EstimateArguments& words);

/// What the answer does as each of its figures moves.
void fill_pulls_of(report::EstimateRecord& record, const Setup& setup, const Question& question,
                   const search::Deployment& deployment);

/// The samples of an answer and its output rate, for comparisons of answers.
uncertainty::Samples samples_of(const Catalog& catalog,
                                const std::vector<calibrate::Likeness>& runs, const Setup& setup,
                                const Question& question, const search::Deployment& deployment,
                                const uncertainty::Sampling& how);

}  // namespace perfmodel::cli
