// The answer for a terminal: one screen, more with `explain`.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "report/content.hpp"
#include "report/format.hpp"
#include "report/grid.hpp"
#include "report/numbers.hpp"

namespace perfmodel::report {
namespace {

constexpr std::size_t kLabel = 12;       // columns of the labels at the left
constexpr std::size_t kNarrowest = 60;   // below it the layout has no room
constexpr std::size_t kBottlenecks = 3;  // without explain
constexpr std::size_t kAssumptionLines = 2;
constexpr std::size_t kBetween = 4;  // blanks between two tables side by side

using Lines = std::vector<std::string>;

class Screen {
 public:
  Screen(std::size_t width, bool explain)
      : width_(std::max(width, kNarrowest)), explain_(explain) {}

  void line(std::string_view text) { (text_ += text) += '\n'; }
  void lines(const Lines& all) {
    for (const std::string& l : all) line(l);
  }
  void gap() {
    if (!text_.empty() && !text_.ends_with("\n\n")) text_ += '\n';
  }

  /// A label and its text, wrapped beside it.
  void statement(std::string_view label, std::string_view text) {
    std::string start = padded(label, kLabel, Align::left);
    for (const std::string& part : wrap(one_line(text), width_ - kLabel)) {
      line(start + part);
      start.assign(kLabel, ' ');
    }
  }
  void statements(const std::vector<Statement>& all) {
    for (const Statement& s : all) statement(s.label, s.text);
  }

  void grid(const Grid& g) {
    if (!g.rows.empty()) lines(text_lines(g, width_, explain_ ? Overflow::wrap : Overflow::cut));
  }

  /// Two tables side by side where they fit, else one under the other.
  void side_by_side(const Grid& left, const Grid& right) {
    const Lines a = left.rows.empty() ? Lines{} : text_lines(left, width_);
    const Lines b = right.rows.empty() ? Lines{} : text_lines(right, width_);
    const auto widest = [](const Lines& all) {
      std::size_t w = 0;
      for (const std::string& l : all) w = std::max(w, display_width(l));
      return w;
    };
    const std::size_t start = widest(a) + kBetween;
    if (a.empty() || b.empty() || start + widest(b) > width_) {
      lines(a);
      lines(b);
      return;
    }
    for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
      std::string l = i < a.size() ? a[i] : "";
      if (i < b.size()) l = padded(l, start, Align::left) + b[i];
      line(l);
    }
  }

  std::size_t width() const { return width_; }
  bool explain() const { return explain_; }
  std::string text() && { return std::move(text_); }

 private:
  std::size_t width_;
  bool explain_;
  std::string text_;
};

void put_banners(Screen& screen, const std::vector<std::string>& banners) {
  for (const std::string& banner : banners) {
    std::string start = "! ";
    for (const std::string& part : wrap(one_line(banner), screen.width() - start.size())) {
      screen.line(start + part);
      start = "  ";
    }
  }
}

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

/// The rows of a grid, each with a text of its own below it.
template <class TextOf>
void put_with_texts(Screen& screen, const Grid& grid, TextOf text_of) {
  if (grid.rows.empty()) return;
  screen.gap();
  constexpr std::string_view indent = "    ";
  // One line to a row, since nothing is cut or wrapped at this width.
  constexpr std::size_t unlimited = 100000;
  const Lines rows = text_lines(grid, unlimited);
  screen.line(rows[0]);
  for (std::size_t i = 0; i < grid.rows.size(); ++i) {
    screen.line(rows[i + 1]);
    const std::string text = one_line(text_of(i));
    if (text.empty()) continue;
    for (const std::string& part : wrap(text, screen.width() - indent.size())) {
      screen.line(std::string(indent) + part);
    }
  }
}

void put_figures(Screen& screen, const EstimateRecord& record) {
  put_with_texts(screen, figures(record),
                 [&](std::size_t i) { return provenance(record.figures[i]); });
}

void put_nearest_runs(Screen& screen, const EstimateRecord& record) {
  std::vector<std::string> texts;
  for (const NearRun& r : record.nearest_runs) {
    if (!r.metrics.empty()) texts.push_back(nearest_run_text(r));
  }
  put_with_texts(screen, nearest_runs(record, Detail::brief),
                 [&](std::size_t i) { return texts[i]; });
}

}  // namespace

std::string to_table(const EstimateRecord& record, const TableOptions& options) {
  Screen screen(static_cast<std::size_t>(std::max(options.width, 0)), options.explain);
  put_banners(screen, record.banners);
  screen.statements(question(record));
  screen.statements(refusal(record));
  screen.statements(setup(record));
  screen.gap();
  screen.side_by_side(metrics(record), memory(record));
  screen.gap();
  screen.grid(bottlenecks(record, options.explain ? record.bottlenecks.size() : kBottlenecks));
  screen.statements(confidence(record));
  put_assumptions(screen, record.assumptions);
  screen.statements(evidence(record));
  put_nearest_runs(screen, record);
  if (!record.comparisons.empty()) screen.gap();
  screen.grid(comparisons(record, Detail::brief));
  if (options.explain) {
    put_operators(screen, record);
    put_figures(screen, record);
  }
  return std::move(screen).text();
}

}  // namespace perfmodel::report
