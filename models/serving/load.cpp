#include "serving/load.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "serving/queue.hpp"
#include "units/text.hpp"

namespace perfmodel::serving {
namespace {

/// Halvings of the batch: to a millionth of the largest.
constexpr int kHalvings = 48;

spec::Infeasible saturated(Frequency rate, Frequency most) {
  return {spec::Why::saturated,
          fmt::format("{:.4g} requests/s are more than the {:.4g} that it can serve", rate.base(),
                      most.base()),
          fmt::format("--rate {:.3g}", most.base() * 0.9)};
}

/// Squared coefficient of variation of lengths uniform between (1 - spread) and 1 of nominal.
double variation(const Lengths& w) {
  return w.square_mean_ratio() - 1.0;
}

/// The batch in (0, largest] at which `rate_at` gives `rate`; it grows with the batch.
template <class RateAt>
double batch_for(const RateAt& rate_at, double largest, Frequency rate) {
  double low = 0;
  double high = largest;
  for (int i = 0; i < kHalvings && high - low > 1e-9 * high; ++i) {
    const double mid = 0.5 * (low + high);
    (rate_at(mid) < rate ? low : high) = mid;
  }
  return high;
}

}  // namespace

spec::Outcome<Loaded> at_load(const phase::Plan& plan, const cost::Machine& machine,
                              const Lengths& w, double accepted, double largest, int engines,
                              Frequency rate) {
  const auto prefill = prefill_cost(plan, machine, w);
  const auto at = [&](double batch) {
    return steady_state(plan, machine, w, prefill, accepted, batch);
  };
  const Frequency each = rate / engines;
  const auto requests_at = [&](double batch) { return at(batch).output_rate / w.mean_output(); };
  const Frequency most = requests_at(largest);
  if (each >= most) return saturated(rate, most * engines);
  Loaded l;
  const double batch = batch_for(requests_at, largest, each);
  l.steady = at(batch);
  const double ranks = static_cast<double>(engines) * plan.parallelism.dp;
  const double lanes = ranks * plan.parallelism.pp;
  const Time service = l.steady.turn;
  const double work = rate * service;
  l.prefill_busy = work / lanes;
  l.places_busy = batch / largest;
  const Time life = l.steady.ttft + l.steady.tpot * std::max(0.0, w.mean_output() - 1.0);
  l.queue = queue_wait(lanes, work, service, variation(w)) +
            queue_wait(largest * ranks, batch * ranks, life, variation(w));
  if (prefill.read.base() > 0)
    l.queue += queue_wait(ranks, rate * prefill.read, prefill.read, variation(w));
  if (!l.queue.is_finite()) return saturated(rate, most * engines);
  l.steady.ttft += l.queue;
  return l;
}

spec::Outcome<Loaded> at_load(const phase::Plan& decode, const cost::Machine& machine,
                              const Lengths& w, double accepted, double largest, int engines,
                              const PrefillState& prefill, int prefill_engines,
                              const phase::Plan& prefill_plan, Frequency rate) {
  const auto at = [&](double batch) { return decode_state(decode, machine, w, accepted, batch); };
  const auto requests_at = [&](double batch) { return at(batch).output_rate / w.mean_output(); };
  const Frequency most = min(requests_at(largest) * engines, prefill.rate * prefill_engines);
  if (rate >= most) return saturated(rate, most);
  Loaded l;
  const double batch = batch_for(requests_at, largest, rate / engines);
  l.steady = at(batch);
  const auto& p = prefill_plan.parallelism;
  const double lanes = static_cast<double>(prefill_engines) * p.dp * p.pp;
  l.prefill_busy = rate / (prefill.rate * prefill_engines);
  l.places_busy = batch / largest;
  const double ranks = static_cast<double>(engines) * decode.parallelism.dp;
  const Time stay = l.steady.tpot * std::max(1.0, w.mean_output() - 1.0);
  l.queue = queue_wait(lanes, l.prefill_busy * lanes, prefill.pass, variation(w)) +
            queue_wait(largest * ranks, batch * ranks, stay, variation(w));
  l.steady.ttft = prefill.ttft + l.queue;
  l.steady.prefill = prefill.pass;
  return l;
}

}  // namespace perfmodel::serving
