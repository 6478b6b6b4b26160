// The figures of an answer, and where they come from.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "report/content.hpp"
#include "report/numbers.hpp"

namespace perfmodel::report {
namespace {

constexpr double kPercent = 100;

/// "+0.42 %" of the rate for 1 % of the figure.
std::string pull(const FigureRow& f) {
  if (f.moves.empty()) return std::string(kNoNumber);
  if (f.moves != "the output rate") return f.moves;
  const double e = f.elasticity.value_or(0);
  if (std::abs(e) < 0.5 / kPercent) return e > 0 ? "+0.00 %" : "-0.00 %";
  return fmt::format("{}{} %", e > 0 ? "+" : "", number(std::round(e * kPercent) / kPercent, 2));
}

}  // namespace

std::vector<Statement> sources_summary(const EstimateRecord& record) {
  std::vector<Statement> out;
  if (record.figures.empty()) return out;
  // In the order of the figures: those set, then by grade.
  std::vector<std::pair<std::string, int>> counts;
  for (const FigureRow& f : record.figures) {
    const std::string kind = f.overridden ? "set" : f.grade;
    if (counts.empty() || counts.back().first != kind) counts.emplace_back(kind, 0);
    ++counts.back().second;
  }
  std::vector<std::string> parts;
  for (const auto& [kind, count] : counts) parts.push_back(fmt::format("{} {}", count, kind));
  add(out, "figures",
      fmt::format("{} entered the answer: {}", record.figures.size(), joined(parts, ", ")));
  add(out, "program",
      fmt::format("perfmodel {}, revision {}; {} files read", record.version,
                  record.provenance.revision, record.provenance.files.size()));
  return out;
}

Grid figures(const EstimateRecord& record) {
  Grid grid{{{"figure", Align::left},
             {"value", Align::left},
             {"grade", Align::left},
             {"range", Align::left}},
            {}};
  const bool moved = std::any_of(record.figures.begin(), record.figures.end(),
                                 [](const FigureRow& f) { return !f.moves.empty(); });
  if (moved) grid.columns.insert(grid.columns.begin() + 3, {"1 % more moves", Align::right});
  for (const FigureRow& f : record.figures) {
    Row row{{f.path, f.overridden ? f.value + " (set)" : f.value, f.grade}, ""};
    if (moved) row.cells.push_back(pull(f));
    row.cells.push_back(f.range);
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

Grid figures_with_sources(const EstimateRecord& record) {
  Grid grid = figures(record);
  grid.columns.push_back({"source", Align::left});
  for (std::size_t i = 0; i < grid.rows.size(); ++i)
    grid.rows[i].cells.push_back(provenance(record.figures[i]));
  return grid;
}

std::string provenance(const FigureRow& figure) {
  std::vector<std::string> source;
  for (const std::string* part : {&figure.source, &figure.date, &figure.url}) {
    if (!part->empty()) source.push_back(*part);
  }
  std::vector<std::string> parts;
  if (!source.empty()) parts.push_back(joined(source, ", "));
  if (!figure.file.empty()) {
    parts.push_back(figure.line > 0 ? fmt::format("{}:{}", figure.file, figure.line) : figure.file);
  }
  if (!figure.claims.empty()) parts.push_back("sources say: " + figure.claims);
  if (!figure.note.empty()) parts.push_back(figure.note);
  return joined(parts);
}

}  // namespace perfmodel::report
