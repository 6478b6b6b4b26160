// The answer as a section of a report: GitHub's Markdown with pipe tables.
#include <fmt/format.h>

#include <algorithm>

#include "report/content.hpp"
#include "report/format.hpp"
#include "report/grid.hpp"

namespace perfmodel::report {
namespace {

/// Text on one line, with the characters that Markdown or its HTML would take for markup.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : one_line(text)) {
    if (std::string_view("\\|`*<>[]").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

void put_cells(std::string& out, const std::vector<std::string>& cells) {
  for (const std::string& cell : cells) out += cell.empty() ? "| " : fmt::format("| {} ", cell);
  out += "|\n";
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

void put_figures(std::string& out, const EstimateRecord& record) {
  Grid grid = figures(record);
  grid.columns.push_back({"source", Align::left});
  for (std::size_t i = 0; i < grid.rows.size(); ++i) {
    grid.rows[i].cells.push_back(provenance(record.figures[i]));
  }
  put_section(out, "Figures", grid);
}

}  // namespace

std::string to_markdown(const EstimateRecord& record, bool explain) {
  const std::string& chip = record.chip_name.empty() ? record.chip : record.chip_name;
  const std::string& llm = record.llm_name.empty() ? record.llm : record.llm_name;
  std::string out = fmt::format("# {} on {}\n\n", escaped(llm), escaped(chip));
  for (const std::string& banner : record.banners) {
    out += fmt::format("> **Note:** {}\n\n", escaped(banner));
  }
  put_list(out, question(record));
  put_list(out, refusal(record));
  put_list(out, setup(record));
  put_list(out, confidence(record));
  put_list(out, evidence(record));
  put_section(out, "Performance", metrics(record));
  put_section(out, "Memory", memory(record));
  put_section(out, "Bottlenecks", bottlenecks(record, record.bottlenecks.size()));
  put_section(out, "Comparison", comparisons(record, Detail::full));
  put_section(out, "Nearest published runs", nearest_runs(record, Detail::full));
  if (!record.assumptions.empty()) {
    out += "\n## Assumptions\n\n";
    for (const std::string& a : record.assumptions) out += fmt::format("- {}\n", escaped(a));
  }
  if (explain) {
    for (const std::string& phase : phases(record)) {
      put_section(out, phase_title(record, phase), operator_times(record, phase));
      out += '\n';
      put_grid(out, operator_work(record, phase));
    }
    put_section(out, "Operators", operator_formulas(record));
    put_figures(out, record);
  }
  if (!record.version.empty()) out += fmt::format("\nperfmodel {}\n", escaped(record.version));
  return out;
}

}  // namespace perfmodel::report
