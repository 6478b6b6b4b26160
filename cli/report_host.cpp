// Sections on the host: measured kernels under measured roofs, and beside what the model says of
// them.
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "calibrate/table.hpp"
#include "cli/bench_table.hpp"
#include "cli/errors.hpp"
#include "cli/measurements.hpp"
#include "cli/report_parts.hpp"
#include "cli/report_sections.hpp"
#include "report/numbers.hpp"
#include "units/number.hpp"

namespace perfmodel::cli {
namespace {

constexpr std::array<std::string_view, 7> kKernelFiles = {
    "attention_gqa.csv", "attention_mla.csv", "attention_prefill.csv", "gemm.csv", "gemv.csv",
    "grouped_gemm.csv",  "rows.csv"};

/// A file beside the configs as a table; UsageError where it cannot be read.
calibrate::Table table_at(ReportGatherer& g, const std::string& name) {
  const auto path = results_folder(g.catalog()) / name;
  const auto text = read_file(path);
  if (!text) throw UsageError(fmt::format("cannot read '{}'", path.string()));
  spec::Diagnostics diagnostics;
  auto table = calibrate::parse_csv(*text, path.string(), diagnostics);
  if (!diagnostics.empty()) throw UsageError(diagnostics.to_string());
  g.read_file("results/" + name);
  return table;
}

/// Columns of a table by name; UsageError for one that is not there.
class Reader {
 public:
  Reader(const calibrate::Table& table, std::string file) : table_(table), file_(std::move(file)) {}
  const std::string& text(const calibrate::Table::Row& row, std::string_view column) const {
    const auto at = std::find(table_.header.begin(), table_.header.end(), column);
    if (at == table_.header.end())
      throw UsageError(fmt::format("results/{}: no column '{}'", file_, column));
    return row.fields[static_cast<std::size_t>(at - table_.header.begin())];
  }
  double number(const calibrate::Table::Row& row, std::string_view column) const {
    const auto scan = scan_entire(text(row, column));
    if (scan.status != NumberScan::Status::ok)
      throw UsageError(fmt::format("results/{}:{}: {} is no number", file_, row.line, column));
    return scan.value;
  }

 private:
  const calibrate::Table& table_;
  std::string file_;
};

struct Roofs {
  std::vector<std::pair<std::string, double>> peaks;       // GFLOP/s
  std::vector<std::pair<std::string, double>> bandwidths;  // GB/s
  std::string cpu;
};

Roofs add_roofs(ReportGatherer& g, report::Table& t) {
  const std::string file = "host/roofs.csv";
  const auto table = table_at(g, file);
  const Reader read(table, file);
  Roofs r;
  for (const auto& row : table.rows) {
    const auto& name = read.text(row, "roof");
    const double value = read.number(row, "value");
    r.cpu = read.text(row, "cpu");
    if (name.starts_with("flops_")) r.peaks.emplace_back(name.substr(6), value);
    if (name.starts_with("read_")) r.bandwidths.emplace_back(name.substr(5), value);
    t.rows.push_back({name, value, read.number(row, "median"), read.number(row, "q1"),
                      read.number(row, "q3"), read.text(row, "unit"), read.text(row, "what")});
  }
  return r;
}

}  // namespace

void fill_host_roofline(ReportGatherer& g, const ReportSection& s, report::Section& out) {
  report::Table roofs{s.id + "-roofs", "Measured roofs", "", {}, {}};
  roofs.columns = {text_column("roof"), number_column("value"), number_column("median"),
                   number_column("q1"), number_column("q3"),    text_column("unit"),
                   text_column("what")};
  const auto host = add_roofs(g, roofs);
  g.fields().set("cpu", host.cpu);
  std::vector<std::string> files;
  for (const auto name : kKernelFiles) {
    const auto path = results_folder(g.catalog()) / "host" / name;
    if (!std::filesystem::exists(path)) continue;
    files.push_back(path.string());
    g.read_file(fmt::format("results/host/{}", name));
  }
  report::Table t{s.id, "Measured kernels", "", {}, {}};
  t.columns = {text_column("kernel"),
               text_column("shape"),
               text_column("instructions"),
               number_column("threads"),
               number_column("time", "us"),
               number_column("q1", "us"),
               number_column("q3", "us"),
               number_column("intensity", "FLOP/B"),
               number_column("rate", "GFLOP/s"),
               number_column("bytes rate", "GB/s"),
               number_column("of the roof", "%", 3)};
  auto chart = xy_chart({s.id, "Measured roofs and kernels of the host"}, t.id,
                        {"arithmetic intensity", "FLOP/B", report::Scale::log, {}},
                        {"rate", "GFLOP/s", report::Scale::log, {}});
  chart.note =
      "Bytes as the kernel needs them once. Points above a roof of memory run from a cache.";
  std::map<std::string, std::size_t> series;
  double least = 1e300, most = 0;
  for (const auto& row : read_bench_rows(files)) {
    const auto cost = row.kernel->cost(row.shape);
    if (cost.flops.base() <= 0 || cost.memory.base() <= 0) continue;
    const double intensity = cost.flops.base() / cost.memory.base();
    const double rate = cost.flops.base() / row.time.base() / report::kGiga;
    least = std::min(least, intensity);
    most = std::max(most, intensity);
    const auto& family = row.kernel->family;
    if (!series.contains(family)) {
      series[family] = chart.series.size();
      auto& one = chart.series.emplace_back();
      one.name = family;
      one.mark = report::Mark::points;
    }
    chart.series[series[family]].points.push_back(
        {intensity, rate, {}, {}, fmt::format("{} {}", row.kernel->name, to_string(row.shape))});
    t.rows.push_back({row.kernel->name, to_string(row.shape),
                      std::string(kernels::name_of(row.tier)), double(row.threads),
                      row.time.base() * report::kMicro, row.low.base() * report::kMicro,
                      row.high.base() * report::kMicro, intensity, rate,
                      cost.memory.base() / row.time.base() / report::kGiga, row.of_roof * 100});
  }
  double peak = 0;
  for (const auto& [name, value] : host.peaks) peak = std::max(peak, value);
  const double from = least / 2, to = most * 4;
  for (const auto& [name, value] : host.peaks)
    chart.lines.push_back({name + " peak", {{from, value}, {to, value}}, true});
  for (const auto& [name, value] : host.bandwidths) {
    const double knee = std::min(to, peak / value);
    chart.lines.push_back({name + " read", {{from, from * value}, {knee, knee * value}}, false});
  }
  out.charts.push_back(std::move(chart));
  out.tables.push_back(std::move(t));
  out.tables.push_back(std::move(roofs));
}

void fill_host_accuracy(ReportGatherer& g, const ReportSection& s, report::Section& out) {
  const std::string file = "accuracy/host.csv";
  const auto table = table_at(g, file);
  const Reader read(table, file);
  report::Table t{s.id, "Measured and predicted times of kernels", "", {}, {}};
  t.note =
      "Left out: predicted by curves fitted without the kernel's own shape. Roofline: the longer "
      "of "
      "the times that the peaks of arithmetic and memory allow.";
  t.columns = {text_column("kernel"),
               text_column("shape"),
               text_column("class"),
               number_column("measured", "us"),
               number_column("left out", "us"),
               number_column("error", "%", 3),
               number_column("roofline", "us"),
               number_column("error of roofline", "%", 3)};
  auto chart = xy_chart({s.id, "Kernels of the host: measured against predicted"}, t.id,
                        {"measured", "us", report::Scale::log, {}},
                        {"predicted", "us", report::Scale::log, {}});
  report::Series left_out{"model, shape left out", "", report::Mark::points, false, {}, {}, {}, {}};
  report::Series bare{"bare roofline", "", report::Mark::points, false, {}, {}, {}, {}};
  double low = 1e300, high = 0;
  for (const auto& row : table.rows) {
    const double measured = read.number(row, "measured_us");
    const double predicted = read.number(row, "left_out_us");
    const double roofline = read.number(row, "roofline_us");
    const auto label = fmt::format("{} {}", read.text(row, "kernel"), read.text(row, "shape"));
    left_out.points.push_back({measured, predicted, {}, {}, label});
    bare.points.push_back({measured, roofline, {}, {}, label});
    low = std::min(low, measured);
    high = std::max(high, measured);
    t.rows.push_back({read.text(row, "kernel"), read.text(row, "shape"), read.text(row, "class"),
                      measured, predicted, (predicted / measured - 1) * 100, roofline,
                      (roofline / measured - 1) * 100});
  }
  chart.series = {std::move(left_out), std::move(bare)};
  chart.lines = agreement_lines(low, high);
  out.charts.push_back(std::move(chart));
  out.tables.push_back(std::move(t));
}

}  // namespace perfmodel::cli
