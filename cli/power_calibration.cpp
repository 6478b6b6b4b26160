#include "cli/power_calibration.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <set>

#include <fmt/format.h>

#include "calibrate/power_fit.hpp"
#include "calibrate/run_power.hpp"
#include "calibrate/statistics.hpp"
#include "cli/columns.hpp"
#include "cli/measurements.hpp"
#include "report/format.hpp"
#include "tco/cost.hpp"

namespace perfmodel::cli {
namespace {

using calibrate::Measurement;
using calibrate::Metric;

/// A run with power among its metrics.
struct Point {
  std::string id, chip, software, mode;
  double tdp = 0;
  double power = 0;      // measured, W by the chip
  double in_sample = 0;  // predicted at the measured throughput
  double left_out = 0;   // the same, by a fit without runs of its software
  double predicted = 0;  // with the throughput predicted too, as `validate` does
  calibrate::PowerObservation seen;
};

struct Metrics {
  const Measurement* any = nullptr;
  std::map<Metric, double> values;
};

std::optional<double> value(const Metrics& m, Metric metric) {
  const auto at = m.values.find(metric);
  return at == m.values.end() ? std::nullopt : std::optional(at->second);
}

/// What the run turned out as measured; nothing where that is not published.
std::optional<calibrate::Rates> measured_rates(const Metrics& m, const calibrate::Run& run) {
  calibrate::Rates r;
  if (const auto v = value(m, Metric::output_per_chip))
    r.output = Frequency::from_base(*v * run.chips);
  else if (const auto d = value(m, Metric::output_per_decode_chip))
    r.output = Frequency::from_base(*d * run.decode.chips);
  else
    return std::nullopt;
  r.requests = r.output / run.workload.mean_output();
  return r;
}

std::vector<Point> points_of(const Catalog& catalog, const std::vector<Measurement>& rows) {
  std::map<std::string, Metrics> runs;
  for (const auto& m : rows) {
    auto& r = runs[run_key(m) + m.id];
    r.any = &m;
    if (m.metric) r.values[*m.metric] = m.value;
  }
  const StackShelf shelf(catalog, "");
  CatalogLibrary library(catalog);
  const auto coefficients = library.power();
  std::vector<Point> points;
  for (const auto& [key, m] : runs) {
    const auto power = value(m, Metric::power);
    if (!power) continue;
    const auto& stack = shelf.for_row(*m.any);
    const auto run = calibrate::express(*m.any, library, stack);
    if (!run || !run->site->chip.tdp) continue;
    const auto prediction = calibrate::predict(*run, stack);
    const auto rates = measured_rates(m, *run);
    if (!prediction || !rates) continue;
    const auto predicted =
        calibrate::power_value(*run, *prediction, stack, Metric::power, coefficients);
    if (!predicted) continue;
    Point p;
    p.id = m.any->id;
    p.chip = m.any->chip;
    p.software = m.any->stack;
    p.mode = m.any->mode_text;
    p.tdp = run->site->chip.tdp->value.base();
    p.power = *power;
    p.predicted = *predicted;
    p.seen = {p.id, p.software, calibrate::pools_of(*run, *prediction, stack, rates),
              *power / p.tdp};
    points.push_back(std::move(p));
  }
  std::sort(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return points;
}

calibrate::PowerFit fit_of(const std::vector<Point>& points, const power::ChipShares& start,
                           const std::string& without) {
  std::vector<calibrate::PowerObservation> rows;
  for (const auto& p : points)
    if (without.empty() || p.software != without) rows.push_back(p.seen);
  return calibrate::fit_power(rows, start);
}

/// Totals that a source states, of chips whose TDP one does; what was derived from the other, or is
/// a rumour, informs nothing.
std::vector<calibrate::TotalObservation> totals_of(
    const Catalog& catalog, std::vector<calibrate::TotalObservation>& others) {
  const auto good = [](spec::Grade g) {
    return g == spec::Grade::measured || g == spec::Grade::official || g == spec::Grade::paper ||
           g == spec::Grade::analyst || g == spec::Grade::press;
  };
  std::vector<calibrate::TotalObservation> rows;
  for (const auto& id : catalog.ids(*find_kind("system"))) {
    const auto s = catalog.system(id);
    if (!s.power || s.chip == "any") continue;
    const auto chip = catalog.chip(s.chip);
    if (!chip.tdp) continue;
    calibrate::TotalObservation o{id, chip.tdp->value.base(),
                                  s.power->value.base() / s.chip_count()};
    (good(s.power->grade) && good(chip.tdp->grade) ? rows : others).push_back(std::move(o));
  }
  return rows;
}

std::string percent(double ratio) {
  return fmt::format("{:+.0f} %", 100.0 * (ratio - 1.0));
}

std::string errors(const char* what, const std::vector<Point>& points, double Point::*predicted) {
  std::vector<calibrate::Pair> pairs;
  for (const auto& p : points) pairs.push_back({p.power, p.*predicted});
  const auto e = calibrate::errors_of(pairs);
  return fmt::format("{}: median {:.1f} %, 90 % below {:.1f} %, bias {:.2f}\n", what,
                     100.0 * e.median, 100.0 * e.p90, e.bias);
}

std::string figure_text(std::string_view name, const calibrate::Fitted& f, const char* unit) {
  return fmt::format("{:<13} {:.3g}{} [{:.3g}, {:.3g}]\n", name, f.value, unit, f.low, f.high);
}

std::string csv(const std::vector<Point>& points) {
  std::string s =
      report::csv_record({"run", "chip", "stack", "mode", "tdp_w", "measured_w",
                          "at_measured_throughput_w", "left_out_stack_w", "predicted_w"});
  for (const auto& p : points) {
    std::vector<std::string> fields = {p.id, p.chip, p.software, p.mode};
    for (const double v : {p.tdp, p.power, p.in_sample, p.left_out, p.predicted})
      fields.push_back(report::csv_number(v));
    s += report::csv_record(fields);
  }
  return s;
}

std::string totals_text(const Catalog& catalog) {
  std::vector<calibrate::TotalObservation> others;
  const auto rows = totals_of(catalog, others);
  const auto all = calibrate::fit_around(rows);
  std::string s = "\naround the chips, by published totals of systems, with 95 % intervals\n" +
                  figure_text("fixed", all.fixed, " W") +
                  figure_text("proportional", all.proportional, "");
  std::vector<std::vector<std::string>> table = {
      {"system", "TDP", "W by chip", "by a fit without it", ""}};
  const auto add = [&](const calibrate::TotalObservation& o, double predicted, const char* note) {
    table.push_back({o.system, fmt::format("{:.0f}", o.tdp), fmt::format("{:.0f}", o.total),
                     fmt::format("{:.0f}{}", predicted, note), percent(predicted / o.total)});
  };
  for (const auto& o : rows) {
    auto rest = rows;
    std::erase_if(rest, [&](const auto& r) { return r.system == o.system; });
    add(o, calibrate::fit_around(rest).total(o.tdp), "");
  }
  for (const auto& o : others) add(o, all.total(o.tdp), " *");
  return s + "\n" + in_columns(table, report::Align::right) +
         "* TDP or total derived, assumed or rumoured: informs no fit\n";
}

/// What others reckon with, all cooling and all cost in, which nothing here is fitted to.
std::string all_in_text(const Catalog& catalog) {
  const auto coefficients = catalog.power("typical");
  const auto prices = catalog.prices("typical");
  std::vector<std::vector<std::string>> table = {
      {"system", "site W by chip", "here", "", "owner's USD/h by chip", "here", ""}};
  for (const auto& id : catalog.ids(*find_kind("system"))) {
    const auto s = catalog.system(id);
    if (s.chip == "any") continue;
    const auto chip = catalog.chip(s.chip);
    const auto plate = power::nameplate(s, chip, 1, coefficients);
    if (!plate || !s.site_power || !chip.owner_cost) continue;
    const double chips = s.chip_count();
    const Power site = plate->site();
    std::vector<std::string> row = {id, fmt::format("{:.0f}", s.site_power->value.base() / chips),
                                    fmt::format("{:.0f}", site.base() / chips),
                                    percent(site / s.site_power->value),
                                    fmt::format("{:.2f}", chip.owner_cost->value.base() * kHour)};
    const auto capital = tco::capital_of(s, chip, 1, prices);
    if (capital) {
      const auto cost = tco::running_cost(*capital, site, prices).total() / chips;
      row.push_back(fmt::format("{:.2f}", cost.base() * kHour));
      row.push_back(percent(cost / chip.owner_cost->value));
    } else {
      row.insert(row.end(), {"no price", ""});
    }
    table.push_back(std::move(row));
  }
  return "\nagainst all-in power and total cost of ownership that others reckon with\n" +
         in_columns(table, report::Align::right);
}

}  // namespace

std::string power_calibration(const Catalog& catalog, const std::vector<std::string>& data,
                              const std::string& format) {
  const auto rows = load_measurements(data.empty() ? published_files(catalog) : data);
  const auto start = catalog.power("typical").chip;
  auto points = points_of(catalog, rows);
  if (points.empty()) return "no measured power among these rows\n";
  const auto all = fit_of(points, start, "");
  std::set<std::string> chips;
  for (auto& p : points) {
    chips.insert(p.chip);
    p.in_sample = p.tdp * calibrate::predicted_share(calibrate::with(start, all), p.seen.pools);
    const auto without = fit_of(points, start, p.software);
    p.left_out = p.tdp * calibrate::predicted_share(calibrate::with(start, without), p.seen.pools);
  }
  if (format == "csv") return csv(points);
  std::string s = fmt::format(
      "power of chips over their TDP, {} runs on {} kind{} of chip, with 95 % intervals\n",
      points.size(), chips.size(), chips.size() == 1 ? "" : "s");
  for (std::size_t j = 0; j < calibrate::kPowerShares.size(); ++j)
    s += figure_text(calibrate::kPowerShares[j], all.shares[j], "");
  std::vector<std::vector<std::string>> table = {{"run", "chip", "software", "measured W",
                                                  "at its throughput", "", "software left out", "",
                                                  "all predicted", ""}};
  const auto watts = [](double v) { return fmt::format("{:.0f}", v); };
  for (const auto& p : points)
    table.push_back({p.id, p.chip, p.software, watts(p.power), watts(p.in_sample),
                     percent(p.in_sample / p.power), watts(p.left_out),
                     percent(p.left_out / p.power), watts(p.predicted),
                     percent(p.predicted / p.power)});
  s += "\n" + in_columns(table, report::Align::right) + "\n";
  s += errors("at the measured throughput", points, &Point::in_sample);
  s += errors("the same, by fits without the software", points, &Point::left_out);
  s += errors("throughput predicted too, coefficients as in configs/power", points,
              &Point::predicted);
  return s + totals_text(catalog) + all_in_text(catalog);
}

}  // namespace perfmodel::cli
