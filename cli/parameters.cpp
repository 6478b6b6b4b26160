#include "cli/parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "cli/columns.hpp"
#include "report/format.hpp"
#include "report/scales.hpp"

namespace perfmodel::cli {
namespace {

using calibrate::Parameter;
using calibrate::Values;

struct Row {
  std::string_view scope;  // "mean", "profile" or "family"
  std::string name;
  std::string_view parameter;
  std::string_view unit;  // "us", empty for shares and factors
  double value = 0, low = 0, high = 0;
  std::string_view bound;  // "lower", "upper" or neither
};

/// Two-sided, of a normal distribution: the logarithm of a parameter about its fitted value.
constexpr double k95 = 1.96;

bool is_time(const Parameter& p) {
  return p.name.starts_with("overhead.");
}

Row row_of(std::string_view scope, const std::string& name, const Parameter& p, double value,
           double error) {
  const double scale = is_time(p) ? report::kMicro : 1;
  const double spread = std::exp(k95 * error);
  constexpr double kTouches = 1.01;
  Row r{scope, name, p.name, is_time(p) ? "us" : "", value * scale, 0, 0, ""};
  r.low = std::max(p.low, value / spread) * scale;
  r.high = std::min(p.high, value * spread) * scale;
  if (value <= p.low * kTouches) r.bound = "lower";
  if (value * kTouches >= p.high) r.bound = "upper";
  return r;
}

/// By parameter, so that what one software does is seen beside the others.
std::vector<Row> rows_of(const calibrate::Fit& f) {
  std::vector<Row> rows;
  const auto& pp = calibrate::profile_parameters();
  for (std::size_t i = 0; i < pp.size(); ++i) {
    rows.push_back(row_of("mean", "", pp[i], f.mean[i], f.mean_error[i]));
    for (const auto& [name, values] : f.profiles)
      rows.push_back(row_of("profile", name, pp[i], values[i], f.profile_errors.at(name)[i]));
  }
  const auto& fp = calibrate::family_parameters();
  for (std::size_t i = 0; i < fp.size(); ++i)
    for (const auto& [name, values] : f.families)
      rows.push_back(row_of("family", name, fp[i], values[i], f.family_errors.at(name)[i]));
  return rows;
}

}  // namespace

std::string parameter_table(const calibrate::Fit& fit) {
  std::vector<std::vector<std::string>> table = {
      {"parameter", "of", "value", "95 % interval", "at bound"}};
  for (const auto& r : rows_of(fit))
    table.push_back({std::string(r.parameter), r.scope == "mean" ? "mean of all" : r.name,
                     fmt::format("{:.4g}{}{}", r.value, r.unit.empty() ? "" : " ", r.unit),
                     fmt::format("{:.4g} .. {:.4g}", r.low, r.high), std::string(r.bound)});
  return in_columns(table, report::Align::left);
}

std::string parameter_csv(const calibrate::Fit& fit) {
  std::string s = "scope,name,parameter,unit,value,low95,high95,at_bound\r\n";
  for (const auto& r : rows_of(fit))
    s += fmt::format("{},{},{},{},{},{},{},{}\r\n", r.scope, report::csv_field(r.name), r.parameter,
                     r.unit, report::csv_number(r.value), report::csv_number(r.low),
                     report::csv_number(r.high), r.bound);
  return s;
}

}  // namespace perfmodel::cli
