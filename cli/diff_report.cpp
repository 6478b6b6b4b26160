#include "cli/diff_report.hpp"

#include <fmt/format.h>

#include <cmath>

#include "cli/columns.hpp"
#include "report/grid.hpp"
#include "units/number.hpp"

namespace perfmodel::cli {
namespace {

using Cells = std::vector<std::vector<std::string>>;

std::string ratio_text(double ratio) {
  if (!std::isfinite(ratio)) return ratio > 0 ? "inf" : "-inf";
  // "1" is what did not move at all, "1.0000" what moved by less than shows.
  return ratio == 1 ? "1" : fmt::format("{:.4f}", ratio);
}

std::string p_text(const diff::TestResult& t) {
  if (!t.tested) return "-";
  return t.test.p < 1e-4 ? fmt::format("{:.1e}", t.test.p) : fmt::format("{:.4f}", t.test.p);
}

std::string percent(double share) {
  return fmt::format("{:.6g} %", share * 100);
}

std::string rows_text(std::size_t n) {
  return fmt::format("{} row{}", n, n == 1 ? "" : "s");
}

/// "tpot_ms", or "tpot_ms +" where more is better and "-" where less is.
std::string with_direction(const std::string& name, diff::Better better) {
  const auto* sign = better == diff::Better::less ? " -" : better == diff::Better::more ? " +" : "";
  return printable(name) + sign;
}

std::string escaped(const std::string& text) {
  std::string s;
  for (const char c : text) {
    if (std::string_view("\\|`*<>[]").find(c) != std::string_view::npos) s += '\\';
    s += c;
  }
  return s;
}

/// A table of text in the layout of the terminal or of Markdown. The first cells are the titles;
/// the first column and the `text` last ones are left-aligned.
std::string laid_out(const Cells& cells, std::size_t text, bool markdown) {
  const auto columns = cells.front().size();
  const auto left = [&](std::size_t i) { return i == 0 || i + text >= columns; };
  if (!markdown) {
    report::Grid grid;
    for (std::size_t i = 0; i < columns; ++i)
      grid.columns.push_back(
          {cells[0][i], left(i) ? report::Align::left : report::Align::right, 0});
    for (std::size_t r = 1; r < cells.size(); ++r) grid.rows.push_back({cells[r], ""});
    // Keys are what a reader looks for in the file, so they are never cut.
    constexpr std::size_t unlimited = 100'000;
    std::string s;
    for (const auto& line : report::text_lines(grid, unlimited)) s += line + "\n";
    return s;
  }
  std::string s;
  for (std::size_t r = 0; r < cells.size(); ++r) {
    for (const auto& cell : cells[r]) s += "| " + escaped(cell) + " ";
    s += "|\n";
    if (r > 0) continue;
    for (std::size_t i = 0; i < columns; ++i) s += left(i) ? "|:--" : "|--:";
    s += "|\n";
  }
  return s;
}

std::string line_text(const diff::Place& p) {
  if (p.old_line == 0 && p.new_line == 0) return "";
  if (p.new_line == 0) return fmt::format("line {}", p.old_line);
  if (p.old_line == 0) return fmt::format("line {}", p.new_line);
  return p.old_line == p.new_line ? fmt::format("line {}", p.old_line)
                                  : fmt::format("lines {}, {}", p.old_line, p.new_line);
}

std::string place_text(const diff::Place& p) {
  const auto line = line_text(p);
  return line.empty() ? p.key : fmt::format("{} ({})", p.key, line);
}

std::string outside_text(const diff::MetricResult& m) {
  if (m.better == diff::Better::neither || m.outside() == 0) return fmt::format("{}", m.outside());
  if (m.improved == 0) return fmt::format("{} worse", m.worse);
  if (m.worse == 0) return fmt::format("{} better", m.improved);
  return fmt::format("{} worse, {} better", m.worse, m.improved);
}

std::vector<std::string> cells_of(const diff::MetricResult& m, bool one_row) {
  const auto tolerance = m.counts ? percent(m.tolerance) : "-";
  const auto outside = m.counts ? outside_text(m) : "-";
  const auto name = with_direction(m.name, m.better);
  if (one_row)
    return {name,
            fmt::format("{:.6g}", m.lowest.before),
            fmt::format("{:.6g}", m.lowest.now),
            ratio_text(m.median),
            tolerance,
            outside};
  const bool spread = m.highest.ratio != m.lowest.ratio;
  return {name,
          fmt::format("{}", m.rows),
          ratio_text(m.median),
          ratio_text(m.lowest.ratio),
          ratio_text(m.highest.ratio),
          tolerance,
          outside,
          place_text(m.lowest.place),
          spread ? place_text(m.highest.place) : "-"};
}

std::string metric_table(const diff::Comparison& c, bool counts, bool markdown) {
  // What a single row has is of more use than where the extremes are.
  const bool one_row = c.joined == 1;
  Cells cells;
  if (one_row)
    cells = {{"metric", "old", "new", "ratio", "tolerance", "outside"}};
  else
    cells = {{"metric", "rows", "median", "lowest", "highest", "tolerance", "outside", "lowest at",
              "highest at"}};
  std::size_t equal = 0;
  for (const auto& m : c.metrics) {
    if (m.counts != counts || m.rows == 0) continue;
    if (m.lowest.ratio == 1 && m.highest.ratio == 1)
      ++equal;
    else
      cells.push_back(cells_of(m, one_row));
  }
  std::string s;
  if (cells.size() > 1) {
    s += counts ? "\nratios new / old; '+': more is better, '-': less is better\n"
                : "\nratios of what does not count\n";
    if (markdown) s += "\n";
    s += laid_out(cells, one_row ? 0 : 2, markdown);
  }
  if (equal > 0 && counts)
    s += fmt::format("\n{} metric{} the same in every row\n", equal, equal == 1 ? "" : "s");
  return s;
}

std::string test_table(const diff::Comparison& c, bool markdown) {
  Cells cells = {{"benchmark", "metric", "old", "new", "ratio", "n", "p", "effect", "verdict"}};
  for (const auto& t : c.tests) {
    // Single measurements are in the table above.
    if (t.old_count < 2 && t.new_count < 2) continue;
    std::string verdict = "within tolerance";
    if (t.outside) verdict = !t.tested || t.significant ? "outside" : "not significant";
    cells.push_back({t.moved.place.key, printable(t.metric), fmt::format("{:.6g}", t.moved.before),
                     fmt::format("{:.6g}", t.moved.now), ratio_text(t.moved.ratio),
                     fmt::format("{}/{}", t.old_count, t.new_count), p_text(t),
                     t.tested ? fmt::format("{:+.2f}", t.test.effect) : "-", verdict});
  }
  if (cells.size() == 1) return "";
  return fmt::format("\nmedians; p of a Mann-Whitney U test, two-sided, significant below {:g}\n{}",
                     c.alpha, markdown ? "\n" : "") +
         laid_out(cells, 1, markdown);
}

/// Items below a title, the first few of `all`.
std::string listed(const std::string& title, const std::vector<std::string>& items, std::size_t all,
                   bool markdown) {
  const auto* bullet = markdown ? "- " : "  ";
  auto s = fmt::format("\n{}\n{}", title, markdown ? "\n" : "");
  for (const auto& item : items) s += bullet + (markdown ? escaped(item) : item) + "\n";
  if (all > items.size()) s += fmt::format("{}and {} more\n", bullet, all - items.size());
  return s;
}

std::string changes_text(const std::string& name, std::size_t count, bool counts,
                         const std::vector<diff::Changed>& changes, bool markdown) {
  if (count == 0) return "";
  // A sentence is no help in full; where it stands is.
  constexpr std::size_t widest = 48;
  const auto shown = [&](const std::string& text) {
    return text.empty() ? std::string("(empty)") : report::fit(report::one_line(text), widest);
  };
  std::vector<std::string> items;
  for (const auto& x : changes)
    items.push_back(
        fmt::format("{}: {} -> {}", place_text(x.place), shown(x.before), shown(x.now)));
  return listed(fmt::format("{} changed in {}{}", printable(name), rows_text(count),
                            counts ? "" : " (does not count)"),
                items, count, markdown);
}

std::string rows_of_one(const diff::RowsOfOne& rows, const std::string& file, const char* word,
                        bool markdown) {
  if (rows.count == 0) return "";
  std::vector<std::string> items;
  for (const auto& p : rows.places) items.push_back(place_text(p));
  return listed(fmt::format("{} only in {} ({})", rows_text(rows.count), file, word), items,
                rows.count, markdown);
}

std::string names_text(const std::vector<std::string>& names) {
  std::string s;
  for (const auto& n : names) s += (s.empty() ? "" : ", ") + printable(n);
  return s;
}

std::string header_text(const diff::Comparison& c) {
  const auto* kind = c.layout.kind;
  auto s = fmt::format("{} -> {}: {} in both, {} only old, {} only new\n", c.old_file, c.new_file,
                       rows_text(c.joined), c.only_old.count, c.only_new.count);
  s += fmt::format("{}, rows by {}\n", kind != nullptr ? kind->name : "CSV",
                   names_text(c.layout.keys()));
  if (!c.unmatched_keys.empty())
    s += fmt::format("no row is in both: the files share no value of {} (see --key)\n",
                     names_text(c.unmatched_keys));
  return s;
}

}  // namespace

std::string diff_verdict(const diff::Comparison& c) {
  if (!c.failures.empty()) {
    std::string s;
    for (const auto& f : c.failures) s += (s.empty() ? "" : "; ") + f;
    return s;
  }
  const bool regression = c.gate == diff::Gate::regression;
  return fmt::format("{}: {}, {} metric{}", regression ? "no regression" : "within tolerance",
                     rows_text(c.joined), c.metrics.size(), c.metrics.size() == 1 ? "" : "s");
}

std::string diff_table(const diff::Comparison& c, bool markdown) {
  auto s = markdown ? "# Comparison of results\n\n" + header_text(c) : header_text(c);
  s += metric_table(c, true, markdown) + test_table(c, markdown) + metric_table(c, false, markdown);
  for (const auto& m : c.metrics)
    s += changes_text(m.name, m.changed, m.counts, m.changes, markdown);
  for (const auto& t : c.texts) s += changes_text(t.name, t.changed, t.counts, t.changes, markdown);
  s += rows_of_one(c.only_old, c.old_file, "vanished", markdown);
  s += rows_of_one(c.only_new, c.new_file, "new", markdown);
  if (!c.layout.only_new.empty())
    s += fmt::format("\ncolumns only in {}: {}\n", c.new_file, names_text(c.layout.only_new));
  return s + "\n" + diff_verdict(c) + "\n";
}

}  // namespace perfmodel::cli
