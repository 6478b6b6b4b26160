#include "csv/records.hpp"

#include <csv.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace perfmodel::csv {
namespace {

/// Fields of the present record. Their bytes lie one after the other in a buffer that is used
/// again, so that a record costs no allocation.
struct Collector {
  const std::function<void(const Record&)>& on_record;
  Record record;
  std::string bytes;
  std::vector<std::size_t> ends;
  std::vector<std::string_view> fields;
  bool have_header = false;
};

void on_field(void* text, std::size_t size, void* data) {
  auto& c = *static_cast<Collector*>(data);
  // The parser gives no buffer for an empty field.
  if (size > 0) c.bytes.append(static_cast<const char*>(text), size);
  c.ends.push_back(c.bytes.size());
}

void on_row(int, void* data) {
  auto& c = *static_cast<Collector*>(data);
  c.fields.clear();
  std::size_t begin = 0;
  for (const auto end : c.ends) {
    c.fields.push_back(std::string_view(c.bytes).substr(begin, end - begin));
    begin = end;
  }
  c.record.fields = c.fields;
  c.have_header = true;
  c.on_record(c.record);
  c.bytes.clear();
  c.ends.clear();
}

/// The text up to and with its first line end, which is taken off.
std::string_view take_line(std::string_view& text) {
  const auto at = text.find_first_of("\r\n");
  auto size = text.size();
  if (at != std::string_view::npos) size = at + (text.substr(at).starts_with("\r\n") ? 2 : 1);
  const auto line = text.substr(0, size);
  text.remove_prefix(size);
  return line;
}

}  // namespace

bool read_records(std::string_view text, const std::string& file, spec::Diagnostics& diagnostics,
                  const std::function<void(const Record&)>& on_record) {
  const auto problem = [&](int line, std::string message) {
    diagnostics.add({file, {line, 1}, "", std::move(message), ""});
    return false;
  };
  const auto whole = text.size();
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  int line = 1;
  for (; text.starts_with('#'); ++line) take_line(text);
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    return problem(line + static_cast<int>(std::count(
                              text.begin(), text.begin() + static_cast<std::ptrdiff_t>(nul), '\n')),
                   "contains a NUL byte");
  }
  Collector c{on_record, {}, {}, {}, {}, false};
  csv_parser parser;
  if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
    return problem(line, "the CSV parser could not start");
  // Line by line, so that each record knows where it begins: a record goes on while a quote is
  // open.
  bool ok = true;
  bool open = false;
  c.record.line = line;
  while (ok && !text.empty()) {
    if (!open) {
      c.record.line = line;
      c.record.span.begin = whole - text.size();
    }
    const auto piece = take_line(text);
    c.record.span.size = whole - text.size() - c.record.span.begin;
    ok = csv_parse(&parser, piece.data(), piece.size(), on_field, on_row, &c) == piece.size();
    if (std::count(piece.begin(), piece.end(), '"') % 2 != 0) open = !open;
    ++line;
  }
  ok = ok && csv_fini(&parser, on_field, on_row, &c) == 0;
  csv_free(&parser);
  if (!ok) {
    return problem(c.record.line,
                   "bad quoting: a quote must enclose the whole field and be doubled inside it");
  }
  return c.have_header || problem(c.record.line, "has no header line");
}

}  // namespace perfmodel::csv
