#include "search/deployment.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "llm/counts.hpp"
#include "units/text.hpp"

namespace perfmodel::search {
namespace {

using mapping::Parallelism;
using spec::Infeasible;
using spec::Why;

/// Beyond this many devices a tensor-parallel group spends its time in messages on every machine in
/// the table.
constexpr int kMaxTensorParallel = 64;

/// Batches looked at between the largest and half of it, before those around the best one.
constexpr double kBatchesTried = 256.0;

/// Divisors of n, so that engines tile the system, and powers of two, so that odd counts are not
/// stuck.
std::vector<int> sizes_up_to(int limit, int n) {
  std::vector<int> r;
  for (int i = 1; i <= limit; ++i)
    if (n % i == 0 || (i & (i - 1)) == 0) r.push_back(i);
  return r;
}

bool meets(const serving::Steady& s, const serving::Slo& slo) {
  return (!slo.tpot || s.tpot <= *slo.tpot) && (!slo.ttft || s.ttft <= *slo.ttft);
}

/// What one parallelism comes to, or how it fell short.
struct Trial {
  std::optional<Deployment> found;
  std::optional<Infeasible> failed;
  Bytes shortfall = Bytes::infinity();    // per device, if memory was the matter
  Bytes asked_lacks = Bytes::infinity();  // per device, if the batch asked for was too large
  double places = 0;                      // sequences in flight that would have fitted then
  Time tpot = Time::infinity();           // of a single sequence, if the SLO was
  Time ttft = Time::infinity();
};

class Tester {
 public:
  Tester(const Problem& problem, const Request& request) : p_(problem), r_(request) {}

  Trial test(const Parallelism& parallelism) const {
    Trial t;
    auto plan = phase::compile(p_.llm, parallelism, p_.precision, p_.machine, r_.draft_tokens);
    if (!plan) {
      t.failed = plan.error();
      return t;
    }
    Deployment d;
    d.plan = std::move(*plan);
    d.engines = p_.devices / parallelism.devices();
    d.largest_batch = serving::largest_batch(d.plan, p_.machine, p_.workload);
    if (d.largest_batch < 1.0) {
      t.shortfall = -serving::memory_plan(d.plan, p_.machine, p_.workload, 1.0).free();
      return t;
    }
    const auto prefill = serving::prefill_cost(d.plan, p_.machine, p_.workload);
    const auto at = [&](double batch) {
      return serving::steady_state(d.plan, p_.machine, p_.workload, prefill, r_.accepted, batch);
    };
    if (!choose_batch(d, at, t)) return t;
    d.memory = serving::memory_plan(d.plan, p_.machine, p_.workload, d.batch);
    const double places = d.batch * parallelism.dp * d.engines;
    d.concurrency = r_.concurrency ? std::min(*r_.concurrency, places) : places;
    d.used = d.concurrency / places;
    t.found = std::move(d);
    return t;
  }

  /// A batch just beyond a tile or a wave can turn out less than a smaller one that fills it, so
  /// below the largest batch that keeps the promise a better one may lie.
  void fill_waves(Deployment& d) const {
    if (d.limit == Limit::asked || r_.largest_batch) return;
    const auto prefill = serving::prefill_cost(d.plan, p_.machine, p_.workload);
    const double largest = d.batch;
    const double step = std::max(1.0, std::floor(largest / kBatchesTried));
    const auto look = [&](double batch) {
      const auto s =
          serving::steady_state(d.plan, p_.machine, p_.workload, prefill, r_.accepted, batch);
      if (s.output_rate <= d.steady.output_rate || !meets(s, r_.slo)) return;
      d.batch = batch;
      d.steady = s;
      d.limit = Limit::rate;
    };
    for (double b = largest - step; b >= 1.0 && b >= 0.5 * largest; b -= step) look(b);
    const double around = d.batch;
    for (double b = std::max(1.0, around - step + 1.0); b < std::min(around + step, largest); ++b)
      look(b);
    d.memory = serving::memory_plan(d.plan, p_.machine, p_.workload, d.batch);
    d.concurrency = d.batch * d.plan.parallelism.dp * d.engines;
  }

 private:
  template <class At>
  bool choose_batch(Deployment& d, const At& at, Trial& t) const {
    if (r_.batch || r_.concurrency) {
      const double ranks = static_cast<double>(d.engines) * d.plan.parallelism.dp;
      d.batch = r_.batch ? *r_.batch : std::max(1.0, std::ceil(*r_.concurrency / ranks));
      d.limit = Limit::asked;
      if (d.batch > d.largest_batch) {
        t.asked_lacks = -serving::memory_plan(d.plan, p_.machine, p_.workload, d.batch).free();
        t.places = d.largest_batch * ranks;
        return false;
      }
      d.steady = at(d.batch);
      return true;
    }
    d.limit = Limit::memory;
    d.batch = d.largest_batch;
    d.steady = at(d.batch);
    if (r_.largest_batch || meets(d.steady, r_.slo)) return true;
    auto steady = at(1.0);
    if (!meets(steady, r_.slo)) {
      t.tpot = steady.tpot;
      t.ttft = steady.ttft;
      return false;
    }
    // Both latencies grow with the batch, so the largest one that keeps the promise is found by
    // halving.
    double low = 1.0;
    double high = d.batch;
    while (high - low > 1.0) {
      const double mid = std::floor(0.5 * (low + high));
      const auto s = at(mid);
      if (meets(s, r_.slo)) {
        low = mid;
        steady = s;
      } else {
        high = mid;
      }
    }
    const auto next = at(low + 1.0);
    d.limit = r_.slo.tpot && next.tpot > *r_.slo.tpot ? Limit::tpot : Limit::ttft;
    d.batch = low;
    d.steady = steady;
    return true;
  }

  const Problem& p_;
  const Request& r_;
};

/// Keeps the best trial, and of the failures the one that came nearest.
class Best {
 public:
  void add(Trial t) {
    ++count_;
    if (t.found) {
      const bool better = !best_ || t.found->output_rate() > best_->output_rate() ||
                          (t.found->output_rate() == best_->output_rate() &&
                           t.found->plan.parallelism.devices() < best_->plan.parallelism.devices());
      if (better) best_ = std::move(t.found);
      return;
    }
    if (t.failed && !failed_) failed_ = std::move(t.failed);
    if (t.places > places_) {
      places_ = t.places;
      asked_lacks_ = t.asked_lacks;
    }
    shortfall_ = min(shortfall_, t.shortfall);
    if (t.tpot < tpot_) {
      tpot_ = t.tpot;
      ttft_at_tpot_ = t.ttft;
    }
    ttft_ = min(ttft_, t.ttft);
  }
  bool found() const { return best_.has_value(); }

  spec::Outcome<Deployment> take(const Tester& tester, const Problem& p, const Request& r) {
    if (best_) {
      best_->candidates = count_;
      tester.fill_waves(*best_);
      return std::move(*best_);
    }
    if (tpot_.is_finite()) return slo_missed(r);
    if (places_ > 0) return too_many(r);
    // What fits no single device may fit several, if only it were known how they are joined.
    if (failed_ && failed_->why == Why::missing_figure) return *failed_;
    if (shortfall_.is_finite()) return out_of_memory(p);
    if (failed_) return *failed_;
    return Infeasible{Why::invalid_mapping, "no deployment was possible", ""};
  }

 private:
  Infeasible slo_missed(const Request& r) const {
    const bool tpot_missed = r.slo.tpot && tpot_ > *r.slo.tpot;
    if (tpot_missed) {
      return {Why::slo_unreachable,
              fmt::format(
                  "TPOT of {} is out of reach: the fastest deployment needs {} with one sequence",
                  format(*r.slo.tpot, 3), format(tpot_, 3)),
              "--slo tpot=" + pasted(tpot_ * 1.05)};
    }
    const Time ttft = tpot_missed ? ttft_at_tpot_ : ttft_;
    return {Why::slo_unreachable,
            fmt::format("TTFT of {} is out of reach: the fastest prefill takes {}",
                        r.slo.ttft ? format(*r.slo.ttft, 3) : "-", format(ttft, 3)),
            "--slo ttft=" + pasted(ttft * 1.05)};
  }
  /// A time as it can stand on a command line: no blank inside.
  static std::string pasted(Time t) {
    auto s = format(t, 2);
    s.erase(std::remove(s.begin(), s.end(), ' '), s.end());
    return s;
  }
  Infeasible too_many(const Request& r) const {
    const auto asked = r.batch ? fmt::format("a batch of {} per attention rank", *r.batch)
                               : fmt::format("{} sequences in flight", *r.concurrency);
    return {
        Why::out_of_memory,
        fmt::format("{} do not fit: they lack {} on every device", asked, format(asked_lacks_, 3)),
        fmt::format("--concurrency {} (all that memory holds)", places_)};
  }
  Infeasible out_of_memory(const Problem& p) const {
    const auto count = llm::count_parameters(p.llm);
    return {Why::out_of_memory,
            fmt::format("{} ({} parameters) does not fit: even the sparsest deployment lacks {} on "
                        "every device",
                        p.llm.id, format(Count::from_base(count.total), 3), format(shortfall_, 3)),
            ""};
  }

  std::optional<Deployment> best_;
  std::optional<Infeasible> failed_;
  Bytes shortfall_ = Bytes::infinity();
  Bytes asked_lacks_ = Bytes::infinity();
  double places_ = 0;
  Time tpot_ = Time::infinity();
  Time ttft_at_tpot_ = Time::infinity();
  Time ttft_ = Time::infinity();
  std::size_t count_ = 0;
};

}  // namespace

std::vector<Parallelism> candidates(const llm::LlmSpec& llm, int devices, int stages) {
  std::vector<Parallelism> r;
  const auto* moe = llm.moe();
  for (int tp : sizes_up_to(std::min(kMaxTensorParallel, devices / stages), devices)) {
    if (!mapping::divides_heads(tp, llm)) continue;
    if (moe == nullptr) {
      // Data-parallel copies of a dense model are engines of their own.
      r.push_back({.tp = tp, .pp = stages});
      continue;
    }
    // More ranks than experts only adds copies; half as many again is what published machines use
    // at most.
    const int widest = std::min(devices / stages, moe->experts + moe->experts / 2) / tp;
    for (int dp : sizes_up_to(widest, devices / tp)) {
      r.push_back({.tp = tp, .pp = stages, .dp = dp, .ep = tp * dp});
      if (dp == 1 && tp > 1 && moe->width % tp == 0)
        r.push_back({.tp = tp, .pp = stages, .ep = 1, .moe_tp = tp});
    }
  }
  return r;
}

spec::Outcome<Deployment> find_deployment(const Problem& problem, const Request& request) {
  const Tester tester(problem, request);
  Best best;
  if (request.parallelism) {
    if (request.parallelism->devices() > problem.devices) {
      return Infeasible{
          Why::invalid_mapping,
          fmt::format("{} needs {} devices, the system has {}",
                      mapping::to_string(*request.parallelism), request.parallelism->devices(),
                      problem.devices),
          fmt::format("at most {} devices, or join more systems with --count", problem.devices)};
    }
    best.add(tester.test(*request.parallelism));
    return best.take(tester, problem, request);
  }
  for (int stages : {1, 2, 4, 8}) {
    if (stages > problem.devices || stages > problem.llm.layers()) break;
    for (const auto& c : candidates(problem.llm, problem.devices, stages)) best.add(tester.test(c));
    if (best.found()) break;
  }
  return best.take(tester, problem, request);
}

Deployment at_machine(const Deployment& deployment, const cost::Machine& machine,
                      const serving::Workload& workload, double accepted) {
  Deployment d = deployment;
  const auto prefill = serving::prefill_cost(d.plan, machine, workload);
  d.steady = serving::steady_state(d.plan, machine, workload, prefill, accepted, d.batch);
  d.memory = serving::memory_plan(d.plan, machine, workload, d.batch);
  d.largest_batch = serving::largest_batch(d.plan, machine, workload);
  return d;
}

}  // namespace perfmodel::search
