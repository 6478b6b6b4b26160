// Formats of the answer. Each is a pure function from record to text, locale-proof and
// deterministic.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/estimate_record.hpp"

namespace perfmodel::report {

struct TableOptions {
  bool explain = false;  // every operator
  int width = 100;
};

std::string to_table(const EstimateRecord& record, const TableOptions& options = {});
std::string to_markdown(const EstimateRecord& record, bool explain);
/// RFC 4180. One row for the answer and one for each comparison, the same columns; with `explain` a
/// second shape: one row per operator; where the record asks for sources a third: one row per
/// figure.
std::string to_csv(const EstimateRecord& record, bool explain);
std::string to_json(const EstimateRecord& record);

/// The columns of to_csv, in order, units in the names.
std::vector<std::string_view> csv_columns(bool explain);

/// A field by RFC 4180: quoted when it holds a comma, a quote or a line break.
std::string csv_field(std::string_view text);
/// A record of such fields with its line end.
std::string csv_record(const std::vector<std::string>& fields);
/// Shortest decimal text that reads back as the same double; "" for infinities and NaN.
std::string csv_number(double value);

}  // namespace perfmodel::report
