// A report as one Markdown file: everything that the page has, pictures by reference.
#include <fmt/format.h>

#include "report/document.hpp"
#include "report/grid.hpp"
#include "report/markdown_text.hpp"
#include "report/numbers.hpp"

namespace perfmodel::report {
namespace {

/// A paragraph may have **bold** and `code`; what else Markdown would take for markup is escaped.
std::string paragraph(std::string_view text) {
  std::string out;
  for (const char c : one_line(text)) {
    if (std::string_view("\\|<>[]").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string shown(const Cell& cell, int digits) {
  if (const auto* v = std::get_if<double>(&cell)) return number(*v, digits);
  const auto* s = std::get_if<std::string>(&cell);
  return s != nullptr ? *s : std::string();
}

Grid grid_of(const Table& t) {
  Grid g;
  for (const auto& c : t.columns)
    g.columns.push_back({c.unit.empty() ? c.name : fmt::format("{}, {}", c.name, c.unit),
                         c.number ? Align::right : Align::left});
  for (const auto& row : t.rows) {
    Row r;
    for (std::size_t i = 0; i < row.size(); ++i)
      r.cells.push_back(shown(row[i], t.columns[i].digits));
    g.rows.push_back(std::move(r));
  }
  return g;
}

void put_table(std::string& out, const Table& t) {
  out += fmt::format("\n**{}** ([{}]({}))\n\n", escaped(t.title), t.file(), t.file());
  put_grid(out, grid_of(t));
  if (!t.note.empty()) out += fmt::format("\n{}\n", paragraph(t.note));
}

void put_one(std::string& out, const Section& s) {
  out += fmt::format("\n## {}\n", escaped(s.title));
  for (const auto& p : s.text) out += fmt::format("\n{}\n", paragraph(p));
  if (!s.figures.empty()) out += "\n";
  for (const auto& f : s.figures) {
    out += fmt::format("- **{}{}**: {}", f.value, f.unit.empty() ? "" : " " + f.unit,
                       escaped(f.label));
    out += f.note.empty() ? "\n" : fmt::format(" ({})\n", escaped(f.note));
  }
  for (const auto& c : s.charts) {
    out += fmt::format("\n![{}]({})\n", escaped(c.title), c.file());
    if (!c.note.empty()) out += fmt::format("\n{}\n", paragraph(c.note));
  }
  for (const auto& t : s.tables) put_table(out, t);
}

}  // namespace

std::string document_markdown(const Document& d) {
  std::string out = fmt::format("# {}\n", escaped(d.title));
  if (!d.subtitle.empty()) out += fmt::format("\n{}\n", paragraph(d.subtitle));
  for (const auto& s : d.sections) put_one(out, s);
  if (!d.sources.empty()) out += "\n## Sources\n\n";
  for (const auto& s : d.sources) {
    out += fmt::format("- {}", escaped(s.title));
    if (!s.date.empty()) out += fmt::format(", {}", escaped(s.date));
    if (!s.url.empty()) out += fmt::format(", <{}>", s.url);
    if (!s.grade.empty()) out += fmt::format(" ({})", s.grade);
    out += "\n";
    for (const auto& f : s.figures) out += fmt::format("  - {}\n", escaped(f));
  }
  out += "\nMade by perfmodel " + d.version;
  for (std::size_t i = 0; i < d.generated_from.size(); ++i)
    out += (i == 0 ? " from " : ", ") + d.generated_from[i];
  return out + ".\n";
}

}  // namespace perfmodel::report
