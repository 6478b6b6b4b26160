#include "report/markdown_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace perfmodel::report {
namespace {

void put_cells(std::string& out, const std::vector<std::string>& cells) {
  for (const std::string& cell : cells) out += cell.empty() ? "| " : fmt::format("| {} ", cell);
  out += "|\n";
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : one_line(text)) {
    if (std::string_view("\\|`*<>[]").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

void put_grid(std::string& out, const Grid& grid) {
  std::vector<std::string> titles;
  std::vector<std::string> rules;
  for (const Column& column : grid.columns) {
    titles.push_back(escaped(column.title));
    rules.emplace_back(column.align == Align::left ? ":--" : "--:");
  }
  put_cells(out, titles);
  put_cells(out, rules);
  for (const Row& row : grid.rows) {
    std::vector<std::string> cells(grid.columns.size());
    for (std::size_t i = 0; i < row.cells.size() && i < cells.size(); ++i) {
      cells[i] = escaped(
          row.cells[i].substr(std::min(row.cells[i].find_first_not_of(' '), row.cells[i].size())));
    }
    // Pipe tables have no cells over several columns; the last one is for text.
    if (!row.instead.empty() && !cells.empty()) cells.back() = escaped(row.instead);
    put_cells(out, cells);
  }
}

void put_section(std::string& out, std::string_view title, const Grid& grid) {
  if (grid.rows.empty()) return;
  out += fmt::format("\n## {}\n\n", escaped(title));
  put_grid(out, grid);
}

void put_list(std::string& out, const std::vector<Statement>& statements) {
  for (const Statement& s : statements) {
    out += fmt::format("- **{}**: {}\n", s.label, escaped(s.text));
  }
}

}  // namespace perfmodel::report
