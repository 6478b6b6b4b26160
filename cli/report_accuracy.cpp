// Sections on published runs: what was measured against what the model says.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "calibrate/slices.hpp"
#include "calibrate/statistics.hpp"
#include "cli/accuracy.hpp"
#include "cli/report_parts.hpp"
#include "cli/report_sections.hpp"
#include "cli/validation_report.hpp"
#include "report/numbers.hpp"

namespace perfmodel::cli {
namespace {

/// The numbers shown point by point: what users wait for, and what operators sell.
constexpr std::array<cost::Measured, 2> kShown = {cost::Measured::tpot,
                                                  cost::Measured::output_rate};

struct Scatter {
  report::Chart chart;
  report::Table table;
};

Scatter scatter(const ReportSection& s, const calibrate::Slice& slice, const Grouping& by,
                const std::vector<Line>& lines) {
  Scatter r;
  const bool time = slice.of == cost::Measured::tpot;
  const std::string id = s.id + (time ? "-tpot" : "-output-rate");
  const std::string unit = time ? "ms" : "tok/s per chip";
  r.table = {id, fmt::format("Measured and predicted: {}", slice.title), "", {}, {}};
  r.table.columns = {text_column("run"),
                     text_column("source"),
                     text_column("chip"),
                     text_column("llm"),
                     text_column("stack"),
                     number_column("measured", unit),
                     number_column("predicted", unit),
                     number_column("predicted over measured", "x", 3)};
  auto& c = r.chart;
  c = xy_chart({id, fmt::format("Measured against predicted, by {}: {}", by.word, slice.title)}, id,
               {"measured", unit, report::Scale::log, {}},
               {"predicted", unit, report::Scale::log, {}});
  std::map<std::string, report::Series> series;
  double low = 1e300, high = 0;
  for (const auto& l : lines) {
    if (!l.skipped.empty() || !calibrate::holds(slice, *l.m)) continue;
    auto& one = series[by.of(l)];
    one.points.push_back(
        {l.m->value,
         l.predicted,
         {},
         {},
         fmt::format("{}: {}, {}, {}", l.m->id, l.m->chip, l.m->model, l.m->stack)});
    low = std::min(low, l.m->value);
    high = std::max(high, l.m->value);
    r.table.rows.push_back({l.m->id, l.m->source, l.m->chip, l.m->model, l.m->stack, l.m->value,
                            l.predicted, l.predicted / l.m->value});
  }
  for (auto& [name, one] : series) {
    one.name = name;
    one.mark = report::Mark::points;
    c.series.push_back(std::move(one));
  }
  // Those with most points first: they get the colours that are told apart best.
  std::stable_sort(c.series.begin(), c.series.end(),
                   [](const auto& a, const auto& b) { return a.points.size() > b.points.size(); });
  c.lines = agreement_lines(low, high);
  return r;
}

report::Table error_table(const ReportSection& s, const Grouping& by,
                          const std::vector<Line>& lines) {
  report::Table t{s.id + "-errors", fmt::format("Errors by {}", by.word), "", {}, {}};
  t.note =
      "Of |predicted / measured - 1|; bias: geometric mean of predicted / measured; rank: "
      "Spearman's "
      "correlation.";
  t.columns = {text_column(std::string(by.word)), number_column("measured numbers", "", 6),
               number_column("median", "%", 3),   number_column("mean", "%", 3),
               number_column("p90", "%", 3),      number_column("bias", "", 3),
               number_column("rank", "", 3)};
  std::map<std::string, std::vector<calibrate::Pair>> all;
  for (const auto& l : lines)
    if (l.skipped.empty()) all[by.of(l)].push_back({l.m->value, l.predicted});
  for (const auto& [name, pairs] : all) {
    const auto e = calibrate::errors_of(pairs);
    t.rows.push_back(
        {name, double(e.count), e.median * 100, e.mean * 100, e.p90 * 100, e.bias, e.rank});
  }
  return t;
}

/// The recorded errors of predictions by fits that had not seen what they predict.
report::Table left_out_table(ReportGatherer& g, const ReportSection& s) {
  report::Table t{s.id + "-left-out", "Errors on what a fit had not seen", "", {}, {}};
  t.columns = {text_column("left out"),
               text_column("number"),
               number_column("measured numbers", "", 6),
               number_column("median", "%", 3),
               number_column("p90", "%", 3),
               number_column("bias", "", 3)};
  for (const auto l :
       {cost::LeftOut::nothing, cost::LeftOut::chip, cost::LeftOut::llm, cost::LeftOut::stack})
    for (const auto& r : recorded_accuracy(g.catalog(), l)) {
      if (!r.profile.empty()) continue;
      for (const auto& slice : calibrate::slices())
        if (slice.of == r.kind)
          t.rows.push_back({std::string(cost::name_of(l)), std::string(slice.title),
                            double(r.errors.count), r.errors.median * 100, r.errors.p90 * 100,
                            r.errors.bias});
    }
  return t;
}

void set_fields(Fields& fields, const std::vector<Line>& lines) {
  const auto expressed =
      std::count_if(lines.begin(), lines.end(), [](const Line& l) { return l.skipped.empty(); });
  fields.set("accuracy.numbers", report::whole(static_cast<double>(lines.size())));
  fields.set("accuracy.expressed", report::whole(static_cast<double>(expressed)));
  for (const auto& slice : calibrate::slices()) {
    const auto e = calibrate::errors_of(
        pairs_of(lines, [&](const Line& l) { return calibrate::holds(slice, *l.m); }));
    const auto name = fmt::format("accuracy.{}", cost::name_of(slice.of));
    fields.set(name + ".median", report::percent(e.median));
    fields.set(name + ".p90", report::percent(e.p90));
  }
}

}  // namespace

void fill_accuracy(ReportGatherer& g, const ReportSection& s, report::Section& out) {
  const auto& lines = g.validation();
  set_fields(g.fields(), lines);
  const auto& by = *groupings_of(s.by).front();
  for (const auto& slice : calibrate::slices()) {
    if (std::find(kShown.begin(), kShown.end(), slice.of) == kShown.end()) continue;
    auto one = scatter(s, slice, by, lines);
    out.charts.push_back(std::move(one.chart));
    // The points are the same whatever they are grouped by: one table of them will do.
    out.tables.push_back(std::move(one.table));
  }
  out.tables.push_back(error_table(s, by, lines));
  out.tables.push_back(left_out_table(g, s));
  for (const auto& file : published_files(g.catalog()))
    g.read_file("results/published/" + std::filesystem::path(file).filename().string());
}

}  // namespace perfmodel::cli
