// A comparison of two result files as text.
#pragma once

#include <string>

#include "diff/compare.hpp"

namespace perfmodel::cli {

/// For a terminal, or with `markdown` as a section of a report. The last line is the verdict.
std::string diff_table(const diff::Comparison& c, bool markdown);

/// RFC 4180, one shape: `what` is "rows" (how many are in both files), "metric", "text" (a column
/// of text that changed), "test" (a repeated measurement) or "verdict". `ratio` is the median of a
/// metric's rows.
std::string diff_csv(const diff::Comparison& c);

std::string diff_json(const diff::Comparison& c);

/// The last line: what the gate did not let pass, or that all is within.
std::string diff_verdict(const diff::Comparison& c);

}  // namespace perfmodel::cli
