// The comparison for a terminal, and as a section of a report.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "report/comparison_content.hpp"
#include "report/comparison_format.hpp"
#include "report/markdown_text.hpp"
#include "report/screen.hpp"

namespace perfmodel::report {
namespace {

constexpr std::size_t kReasons = 3;  // of each system in a terminal
constexpr std::size_t kAll = static_cast<std::size_t>(-1);

}  // namespace

std::string comparison_table(const ComparisonRecord& record, int width) {
  Screen screen(static_cast<std::size_t>(std::max(width, 0)), false);
  screen.banners(banners(record));
  screen.statements(question(record));
  screen.gap();
  screen.grid(systems(record, Detail::brief));
  screen.statements(deployments(record));
  screen.gap();
  screen.grid(intervals(record));
  screen.statements(bins(record));
  screen.gap();
  screen.grid(economy(record));
  screen.statements(economy_notes(record));
  screen.gap();
  screen.grid(ratios(record));
  screen.statements(parity(record));
  screen.gap();
  screen.grid(factors(record));
  screen.statements(reasons(record, kReasons));
  screen.gap();
  screen.grid(interactivity(record));
  screen.statements(crossings(record));
  for (const auto& s : record.systems) {
    if (!record.sources || s.answer.figures.empty()) continue;
    screen.gap();
    screen.line(s.label);
    screen.statements(sources_summary(s.answer));
    screen.grid_with_texts(figures(s.answer),
                           [&](std::size_t i) { return provenance(s.answer.figures[i]); });
  }
  return std::move(screen).text();
}

std::string comparison_markdown(const ComparisonRecord& record) {
  std::string out = "# Comparison\n\n";
  for (const auto& banner : banners(record))
    out += fmt::format("> **Note:** {}\n\n", escaped(banner));
  put_list(out, question(record));
  put_section(out, "Systems", systems(record, Detail::full));
  put_section(out, "Intervals", intervals(record));
  const auto lines = [&](const std::vector<Statement>& statements) {
    if (!statements.empty()) out += '\n';
    for (const auto& s : statements) out += fmt::format("- {}\n", escaped(s.text));
  };
  lines(bins(record));
  put_section(out, "Power and cost", economy(record));
  lines(economy_notes(record));
  put_section(out, "Ratios, expected (ceiling)", ratios(record));
  lines(parity(record));
  put_section(out, "Reasons", factors(record));
  lines(reasons(record, kAll));
  put_section(out, "Interactivity", interactivity(record));
  lines(crossings(record));
  if (record.sources)
    for (const auto& s : record.systems)
      put_section(out, "Figures of " + s.label, figures_with_sources(s.answer));
  if (!record.version.empty()) out += fmt::format("\nperfmodel {}\n", escaped(record.version));
  return out;
}

}  // namespace perfmodel::report
