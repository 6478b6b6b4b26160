// Sections that set the report's systems side by side: what each turns out, how fast, at what
// power.
#include <fmt/format.h>

#include "cli/report_parts.hpp"
#include "cli/report_sections.hpp"
#include "report/comparison_content.hpp"
#include "report/numbers.hpp"
#include "units/text.hpp"

namespace perfmodel::cli {
namespace {

using report::ComparedSystem;
using report::Performance;

std::optional<double> if_feasible(const ComparedSystem& s, double v) {
  return report::is_feasible(s) ? std::optional(v) : std::nullopt;
}

/// A number of the answer with the ends of its interval.
template <class Of>
BarRow bar_of(const ReportComparison& c, std::size_t i, const Of& of) {
  const auto& s = c.result.record.systems[i];
  BarRow r{system_name(c, i), {}, {}, {}};
  if (!report::is_feasible(s)) return r;
  r.value = of(s.answer.expected);
  if (s.answer.samples > 0) {
    r.low = of(s.answer.p10);
    r.high = of(s.answer.p90);
  }
  return r;
}

double per_chip(const Performance& p) {
  return p.output_per_chip.base();
}

void key_figures(const ReportGatherer& g, const ReportSection& s, const ReportComparison& c,
                 report::Section& out) {
  for (const auto i : g.systems(s, c)) {
    const auto& one = c.result.record.systems[i];
    if (!report::is_feasible(one)) continue;
    const auto rate = [](const Performance& p) { return report::number(per_chip(p), 3); };
    out.figures.push_back(
        {rate(one.answer.expected), "tok/s per chip",
         fmt::format("{}, {}", system_name(c, i), g.llm_name(c.llm)),
         one.answer.samples > 0
             ? fmt::format("p10 {} to p90 {}", rate(one.answer.p10), rate(one.answer.p90))
             : ""});
  }
}

/// Of the systems as published, and of their accelerators alone by TDP.
void add_published_power(ReportGatherer& g, const ReportSection& s, const ReportComparison& c,
                         report::Section& out) {
  const auto name = part_name(g, s, c.llm, "power", "Output tokens per second and kilowatt");
  report::Table t{name.id, name.title, "", {}, {}};
  t.note =
      "Power of the whole system as published, and of its accelerators alone by their TDP. "
      "Compare numbers of the same scope only.";
  t.columns = {text_column("system"),
               number_column("power of the system", "kW"),
               text_column("grade"),
               number_column("output", "tok/s per kW"),
               number_column("TDP of the accelerators", "kW"),
               text_column("grade of TDP"),
               number_column("output by TDP", "tok/s per kW")};
  t.columns[2].csv_name = "grade";
  auto chart = category_chart(report::ChartKind::bars, name, t.id,
                              {"output", "tok/s per kW", report::Scale::linear, {}}, "system");
  report::Series whole{"by the system's power", "", report::Mark::both, false, {}, {}, {}, {}};
  report::Series chips{"by the accelerators' TDP", "", report::Mark::both, false, {}, {}, {}, {}};
  for (const auto i : g.systems(s, c)) {
    const auto& one = c.result.record.systems[i];
    const auto kw = [](const auto& p) {
      return p ? std::optional(p->value.base() / report::kKilo) : std::nullopt;
    };
    const auto per = [&](const auto& p) {
      return p ? if_feasible(one, one.answer.expected.output_system.base() / *kw(p)) : std::nullopt;
    };
    chart.y.categories.push_back(system_name(c, i));
    whole.values.push_back(per(one.power));
    chips.values.push_back(per(one.chip_power));
    t.rows.push_back({system_name(c, i), cell(kw(one.power)),
                      one.power ? report::Cell(one.power->grade) : report::Cell(),
                      cell(whole.values.back()), cell(kw(one.chip_power)),
                      one.chip_power ? report::Cell(one.chip_power->grade) : report::Cell(),
                      cell(chips.values.back())});
  }
  chart.series = {std::move(whole), std::move(chips)};
  out.charts.push_back(std::move(chart));
  out.tables.push_back(std::move(t));
}

/// Modelled at the load of the answer, hosts, network and cooling included.
void add_energy(ReportGatherer& g, const ReportSection& s, const ReportComparison& c,
                report::Section& out) {
  const auto name = part_name(g, s, c.llm, "energy", "Energy of an output token");
  report::Table t{name.id, name.title, "", {}, {}};
  t.note = "At the load of the answer, with hosts, network, fans, conversion and cooling.";
  t.columns = {text_column("system"),
               number_column("power of a chip", "W"),
               number_column("TDP of a chip", "W"),
               number_column("power of the systems", "kW"),
               number_column("power of the site", "kW"),
               number_column("energy", "J per token"),
               number_column("p10", "J per token"),
               number_column("p90", "J per token"),
               text_column("weakest grade"),
               text_column("no power because")};
  std::vector<BarRow> bars;
  for (const auto i : g.systems(s, c)) {
    const auto& one = c.result.record.systems[i];
    if (!report::is_feasible(one)) continue;
    const auto& p = one.answer.power;
    bars.push_back({system_name(c, i), {}, {}, {}});
    const auto v = [&](double x) { return p.absent.empty() ? report::Cell(x) : report::Cell(); };
    if (p.absent.empty()) {
      bars.back().value = p.token.value.base();
      if (one.answer.samples > 0) {
        bars.back().low = p.token.p10.base();
        bars.back().high = p.token.p90.base();
      }
    }
    t.rows.push_back({system_name(c, i), v(p.chip.total().base()), v(p.tdp.base()),
                      v(p.systems.value.base() / report::kKilo),
                      v(p.site.value.base() / report::kKilo), cell(bars.back().value),
                      cell(bars.back().low), cell(bars.back().high), p.weakest_grade, p.absent});
  }
  out.charts.push_back(bar_chart(name, t.id, "energy", "J per token", bars));
  out.tables.push_back(std::move(t));
}

}  // namespace

void fill_throughput(ReportGatherer& g, const ReportSection& s, report::Section& out) {
  for (const auto* c : g.comparisons(s)) {
    const auto name = part_name(g, s, c->llm, "throughput", "Output tokens per second and chip");
    report::Table t{name.id, name.title, "", {}, {}};
    t.columns = {text_column("system"),
                 number_column("chips"),
                 number_column("output per chip", "tok/s"),
                 number_column("p10", "tok/s"),
                 number_column("p90", "tok/s"),
                 number_column("without software losses", "tok/s"),
                 number_column("output of the system", "tok/s"),
                 number_column("TTFT", "ms"),
                 number_column("TPOT", "ms"),
                 number_column("requests in flight"),
                 text_column("deployment"),
                 text_column("weights"),
                 text_column("limited by"),
                 text_column("weakest grade"),
                 text_column("no answer because")};
    std::vector<BarRow> bars;
    for (const auto i : g.systems(s, *c)) {
      const auto& one = c->result.record.systems[i];
      const auto& a = one.answer;
      bars.push_back(bar_of(*c, i, per_chip));
      const auto v = [&](double x) { return cell(if_feasible(one, x)); };
      const auto word = [&](const std::string& x) {
        return report::is_feasible(one) ? report::Cell(x) : report::Cell();
      };
      t.rows.push_back(
          {system_name(*c, i), double(a.chips), v(per_chip(a.expected)), cell(bars.back().low),
           cell(bars.back().high), v(per_chip(a.ceiling)), v(a.expected.output_system.base()),
           v(a.expected.ttft.base() * report::kMilli), v(a.expected.tpot.base() * report::kMilli),
           v(a.concurrency), word(report::engines_text(a)), word(a.weights_format), word(a.limit),
           word(a.weakest_grade), a.infeasible});
    }
    auto chart = bar_chart(name, t.id, "output per chip", "tok/s", bars);
    if (!c->result.record.base().answer.interval_basis.empty())
      chart.note = fmt::format("Whiskers: p10 to p90 of {} draws; {}.", g.config().samples,
                               c->result.record.base().answer.interval_basis);
    out.charts.push_back(std::move(chart));
    out.tables.push_back(std::move(t));
    key_figures(g, s, *c, out);
    tell_infeasible(s, g, *c, out);
  }
}

void fill_interactivity(ReportGatherer& g, const ReportSection& s, report::Section& out) {
  for (const auto* c : g.comparisons(s)) {
    const auto name = part_name(g, s, c->llm, "interactivity", "Throughput against interactivity");
    report::Table t{name.id, name.title, "", {}, {}};
    t.columns = {text_column("system"),
                 number_column("interactivity", "tok/s per user"),
                 number_column("output per chip", "tok/s"),
                 number_column("p10", "tok/s"),
                 number_column("p90", "tok/s"),
                 number_column("TTFT", "ms"),
                 number_column("TPOT", "ms"),
                 text_column("deployment")};
    auto chart =
        xy_chart(name, t.id, {"interactivity at least", "tok/s per user", report::Scale::log, {}},
                 {"output per chip", "tok/s", report::Scale::log, {}});
    chart.note = fmt::format(
        "The best deployment at each interactivity. Bands: p10 to p90 of {} draws at each point.",
        g.config().curve_samples);
    for (const auto i : g.systems(s, *c)) {
      const auto& one = c->result.record.systems[i];
      report::Series line;
      line.name = system_name(*c, i);
      line.system = g.id_of(i);
      for (std::size_t k = 0; k < one.points.size(); ++k) {
        const auto& p = one.points[k];
        if (!p.infeasible.empty()) continue;
        const double y = p.output_per_chip.base();
        const auto& band = c->bands[i][k];
        line.points.push_back({p.interactivity.base(), y, y * band.p10, y * band.p90,
                               fmt::format("{}, {}", line.name, p.deployment)});
        t.rows.push_back({line.name, p.interactivity.base(), y, y * band.p10, y * band.p90,
                          p.ttft.base() * report::kMilli, p.tpot.base() * report::kMilli,
                          p.deployment});
      }
      if (!line.points.empty()) chart.series.push_back(std::move(line));
    }
    out.charts.push_back(std::move(chart));
    out.tables.push_back(std::move(t));
    for (const auto& x : report::crossings(c->result.record))
      out.text.push_back(said_of(
          g, s, c->llm, fmt::format("Where the lead changes, in tok/s of a user: {}.", x.text)));
  }
}

void fill_latency(ReportGatherer& g, const ReportSection& s, report::Section& out) {
  struct Of {
    std::string_view id, title, label;
    Time Performance::*time;
  };
  constexpr std::array<Of, 2> kinds = {
      {{"ttft", "Time to first token", "TTFT", &Performance::ttft},
       {"tpot", "Time per output token", "TPOT", &Performance::tpot}}};
  for (const auto* c : g.comparisons(s)) {
    const auto name = part_name(g, s, c->llm, "latency", "Latency");
    report::Table t{name.id, name.title, "", {text_column("system")}, {}};
    for (const auto& k : kinds)
      for (const auto* part : {"", " p10", " p90"})
        t.columns.push_back(number_column(std::string(k.label) + part, "ms"));
    for (const auto i : g.systems(s, *c)) t.rows.push_back({system_name(*c, i)});
    for (const auto& k : kinds) {
      std::vector<BarRow> bars;
      for (const auto i : g.systems(s, *c)) {
        bars.push_back(bar_of(
            *c, i, [&](const Performance& p) { return (p.*k.time).base() * report::kMilli; }));
        auto& row = t.rows[bars.size() - 1];
        for (const auto& v : {bars.back().value, bars.back().low, bars.back().high})
          row.push_back(cell(v));
      }
      out.charts.push_back(bar_chart(part_name(g, s, c->llm, k.id, k.title), t.id,
                                     std::string(k.label), "ms", bars));
    }
    out.tables.push_back(std::move(t));
  }
}

void fill_power(ReportGatherer& g, const ReportSection& s, report::Section& out) {
  for (const auto* c : g.comparisons(s)) {
    add_published_power(g, s, *c, out);
    add_energy(g, s, *c, out);
  }
}

void fill_parity(ReportGatherer& g, const ReportSection& s, report::Section& out) {
  for (const auto* c : g.comparisons(s)) {
    const auto& r = c->result.record;
    const auto name = part_name(g, s, c->llm, "parity", "Worth of one against the other");
    report::Table t{name.id, name.title, "", {}, {}};
    t.note =
        fmt::format("Over {}. Expected, and without software losses.", system_name(*c, r.baseline));
    t.columns = {text_column("system"),
                 number_column("per chip", "x", 3),
                 number_column("per chip without losses", "x", 3),
                 number_column("per system", "x", 3),
                 number_column("systems for one baseline", "", 3),
                 number_column("chips for one of the baseline's", "", 3),
                 number_column("decode only per chip", "x", 3),
                 number_column("prefill only per chip", "x", 3),
                 number_column("chance to be above", "%", 3),
                 number_column("output per joule", "x", 3),
                 text_column("scope of power")};
    std::vector<BarRow> bars;
    for (const auto i : g.systems(s, *c)) {
      const auto& one = r.systems[i];
      if (!one.compared) continue;
      const bool base = i == r.baseline;
      bars.push_back({system_name(*c, i), one.per_chip.output.expected, {}, {}});
      t.rows.push_back({system_name(*c, i), one.per_chip.output.expected,
                        one.per_chip.output.ceiling, one.system.output.expected,
                        1.0 / one.system.output.expected, 1.0 / one.per_chip.output.expected,
                        one.per_chip.decode.expected, one.per_chip.prefill.expected,
                        one.chance_above ? report::Cell(*one.chance_above * 100) : report::Cell(),
                        base ? report::Cell(1.0) : cell(one.per_joule), one.per_joule_scope});
    }
    auto chart = bar_chart(name, t.id, "output per chip over the baseline", "x", bars,
                           report::Scale::linear);
    out.charts.push_back(std::move(chart));
    out.tables.push_back(std::move(t));
    for (const auto& line : report::parity(r))
      out.text.push_back(said_of(g, s, c->llm, line.text + "."));
  }
}

void fill_parts(ReportGatherer& g, const ReportSection& s, report::Section& out) {
  for (const auto* c : g.comparisons(s)) {
    const auto& r = c->result.record;
    const auto name = part_name(g, s, c->llm, "parts", "What each part makes of the difference");
    report::Table t{name.id, name.title, "", {text_column("system")}, {}};
    t.note = "Factors on the output per chip; they multiply to the ratio.";
    auto chart =
        category_chart(report::ChartKind::bars, name, t.id,
                       {"factor on the output per chip", "x", report::Scale::log, {}}, "part");
    for (const auto i : g.systems(s, *c)) {
      const auto& one = r.systems[i];
      if (one.factors.empty()) continue;
      if (chart.y.categories.empty())
        for (const auto& f : one.factors) {
          chart.y.categories.push_back(f.part);
          t.columns.push_back(number_column(f.part, "x", 3));
        }
      report::Series series{
          system_name(*c, i), g.id_of(i), report::Mark::both, false, {}, {}, {}, {}};
      std::vector<report::Cell> row = {system_name(*c, i)};
      for (const auto& f : one.factors) {
        series.values.emplace_back(f.factor);
        row.emplace_back(f.factor);
      }
      row.emplace_back(one.per_chip.output.expected);
      t.rows.push_back(std::move(row));
      chart.series.push_back(std::move(series));
    }
    t.columns.push_back(number_column("all together", "x", 3));
    out.charts.push_back(std::move(chart));
    out.tables.push_back(std::move(t));
    for (const auto& line : report::reasons(r, 3))
      out.text.push_back(said_of(g, s, c->llm, line.text + "."));
  }
}

}  // namespace perfmodel::cli
