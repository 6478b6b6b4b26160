// The answer for a terminal: one screen, more with `explain`.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "report/content.hpp"
#include "report/format.hpp"
#include "report/grid.hpp"
#include "report/numbers.hpp"
#include "report/screen.hpp"

namespace perfmodel::report {
namespace {

constexpr std::size_t kBottlenecks = 3;  // without explain
constexpr std::size_t kAssumptionLines = 2;

/// As many as fit on a few lines, and how many more there are; all of them with explain.
void put_assumptions(Screen& screen, const std::vector<std::string>& all) {
  const auto shown = [&](std::size_t n) {
    std::string text = joined({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n)});
    if (n < all.size()) text += fmt::format("; {} more with --explain", all.size() - n);
    return text;
  };
  std::size_t n = all.size();
  while (!screen.explain() && n > 1 &&
         wrap(one_line(shown(n)), screen.width() - kLabel).size() > kAssumptionLines) {
    --n;
  }
  if (!all.empty()) screen.statement("assumed", shown(n));
}

void put_operators(Screen& screen, const EstimateRecord& record) {
  for (const std::string& phase : phases(record)) {
    screen.gap();
    screen.line(one_line(phase_title(record, phase)));
    screen.grid(operator_times(record, phase));
    screen.gap();
    screen.grid(operator_work(record, phase));
  }
  screen.gap();
  screen.grid(operator_formulas(record));
}

void put_figures(Screen& screen, const EstimateRecord& record) {
  screen.grid_with_texts(figures(record),
                         [&](std::size_t i) { return provenance(record.figures[i]); });
}

void put_nearest_runs(Screen& screen, const EstimateRecord& record) {
  std::vector<std::string> texts;
  for (const NearRun& r : record.nearest_runs) {
    if (!r.metrics.empty()) texts.push_back(nearest_run_text(r));
  }
  screen.grid_with_texts(nearest_runs(record, Detail::brief),
                         [&](std::size_t i) { return texts[i]; });
}

}  // namespace

std::string to_table(const EstimateRecord& record, const TableOptions& options) {
  Screen screen(static_cast<std::size_t>(std::max(options.width, 0)), options.explain);
  screen.banners(record.banners);
  screen.statements(question(record));
  screen.statements(refusal(record));
  screen.statements(setup(record));
  screen.gap();
  // With intervals the numbers leave no room beside them.
  if (record.samples > 0) {
    screen.grid(metrics(record));
    screen.statements(memory_in_words(record));
  } else {
    screen.side_by_side(metrics(record), memory(record));
  }
  screen.statements(interval_basis(record));
  screen.statements(economy(record));
  screen.gap();
  screen.grid(bottlenecks(record, options.explain ? record.bottlenecks.size() : kBottlenecks));
  if (!record.why.empty()) {
    screen.gap();
    screen.statements(why(record));
    screen.grid(swings(record));
    screen.gap();
  }
  screen.statements(confidence(record));
  put_assumptions(screen, record.assumptions);
  screen.statements(evidence(record));
  put_nearest_runs(screen, record);
  if (!record.comparisons.empty()) screen.gap();
  screen.grid(comparisons(record, Detail::brief));
  if (options.explain) put_operators(screen, record);
  if (record.sources) {
    screen.gap();
    screen.statements(sources_summary(record));
  }
  if (options.explain || record.sources) put_figures(screen, record);
  return std::move(screen).text();
}

}  // namespace perfmodel::report
