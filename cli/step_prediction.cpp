#include "cli/step_prediction.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "calibrate/curve_report.hpp"
#include "calibrate/statistics.hpp"
#include "cli/columns.hpp"
#include "cli/commands.hpp"
#include "cli/errors.hpp"
#include "cli/host_operators.hpp"
#include "cli/operator_evidence.hpp"
#include "cli/row_kernels.hpp"
#include "kernels/transformer/transformer.hpp"
#include "report/format.hpp"
#include "report/scales.hpp"
#include "units/text.hpp"

namespace perfmodel::cli {
namespace {

/// What a step's time is the sum of.
enum How : std::uint8_t { engine, fitted };
constexpr std::size_t kHows = 2;
constexpr std::array<std::string_view, kHows> kNames = {"engine", "fitted"};
constexpr std::array<std::string_view, 6> kClasses = {
    "gemv", "gemm", "grouped_gemm", "attention_prefill", "attention_decode", "rows"};

using Times = std::array<Time, kHows>;

struct Step {
  const BenchRow* measured = nullptr;
  std::array<Times, kClasses.size()> classes{};

  Time total(How how) const {
    Time t;
    for (const auto& c : classes) t += c[how];
    return t;
  }
  double error(How how) const { return total(how) / measured->time - 1.0; }
};

/// What prices a kernel: the site of the chip `host`, and what its kernels were measured to do.
struct Prices {
  const calibrate::Site* site = nullptr;
  calibrate::CurveFit fit;
  std::map<std::string, RowRate> rates;
};

/// The tier that a step runs a kernel on: its own, or the last below it that the kernel has.
kernels::Tier tier_below(const kernels::Descriptor& d, kernels::Tier tier) {
  auto best = d.tiers.front();
  for (const auto t : d.tiers)
    if (t <= tier) best = std::max(best, t);
  return best;
}

std::size_t class_of(const kernels::Descriptor& d) {
  const auto at = std::find(kClasses.begin(), kClasses.end(), d.family);
  return static_cast<std::size_t>(std::min(at, kClasses.end() - 1) - kClasses.begin());
}

Times price(const Prices& prices, const kernels::Descriptor& d, const kernels::Shape& shape,
            kernels::Tier tier) {
  const auto& chip = prices.site->chip;
  const auto cost = d.cost(shape);
  if (is_row_kernel(d)) {
    const auto rate = prices.rates.find(d.name);
    return {bare_time(chip, cost),
            time_at_rate(chip, cost, rate == prices.rates.end() ? RowRate{} : rate->second)};
  }
  BenchRow row;
  row.kernel = &d;
  row.shape = shape;
  row.tier = tier_below(d, tier);
  row.time = Time::from_base(1);
  auto timing = host_timing(row, chip.id);
  if (!timing) throw UsageError(fmt::format("{}: {}", d.name, timing.error().reason));
  if (timing->op == calibrate::OperatorKind::grouped_gemm) {
    // A step lists the matrices that have rows; a benchmark leaves some without.
    timing->groups = static_cast<double>(shape.groups);
    timing->m = std::max(1.0, timing->rows / timing->groups);
  }
  const auto p = calibrate::express_operator(*timing, *prices.site, calibrate::Use::price);
  if (!p) throw UsageError(fmt::format("{}: {}", d.name, p.error().reason));
  const auto machine = calibrate::bare_machine(*prices.site, prices.site->family.kernels, 1);
  return {calibrate::price(machine, *p),
          row.time * calibrate::fitted_over_measured(*p, prices.fit, true)};
}

Step predict(const Prices& prices, const BenchRow& row) {
  Step step;
  step.measured = &row;
  for (const auto& call : kernels::step_calls(row.kernel->name, row.shape)) {
    const auto& d = *kernels::descriptor_named(call.name);
    const auto each = price(prices, d, call.shape, row.tier);
    auto& sum = step.classes[class_of(d)];
    for (std::size_t h = 0; h < kHows; ++h) sum[h] += each[h] * static_cast<double>(call.count);
  }
  return step;
}

std::string steps_csv(const std::vector<Step>& steps) {
  std::string s = "kernel,shape,tier,threads,measured_us";
  for (const auto name : kNames) s += fmt::format(",{}_us,{}_error_percent", name, name);
  for (const auto name : kNames)
    for (const auto c : kClasses) s += fmt::format(",{}_{}_us", name, c);
  s += ",canary_spread_percent\r\n";
  for (const auto& x : steps) {
    const auto& b = *x.measured;
    s += fmt::format("{},{},{},{},{:.4g}", b.kernel->name, to_string(b.shape),
                     kernels::name_of(b.tier), b.threads, b.time.base() * report::kMicro);
    for (const auto how : {engine, fitted})
      s += fmt::format(",{:.4g},{:.2f}", x.total(how).base() * report::kMicro, x.error(how) * 100);
    for (const auto how : {engine, fitted})
      for (const auto& c : x.classes) s += fmt::format(",{:.4g}", c[how].base() * report::kMicro);
    s += fmt::format(",{:.4g}\r\n", b.canary_spread * 100);
  }
  return s;
}

std::string steps_table(const std::vector<Step>& steps) {
  std::vector<std::vector<std::string>> rows = {
      {"step", "shape", "measured", "engine", "", "fitted", ""}};
  rows[0].insert(rows[0].end(), kClasses.begin(), kClasses.end());
  std::array<std::vector<calibrate::Pair>, kHows> pairs;
  for (const auto& x : steps) {
    const auto& b = *x.measured;
    std::vector<std::string> row = {b.kernel->name, to_string(b.shape), format(b.time, 3)};
    for (const auto how : {engine, fitted}) {
      row.push_back(format(x.total(how), 3));
      row.push_back(fmt::format("{:+.1f} %", x.error(how) * 100));
      pairs[how].push_back({b.time.base(), x.total(how).base()});
    }
    for (const auto& c : x.classes)
      row.push_back(fmt::format("{:.0f} %", c[fitted] / x.total(fitted) * 100));
    rows.push_back(std::move(row));
  }
  auto s = in_columns(rows, report::Align::right);
  for (const auto how : {engine, fitted}) {
    const auto e = calibrate::errors_of(pairs[how]);
    s += fmt::format("{}: median of the error {:.1f} %, 90th percentile {:.1f} %\n", kNames[how],
                     e.median * 100, e.p90 * 100);
  }
  s += "A step is the sum of its kernels. engine: the curves of the chip's family, and other "
       "kernels at the\nmemory's bandwidth; fitted: with what each kernel does when measured "
       "singly. No step informs a fit. Shares of classes are of the "
       "fitted time.\n";
  return s;
}

}  // namespace

std::string step_prediction(const std::vector<std::string>& files, bool csv, const Chosen& chosen) {
  const Catalog catalog(Catalog::locate(chosen.configs));
  CatalogLibrary library(catalog, true);
  const auto evidence = host_evidence(catalog, library, {});
  auto measured = evidence.steps;
  if (!files.empty()) {
    measured.clear();
    for (auto& row : read_bench_rows(files))
      if (is_step(row)) measured.push_back(std::move(row));
  }
  if (measured.empty())
    throw UsageError("no row of the data is a step of a transformer" +
                     (files.empty() ? evidence.refusals() : ""));
  Prices prices;
  prices.site = *library.site("host", 1);
  prices.fit = calibrate::fit_curves(evidence.all(), evidence.options());
  prices.rates = row_rates(evidence.others);
  std::vector<Step> steps;
  for (const auto& row : measured) steps.push_back(predict(prices, row));
  return csv ? steps_csv(steps) : steps_table(steps);
}

}  // namespace perfmodel::cli
