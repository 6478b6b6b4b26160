#include "cli/bench_prediction.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "calibrate/curve_report.hpp"
#include "calibrate/operator_limit.hpp"
#include "calibrate/statistics.hpp"
#include "cli/columns.hpp"
#include "cli/commands.hpp"
#include "cli/errors.hpp"
#include "cli/operator_evidence.hpp"
#include "report/format.hpp"
#include "report/scales.hpp"
#include "units/text.hpp"

namespace perfmodel::cli {
namespace {

using calibrate::OperatorPoint;
using calibrate::Pair;

/// What is held against the measured time.
enum How : std::uint8_t { engine, fitted, left_out, roofline };
constexpr std::size_t kHows = 4;
constexpr std::array<std::string_view, kHows> kNames = {"engine", "fitted", "left_out", "roofline"};

struct Prediction {
  const BenchRow* measured = nullptr;
  std::string kind;
  std::array<Pair, kHows> pairs;
};

/// The longer of the times that the peaks of arithmetic and memory allow, and nothing else.
Time bare_roofline(const OperatorPoint& p) {
  const auto& chip = p.site->chip;
  const auto& cost = p.cost;
  const auto read = cost.weights + cost.kv + cost.activations;
  return max(cost.matrix / chip.matrix[spec::index(p.compute)]->value,
             read / chip.memory_bandwidth->value);
}

/// Rows of few tokens read weights, rows of many multiply.
std::string kind_of(const OperatorPoint& p) {
  const auto& t = *p.row;
  if (t.op != calibrate::OperatorKind::gemm) return std::string(name_of(t.op));
  return t.m <= 1 ? "gemv" : t.m < 64 ? "gemm M<64" : "gemm M>=64";
}

std::vector<Prediction> predict(const OperatorEvidence& e) {
  const auto points = e.all();
  const auto fit = calibrate::fit_curves(points, e.options());
  const auto without =
      calibrate::left_out_pairs(points, fit, calibrate::LeftOut::shape, e.options());
  std::vector<Prediction> all;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto& p = *points[i];
    const double measured = p.row->time.base();
    const auto machine = calibrate::bare_machine(*p.site, p.site->family.kernels, 1);
    Prediction x;
    x.measured = &e.measured[static_cast<std::size_t>(p.row - e.rows.data())];
    x.kind = kind_of(p);
    x.pairs[engine] = {measured, calibrate::price(machine, p).base()};
    x.pairs[fitted] = {measured, measured * calibrate::fitted_over_measured(p, fit, true)};
    x.pairs[left_out] = without[i];
    x.pairs[roofline] = {measured, bare_roofline(p).base()};
    all.push_back(std::move(x));
  }
  return all;
}

std::string rows_csv(const std::vector<Prediction>& all) {
  std::string s = "kernel,shape,tier,threads,class,measured_us";
  for (const auto name : kNames) s += fmt::format(",{}_us,{}_error_percent", name, name);
  s += ",canary_spread_percent\r\n";
  for (const auto& x : all) {
    const auto& b = *x.measured;
    s += fmt::format("{},{},{},{},{},{:.4g}", b.kernel->name, to_string(b.shape),
                     kernels::name_of(b.tier), b.threads, report::csv_field(x.kind),
                     b.time.base() * report::kMicro);
    for (const auto& p : x.pairs)
      s += fmt::format(",{:.4g},{:.2f}", p.predicted * report::kMicro,
                       (p.predicted / p.measured - 1) * 100);
    s += fmt::format(",{:.4g}\r\n", b.canary_spread * 100);
  }
  return s;
}

std::string summary_table(const std::vector<Prediction>& all, const OperatorEvidence& e) {
  std::map<std::string, std::array<std::vector<Pair>, kHows>> classes;
  for (const auto& x : all)
    for (const auto& kind : {x.kind, std::string("all")})
      for (std::size_t h = 0; h < kHows; ++h) classes[kind][h].push_back(x.pairs[h]);
  std::vector<std::vector<std::string>> rows = {{"median, p90 of the error", "rows", "engine", "",
                                                 "fitted", "", "shape left out", "",
                                                 "plain roofline", ""}};
  const auto add = [&](const std::string& kind, const std::array<std::vector<Pair>, kHows>& pairs) {
    std::vector<std::string> row = {kind, fmt::format("{}", pairs[0].size())};
    for (const auto& p : pairs) {
      const auto errors = calibrate::errors_of(p);
      row.push_back(fmt::format("{:.1f} %", errors.median * 100));
      row.push_back(fmt::format("{:.1f} %", errors.p90 * 100));
    }
    rows.push_back(std::move(row));
  };
  for (const auto& [kind, pairs] : classes)
    if (kind != "all") add(kind, pairs);
  add("all", classes.at("all"));
  auto s = in_columns(rows, report::Align::right);
  s += "\nengine: the curves of the chip's family, as estimate uses them; fitted: with factors of "
       "each kernel;\nshape left out: fitted without the shape in any format; plain roofline: the "
       "longer of operations over\npeak and bytes over bandwidth, nothing fitted\n";
  for (const auto& [reason, n] : e.refused) s += fmt::format("  {:>6} not: {}\n", n, reason);
  s += "every row: --format csv, or -o FILE\n";
  return s;
}

}  // namespace

std::string bench_prediction(const std::vector<std::string>& files, bool csv,
                             const Chosen& chosen) {
  const Catalog catalog(Catalog::locate(chosen.configs));
  CatalogLibrary library(catalog, true);
  const auto evidence = host_evidence(catalog, library, files);
  if (evidence.points.empty())
    throw UsageError("no row of the data is an operator of the models" + evidence.refusals());
  const auto all = predict(evidence);
  return csv ? rows_csv(all) : summary_table(all, evidence);
}

}  // namespace perfmodel::cli
