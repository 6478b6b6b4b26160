#include "cli/why.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "report/numbers.hpp"

namespace perfmodel::cli {
namespace {

using uncertainty::Metric;
using uncertainty::Side;
using uncertainty::Swing;

constexpr std::size_t kMost = 10;
constexpr double kWorthShowing = 0.001;  // of the rate, from end to end
constexpr double kWorthNaming = 0.01;    // of the variance
constexpr std::string_view kChoice = "chip.bins";
constexpr std::size_t kRate = uncertainty::index(Metric::output_rate);

double deviation(const Swing& s) {
  return s.deviation[kRate];
}

/// "ascend910c or ascend910c-560"
std::string chips_text(const report::EstimateRecord& r) {
  std::string text;
  for (const auto& b : r.bins) text += (text.empty() ? "" : " or ") + b.chip;
  return text;
}

/// Parts of the variance of the rate's logarithm, to first order.
struct Variance {
  double hardware = 0, fitted = 0, model = 0;  // the model's own error as it was measured
  double total() const { return hardware + std::max(fitted, model); }
};

Variance variance_of(const std::vector<Swing>& all, const uncertainty::Discrepancy& discrepancy) {
  Variance v;
  for (const auto& s : all)
    (s.side == Side::hardware ? v.hardware : v.fitted) += deviation(s) * deviation(s);
  v.model = std::pow(discrepancy.within(0.9) / uncertainty::kZ95, 2);
  return v;
}

/// "34 % of the operators' time for an output token is bound by overhead, 30 % by compute; the
/// longest operator is o_proj in decode (11 %)"
std::string limits(const report::EstimateRecord& r) {
  std::map<std::string, double> by_bound;
  double all = 0;
  for (const auto& o : r.operators) {
    by_bound[o.bound] += o.token_share;
    all += o.token_share;
  }
  if (all <= 0 || r.bottlenecks.empty()) return "";
  std::vector<std::pair<std::string, double>> sorted(by_bound.begin(), by_bound.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  const auto& worst = r.operators[r.bottlenecks[0]];
  std::string text =
      fmt::format("{:.0f} % of the operators' time for an output token is bound by {}",
                  100 * sorted[0].second / all, sorted[0].first);
  if (sorted.size() > 1 && sorted[1].second > 0)
    text += fmt::format(", {:.0f} % by {}", 100 * sorted[1].second / all, sorted[1].first);
  return text + fmt::format("; the longest operator is {} in {} ({})", worst.name, worst.phase,
                            report::percent(worst.token_share));
}

/// What becomes of the 80 % interval where the figure is exactly what it is taken for.
std::string narrowed(const report::EstimateRecord& r, const uncertainty::Answer& answer,
                     uncertainty::Sampling how, const Swing& figure) {
  if (r.samples == 0) return "";
  how.known = figure.path;
  const auto factor = uncertainty::intervals(uncertainty::sample(answer, how))[kRate];
  const double rate = r.expected.output_per_chip.base();
  return fmt::format(
      ": were it exactly what it is taken for, p10 .. p90 would be {} .. {} tok/s per chip instead "
      "of {} .. {}",
      report::number(rate * factor.p10, 3), report::number(rate * factor.p90, 3),
      report::number(r.p10.output_per_chip.base(), 3),
      report::number(r.p90.output_per_chip.base(), 3));
}

}  // namespace

void fill_why(report::EstimateRecord& record, const uncertainty::Answer& answer,
              const uncertainty::Sampling& how) {
  if (record.rate) {  // that is turned out whatever the figures are
    record.why = limits(record);
    if (!record.why.empty()) record.why += ".";
    return;
  }
  auto all = uncertainty::swings(answer);
  std::stable_sort(all.begin(), all.end(), [](const Swing& a, const Swing& b) {
    return a.width(Metric::output_rate) > b.width(Metric::output_rate);
  });
  const auto v = variance_of(all, answer.discrepancy[kRate]);
  std::vector<std::string> keys;
  for (const auto& s : all) {
    if (record.swings.size() == kMost || s.width(Metric::output_rate) < kWorthShowing) break;
    const auto same = [&](const auto& f) { return f.path == s.path; };
    const auto figure = std::find_if(record.figures.begin(), record.figures.end(), same);
    // Two sites have figures of one path; the answer tells them apart, the path alone does not.
    const bool listed =
        figure != record.figures.end() && std::count_if(all.begin(), all.end(), same) == 1;
    std::string range = listed ? figure->range : "";
    if (s.path == kChoice) range = chips_text(record);
    record.swings.push_back({s.path,
                             std::move(range),
                             std::string(spec::name_of(s.grade)),
                             s.side == Side::hardware,
                             std::expm1(s.at_low[kRate]),
                             std::expm1(s.at_high[kRate]),
                             v.total() > 0 ? deviation(s) * deviation(s) / v.total() : 0,
                             {}});
    keys.push_back(s.key);
  }
  const auto parts = uncertainty::effects(answer, how, Metric::output_rate, keys);
  for (std::size_t i = 0; i < parts.size() && how.samples > 0; ++i) {
    record.swings[i].variance_share = parts[i].first;
    record.swings[i].total_share = parts[i].total;
  }
  std::vector<std::string> sentences;
  if (auto text = limits(record); !text.empty()) sentences.push_back(std::move(text));
  if (v.total() > 0) {
    const double hardware = v.hardware / v.total();
    sentences.push_back(fmt::format(
        "of what is unknown about the output rate {:.0f} % is hardware and {:.0f} % is the model "
        "and the software",
        100 * hardware, 100 * (1 - hardware)));
  }
  const auto best = std::find_if(all.begin(), all.end(), [&](const Swing& s) {
    return deviation(s) * deviation(s) >= kWorthNaming * v.total();
  });
  if (best != all.end() && v.total() > 0) {
    const auto which =
        best->path == kChoice
            ? fmt::format("what to learn next is which chip this is, {}", chips_text(record))
            : fmt::format("the figure to learn next is {} ({})", best->path,
                          spec::name_of(best->grade));
    sentences.push_back(which + narrowed(record, answer, how, *best));
  } else if (v.model > 0) {
    sentences.emplace_back(
        "no single figure would narrow the answer: only a measurement of such a deployment would");
  }
  for (auto& s : sentences) {
    if (!record.why.empty()) record.why += ". ";
    s[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(s[0])));
    record.why += s;
  }
  if (!record.why.empty()) record.why += ".";
}

}  // namespace perfmodel::cli
