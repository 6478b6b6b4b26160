// CSV text (RFC 4180), record by record: what every reader of tables rests on.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "spec/diagnostics.hpp"

namespace perfmodel::csv {

/// Where a record stands in the text, its line end included: bytes from `begin` on.
struct Span {
  std::size_t begin = 0;
  std::size_t size = 0;
  bool operator==(const Span&) const = default;
};

struct Record {
  int line = 1;  // on which it begins
  Span span;
  std::span<const std::string_view> fields;  // for as long as the call lasts
};

/// Calls `on_record` for each record, the header first; empty lines are none. LF, CRLF and CR end
/// a line. A byte order mark and comment lines (first character '#') before the header are
/// accepted. False if there is a problem, which goes to `diagnostics` with its line: no header, bad
/// quoting, NUL bytes. Records before a bad quote have been handed out by then.
bool read_records(std::string_view text, const std::string& file, spec::Diagnostics& diagnostics,
                  const std::function<void(const Record&)>& on_record);

}  // namespace perfmodel::csv
