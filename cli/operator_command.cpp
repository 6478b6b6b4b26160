#include "cli/operator_command.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "calibrate/curve_report.hpp"
#include "cli/commands.hpp"
#include "cli/errors.hpp"
#include "cli/family_yaml.hpp"
#include "cli/measurements.hpp"
#include "cli/operator_evidence.hpp"
#include "cli/output.hpp"
#include "report/format.hpp"
#include "report/scales.hpp"

namespace perfmodel::cli {
namespace {

namespace fs = std::filesystem;

std::string parameters_text(const calibrate::CurveFit& f) {
  std::string s = fmt::format("{:<28}{:>26}", "", "generic");
  for (const auto& [name, curves] : f.families) s += fmt::format("{:>26}", name);
  s += "\n";
  const auto cell = [&](const calibrate::FittedCurve& c, const calibrate::CurveParameter& p,
                        std::size_t i) {
    if (c.values.empty() || c.information[i] <= 1.0) return fmt::format("{:>26}", "-");
    const double wide = std::exp(curve_interval(c.errors[i], f.spread));
    const double unit = p.time ? report::kMicro : 1.0;
    return fmt::format("{:>26}", fmt::format("{:.3g} [{:.3g}, {:.3g}]", c.values[i] * unit,
                                             c.values[i] / wide * unit, c.values[i] * wide * unit));
  };
  for (std::size_t curve = 0; curve < calibrate::kCurveCount; ++curve) {
    const auto& parameters = calibrate::parameters_of(curve, f.mean[curve].values);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const auto& p = parameters[i];
      s += fmt::format("{:<28}", fmt::format("{} {}{}", calibrate::curve_name(curve), p.name,
                                             p.time ? ", us" : ""));
      s += cell(f.mean[curve], p, i);
      for (const auto& [name, curves] : f.families) s += cell(curves[curve], p, i);
      s += "\n";
    }
  }
  return s;
}

std::string aside_text(const calibrate::CurveFit& f) {
  std::string s;
  for (const auto& [name, x] : f.series)
    if (x.aside)
      s += fmt::format("  {:<60}{:>6} rows, fitted over measured {:.2f}\n", name, x.rows, x.bias);
  return s.empty() ? s : "set aside, half of the rows off by more than a factor of 1.8:\n" + s;
}

std::string residuals_csv(const std::vector<const calibrate::OperatorPoint*>& points,
                          const calibrate::CurveFit& f) {
  std::string s =
      "id,chip,class,table,set_aside,measured_us,fitted_over_measured,curve_over_measured\r\n";
  for (const auto* p : points)
    s += fmt::format("{},{},{},{},{},{},{:.4f},{:.4f}\r\n", p->row->id, p->row->chip,
                     report::csv_field(calibrate::slice_of(*p)), p->table,
                     f.series.at(calibrate::series_of(*p)).aside ? 1 : 0,
                     report::csv_number(p->row->time.base() * report::kMicro),
                     calibrate::fitted_over_measured(*p, f, true),
                     calibrate::fitted_over_measured(*p, f, false));
  return s;
}

std::string report_csv(const std::vector<calibrate::CurveErrors>& rows) {
  std::string s =
      "class,chip,rows,set_aside,fitted_median,fitted_p90,curve_median,curve_p90,curve_bias,"
      "left_out_median,left_out_p90\r\n";
  for (const auto& r : rows) {
    const auto error = [](const calibrate::Errors& e, double v) {
      return e.count > 0 ? fmt::format("{:.4f}", v) : std::string();
    };
    s += fmt::format("{},{},{},{},{},{},{},{},{},{},{}\r\n", report::csv_field(r.slice), r.chip,
                     r.fitted.count, r.aside, error(r.fitted, r.fitted.median),
                     error(r.fitted, r.fitted.p90), error(r.curve, r.curve.median),
                     error(r.curve, r.curve.p90), error(r.curve, r.curve.bias),
                     error(r.left_out, r.left_out.median), error(r.left_out, r.left_out.p90));
  }
  return s;
}

std::string report_table(const std::vector<calibrate::CurveErrors>& rows) {
  const auto error = [](const calibrate::Errors& e) {
    return e.count > 0 ? fmt::format("{:>7.1f}{:>7.1f}", e.median * 100, e.p90 * 100)
                       : fmt::format("{:>7}{:>7}", "", "");
  };
  std::string s = fmt::format("{:<26}{:<12}{:>7}{:>7}{:>14}{:>14}{:>7}{:>14}\n", "median, p90 in %",
                              "chip", "rows", "aside", "fitted", "curve", "bias", "left out");
  for (const auto& r : rows)
    s += fmt::format("{:<26}{:<12}{:>7}{:>7}{}{}{:>7.2f}{}\n", r.slice, r.chip, r.fitted.count,
                     r.aside, error(r.fitted), error(r.curve), r.curve.bias, error(r.left_out));
  return s;
}

std::string report_markdown(const std::vector<calibrate::CurveErrors>& rows) {
  std::string s =
      "| class | chip | rows | set aside | fitted | p90 | curve alone | p90 | bias | left out | "
      "p90 "
      "|\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n";
  for (const auto& r : rows) {
    const auto error = [](const calibrate::Errors& e) {
      return e.count > 0 ? fmt::format("{:.1f} | {:.1f}", e.median * 100, e.p90 * 100)
                         : std::string(" | ");
    };
    const bool all = r.chip == "all";
    const auto bias = r.curve.count > 0 ? fmt::format("{:.2f}", r.curve.bias) : std::string();
    s += fmt::format("| {} | {}{}{} | {} | {} | {} | {} | {} | {} |\n", r.slice, all ? "**" : "",
                     r.chip, all ? "**" : "", r.fitted.count, r.aside, error(r.fitted),
                     error(r.curve), bias, error(r.left_out));
  }
  return s;
}

std::string title_of(const OperatorEvidence& e, const std::string& family) {
  std::map<std::string, std::size_t> rows;
  std::size_t total = 0;
  for (const auto& p : e.points) {
    if (!family.empty() && p.site->chip.family != family) continue;
    ++rows[p.site->chip.id];
    ++total;
  }
  std::vector<std::string> chips;
  for (const auto& [chip, n] : rows) chips.push_back(fmt::format("{} on {}", n, chip));
  if (e.host)
    return fmt::format("perfmodel calibrate --operators --host over results/host: {} timings, {}",
                       total, fmt::join(chips, ", "));
  if (family.empty())
    return fmt::format(
        "perfmodel calibrate --operators over results/operators: shrunken mean of the measured "
        "families, {} timings",
        total);
  return fmt::format("perfmodel calibrate --operators over results/operators: {} timings, {}",
                     total, fmt::join(chips, ", "));
}

void write_families(const Catalog& catalog, const std::string& folder, const OperatorEvidence& e,
                    const calibrate::CurveFit& f) {
  const auto write = [&](const std::string& family, const CurveBlock& block) {
    const auto text = read_file(catalog.path_of(*find_kind("family"), family));
    if (!text) throw UsageError(fmt::format("cannot read the family '{}'", family));
    write_file(fmt::format("{}/{}.yaml", folder, family), with_curves(*text, block));
  };
  for (const auto& [name, curves] : f.families)
    write(name, {&curves, f.core_rates.at(name), f.spread, title_of(e, name), false});
  // Accelerators that nobody measured are none the wiser by a processor.
  if (!e.host) write("generic", {&f.mean, {}, f.spread, title_of(e, ""), true});
}

}  // namespace

int calibrate_operators(const OperatorWords& w, const Chosen& chosen) {
  if (!w.folder.empty()) {
    if (!fs::is_directory(w.folder))
      throw UsageError(fmt::format("'{}' is not a folder", w.folder));
    check_writable(w.folder + "/generic.yaml");
  }
  if (!w.residuals.empty()) check_writable(w.residuals);
  const Catalog catalog(Catalog::locate(chosen.configs));
  CatalogLibrary library(catalog, true);
  const auto evidence = w.host ? host_evidence(catalog, library, w.data)
                               : operator_evidence(catalog, library, w.data);
  if (evidence.points.empty()) throw UsageError("no row of the data informs a curve");
  auto options = evidence.options();
  options.max_iterations = w.iterations;
  const auto points = evidence.all();
  const auto f = calibrate::fit_curves(points, options);
  if (!w.folder.empty()) write_families(catalog, w.folder, evidence, f);
  if (!w.residuals.empty()) write_file(w.residuals, residuals_csv(points, f));
  if (!w.report) {
    std::string s = fmt::format("{} of {} rows, scatter of the logarithm {:.3f}\n", points.size(),
                                evidence.rows.size(), f.spread);
    for (const auto& [reason, n] : evidence.refused)
      s += fmt::format("  {:>6} not: {}\n", n, reason);
    emit("", s + "\n" + parameters_text(f) + "\n" + aside_text(f));
    return kExitDone;
  }
  const auto errors = calibrate::curve_errors(points, f, w.left_out, options);
  if (w.format == "csv")
    emit("", report_csv(errors));
  else if (w.format == "markdown")
    emit("", report_markdown(errors));
  else
    emit("", report_table(errors) + "\n" + aside_text(f));
  return kExitDone;
}

}  // namespace perfmodel::cli
