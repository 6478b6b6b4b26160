// Two result files held against each other: how far each metric moved, which rows and answers are
// not the same any more, and whether that is within what was allowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "diff/layout.hpp"
#include "diff/rank_test.hpp"
#include "diff/source.hpp"

namespace perfmodel::diff {

enum class Gate : std::uint8_t {
  change,      // whatever moved or changed fails
  regression,  // only what got worse, for metrics and verdicts that have a better side
};

struct Options {
  Wishes wishes;
  Gate gate = Gate::change;
  /// Repeated measurements fail only where a Mann-Whitney test finds a difference at this level,
  /// if there are so many of them that it could.
  double alpha = 0.05;
};

/// A row, and what it has in the two files. The line is 0 where there is none.
struct Place {
  std::string key;  // "chip=h100, llm=..." of the key columns that differ between rows
  int old_line = 0, new_line = 0;
};

struct Moved {
  Place place;
  double before = 0, now = 0;
  double ratio = 1;  // new / old; 1 for 0 and 0, infinite where only the old one is 0
};

struct Changed {
  Place place;
  std::string before, now;
};

struct MetricResult {
  std::string name;
  Better better = Better::neither;
  double tolerance = 0;
  bool counts = true;
  std::size_t rows = 0;  // with a number in both files
  double median = 1;     // of the ratios
  Moved lowest, highest;
  std::size_t worse = 0,
              improved = 0;       // outside the tolerance; worse where there is no better side
  std::size_t insignificant = 0;  // outside, but not by the test; in neither of the above
  /// Rows where a number became empty, NaN or infinite, or the other way round; and the first few.
  std::size_t changed = 0;
  std::vector<Changed> changes;
  std::size_t failing = 0;          // rows that the gate does not let pass for how far they moved
  std::size_t failing_changed = 0;  // and for such a change

  std::size_t outside() const { return worse + improved; }
};

struct TextResult {
  std::string name;
  bool counts = true;
  std::size_t changed = 0;
  std::vector<Changed> changes;  // the first few by key
  std::size_t failing = 0;
};

/// Repeated measurements of one row and metric. `moved` is of the medians.
struct TestResult {
  std::string metric;
  Moved moved;
  std::size_t old_count = 0, new_count = 0;
  /// There are enough of them for a test to find anything; else the tolerance alone decides.
  bool tested = false;
  RankTest test;
  bool outside = false, significant = false;
  bool failing = false;
};

struct RowsOfOne {
  std::size_t count = 0;
  std::vector<Place> places;  // the first few by key
};

struct Comparison {
  std::string old_file, new_file;
  std::size_t old_rows = 0, new_rows = 0;
  Layout layout;
  Gate gate = Gate::change;
  double alpha = 0;
  std::size_t joined = 0;
  RowsOfOne only_old, only_new;
  /// Where no row is in both: the key columns without a common value.
  std::vector<std::string> unmatched_keys;
  std::vector<MetricResult> metrics;  // those with a row
  std::vector<TextResult> texts;      // those that changed
  std::vector<TestResult> tests;      // by row and metric, for repeated measurements

  /// What the gate does not let pass, one phrase each; empty for a pass.
  std::vector<std::string> failures;
};

/// Nothing in the result depends on the order of the rows. Problems, which go to `diagnostics`:
/// those of survey() and plan(), and rows of one file with the same key where the kind has no
/// repetitions; then the comparison means nothing.
Comparison compare(const Source& before, const Source& now, const Options& options,
                   spec::Diagnostics& diagnostics);

/// The phrases for `failures`, from all else.
std::vector<std::string> failures_of(const Comparison& c);

}  // namespace perfmodel::diff
