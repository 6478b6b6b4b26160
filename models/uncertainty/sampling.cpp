#include "uncertainty/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "uncertainty/draws.hpp"

namespace perfmodel::uncertainty {
namespace {

/// Below this a figure does nothing to any metric, and is not drawn.
constexpr double kNothing = 1e-9;

using Numbers = std::vector<PerMetric<double>>;

/// Of the choice between several chips: the two of most and least output, and the deviation over
/// all.
void reaches_of_choice(Specs& specs, const Knob& k, const Numbers& base, const Evaluate& evaluate,
                       std::vector<Reach*>& reach) {
  constexpr auto kRate = index(Metric::output_rate);
  const auto n = base.size();
  Numbers mean(n);
  Numbers square(n);
  Numbers here(n);
  double before = 0;
  for (std::size_t bin = 0; bin < k.up_to.size(); ++bin) {
    specs.choose(bin);
    evaluate(here);
    const double share = k.up_to[bin] - before;
    before = k.up_to[bin];
    for (std::size_t i = 0; i < n; ++i) {
      const auto r = log_ratio(here[i], base[i]);
      for (std::size_t m = 0; m < kMetricCount; ++m) {
        mean[i][m] += share * r[m];
        square[i][m] += share * r[m] * r[m];
      }
      if (bin == 0 || r[kRate] < reach[i]->at_low[kRate]) reach[i]->at_low = r;
      if (bin == 0 || r[kRate] > reach[i]->at_high[kRate]) reach[i]->at_high = r;
    }
  }
  specs.choose(0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t m = 0; m < kMetricCount; ++m)
      reach[i]->deviation[m] = std::sqrt(std::max(0.0, square[i][m] - mean[i][m] * mean[i][m]));
}

void reaches_of_figure(const Knob& k, const Numbers& base, const Evaluate& evaluate,
                       std::vector<Reach*>& reach) {
  Numbers here(base.size());
  k.set(k.spread.low);
  evaluate(here);
  for (std::size_t i = 0; i < base.size(); ++i) reach[i]->at_low = log_ratio(here[i], base[i]);
  k.set(k.spread.high);
  evaluate(here);
  for (std::size_t i = 0; i < base.size(); ++i) reach[i]->at_high = log_ratio(here[i], base[i]);
  k.set(k.spread.value);
  for (auto* r : reach)
    for (std::size_t m = 0; m < kMetricCount; ++m)
      r->deviation[m] = 0.5 * std::abs(r->at_high[m] - r->at_low[m]) / kZ95;
}

/// Numbers whose discrepancy is one draw.
bool is_of_prefill(Metric m) {
  return m == Metric::ttft || m == Metric::prefill || m == Metric::prefill_only;
}

std::vector<double> normals(const std::string& group, const cost::Stack& stack,
                            const hw::Chip& chip, double common, const Sampling& how) {
  const auto shared = draws_of(group + " " + stack.id, how.samples, how.seed);
  const auto own = draws_of(group + " " + stack.id + " on " + chip.id, how.samples, how.seed);
  std::vector<double> z(how.samples);
  for (std::size_t i = 0; i < z.size(); ++i)
    z[i] = std::sqrt(common) * normal_quantile(shared[i]) +
           std::sqrt(1.0 - common) * normal_quantile(own[i]);
  return z;
}

double quantile(std::span<double> x, double share) {
  // Between the two nearest of the sorted samples.
  const double at = share * static_cast<double>(x.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(at);
  std::nth_element(x.begin(), x.begin() + below, x.end());
  const double low = x[static_cast<std::size_t>(below)];
  if (below + 1 == static_cast<std::ptrdiff_t>(x.size())) return low;
  const double high = *std::min_element(x.begin() + below + 1, x.end());
  return low + (at - static_cast<double>(below)) * (high - low);
}

}  // namespace

double log_ratio(double a, double b) {
  return a > 0 && b > 0 && std::isfinite(a / b) ? std::log(a / b) : 0.0;
}

PerMetric<double> log_ratio(const PerMetric<double>& a, const PerMetric<double>& b) {
  PerMetric<double> r{};
  for (std::size_t m = 0; m < kMetricCount; ++m) r[m] = log_ratio(a[m], b[m]);
  return r;
}

PerMetric<double> numbers_of(const serving::Steady& s, double engines) {
  return {s.ttft.base(),
          s.tpot.base(),
          s.decode_step.base(),
          s.prefill.base(),
          s.output_rate.base() * engines,
          s.input_rate.base() * engines,
          s.decode_only.base(),
          s.prefill_only.base()};
}

std::vector<std::vector<Reach>> reaches(Specs& specs, std::size_t answers,
                                        const Evaluate& evaluate) {
  Numbers base(answers);
  evaluate(base);
  std::vector<std::vector<Reach>> all(answers, std::vector<Reach>(specs.knobs().size()));
  std::vector<Reach*> of_knob(answers);
  for (std::size_t k = 0; k < specs.knobs().size(); ++k) {
    for (std::size_t i = 0; i < answers; ++i) of_knob[i] = &all[i][k];
    const auto& knob = specs.knobs()[k];
    if (knob.is_choice())
      reaches_of_choice(specs, knob, base, evaluate, of_knob);
    else
      reaches_of_figure(knob, base, evaluate, of_knob);
  }
  return all;
}

bool moves(const PerMetric<double>& log_ratio) {
  return std::any_of(log_ratio.begin(), log_ratio.end(),
                     [](double x) { return std::abs(x) > kNothing; });
}

bool is_drawn(const Knob& knob, const Reach& reach) {
  // A figure that does nothing on the answer's own chip may do something on another.
  return moves(reach.at_low) || moves(reach.at_high) || knob.path == "chip.memory.capacity" ||
         std::any_of(knob.on_bin.begin(), knob.on_bin.end(),
                     [](const Spread& s) { return s.has_width(); });
}

PerMetric<Discrepancy> net(const PerMetric<Discrepancy>& discrepancy,
                           const PerMetric<double>& fitted) {
  auto net = discrepancy;
  for (std::size_t m = 0; m < kMetricCount; ++m) {
    // The deviation of a normal distribution with the same 90th percentile.
    const double whole = net[m].within(0.9) / kZ95;
    if (whole > 0) net[m].scale *= std::sqrt(std::max(0.0, 1.0 - fitted[m] / (whole * whole)));
  }
  return net;
}

ErrorDraws::ErrorDraws(const cost::Stack& stack, const hw::Chip& chip, double common,
                       const Sampling& how)
    : prefill(normals("discrepancy of prefill", stack, chip, common, how)),
      decode(normals("discrepancy of decode", stack, chip, common, how)) {}

const std::vector<double>& ErrorDraws::of(Metric m) const {
  return is_of_prefill(m) ? prefill : decode;
}

double sign_of(Metric m) {
  return m <= Metric::prefill ? 1.0 : -1.0;
}

double share_kept(const serving::Slo& slo, Time ttft, Time tpot, std::span<const double> log_ttft,
                  std::span<const double> log_tpot) {
  const auto kept = [](std::optional<Time> most, Time answer, double log_ratio) {
    return !most || answer * std::exp(log_ratio) <= *most;
  };
  double count = 0;
  for (std::size_t i = 0; i < log_ttft.size(); ++i)
    if (kept(slo.ttft, ttft, log_ttft[i]) && kept(slo.tpot, tpot, log_tpot[i])) ++count;
  return log_ttft.empty() ? 1.0 : count / static_cast<double>(log_ttft.size());
}

Interval interval_of(std::span<double> log_ratio) {
  if (log_ratio.empty()) return {};
  const double p10 = quantile(log_ratio, 0.1);
  const double p50 = quantile(log_ratio, 0.5);
  return {std::exp(p10), std::exp(p50), std::exp(quantile(log_ratio, 0.9))};
}

}  // namespace perfmodel::uncertainty
