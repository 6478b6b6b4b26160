// Rows of text in aligned columns, for the commands that list things.
#pragma once

#include <string>
#include <vector>

#include "report/grid.hpp"

namespace perfmodel::cli {

/// One line per row, two blanks between columns, nothing after the last. The first column is
/// left-aligned, the others as `rest` says. All rows have as many cells as the first.
std::string in_columns(const std::vector<std::vector<std::string>>& rows, report::Align rest);

}  // namespace perfmodel::cli
