// Pieces of a Markdown document, appended to its text. Cells and statements hold plain text, which
// is escaped here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/content.hpp"
#include "report/grid.hpp"

namespace perfmodel::report {

/// Text on one line, with the characters that Markdown or its HTML would take for markup escaped.
std::string escaped(std::string_view text);

/// A pipe table.
void put_grid(std::string& out, const Grid& grid);

/// The table under a heading; nothing where it has no rows.
void put_section(std::string& out, std::string_view title, const Grid& grid);

/// Statements as a list, labels in bold.
void put_list(std::string& out, const std::vector<Statement>& statements);

}  // namespace perfmodel::report
