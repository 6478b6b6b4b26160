// A fit as config files: the software profiles, and the scales of chip families.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/validation.hpp"

namespace perfmodel::cli {

/// Errors of every profile, `typical` included: by profile, what was left out first.
using Residuals = std::map<std::string, std::vector<cost::Residual>>;

/// In sample, under the parameters of the fit. `typical`, which stands for software that nobody
/// measured, is held against all rows.
Residuals residuals_of_fit(const Corpus& corpus, const calibrate::Fit& fit, const cost::Stack& base,
                           const std::vector<Line>& fitted);
/// In sample, under the profiles and families as they are in the configs.
Residuals residuals_of_configs(const Catalog& catalog,
                               const std::vector<calibrate::Measurement>& rows);
/// Adds what results/accuracy records of fits that left out a chip or a model; for `typical`, which
/// stands for software that nobody measured, of those that left out a software.
void add_left_out(Residuals& residuals, const Catalog& catalog);

/// One file per profile, in `folder`.
void write_profiles(const std::string& folder, const Corpus& corpus, const calibrate::Fit& fit,
                    const cost::Stack& base, const std::vector<Line>& fitted,
                    const Residuals& residuals);
/// The files of the configs with these residuals in place of the ones they have.
void write_residuals(const Catalog& catalog, const std::string& folder, const Residuals& residuals);
/// The family files of the configs with the scales of the fit.
void write_families(const Catalog& catalog, const std::string& folder, const calibrate::Fit& fit);

}  // namespace perfmodel::cli
