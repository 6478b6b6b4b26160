// Sections on number formats: what they buy in time and cost in precision.
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "cli/estimate.hpp"
#include "cli/format_answer.hpp"
#include "cli/report_parts.hpp"
#include "cli/report_sections.hpp"
#include "report/content.hpp"
#include "report/numbers.hpp"

namespace perfmodel::cli {
namespace {

/// Digits that every machine agrees on.
double rounded(double v) {
  constexpr int digits = 4;
  if (v == 0 || !std::isfinite(v)) return v;
  const double unit = std::pow(10.0, digits - 1 - std::floor(std::log10(std::abs(v))));
  return std::round(v * unit) / unit;
}

/// What was multiplied, and whether on the host.
std::string product_of(const FormatSpeed& v) {
  return (v.measured ? "host, measured " : "") + v.product;
}

/// Speeds over BF16 weights of one product, chip by chip.
report::Chart speed_chart(const ReportSection& s, const std::vector<FormatSpeed>& speeds,
                          const std::string& product, const std::vector<std::string>& formats) {
  auto chart =
      category_chart(report::ChartKind::bars,
                     {fmt::format("{}-{}", s.id, product.substr(product.find_last_of(' ') + 1)),
                      fmt::format("Speed over BF16 weights, {}", product)},
                     s.id, {"speed over bf16", "x", report::Scale::linear, {}}, "format");
  chart.y.categories = formats;
  for (const auto& v : speeds) {
    if (product_of(v) != product) continue;
    auto at = std::find_if(chart.series.begin(), chart.series.end(),
                           [&](const report::Series& x) { return x.name == v.chip; });
    if (at == chart.series.end()) {
      at = chart.series.insert(at, report::Series());
      at->name = v.chip;
      at->values.assign(formats.size(), std::nullopt);
    }
    const auto place = std::find(formats.begin(), formats.end(), kernels::name_of(v.format));
    if (v.over_bf16)
      at->values[static_cast<std::size_t>(place - formats.begin())] = 1.0 / *v.over_bf16;
  }
  return chart;
}

}  // namespace

void fill_format_speed(ReportGatherer& g, const ReportSection& s, report::Section& out) {
  const auto speeds = format_speeds(g.catalog());
  std::vector<std::string> products, formats;
  const auto note = [](std::vector<std::string>& all, const std::string& x) {
    if (std::find(all.begin(), all.end(), x) == all.end()) all.push_back(x);
  };
  for (const auto& v : speeds) {
    note(products, product_of(v));
    note(formats, kernels::name_of(v.format));
  }
  report::Table t{s.id, "Time of a product with weights in each format", "", {}, {}};
  t.columns = {text_column("chip"),
               text_column("product"),
               text_column("weights"),
               text_column("measured"),
               number_column("time", "us"),
               number_column("speed over bf16", "x", 3),
               number_column("bytes rate", "GB/s"),
               text_column("note")};
  for (const auto& v : speeds)
    t.rows.push_back(
        {v.chip, v.product, kernels::name_of(v.format), v.measured ? "yes" : "no",
         v.time ? report::Cell(v.time->base() * report::kMicro) : report::Cell(),
         v.over_bf16 ? report::Cell(1.0 / *v.over_bf16) : report::Cell(),
         v.bandwidth ? report::Cell(v.bandwidth->base() / report::kGiga) : report::Cell(), v.note});
  for (const auto& product : products)
    out.charts.push_back(speed_chart(s, speeds, product, formats));
  out.tables.push_back(std::move(t));
  g.read_file("results/host/gemv.csv");
  g.read_file("results/host/gemm.csv");
}

void fill_format_error(ReportGatherer&, const ReportSection& s, report::Section& out) {
  const auto numerics = format_numerics(true);
  for (const auto operand : {kernels::Operand::weights, kernels::Operand::activations}) {
    const std::string what(name_of(operand));
    report::Table t{s.id + "-" + what, "Errors of stored " + what, "", {}, {}};
    t.note =
        "Against float64: signal-to-noise ratio; largest error of an element over its value (of at "
        "least 1 % of the RMS); share of elements that became zero.";
    t.columns = {text_column("format"),
                 text_column("distribution"),
                 number_column("SNR", "dB", 3),
                 number_column("largest relative error", "%", 2),
                 number_column("largest error over RMS", "", 2),
                 number_column("lost", "%", 2)};
    auto chart = category_chart(report::ChartKind::bars,
                                {t.id, fmt::format("Signal-to-noise ratio of stored {}", what)},
                                t.id, {"SNR", "dB", report::Scale::linear, {}}, "format");
    const auto formats = kernels::stored_formats(operand);
    for (const auto& f : formats) chart.y.categories.push_back(kernels::name_of(f));
    for (const auto d : kernels::kDistributions) {
      report::Series series;
      series.name = name_of(d);
      for (const auto& f : formats)
        for (const auto& n : numerics) {
          if (n.operand != operand || n.distribution != d || n.format != f) continue;
          series.values.emplace_back(rounded(n.error.snr_db));
          t.rows.push_back({kernels::name_of(f), std::string(name_of(d)), rounded(n.error.snr_db),
                            rounded(n.error.max_relative * 100), rounded(n.error.max_absolute),
                            rounded(n.error.lost * 100)});
        }
      chart.series.push_back(std::move(series));
    }
    out.charts.push_back(std::move(chart));
    out.tables.push_back(std::move(t));
  }
}

void fill_format_predictions(ReportGatherer&, const ReportSection& s, report::Section& out) {
  const auto logits = format_logits(true);
  report::Table t{
      s.id, "Predictions of a small transformer with weights in each format", "", {}, {}};
  t.note =
      "Against float64 on weights as they were, activations in BF16; divergence in nats. With the "
      "experts that the reference chooses, and with those that the model chose.";
  t.columns = {text_column("model"),
               text_column("weights"),
               number_column("mean KL", "nats", 3),
               number_column("largest KL", "nats", 3),
               number_column("relative RMS of logits", "%", 3),
               number_column("same top token", "%", 4),
               number_column("mean KL with same experts", "nats", 3)};
  auto chart = category_chart(report::ChartKind::bars,
                              {s.id, "Divergence of the predictions by the format of the weights"},
                              t.id, {"mean KL", "nats", report::Scale::log, {}}, "format");
  std::map<std::string, std::size_t> at;
  for (const auto& l : logits) {
    const std::string model(name_of(l.model));
    const auto format = kernels::name_of(l.divergence.weights);
    const auto& d = l.divergence.logits;
    if (std::find(chart.y.categories.begin(), chart.y.categories.end(), format) ==
        chart.y.categories.end())
      chart.y.categories.push_back(format);
    if (!at.contains(model)) {
      at[model] = chart.series.size();
      chart.series.emplace_back().name = model;
    }
    chart.series[at[model]].values.emplace_back(rounded(d.mean_kl));
    t.rows.push_back({model, format, rounded(d.mean_kl), rounded(d.max_kl),
                      rounded(d.relative_rms * 100), rounded(d.same_top * 100),
                      rounded(l.divergence.same_experts.mean_kl)});
  }
  out.charts.push_back(std::move(chart));
  out.tables.push_back(std::move(t));
}

void fill_weights(ReportGatherer& g, const ReportSection& s, report::Section& out) {
  for (const auto& llm : s.llms) {
    const auto name =
        part_name(g, s, llm, "weights", "Output per chip with weights in each format");
    report::Table t{name.id, name.title, "", {}, {}};
    t.columns = {text_column("system"),
                 text_column("weights asked"),
                 text_column("weights and computation"),
                 number_column("output per chip", "tok/s"),
                 number_column("p10", "tok/s"),
                 number_column("p90", "tok/s"),
                 number_column("over the first format", "x", 3),
                 number_column("weights", "GB"),
                 text_column("deployment"),
                 text_column("no answer because")};
    auto chart = category_chart(report::ChartKind::bars, name, t.id,
                                {"output per chip", "tok/s", report::Scale::linear, {}}, "system");
    for (const auto& w : g.config().weights) chart.series.emplace_back().name = w;
    for (const auto& system : s.systems) {
      std::optional<double> first;
      for (std::size_t k = 0; k < g.config().weights.size(); ++k) {
        auto words = g.question(llm);
        words.system = system;
        words.weights = g.config().weights[k];
        const auto a = run_estimate(g.catalog(), check_arguments(words)).record;
        const bool fits = report::is_feasible(a);
        if (k == 0) chart.y.categories.push_back(a.system_name);
        if (fits) g.cite(a.system, a);
        const auto v = [&](double x) { return fits ? std::optional(x) : std::nullopt; };
        auto& series = chart.series[k];
        series.values.push_back(v(a.expected.output_per_chip.base()));
        series.low.push_back(v(a.p10.output_per_chip.base()));
        series.high.push_back(v(a.p90.output_per_chip.base()));
        if (k == 0) first = series.values.back();
        g.fields().set(fmt::format("{}{}.{}.output_per_chip", llm == s.llms[0] ? "" : llm + ".",
                                   system, words.weights),
                       fits ? report::number(a.expected.output_per_chip.base(), 3) : "");
        t.rows.push_back(
            {a.system_name, words.weights,
             fits ? fmt::format("{}; compute {}", a.weights_format, a.compute) : "",
             cell(series.values.back()), cell(series.low.back()), cell(series.high.back()),
             fits && first ? report::Cell(*series.values.back() / *first) : report::Cell(),
             cell(v(a.memory.weights.base() / report::kGiga)), fits ? report::engines_text(a) : "",
             a.infeasible});
      }
    }
    out.charts.push_back(std::move(chart));
    out.tables.push_back(std::move(t));
  }
}

}  // namespace perfmodel::cli
