#include "calibrate/table.hpp"

#include <csv.h>
#include <fmt/format.h>

#include <algorithm>

namespace perfmodel::calibrate {
namespace {

struct Collector {
  Table table;
  std::vector<std::string> fields;
  int line = 1;  // on which the present record begins
  Span span;     // of the present record, as far as it is read
  bool have_header = false;
};

void on_field(void* text, std::size_t size, void* data) {
  static_cast<Collector*>(data)->fields.emplace_back(static_cast<const char*>(text), size);
}

void on_row(int, void* data) {
  auto& c = *static_cast<Collector*>(data);
  if (!c.have_header) {
    c.table.header = std::move(c.fields);
    c.table.header_line = c.line;
    c.table.header_span = c.span;
    c.have_header = true;
  } else {
    c.table.rows.push_back({c.line, std::move(c.fields), c.span});
  }
  c.fields.clear();
}

/// The text up to and with its first line end (LF, CRLF or CR), which is taken off.
std::string_view take_line(std::string_view& text) {
  const auto at = text.find_first_of("\r\n");
  auto size = text.size();
  if (at != std::string_view::npos) size = at + (text.substr(at).starts_with("\r\n") ? 2 : 1);
  const auto line = text.substr(0, size);
  text.remove_prefix(size);
  return line;
}

}  // namespace

Table parse_csv(std::string_view text, const std::string& file, spec::Diagnostics& diagnostics) {
  const auto problem = [&](int line, std::string message, std::string hint = {}) {
    diagnostics.add({file, {line, 1}, "", std::move(message), std::move(hint)});
  };
  const auto whole = text.size();
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  int line = 1;
  for (; text.starts_with('#'); ++line) take_line(text);
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    problem(line + static_cast<int>(std::count(
                       text.begin(), text.begin() + static_cast<std::ptrdiff_t>(nul), '\n')),
            "contains a NUL byte");
    return {};
  }
  Collector c;
  csv_parser parser;
  if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
    problem(line, "the CSV parser could not start");
    return {};
  }
  // Line by line, so that each record knows where it begins: a record goes on while a quote is
  // open.
  bool ok = true;
  bool open = false;
  c.line = line;
  while (ok && !text.empty()) {
    if (!open) {
      c.line = line;
      c.span.begin = whole - text.size();
    }
    const auto piece = take_line(text);
    c.span.size = whole - text.size() - c.span.begin;
    ok = csv_parse(&parser, piece.data(), piece.size(), on_field, on_row, &c) == piece.size();
    if (std::count(piece.begin(), piece.end(), '"') % 2 != 0) open = !open;
    ++line;
  }
  ok = ok && csv_fini(&parser, on_field, on_row, &c) == 0;
  csv_free(&parser);
  if (!ok) {
    problem(c.line, "bad quoting: a quote must enclose the whole field and be doubled inside it");
    return {};
  }
  if (!c.have_header) {
    problem(c.line, "has no header line");
    return {};
  }
  for (const auto& row : c.table.rows)
    if (row.fields.size() != c.table.header.size())
      problem(row.line, fmt::format("has {} fields where the header has {}", row.fields.size(),
                                    c.table.header.size()));
  return std::move(c.table);
}

}  // namespace perfmodel::calibrate
