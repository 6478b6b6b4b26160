// Sections on what happens inside of the engines: time by operator, memory, what is unknown.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "cli/report_parts.hpp"
#include "cli/report_sections.hpp"
#include "report/comparison_content.hpp"
#include "report/numbers.hpp"

namespace perfmodel::cli {
namespace {

using report::OperatorRow;

/// What operators are shown together, by their kinds; the last one takes the rest.
struct Group {
  std::string_view name;
  std::vector<std::string_view> kinds;
};
const std::vector<Group>& groups() {
  static const std::vector<Group> all = {
      {"dense products", {"gemm"}},
      {"experts", {"grouped_gemm"}},
      {"attention",
       {"attention", "latent_attention", "compressed_attention", "linear_attention", "indexer"}},
      {"dispatch and combine", {"dispatch", "combine"}},
      {"other messages", {"all_reduce", "all_gather", "reduce_scatter", "send"}},
      {"software", {"overhead"}},
      {"norms, activations, sampling", {}}};
  return all;
}

std::size_t group_of(const OperatorRow& o) {
  const auto& all = groups();
  for (std::size_t i = 0; i + 1 < all.size(); ++i)
    if (std::find(all[i].kinds.begin(), all[i].kinds.end(), o.kind) != all[i].kinds.end()) return i;
  return all.size() - 1;
}

report::Table operator_table(const ReportGatherer& g, const ReportSection& s,
                             const ReportComparison& c) {
  const auto name = part_name(g, s, c.llm, "operators", "Operators of a decode step");
  report::Table t{
      name.id, name.title, "Per device, all instances of a step, before overlap.", {}, {}};
  t.columns = {text_column("system"),
               text_column("operator"),
               number_column("instances"),
               number_column("time", "ms"),
               number_column("share", "%", 3),
               text_column("bound by"),
               number_column("compute", "ms"),
               number_column("memory", "ms"),
               number_column("link", "ms"),
               number_column("overhead", "ms"),
               number_column("matrix", "GFLOP"),
               number_column("bytes", "GB")};
  for (const auto i : g.systems(s, c)) {
    for (const auto& o : c.result.record.systems[i].answer.operators) {
      if (o.phase != "decode") continue;
      const auto ms = [](Time x) { return x.base() * report::kMilli; };
      t.rows.push_back({system_name(c, i), o.name, o.count, ms(o.total), o.share * 100, o.bound,
                        ms(o.t_compute), ms(o.t_memory), ms(o.t_link), ms(o.t_overhead),
                        o.matrix.base() / report::kGiga,
                        (o.weights + o.kv + o.activations).base() / report::kGiga});
    }
  }
  return t;
}

/// "1 .. 2.56" as its ends; the words for them where there is no such text.
std::pair<std::string, std::string> ends_of(const std::string& range) {
  constexpr std::string_view between = " .. ";
  const auto at = range.find(between);
  if (at == std::string::npos) return {"low end", "high end"};
  return {range.substr(0, at), range.substr(at + between.size())};
}

report::Table interval_table(const ReportGatherer& g, const ReportSection& s,
                             const ReportComparison& c) {
  const auto name = part_name(g, s, c.llm, "intervals", "Intervals");
  report::Table t{name.id, name.title, "", {}, {}};
  t.note = "Of each number by itself: one in ten lies below p10, one in ten above p90.";
  t.columns = {text_column("system"), text_column("number"),   text_column("unit"),
               number_column("p10"),  number_column("p50"),    number_column("expected"),
               number_column("p90"),  number_column("ceiling")};
  using P = report::Performance;
  const auto add = [&](std::size_t i, const char* what, const char* unit, auto of) {
    const auto& a = c.result.record.systems[i].answer;
    t.rows.push_back({system_name(c, i), what, unit, of(a.p10), of(a.p50), of(a.expected),
                      of(a.p90), of(a.ceiling)});
  };
  for (const auto i : g.systems(s, c)) {
    if (!report::is_feasible(c.result.record.systems[i])) continue;
    add(i, "output per chip", "tok/s", [](const P& p) { return p.output_per_chip.base(); });
    add(i, "decode only per chip", "tok/s", [](const P& p) { return p.decode_per_chip.base(); });
    add(i, "prefill only per chip", "tok/s", [](const P& p) { return p.prefill_per_chip.base(); });
    add(i, "TTFT", "ms", [](const P& p) { return p.ttft.base() * report::kMilli; });
    add(i, "TPOT", "ms", [](const P& p) { return p.tpot.base() * report::kMilli; });
  }
  return t;
}

}  // namespace

void fill_breakdown(ReportGatherer& g, const ReportSection& s, report::Section& out) {
  for (const auto* c : g.comparisons(s)) {
    const auto name = part_name(g, s, c->llm, "breakdown", "Time of a decode step");
    report::Table t{name.id, name.title, "", {text_column("system")}, {}};
    auto chart = category_chart(report::ChartKind::stack, name, t.id,
                                {"time of a step", "ms", report::Scale::linear, {}}, "system");
    chart.note =
        "Sums of all operators, before some of them hide under others: the step itself is in the "
        "table.";
    for (const auto& group : groups()) {
      t.columns.push_back(number_column(std::string(group.name), "ms"));
      chart.series.emplace_back().name = group.name;
    }
    t.columns.push_back(number_column("sum before overlap", "ms"));
    t.columns.push_back(number_column("decode step", "ms"));
    t.columns.push_back(number_column("batch per rank"));
    for (const auto i : g.systems(s, *c)) {
      const auto& one = c->result.record.systems[i];
      if (!report::is_feasible(one)) continue;
      std::vector<double> sums(groups().size(), 0.0);
      double all = 0;
      for (const auto& o : one.answer.operators) {
        if (o.phase != "decode") continue;
        sums[group_of(o)] += o.total.base() * report::kMilli;
        all += o.total.base() * report::kMilli;
      }
      chart.y.categories.push_back(system_name(*c, i));
      std::vector<report::Cell> row = {system_name(*c, i)};
      for (std::size_t k = 0; k < sums.size(); ++k) {
        chart.series[k].values.emplace_back(sums[k]);
        row.emplace_back(sums[k]);
      }
      row.emplace_back(all);
      row.emplace_back(one.answer.expected.decode_step.base() * report::kMilli);
      row.emplace_back(one.answer.batch);
      t.rows.push_back(std::move(row));
    }
    out.charts.push_back(std::move(chart));
    out.tables.push_back(std::move(t));
    out.tables.push_back(operator_table(g, s, *c));
  }
}

void fill_memory(ReportGatherer& g, const ReportSection& s, report::Section& out) {
  struct Part {
    std::string_view name;
    Bytes report::MemoryRow::*bytes;
  };
  constexpr std::array<Part, 5> parts = {{{"weights", &report::MemoryRow::weights},
                                          {"KV cache", &report::MemoryRow::cache},
                                          {"activations", &report::MemoryRow::activations},
                                          {"kept free", &report::MemoryRow::reserve},
                                          {"unused", &report::MemoryRow::free}}};
  for (const auto* c : g.comparisons(s)) {
    const auto name = part_name(g, s, c->llm, "memory", "Memory of the fullest device");
    report::Table t{name.id, name.title, "", {text_column("system")}, {}};
    auto chart = category_chart(report::ChartKind::stack, name, t.id,
                                {"memory", "GB", report::Scale::linear, {}}, "system");
    for (const auto& p : parts) {
      t.columns.push_back(number_column(std::string(p.name), "GB"));
      chart.series.emplace_back().name = p.name;
    }
    t.columns.push_back(number_column("capacity", "GB"));
    t.columns.push_back(number_column("batch per rank"));
    t.columns.push_back(number_column("largest batch per rank"));
    for (const auto i : g.systems(s, *c)) {
      const auto& a = c->result.record.systems[i].answer;
      if (!report::has_memory(a)) continue;
      chart.y.categories.push_back(system_name(*c, i));
      std::vector<report::Cell> row = {system_name(*c, i)};
      for (std::size_t k = 0; k < parts.size(); ++k) {
        const double gb = (a.memory.*parts[k].bytes).base() / report::kGiga;
        chart.series[k].values.emplace_back(gb);
        row.emplace_back(gb);
      }
      row.emplace_back(a.memory.capacity.base() / report::kGiga);
      row.emplace_back(a.batch);
      row.emplace_back(a.memory.largest_batch);
      t.rows.push_back(std::move(row));
    }
    out.charts.push_back(std::move(chart));
    out.tables.push_back(std::move(t));
    tell_infeasible(s, g, *c, out);
  }
}

void fill_uncertainty(ReportGatherer& g, const ReportSection& s, report::Section& out) {
  for (const auto* c : g.comparisons(s)) {
    out.tables.push_back(interval_table(g, s, *c));
    for (const auto i : g.systems(s, *c)) {
      const auto& a = c->result.record.systems[i].answer;
      if (a.swings.empty()) continue;
      const auto name =
          part_name(g, s, c->llm, "of-" + g.id_of(i),
                    fmt::format("What single unknowns do to the output of {}", system_name(*c, i)));
      report::Table t{name.id, name.title, "", {}, {}};
      t.columns = {text_column("input"),
                   text_column("low end"),
                   text_column("high end"),
                   text_column("grade"),
                   number_column("output per chip at low end", "tok/s"),
                   number_column("output per chip at high end", "tok/s"),
                   number_column("share of the variance", "%", 2)};
      auto chart = category_chart(report::ChartKind::tornado, name, t.id,
                                  {"output per chip", "tok/s", report::Scale::linear, {}}, "input");
      chart.centre = a.expected.output_per_chip.base();
      for (const auto& w : a.swings) {
        const auto [low, high] = ends_of(w.range);
        const double at_low = chart.centre * (1 + w.rate_at_low);
        const double at_high = chart.centre * (1 + w.rate_at_high);
        chart.rows.push_back({w.path, low, high, at_low, at_high});
        chart.y.categories.push_back(w.path);
        t.rows.push_back({w.path, low, high, w.grade, at_low, at_high, w.variance_share * 100});
      }
      out.charts.push_back(std::move(chart));
      out.tables.push_back(std::move(t));
      out.text.push_back(said_of(g, s, c->llm, fmt::format("{}. {}", system_name(*c, i), a.why)));
    }
  }
}

}  // namespace perfmodel::cli
