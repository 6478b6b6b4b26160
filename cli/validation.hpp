// Measured numbers beside what the model says of them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "calibrate/fit.hpp"
#include "cli/corpus.hpp"
#include "cli/measurements.hpp"

namespace perfmodel::cli {

/// One measured number and what became of it.
struct Line {
  const calibrate::Measurement* m = nullptr;
  std::string profile;
  double predicted = 0;
  std::string skipped;  // reason, empty if predicted
  bool saturated = false;
  std::string left_out;  // what the fit behind it had not seen; empty where it saw all
};

/// Every row under the profile that the shelf has for it.
std::vector<Line> predict_all(const std::vector<calibrate::Measurement>& rows,
                              const StackShelf& shelf, CatalogLibrary& library);

/// The expressed rows that `keep` lets pass, under the parameters of a fit; a profile that the fit
/// does not know takes the mean of all.
std::vector<Line> predict_fitted(const Corpus& corpus, const calibrate::Fit& fit,
                                 const cost::Stack& base,
                                 const std::function<bool(const calibrate::Measurement&)>& keep);

/// Errors by kind of number, kinds without a predicted row left out.
std::vector<cost::Residual> residuals_of(const std::vector<Line>& lines, cost::LeftOut left_out);
/// The same, profile by profile.
std::map<std::string, std::vector<cost::Residual>> residuals_by_profile(
    const std::vector<Line>& lines, cost::LeftOut left_out);

/// Measured and predicted value of the lines that `keep` lets pass and that are predicted.
std::vector<calibrate::Pair> pairs_of(const std::vector<Line>& lines,
                                      const std::function<bool(const Line&)>& keep);

}  // namespace perfmodel::cli
