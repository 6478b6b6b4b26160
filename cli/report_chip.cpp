// Sections on one chip: its figures with their sources, its roofs, and what another memory makes of
// it.
#include <algorithm>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "cli/estimate.hpp"
#include "cli/report_parts.hpp"
#include "cli/report_sections.hpp"
#include "report/content.hpp"
#include "report/numbers.hpp"
#include "units/text.hpp"

namespace perfmodel::cli {
namespace {

/// Adds a row for a figure, and cites its sources.
class FigureRows {
 public:
  FigureRows(ReportGatherer& g, const hw::Chip& chip, report::Table& table)
      : g_(g), chip_(chip), table_(table) {}

  template <class Q>
  void add(const std::string& path, const hw::Figure<Q>& f) {
    if (!f) return;
    const bool ranged = f->low != f->high;
    std::string titles;
    for (const auto& id : f->sources)
      for (const auto& s : chip_.sources)
        if (s.id == id) {
          titles += (titles.empty() ? "" : "; ") + s.title;
          g_.cite({s.title, s.url, s.date, std::string(spec::name_of(f->grade)), {}},
                  fmt::format("{} {} = {} ({})", chip_.id, path, format(f->value),
                              spec::name_of(f->grade)));
        }
    table_.rows.push_back({path, format(f->value), ranged ? format(f->low) : "",
                           ranged ? format(f->high) : "", std::string(spec::name_of(f->grade)),
                           titles, f->note});
  }

 private:
  ReportGatherer& g_;
  const hw::Chip& chip_;
  report::Table& table_;
};

report::Table figure_table(ReportGatherer& g, const ReportSection& s, const hw::Chip& c) {
  report::Table t{s.id + "-figures", fmt::format("Figures of {}", c.name), "", {}, {}};
  t.columns = {text_column("figure"), text_column("value"), text_column("low"),
               text_column("high"),   text_column("grade"), text_column("source"),
               text_column("note")};
  FigureRows rows(g, c, t);
  rows.add("cores", c.cores);
  for (const auto& [name, type] : spec::compute_options())
    rows.add(fmt::format("matrix.{}", name), c.peak(type));
  rows.add("vector.fp32", c.vector_fp32);
  rows.add("vector.fp16", c.vector_fp16);
  rows.add("memory.capacity", c.memory_capacity);
  rows.add("memory.bandwidth", c.memory_bandwidth);
  rows.add("cache", c.cache);
  rows.add("link.scale_up", c.link_scale_up);
  rows.add("link.scale_out", c.link_scale_out);
  rows.add("tdp", c.tdp);
  rows.add("price_usd", c.price_usd);
  rows.add("price_cny", c.price_cny);
  return t;
}

/// Where the operators of an answer lie, and the rows of their table.
struct OperatorPoints {
  std::vector<report::Series> series;
  double least = std::numeric_limits<double>::infinity(), most = 0;  // intensity
};

OperatorPoints operator_points(const report::EstimateRecord& answer, report::Table& t) {
  OperatorPoints r;
  const double devices = answer.devices_per_chip;
  for (const auto* phase : {"decode", "prefill"}) {
    report::Series series;
    series.name = phase;
    series.mark = report::Mark::points;
    for (const auto& o : answer.operators) {
      const double bytes = (o.weights + o.kv + o.activations).base();
      if (o.phase != phase || bytes <= 0 || o.matrix.base() <= 0 || o.total.base() <= 0) continue;
      const double intensity = o.matrix.base() / bytes;
      const double rate = o.matrix.base() / o.total.base() * devices / report::kTera;
      r.least = std::min(r.least, intensity);
      r.most = std::max(r.most, intensity);
      series.points.push_back({intensity,
                               rate,
                               {},
                               {},
                               fmt::format("{} ({}), bound by {}", o.name, o.compute, o.bound)});
      t.rows.push_back({o.phase, o.name, o.compute, intensity, rate,
                        bytes / o.total.base() * devices / report::kTera, o.bound, o.share * 100});
    }
    if (!series.points.empty()) r.series.push_back(std::move(series));
  }
  return r;
}

/// The bandwidth up to each peak, types of one peak together; from below the least intensity to
/// above the largest.
std::vector<report::ReferenceLine> roofs(const hw::Chip& chip, double least, double most) {
  std::vector<report::ReferenceLine> lines;
  if (!chip.memory_bandwidth || most <= 0) return lines;
  const double bandwidth = chip.memory_bandwidth->value.base() / report::kTera;
  std::map<double, std::string> peaks;
  for (const auto& [type, compute] : spec::compute_options()) {
    if (!chip.peak(compute)) continue;
    auto& names = peaks[chip.peak(compute)->value.base() / report::kTera];
    names += (names.empty() ? "" : ", ") + std::string(type);
  }
  for (const auto& [peak, names] : peaks) {
    const double knee = peak / bandwidth;
    const double from = std::min(least, knee) / 2, to = std::max(most, knee) * 4;
    lines.push_back({names, {{from, from * bandwidth}, {knee, peak}, {to, peak}}, false});
  }
  return lines;
}

}  // namespace

void fill_chip(ReportGatherer& g, const ReportSection& s, report::Section& out) {
  const auto chip = g.catalog().chip(g.config().chip);
  g.read_file(fmt::format("configs/chips/{}.yaml", chip.id));
  if (!chip.banner.empty()) out.text.push_back(fmt::format("**{}**", chip.banner));
  out.text.push_back(fmt::format(
      "{} by {}, {}{}. {} die{}, {} device{} for software.", chip.name, chip.vendor,
      hw::name_of(chip.status), chip.released.empty() ? "" : ", " + chip.released, chip.dies,
      chip.dies == 1 ? "" : "s", chip.devices, chip.devices == 1 ? "" : "s"));
  report::Table peaks{s.id, fmt::format("Dense peaks of {}", chip.name), "", {}, {}};
  peaks.columns = {text_column("type"), number_column("peak", "TFLOP/s"),
                   number_column("low", "TFLOP/s"), number_column("high", "TFLOP/s"),
                   text_column("grade")};
  std::vector<BarRow> bars;
  const auto add = [&](const std::string& name, const hw::Figure<OpRate>& f) {
    if (!f) return;
    const auto tera = [](OpRate r) { return r.base() / report::kTera; };
    const bool ranged = f->low != f->high;
    bars.push_back({name, tera(f->value), ranged ? std::optional(tera(f->low)) : std::nullopt,
                    ranged ? std::optional(tera(f->high)) : std::nullopt});
    peaks.rows.push_back(
        {name, tera(f->value), tera(f->low), tera(f->high), std::string(spec::name_of(f->grade))});
  };
  for (const auto& [name, type] : spec::compute_options()) add(std::string(name), chip.peak(type));
  add("fp32 vector", chip.vector_fp32);
  auto chart = bar_chart({s.id, peaks.title}, peaks.id, "dense peak", "TFLOP/s", bars);
  chart.note =
      "Matrix units alone, without sparsity; integers in TOP/s. Whiskers: what sources say.";
  chart.y.label = "type";
  out.charts.push_back(std::move(chart));
  out.tables.push_back(std::move(peaks));
  out.tables.push_back(figure_table(g, s, chip));
  for (const auto& n : chip.notes) out.text.push_back(n);
}

void fill_roofline(ReportGatherer& g, const ReportSection& s, report::Section& out) {
  const auto chip = g.catalog().chip(g.config().chip);
  for (const auto& llm : s.llms) {
    auto words = g.question(llm);
    words.chip = chip.id;
    words.samples = 0;
    const auto answer = run_estimate(g.catalog(), check_arguments(words)).record;
    if (!report::is_feasible(answer)) {
      out.text.push_back(
          fmt::format("{} has no deployment here: {}.", g.llm_name(llm), answer.infeasible));
      continue;
    }
    g.cite(answer.system, answer);
    const auto name =
        part_name(g, s, llm, "roofline",
                  fmt::format("Roofs of {} and the operators of {}", chip.name, g.llm_name(llm)));
    report::Table t{name.id, name.title, "", {}, {}};
    t.note =
        "Per chip. Intensity counts weights, cache and activations; what reaches the matrix units "
        "is over the whole time of the operator, its start included.";
    t.columns = {text_column("phase"),
                 text_column("operator"),
                 text_column("type"),
                 number_column("intensity", "FLOP/B"),
                 number_column("rate", "TFLOP/s"),
                 number_column("bytes rate", "TB/s"),
                 text_column("bound by"),
                 number_column("share of the pass", "%", 3)};
    auto chart = xy_chart(name, t.id, {"arithmetic intensity", "FLOP/B", report::Scale::log, {}},
                          {"rate", "TFLOP/s", report::Scale::log, {}});
    chart.note = fmt::format("{}, batch {} per rank.", report::engines_text(answer),
                             report::whole(answer.batch));
    auto points = operator_points(answer, t);
    chart.lines = roofs(chip, points.least, points.most);
    chart.series = std::move(points.series);
    out.charts.push_back(std::move(chart));
    out.tables.push_back(std::move(t));
  }
}

void fill_memories(ReportGatherer& g, const ReportSection& s, report::Section& out) {
  for (const auto& llm : s.llms) {
    const auto name = part_name(g, s, llm, "memories", "Output per chip with each memory");
    report::Table t{name.id, name.title, "", {}, {}};
    t.columns = {text_column("memory"),
                 text_column("status"),
                 number_column("stacks"),
                 number_column("capacity", "GB"),
                 number_column("bandwidth", "TB/s"),
                 number_column("output per chip", "tok/s"),
                 number_column("p10", "tok/s"),
                 number_column("p90", "tok/s"),
                 number_column("over the own memory", "x", 3),
                 number_column("decode only per chip", "tok/s"),
                 number_column("TPOT", "ms"),
                 number_column("requests in flight"),
                 text_column("deployment"),
                 text_column("limited by"),
                 text_column("weakest grade"),
                 text_column("no answer because")};
    std::vector<BarRow> bars;
    std::optional<double> own;
    for (const auto& memory : g.config().memories) {
      auto words = g.question(llm);
      words.chip = g.config().chip;
      if (memory != "own") words.memory = memory;
      const auto options = check_arguments(words);
      const auto a = run_estimate(g.catalog(), options).record;
      const auto setup = load_setup(g.catalog(), options);
      const auto& chip = setup.chip;
      std::string label = fmt::format("own ({})", chip.memory_kind), status;
      if (const auto& swap = options.what_if.memory) {
        const auto m = g.catalog().memory(swap->kind);
        label = fmt::format("{} x {}", swap->stacks, m.name);
        status = hw::name_of(m.status);
      }
      const bool fits = report::is_feasible(a);
      if (fits) g.cite(fmt::format("{} with {}", chip.id, memory), a);
      const auto v = [&](double x) { return fits ? report::Cell(x) : report::Cell(); };
      const double rate = a.expected.output_per_chip.base();
      if (!own && memory == "own" && fits) own = rate;
      bars.push_back({label, {}, {}, {}});
      if (fits)
        bars.back() = {label, rate, a.p10.output_per_chip.base(), a.p90.output_per_chip.base()};
      g.fields().set(fmt::format("{}{}.output_per_chip", llm == s.llms[0] ? "" : llm + ".", memory),
                     fits ? report::number(rate, 3) : "");
      t.rows.push_back(
          {label, status,
           chip.memory_stacks ? report::Cell(double(*chip.memory_stacks)) : report::Cell(),
           chip.memory_capacity->value.base() / report::kGiga,
           chip.memory_bandwidth->value.base() / report::kTera, v(rate),
           v(a.p10.output_per_chip.base()), v(a.p90.output_per_chip.base()),
           own ? v(rate / *own) : report::Cell(), v(a.expected.decode_per_chip.base()),
           v(a.expected.tpot.base() * report::kMilli), v(a.concurrency),
           fits ? report::Cell(report::engines_text(a)) : report::Cell(), a.limit, a.weakest_grade,
           a.infeasible});
    }
    auto chart = bar_chart(name, t.id, "output per chip", "tok/s", bars);
    chart.y.label = "memory";
    out.charts.push_back(std::move(chart));
    out.tables.push_back(std::move(t));
  }
}

}  // namespace perfmodel::cli
