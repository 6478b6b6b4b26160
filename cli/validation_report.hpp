// What `validate` prints: errors by group, and every row.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/validation.hpp"

namespace perfmodel::cli {

struct Grouping {
  std::string_view word;
  std::string (*of)(const Line&);
};
/// The groupings that `--by` names, in its order; UsageError with the nearest word for any other.
std::vector<const Grouping*> groupings_of(const std::string& by);
/// Their words, for a help text.
std::string grouping_words();

/// How many numbers were expressed, why the others were not, and the errors by each grouping.
std::string validation_table(const std::vector<Line>& lines,
                             const std::vector<const Grouping*>& by);
/// The errors alone: a blank line and a table for each grouping.
std::string error_tables(const std::vector<Line>& lines, const std::vector<const Grouping*>& by);
/// One record per line, RFC 4180.
std::string validation_csv(const std::vector<Line>& lines);

}  // namespace perfmodel::cli
