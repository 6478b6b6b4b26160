// First pass over a result file: its columns, and what kind of values they hold.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "diff/source.hpp"

namespace perfmodel::diff {

struct ColumnSurvey {
  std::string name;
  std::size_t numbers = 0;     // finite ones
  std::size_t non_finite = 0;  // words for NaN and infinity
  std::size_t words = 0;       // all other text
  int first_word_line = 0;
  std::string first_word;
};

struct Survey {
  std::string file;
  int header_line = 1;
  std::size_t rows = 0;
  std::vector<ColumnSurvey> columns;

  std::vector<std::string> header() const;
  /// Null if there is no such column.
  const ColumnSurvey* find(std::string_view name) const;
};

/// Columns without a name or with one that is there twice, ragged rows, numbers beyond a double and
/// a file without rows are problems; then and for an unreadable file the survey means nothing.
Survey survey(const Source& source, spec::Diagnostics& diagnostics);

}  // namespace perfmodel::diff
