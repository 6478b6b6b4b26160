// CSV text (RFC 4180) as rows of fields with line numbers and places in the text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "csv/records.hpp"
#include "spec/diagnostics.hpp"

namespace perfmodel::calibrate {

using Span = csv::Span;

struct Table {
  struct Row {
    int line = 0;
    std::vector<std::string> fields;
    Span span = {};
  };
  std::vector<std::string> header;
  int header_line = 1;
  Span header_span;
  std::vector<Row> rows;
};

/// Problems (no header, ragged rows, bad quoting, NUL bytes) go to `diagnostics` with their line. A
/// byte order mark, CRLF and comment lines (first character '#') before the header are accepted.
Table parse_csv(std::string_view text, const std::string& file, spec::Diagnostics& diagnostics);

}  // namespace perfmodel::calibrate
