// What sections are put together from.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/report_gather.hpp"
#include "report/scales.hpp"

namespace perfmodel::cli {

inline report::TableColumn text_column(std::string name) {
  return {std::move(name), "", false, 0, ""};
}
inline report::TableColumn number_column(std::string name, std::string unit = "",
                                         int digits = report::kDigits) {
  return {std::move(name), std::move(unit), true, digits, ""};
}
inline report::Cell cell(const std::optional<double>& v) {
  return v ? report::Cell(*v) : report::Cell();
}

/// Names of a section's charts and tables under one of its models: with the model's where there are
/// several.
struct PartName {
  std::string id, title;
};
PartName part_name(const ReportGatherer& g, const ReportSection& s, const std::string& llm,
                   std::string_view id, std::string_view title);

/// Name of a system in tables and charts.
std::string system_name(const ReportComparison& c, std::size_t i);
/// "Qwen2.5-72B on X has no answer: ..." of each that has none.
void tell_infeasible(const ReportSection& s, const ReportGatherer& g, const ReportComparison& c,
                     report::Section& out);

/// What agrees, and what is a quarter off, from `low` to `high`.
std::vector<report::ReferenceLine> agreement_lines(double low, double high);

/// A sentence of one of the section's models: with its name where there are several.
std::string said_of(const ReportGatherer& g, const ReportSection& s, const std::string& llm,
                    const std::string& text);

/// A chart of a table's numbers, still without series: points, or categories along its y axis.
report::Chart xy_chart(PartName name, std::string table, report::Axis x, report::Axis y);
report::Chart category_chart(report::ChartKind kind, PartName name, std::string table,
                             report::Axis x, std::string categories);

/// Bars with one category for each system that has an answer; values may be absent.
struct BarRow {
  std::string name;
  std::optional<double> value, low, high;
};
report::Chart bar_chart(const PartName& name, const std::string& table, const std::string& label,
                        const std::string& unit, const std::vector<BarRow>& rows,
                        report::Scale scale = report::Scale::linear);

}  // namespace perfmodel::cli
