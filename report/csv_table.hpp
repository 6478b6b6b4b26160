// What the tables of CSV share: units, and a record filled column by column.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/estimate_record.hpp"
#include "report/format.hpp"

namespace perfmodel::report {

inline constexpr std::string_view kLineEnd = "\r\n";
inline constexpr double kMilli = 1e3, kMicro = 1e6;  // per base unit
// Base units in one. Dividing by them rounds once: 21.31 GB stays 21.31.
inline constexpr double kMega = 1e6, kGiga = 1e9;

/// One record; `field` gives the text for a column.
template <class Columns, class FieldOf>
void put(std::string& out, const Columns& columns, FieldOf field) {
  bool first = true;
  for (const auto& column : columns) {
    if (!first) out += ',';
    first = false;
    out += csv_field(field(column));
  }
  out += kLineEnd;
}

/// The shape with one row per operator.
std::string operators_csv(const EstimateRecord& record);
std::vector<std::string_view> operator_columns();

/// The shape with one row per figure, of one answer or of several.
std::string sources_csv_header();
std::string sources_csv_rows(const EstimateRecord& record);

}  // namespace perfmodel::report
