// What the tables of CSV share: columns, a record filled column by column, and fields.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "report/content.hpp"
#include "report/estimate_record.hpp"
#include "report/format.hpp"
#include "report/scales.hpp"

namespace perfmodel::report {

inline constexpr std::string_view kLineEnd = "\r\n";

/// A column, and what fills it from a line of the table.
template <class Line>
struct CsvColumn {
  std::string_view name;
  std::string (*field)(const Line&);
};

/// The names of all columns of these, in order.
template <class... Columns>
std::vector<std::string_view> column_names(const Columns&... columns) {
  std::vector<std::string_view> names;
  const auto add = [&](const auto& some) {
    for (const auto& column : some) names.push_back(column.name);
  };
  (add(columns), ...);
  return names;
}

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

inline std::string csv_header(const std::vector<std::string_view>& names) {
  return csv_record({names.begin(), names.end()});
}

inline std::string number_if(bool known, double value) {
  return known ? csv_number(value) : "";
}
inline std::string milliseconds(const std::optional<Time>& t) {
  return t ? csv_number(t->base() * kMilli) : "";
}

/// A number of an answer under one profile, empty where there is none: times in ms.
template <Performance EstimateRecord::*Profile, auto Member>
std::string performance_field(const EstimateRecord& r) {
  const auto value = (r.*Profile).*Member;
  constexpr bool is_time = std::is_same_v<decltype(value), const Time>;
  return number_if(is_feasible(r), value.base() * (is_time ? kMilli : 1.0));
}
/// The same of a bound of its interval, where there are samples.
template <Performance EstimateRecord::*Bound, auto Member>
std::string bound_field(const EstimateRecord& r) {
  return r.samples > 0 ? performance_field<Bound, Member>(r) : "";
}

/// The shape with one row per operator.
std::string operators_csv(const EstimateRecord& record);
std::vector<std::string_view> operator_columns();

/// The shape with one row per figure, of one answer or of several.
std::string sources_csv_header();
std::string sources_csv_rows(const EstimateRecord& record);

}  // namespace perfmodel::report
