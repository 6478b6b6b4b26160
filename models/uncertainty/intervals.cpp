#include "uncertainty/intervals.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <thread>

#include "search/split.hpp"
#include "uncertainty/draws.hpp"

namespace perfmodel::uncertainty {
namespace {

/// Below this a figure does nothing to any metric, and is not drawn.
constexpr double kNothing = 1e-9;
constexpr std::size_t kLeastPerThread = 128;

/// One thread's copy of what is drawn, and the deployment at it.
class Bench {
 public:
  explicit Bench(const Answer& a, Specs::Take take = Specs::Take::uncertain)
      : answer_(a), specs_(a.site, a.prefill, a.stack, take) {
    if (a.deployment.prefill) split_ = a.deployment;
  }

  Specs& specs() { return specs_; }
  const std::vector<Knob>& knobs() const { return specs_.knobs(); }

  PerMetric<double> evaluate() {
    const auto machine = specs_.machine();
    const auto& d = answer_.deployment;
    if (split_) {
      const auto prefill = specs_.prefill_machine();
      split_->accepted = accepted();
      search::split_at_machine(*split_, machine, answer_.workload, prefill ? &*prefill : nullptr);
      free_ = split_->memory.free();
      return numbers(split_->steady, split_->engines * split_->used);
    }
    const auto prefill = serving::prefill_cost(d.plan, machine, answer_.workload);
    free_ = serving::memory_plan(d.plan, machine, answer_.workload, d.batch).free();
    return numbers(
        serving::steady_state(d.plan, machine, answer_.workload, prefill, accepted(), d.batch),
        d.engines * d.used);
  }
  /// Whether the batch of the last evaluation had room.
  bool fits() const { return free_ >= Bytes{}; }
  Bytes free() const { return free_; }

 private:
  double accepted() const {
    const auto& stack = specs_.stack();
    const auto& d = answer_.deployment;
    if (!stack.policy.own_acceptance) return d.accepted;
    return serving::speculation(d.draft_tokens, stack.acceptance.value.base()).accepted;
  }
  static PerMetric<double> numbers(const serving::Steady& s, double engines) {
    return {s.ttft.base(),
            s.tpot.base(),
            s.decode_step.base(),
            s.prefill.base(),
            s.output_rate.base() * engines,
            s.input_rate.base() * engines,
            s.decode_only.base(),
            s.prefill_only.base()};
  }

  const Answer& answer_;
  Specs specs_;
  std::optional<search::Deployment> split_;
  Bytes free_{};
};

PerMetric<double> log_ratio(const PerMetric<double>& a, const PerMetric<double>& b) {
  PerMetric<double> r{};
  for (std::size_t m = 0; m < kMetricCount; ++m)
    if (a[m] > 0 && b[m] > 0 && std::isfinite(a[m] / b[m])) r[m] = std::log(a[m] / b[m]);
  return r;
}

/// Times grow with an error of the model, rates fall.
double sign_of(Metric m) {
  return m <= Metric::prefill ? 1.0 : -1.0;
}
/// Numbers whose discrepancy is one draw.
std::string_view group_of(Metric m) {
  const bool prefill = m == Metric::ttft || m == Metric::prefill || m == Metric::prefill_only;
  return prefill ? "discrepancy of prefill" : "discrepancy of decode";
}

/// What the draws of fitted figures leave of the discrepancy.
PerMetric<Discrepancy> net(const Answer& answer, const std::vector<Swing>& all) {
  auto net = answer.discrepancy;
  for (std::size_t m = 0; m < kMetricCount; ++m) {
    double fitted = 0;
    for (const auto& s : all) {
      if (s.side != Side::fitted) continue;
      fitted += s.deviation[m] * s.deviation[m];
    }
    // The deviation of a normal distribution with the same 90th percentile.
    const double whole = net[m].within(0.9) / kZ95;
    if (whole > 0) net[m].scale *= std::sqrt(std::max(0.0, 1.0 - fitted / (whole * whole)));
  }
  return net;
}

/// Standard normal, the part of the software and that of the system added.
std::vector<double> normals(std::string_view group, const Answer& a, const Sampling& how) {
  const auto common = draws_of(std::string(group) + " " + a.stack.id, how.samples, how.seed);
  const auto own = draws_of(std::string(group) + " " + a.stack.id + " on " + a.site.chip.id,
                            how.samples, how.seed);
  std::vector<double> z(how.samples);
  for (std::size_t i = 0; i < z.size(); ++i)
    z[i] = std::sqrt(a.common) * normal_quantile(common[i]) +
           std::sqrt(1.0 - a.common) * normal_quantile(own[i]);
  return z;
}

void add_discrepancy(Samples& s, const Answer& a, const PerMetric<Discrepancy>& discrepancy,
                     const Sampling& how) {
  const auto prefill = normals(group_of(Metric::prefill), a, how);
  const auto decode = normals(group_of(Metric::tpot), a, how);
  for (std::size_t m = 0; m < kMetricCount; ++m) {
    const auto metric = static_cast<Metric>(m);
    if (discrepancy[m].scale <= 0) continue;
    const auto& z = group_of(metric) == group_of(Metric::prefill) ? prefill : decode;
    for (std::size_t i = 0; i < z.size(); ++i)
      s.log_ratio[m][i] += sign_of(metric) * discrepancy[m].at(z[i]);
  }
}

double share_kept(const Answer& a, const Samples& s) {
  const auto& slo = a.workload.slo;
  const auto& steady = a.deployment.steady;
  const auto kept = [](std::optional<Time> most, Time answer, double log_ratio) {
    return !most || answer * std::exp(log_ratio) <= *most;
  };
  const auto& ttft = s.log_ratio[index(Metric::ttft)];
  const auto& tpot = s.log_ratio[index(Metric::tpot)];
  double count = 0;
  for (std::size_t i = 0; i < ttft.size(); ++i)
    if (kept(slo.ttft, steady.ttft, ttft[i]) && kept(slo.tpot, steady.tpot, tpot[i])) ++count;
  return ttft.empty() ? 1.0 : count / static_cast<double>(ttft.size());
}

/// Calls work(from, to, thread) on parts of [0, n).
template <class Work>
void in_parts(std::size_t n, unsigned threads, const Work& work) {
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t parts = std::clamp<std::size_t>(n / kLeastPerThread, 1, threads);
  std::vector<std::jthread> helpers;
  for (std::size_t p = 1; p < parts; ++p)
    helpers.emplace_back([&work, n, parts, p] { work(n * p / parts, n * (p + 1) / parts); });
  work(0, n / parts);
}

double quantile(std::vector<double>& x, double share) {
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

cost::Measured measured_for(Metric m, bool disaggregated) {
  using cost::Measured;
  switch (m) {
    case Metric::ttft:
      return disaggregated ? Measured::ttft_disaggregated : Measured::ttft;
    case Metric::tpot:
    case Metric::decode_step:
      return disaggregated ? Measured::tpot_disaggregated : Measured::tpot;
    case Metric::output_rate:
    case Metric::input_rate:
      return disaggregated ? Measured::output_rate_disaggregated : Measured::output_rate;
    case Metric::decode_only:
      return Measured::decode_only;
    case Metric::prefill:
    case Metric::prefill_only:
      return Measured::prefill_only;
  }
  return Measured::tpot;
}

double Swing::width(Metric m) const {
  return std::abs(at_high[index(m)] - at_low[index(m)]);
}

namespace {

bool moves(double log_ratio) {
  return std::abs(log_ratio) > kNothing;
}
bool moves(const PerMetric<double>& log_ratio) {
  return std::any_of(log_ratio.begin(), log_ratio.end(), [](double x) { return moves(x); });
}

/// The two chips of most and least output, and the deviation over all.
void swing_of_choice(Bench& bench, const Knob& k, const PerMetric<double>& base, Swing& s) {
  constexpr auto kRate = index(Metric::output_rate);
  PerMetric<double> mean{};
  PerMetric<double> square{};
  double before = 0;
  for (std::size_t bin = 0; bin < k.up_to.size(); ++bin) {
    bench.specs().choose(bin);
    const auto r = log_ratio(bench.evaluate(), base);
    const double share = k.up_to[bin] - before;
    before = k.up_to[bin];
    for (std::size_t m = 0; m < kMetricCount; ++m) {
      mean[m] += share * r[m];
      square[m] += share * r[m] * r[m];
    }
    if (bin == 0 || r[kRate] < s.at_low[kRate]) s.at_low = r;
    if (bin == 0 || r[kRate] > s.at_high[kRate]) s.at_high = r;
  }
  bench.specs().choose(0);
  for (std::size_t m = 0; m < kMetricCount; ++m)
    s.deviation[m] = std::sqrt(std::max(0.0, square[m] - mean[m] * mean[m]));
}

/// What is drawn: knobs, and a column of numbers between 0 and 1 for each.
struct Columns {
  std::vector<std::size_t> knobs;
  std::vector<std::vector<double>> draws;
};

/// Of the figures that do something, in one order for all threads. A figure that does nothing on
/// the answer's own chip may do something on another.
std::vector<std::size_t> drawn(const Answer& answer, const std::vector<Swing>& all,
                               std::string_view known) {
  const Specs specs(answer.site, answer.prefill, answer.stack);
  std::vector<std::size_t> used;
  for (std::size_t k = 0; k < all.size(); ++k) {
    const auto& on_bin = specs.knobs()[k].on_bin;
    const bool does =
        moves(all[k].at_low) || moves(all[k].at_high) ||
        std::any_of(on_bin.begin(), on_bin.end(), [](const Spread& s) { return s.has_width(); });
    const bool room = all[k].path == "chip.memory.capacity";
    if ((does || room) && all[k].path != known) used.push_back(k);
  }
  return used;
}

struct Evaluated {
  PerMetric<std::vector<double>> log_ratio;
  std::vector<char> fits;
  std::vector<std::uint8_t> bin;
};

Evaluated evaluate(const Answer& answer, const Columns& columns, std::size_t n, unsigned threads) {
  Evaluated e;
  for (auto& x : e.log_ratio) x.assign(n, 0.0);
  e.fits.assign(n, 1);
  if (!answer.site.bins.empty()) e.bin.assign(n, 0);
  if (columns.knobs.empty()) return e;
  in_parts(n, threads, [&](std::size_t from, std::size_t to) {
    Bench bench(answer);
    const auto base = bench.evaluate();
    for (std::size_t i = from; i < to; ++i) {
      for (std::size_t j = 0; j < columns.knobs.size(); ++j)
        bench.specs().draw(columns.knobs[j], columns.draws[j][i]);
      const auto r = log_ratio(bench.evaluate(), base);
      for (std::size_t m = 0; m < kMetricCount; ++m) e.log_ratio[m][i] = r[m];
      e.fits[i] = bench.fits() ? 1 : 0;
      if (!e.bin.empty()) e.bin[i] = static_cast<std::uint8_t>(bench.specs().bin());
    }
  });
  return e;
}

}  // namespace

std::vector<Swing> swings(const Answer& answer) {
  Bench bench(answer);
  const auto base = bench.evaluate();
  std::vector<Swing> all;
  all.reserve(bench.knobs().size());
  for (std::size_t i = 0; i < bench.knobs().size(); ++i) {
    const auto& k = bench.knobs()[i];
    Swing s{k.key, k.path, k.grade, k.side, {}, {}, {}};
    if (k.is_choice()) {
      swing_of_choice(bench, k, base, s);
    } else {
      k.set(k.spread.low);
      s.at_low = log_ratio(bench.evaluate(), base);
      k.set(k.spread.high);
      s.at_high = log_ratio(bench.evaluate(), base);
      k.set(k.spread.value);
      for (std::size_t m = 0; m < kMetricCount; ++m)
        s.deviation[m] = 0.5 * std::abs(s.at_high[m] - s.at_low[m]) / kZ95;
    }
    all.push_back(std::move(s));
  }
  return all;
}

std::vector<Pull> pulls(const Answer& answer) {
  constexpr double kNudge = 0.99;
  Bench bench(answer, Specs::Take::all);
  const auto base = bench.evaluate();
  const auto free = bench.free();
  std::vector<Pull> all;
  for (const auto& k : bench.knobs()) {
    if (k.is_choice()) continue;
    Pull p{k.key, false, false, {}};
    const double value = k.spread.value;
    k.set(value > 0 ? value * kNudge : k.spread.high);
    const auto r = log_ratio(bench.evaluate(), base);
    p.moves = moves(r);
    p.room = bench.free() != free;
    if (value > 0)
      for (std::size_t m = 0; m < kMetricCount; ++m) p.elasticity[m] = r[m] / std::log(kNudge);
    k.set(value);
    all.push_back(std::move(p));
  }
  return all;
}

Samples sample(const Answer& answer, const Sampling& how) {
  const std::size_t n = how.samples;
  const auto all = swings(answer);
  Columns columns{drawn(answer, all, how.known), {}};
  for (const auto k : columns.knobs) columns.draws.push_back(draws_of(all[k].key, n, how.seed));
  auto e = evaluate(answer, columns, n, how.threads);
  Samples result;
  result.log_ratio = std::move(e.log_ratio);
  result.bin = std::move(e.bin);
  if (n > 0)
    result.fits =
        static_cast<double>(std::count(e.fits.begin(), e.fits.end(), 1)) / static_cast<double>(n);
  add_discrepancy(result, answer, net(answer, all), how);
  result.keeps = share_kept(answer, result);
  return result;
}

std::vector<Effect> effects(const Answer& answer, const Sampling& how, Metric m,
                            const std::vector<std::string>& keys) {
  const std::size_t n = how.samples;
  std::vector<Effect> result;
  for (const auto& key : keys) result.push_back({key, 0, 0});
  if (n == 0) return result;
  const auto all = swings(answer);
  Columns a{drawn(answer, all, how.known), {}};
  auto b = a;
  for (const auto k : a.knobs) {
    a.draws.push_back(draws_of(all[k].key, n, how.seed));
    b.draws.push_back(draws_of(all[k].key + " again", n, how.seed));
  }
  const auto at = [&](const Columns& c) {
    return evaluate(answer, c, n, how.threads).log_ratio[index(m)];
  };
  const auto of_a = at(a);
  const auto of_b = at(b);
  const double count = static_cast<double>(n);
  const double mean = std::accumulate(of_a.begin(), of_a.end(), 0.0) / count;
  double variance = 0;
  for (const double x : of_a) variance += (x - mean) * (x - mean) / count;
  variance += std::pow(net(answer, all)[index(m)].within(0.9) / kZ95, 2);
  if (variance <= 0) return result;
  for (auto& r : result) {
    const auto column = std::find_if(a.knobs.begin(), a.knobs.end(),
                                     [&](std::size_t k) { return all[k].key == r.key; });
    if (column == a.knobs.end()) continue;
    const auto j = static_cast<std::size_t>(column - a.knobs.begin());
    auto mixed = a;
    mixed.draws[j] = b.draws[j];
    const auto of_mixed = at(mixed);
    for (std::size_t i = 0; i < n; ++i) {
      const double by = of_mixed[i] - of_a[i];
      r.first += (of_b[i] - mean) * by / count;
      r.total += 0.5 * by * by / count;
    }
    r.first = std::clamp(r.first / variance, 0.0, 1.0);
    r.total /= variance;
  }
  return result;
}

PerMetric<Interval> intervals(const Samples& samples, std::uint8_t bin) {
  Samples part;
  for (std::size_t m = 0; m < kMetricCount; ++m)
    for (std::size_t i = 0; i < samples.bin.size(); ++i)
      if (samples.bin[i] == bin) part.log_ratio[m].push_back(samples.log_ratio[m][i]);
  return intervals(part);
}

PerMetric<Interval> intervals(const Samples& samples) {
  PerMetric<Interval> all;
  for (std::size_t m = 0; m < kMetricCount; ++m) {
    auto x = samples.log_ratio[m];
    if (x.empty()) continue;
    all[m] = {std::exp(quantile(x, 0.1)), std::exp(quantile(x, 0.5)), std::exp(quantile(x, 0.9))};
  }
  return all;
}

double chance_above(const Samples& a, double a_answer, const Samples& b, double b_answer,
                    Metric m) {
  const auto& x = a.log_ratio[index(m)];
  const auto& y = b.log_ratio[index(m)];
  const double lead = std::log(a_answer / b_answer);
  double above = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double by = lead + x[i] - y[i];
    above += by > 0 ? 1.0 : by < 0 ? 0.0 : 0.5;
  }
  return x.empty() ? 0.5 : above / static_cast<double>(x.size());
}

}  // namespace perfmodel::uncertainty
