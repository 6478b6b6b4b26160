#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "calibrate/run.hpp"

namespace perfmodel::calibrate {
namespace {

using spec::Infeasible;
using spec::Why;

class Predictor {
 public:
  Predictor(const Run& run, const cost::Stack& stack)
      : r_(run), machine_(machine_of(run, run.decode, stack)), stack_(stack) {}

  spec::Outcome<Prediction> run() {
    switch (r_.mode) {
      case Mode::aggregated:
        return aggregated();
      case Mode::disaggregated:
        return disaggregated();
      case Mode::decode_only:
        return decode_only();
      case Mode::prefill_only:
        return prefill_only();
      case Mode::static_batch:
        return static_batch();
      case Mode::offline_max:
        return offline();
    }
    return Infeasible{Why::invalid_mapping, "mode not modelled", ""};
  }

 private:
  const phase::Plan& plan() const { return r_.decode.plan; }
  double ranks() const { return r_.decode.workers * plan().parallelism.dp; }
  double limit() const {
    return std::max(1.0, serving::largest_batch(plan(), machine_, r_.workload));
  }
  double asked_batch() const {
    if (r_.concurrency > 0) return std::max(1.0, r_.concurrency / ranks());
    return std::max(1.0, r_.batch_per_chip * r_.chips / ranks());
  }

  /// Tokens accepted per step: as published, else each drafted token as likely as the profile says,
  /// given that the one before it was.
  double accepted() const {
    if (r_.accepted) return *r_.accepted;
    return serving::speculation(r_.drafted, stack_.acceptance.value.base()).accepted;
  }

  /// Sequences that run at `batch` per rank: fewer than there are places where ranks outnumber
  /// requests.
  double in_flight(double batch) const {
    const double places = batch * ranks();
    const double asked = r_.concurrency > 0 ? r_.concurrency : r_.batch_per_chip * r_.chips;
    return asked > 0 ? std::min(asked, places) : places;
  }

  void fill_rates(Prediction& p, double sequences) const {
    const double output = r_.workload.mean_output();
    const Time life = p.ttft + p.tpot * std::max(0.0, output - 1.0);
    p.requests = sequences / life;
    p.output = p.requests * output;
    p.input = p.requests * r_.workload.mean_input();
  }

  /// How a closed-loop benchmark differs from the steady state. It starts all requests at once and
  /// replaces each when it ends, so they come in waves. Let W be the prefill work of a wave and L
  /// the life of a request. Where prefills mix with decodes the wave is staggered by its own
  /// prefills, over W, and stays so; where prefills go first all requests start, and end, together;
  /// lengths that vary widen the wave as a random walk. A wave of width B < W waits for (W - B) / 2
  /// before the first token, and the spread-out part for `queue` others at most; every request is
  /// stalled by the prefills behind it in its own wave, W / 2, and by those of the next wave that
  /// begin before it ends, B / 2. All start the first wave together.
  struct Waves {
    double stall = 1;  // part of W that falls between a request's tokens
    Time wait{};       // before the first token
  };
  static Waves waves_of(Time work, Time one, Time life, double spread, double in_step,
                        double queue) {
    // Published harnesses run ten requests for every one in flight (InferenceX; vLLM's and SGLang's
    // serving benchmarks as commonly set).
    constexpr int kWaves = 10;
    const double share = work / life;
    Waves w;
    w.stall = 0;
    for (int k = 0; k < kWaves; ++k) {
      const double own = k == 0 ? 0.0 : 1.0 - in_step;
      const double width = std::min(1.0, own + spread * std::sqrt(static_cast<double>(k)) / share);
      w.stall += (0.5 + 0.5 * width) / kWaves;
      w.wait += (work * (0.5 * (1.0 - width)) + min(one * queue, work * 0.5) * width) / kWaves;
    }
    return w;
  }

  Prediction aggregated() const {
    const auto& w = r_.workload;
    const auto prefill = serving::prefill_cost(plan(), machine_, w);
    const double wanted = asked_batch();
    const double batch = std::min(wanted, limit());
    const double pp = plan().parallelism.pp;
    const double output = w.mean_output();
    const double yield = 1.0 + accepted();
    Prediction p;
    p.step = phase::evaluate(plan(), machine_, serving::decode_pass(plan(), w, batch)).total;
    const double together = std::clamp(batch, 1.0, prefill.full);
    const Time prefills = prefill.of(together) / together * (batch * machine_.interference / pp);
    const auto waves =
        waves_of(prefills, prefills / std::max(1.0, batch), p.step / yield * output + prefills,
                 w.spread, stack_.in_step.value.base(), stack_.queue.value.base());
    p.batch = batch;
    p.yield = yield;
    p.together = together;
    p.tpot = p.step / yield + prefills * (waves.stall / output);
    p.itl = p.tpot * yield;
    p.ttft = machine_.request + prefill.one + p.step * 0.5 + waves.wait;
    fill_rates(p, in_flight(batch));
    if (wanted > batch) {
      // Requests beyond what memory holds wait for a place; throughput is that of the places.
      p.saturated = true;
      p.ttft += (wanted - batch) * ranks() / p.requests;
    }
    return p;
  }

  /// Prefill feeds decoding at the rate that the slower pool allows; in-flight requests divide
  /// between them.
  Prediction disaggregated() const {
    const auto& pre = *r_.prefill;
    const auto pre_machine = machine_of(r_, pre, stack_);
    const auto prefill = serving::prefill_cost(pre.plan, pre_machine, r_.workload);
    const double pre_ranks = pre.workers * pre.plan.parallelism.dp * pre.plan.parallelism.pp;
    const Frequency pre_limit = pre_ranks * prefill.full / prefill.full_time;
    const double output = r_.workload.mean_output();
    const auto decode = [&](double batch) {
      return phase::evaluate(plan(), machine_, serving::decode_pass(plan(), r_.workload, batch))
          .total;
    };
    const double yield = 1.0 + accepted();
    const double most = std::min(limit(), std::max(1.0, r_.concurrency / ranks()));
    // Requests in prefill at rate X are X t_p; the rest decodes. Both sides grow with the batch, so
    // halve.
    double low = std::min(1.0, most);
    double high = most;
    const auto rate_at = [&](double batch) {
      return in_flight(batch) * yield / (decode(batch) * output);
    };
    const auto total_at = [&](double batch) {
      return in_flight(batch) + rate_at(batch) * prefill.one;
    };
    for (int i = 0; i < 30 && high - low > 0.01 * low; ++i) {
      const double mid = 0.5 * (low + high);
      const bool below = total_at(mid) < r_.concurrency && rate_at(mid) < pre_limit;
      (below ? low : high) = mid;
    }
    Prediction p;
    p.batch = low;
    p.yield = yield;
    p.together = prefill.full;
    p.step = decode(low);
    p.tpot = p.step / yield;
    p.itl = p.step;
    p.requests = min(rate_at(low), pre_limit);
    // What is not decoding waits for or is in prefill (Little's law).
    const double waiting = std::max(0.0, r_.concurrency - in_flight(low));
    p.ttft = machine_.request + max(prefill.one, waiting / p.requests);
    p.saturated = rate_at(low) >= pre_limit * 0.98 || low >= limit() * 0.98;
    p.output = p.requests * output;
    p.input = p.requests * r_.workload.mean_input();
    return p;
  }

  Prediction decode_only() const {
    auto w = r_.workload;
    const auto pass = [&] {
      auto q = serving::decode_pass(plan(), w, asked_batch());
      q.context_low = r_.fixed_context;
      q.context_high = r_.fixed_context + (w.output > 1 ? w.output : 0.0);
      return q;
    }();
    Prediction p;
    p.step = phase::evaluate(plan(), machine_, pass).total;
    p.tpot = p.step / (1.0 + accepted());
    p.itl = p.step;
    p.output = in_flight(asked_batch()) / p.tpot;
    return p;
  }

  Prediction prefill_only() const {
    const double tokens = r_.workload.mean_input();
    // `batch_per_chip` counts tokens here; fewer than one sequence's worth are sequences after all.
    double sequences = r_.batch_per_chip * r_.chips / ranks();
    if (r_.batch_per_chip >= tokens) sequences /= tokens;
    sequences = std::max(1.0, sequences);
    if (r_.batch_per_chip <= 0) sequences = std::max(1.0, std::floor(machine_.chunk / tokens));
    const auto passes = serving::prefill_passes(plan(), machine_, r_.workload, sequences);
    Prediction p;
    p.ttft = phase::evaluate(plan(), machine_, passes.pass).total * passes.count;
    p.step = p.ttft;
    p.input = sequences * tokens * ranks() * plan().parallelism.pp / p.ttft;
    return p;
  }

  Prediction static_batch() const {
    const double batch = asked_batch();
    const double new_tokens = r_.workload.mean_input();
    // All prompts first, as many at a time as a chunk holds, then all steps together.
    const double together = std::clamp(std::floor(machine_.chunk / new_tokens), 1.0, batch);
    const auto passes = serving::prefill_passes(plan(), machine_, r_.workload, together);
    Prediction p;
    p.ttft =
        phase::evaluate(plan(), machine_, passes.pass).total * (passes.count * batch / together);
    p.step =
        phase::evaluate(plan(), machine_, serving::decode_pass(plan(), r_.workload, batch)).total;
    p.tpot = p.step;
    p.itl = p.step;
    p.batch_latency = p.ttft + p.step * (r_.workload.mean_output() - 1.0);
    p.output = in_flight(batch) * r_.workload.mean_output() / p.batch_latency;
    p.input = in_flight(batch) * new_tokens / p.batch_latency;
    return p;
  }

  Prediction offline() const {
    // Paged caches hold what is there, not what may come: the running batch is bounded by the mean
    // length, half of the output on average.
    auto w = r_.workload;
    auto held = w;
    held.output = std::max(1.0, 0.5 * w.output);
    const double batch = std::max(1.0, serving::largest_batch(plan(), machine_, held));
    const auto prefill = serving::prefill_cost(plan(), machine_, w);
    const auto s = serving::steady_state(plan(), machine_, w, prefill, accepted(), batch);
    Prediction p;
    p.tpot = s.tpot;
    p.ttft = s.ttft;
    p.step = s.decode_step;
    p.itl = s.tpot * s.yield;
    fill_rates(p, batch * ranks());
    p.saturated = true;
    return p;
  }

  const Run& r_;
  cost::Machine machine_;
  const cost::Stack& stack_;
};

}  // namespace

cost::Machine machine_of(const Run& run, const Pool& pool, const cost::Stack& stack) {
  auto m =
      cost::make_machine(run.site->chip, run.site->system, pool.systems, &run.site->family, stack);
  if (!run.balanced) return m;
  m.imbalance = 1;
  m.random_routing = false;
  return m;
}

spec::Outcome<Prediction> predict(const Run& run, const cost::Stack& stack) {
  return Predictor(run, stack).run();
}

spec::Outcome<double> value_of(const Prediction& p, const Run& run, Metric metric) {
  const auto none = [](const char* why) { return Infeasible{Why::invalid_mapping, why, ""}; };
  const auto per = [](Frequency rate, double chips) { return rate.base() / chips; };
  double v = 0;
  switch (metric) {
    case Metric::tpot:
      v = p.tpot.base() * 1e3;
      break;
    case Metric::ttft:
      v = p.ttft.base() * 1e3;
      break;
    case Metric::step:
      v = p.step.base() * 1e3;
      break;
    case Metric::itl:
      v = p.itl.base() * 1e3;
      break;
    case Metric::output_per_chip:
      v = per(p.output, run.chips);
      break;
    case Metric::output_per_decode_chip:
      v = per(p.output, run.decode.chips);
      break;
    case Metric::input_per_chip:
      v = per(p.input, run.chips);
      break;
    case Metric::input_per_prefill_chip:
      v = per(p.input, run.prefill ? run.prefill->chips : run.chips);
      break;
    case Metric::total_per_chip:
      v = per(p.input + p.output, run.chips);
      break;
    case Metric::batch_latency:
      v = p.batch_latency.base();
      break;
    case Metric::requests:
      v = p.requests.base();
      break;
    case Metric::power:
    case Metric::joules:
      return none("power needs the coefficients of power");
  }
  if (!(v > 0) || !std::isfinite(v)) return none("the run does not define this metric");
  return v;
}

}  // namespace perfmodel::calibrate
