// Predictions of rows by fits that did not see them: what a user with a new chip, model or software
// should expect.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/validation.hpp"

namespace perfmodel::cli {

struct CrossValidation {
  std::string by;                   // "chip", "llm" or "stack"; a stack goes with all its years
  std::vector<std::string> groups;  // those to leave out; empty for each in turn
  calibrate::FitOptions fit;
  /// Told each group before its fit, which takes a while.
  std::function<void(const std::string& group, std::size_t number, std::size_t of)> progress;
};

/// One line per row that belongs to a left-out group, in the order of the rows. Throws UsageError
/// for a group that no row belongs to, with the nearest one that there is.
std::vector<Line> cross_validate(const Catalog& catalog,
                                 const std::vector<calibrate::Measurement>& rows,
                                 const CrossValidation& how);

}  // namespace perfmodel::cli
