#include "uncertainty/intervals.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <thread>

#include "uncertainty/bench.hpp"
#include "uncertainty/draws.hpp"
#include "uncertainty/sampling.hpp"

namespace perfmodel::uncertainty {
namespace {

constexpr std::size_t kLeastPerThread = 128;

PerMetric<Discrepancy> net(const Answer& answer, const std::vector<Swing>& all) {
  PerMetric<double> fitted{};
  for (const auto& s : all) {
    if (s.side != Side::fitted) continue;
    for (std::size_t m = 0; m < kMetricCount; ++m) fitted[m] += s.deviation[m] * s.deviation[m];
  }
  return net(answer.discrepancy, fitted);
}

void add_discrepancy(Samples& s, const Answer& a, const PerMetric<Discrepancy>& discrepancy,
                     const Sampling& how) {
  const ErrorDraws draws(a.stack, a.site.chip, a.common, how);
  for (std::size_t m = 0; m < kMetricCount; ++m) {
    const auto metric = static_cast<Metric>(m);
    if (discrepancy[m].scale <= 0) continue;
    const auto& z = draws.of(metric);
    for (std::size_t i = 0; i < z.size(); ++i)
      s.log_ratio[m][i] += sign_of(metric) * discrepancy[m].at(z[i]);
  }
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

/// What is drawn: knobs, and a column of numbers between 0 and 1 for each.
struct Columns {
  std::vector<std::size_t> knobs;
  std::vector<std::vector<double>> draws;
};

/// Of the figures that do something, in one order for all threads.
std::vector<std::size_t> drawn(const Answer& answer, const std::vector<Swing>& all,
                               std::string_view known) {
  const Specs specs(answer.site, answer.prefill, answer.stack);
  std::vector<std::size_t> used;
  for (std::size_t k = 0; k < all.size(); ++k)
    if (is_drawn(specs.knobs()[k], all[k]) && all[k].path != known) used.push_back(k);
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
  const auto reach = reaches(bench.specs(), 1, [&](std::span<PerMetric<double>> numbers) {
    numbers[0] = bench.evaluate();
  });
  std::vector<Swing> all;
  all.reserve(bench.knobs().size());
  for (std::size_t i = 0; i < bench.knobs().size(); ++i) {
    const auto& k = bench.knobs()[i];
    all.push_back({reach[0][i], k.key, k.path, k.grade, k.side});
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
  const auto& steady = answer.deployment.steady;
  result.keeps =
      share_kept(answer.workload.slo, steady.ttft, steady.tpot,
                 result.log_ratio[index(Metric::ttft)], result.log_ratio[index(Metric::tpot)]);
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
    all[m] = interval_of(x);
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
