#include "calibrate/table.hpp"

#include <fmt/format.h>

namespace perfmodel::calibrate {

Table parse_csv(std::string_view text, const std::string& file, spec::Diagnostics& diagnostics) {
  Table table;
  bool have_header = false;
  const bool read = csv::read_records(text, file, diagnostics, [&](const csv::Record& r) {
    std::vector<std::string> fields(r.fields.begin(), r.fields.end());
    if (have_header) {
      table.rows.push_back({r.line, std::move(fields), r.span});
      return;
    }
    table.header = std::move(fields);
    table.header_line = r.line;
    table.header_span = r.span;
    have_header = true;
  });
  if (!read) return {};
  for (const auto& row : table.rows)
    if (row.fields.size() != table.header.size())
      diagnostics.add({file,
                       {row.line, 1},
                       "",
                       fmt::format("has {} fields where the header has {}", row.fields.size(),
                                   table.header.size()),
                       ""});
  return table;
}

}  // namespace perfmodel::calibrate
