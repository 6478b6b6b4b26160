#include "search/split.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "search/best_batch.hpp"
#include "serving/load.hpp"

namespace perfmodel::search {
namespace {

using mapping::Parallelism;
using serving::Role;
using spec::Infeasible;
using spec::Why;

/// `need`: device-seconds of a request at the engine's best.
struct PrefillEngine {
  phase::Plan plan;
  serving::PrefillCost cost;
  Time need{};
};
struct DecodeEngine {
  phase::Plan plan;
  serving::Steady steady;  // at its best batch
  double largest = 0;
  Frequency requests{};
  Time need{};
};

/// How many engines of each kind, and what they serve together.
struct Sizes {
  int prefill = 0;
  int decode = 0;
  Frequency requests{};
};

class Splitter {
 public:
  Splitter(const Problem& p, const Request& r, Best& best, Failures& failures)
      : p_(p), r_(r), best_(best), failures_(failures) {}

  std::size_t run() {
    for (int stages : kStages) {
      if (stages > p_.llm.layers()) break;
      if (prefill_.empty()) add_prefill_engines(stages);
      if (decode_.empty()) add_decode_engines(stages);
    }
    // Thriftiest first: once a pair cannot win, none after it can.
    const auto by_need = [](const auto& a, const auto& b) { return a.need < b.need; };
    std::stable_sort(prefill_.begin(), prefill_.end(), by_need);
    std::stable_sort(decode_.begin(), decode_.end(), by_need);
    for (const auto& d : decode_) {
      for (const auto& f : prefill_) {
        if (hopeless(f.need + d.need)) break;
        pair(f, d);
      }
    }
    return looked_at_;
  }

 private:
  const cost::Machine& prefill_machine() const {
    return p_.prefill != nullptr ? p_.prefill->machine : p_.machine;
  }
  int prefill_devices() const {
    if (p_.prefill != nullptr) return p_.prefill->devices;
    return r_.split == Split::fixed ? r_.prefill_devices : p_.devices - 1;
  }
  int decode_devices() const {
    if (p_.prefill != nullptr) return p_.devices;
    return r_.split == Split::fixed ? r_.decode_devices : p_.devices - 1;
  }
  int joined() const {
    return r_.split == Split::fixed ? r_.prefill_devices + r_.decode_devices : p_.devices;
  }
  bool sizes_are_given() const { return p_.prefill != nullptr || r_.split == Split::fixed; }

  std::vector<Parallelism> choices(const std::optional<Parallelism>& asked, int devices,
                                   int stages) const {
    if (asked) {
      if (asked->pp != stages || asked->devices() > devices) return {};
      return {*asked};
    }
    if (stages > devices) return {};
    // Sizes that tile what there is: the pool where its size is given, else the system.
    auto all = candidates(p_.llm, sizes_are_given() ? devices : p_.devices, stages, r_.shapes);
    std::erase_if(all, [&](const Parallelism& c) { return c.devices() > devices; });
    return all;
  }

  std::optional<phase::Plan> compile(const Parallelism& c, const mapping::Precision& precision,
                                     const cost::Machine& machine, Role role) {
    ++looked_at_;
    Shortfall s;
    auto plan = phase::compile(p_.llm, c, precision, machine, r_.speculation.drafts);
    if (!plan) {
      s.failed = plan.error();
      failures_.add(s);
      return std::nullopt;
    }
    const auto memory = serving::memory_plan(*plan, machine, p_.workload, 1.0, role);
    if (!memory.fits()) {
      s.lacks = -memory.free();
      failures_.add(s);
      return std::nullopt;
    }
    return std::move(*plan);
  }

  void add_prefill_engines(int stages) {
    const auto& precision = p_.prefill != nullptr ? p_.prefill->precision : p_.precision;
    for (const auto& c : choices(r_.prefill_parallelism, prefill_devices(), stages)) {
      auto plan = compile(c, precision, prefill_machine(), Role::prefill);
      if (!plan) continue;
      const auto cost = serving::prefill_cost(*plan, prefill_machine(), p_.workload);
      const double passes = static_cast<double>(c.dp) * c.pp;
      const Time need = cost.full_time * (c.devices() / (passes * cost.full));
      least_prefill_ = min(least_prefill_, need);
      prefill_.push_back({std::move(*plan), cost, need});
    }
  }

  void add_decode_engines(int stages) {
    for (const auto& c : choices(r_.parallelism, decode_devices(), stages)) {
      auto plan = compile(c, p_.precision, p_.machine, Role::decode);
      if (!plan) continue;
      DecodeEngine e;
      e.plan = std::move(*plan);
      e.largest = serving::largest_batch(e.plan, p_.machine, p_.workload, Role::decode);
      const auto at = [&](double batch) {
        return serving::decode_state(e.plan, p_.machine, p_.workload, r_.speculation.accepted,
                                     batch);
      };
      const serving::Slo slo{std::nullopt, r_.slo.tpot};
      Shortfall s;
      if (r_.batch) {
        if (*r_.batch > e.largest) {
          s.asked_lacks = -memory(e.plan, *r_.batch).free();
          const int engines = decode_devices() / c.devices();
          s.places = e.largest * c.dp * engines;
        } else {
          e.steady = at(*r_.batch);
        }
      } else if (r_.largest_batch) {
        e.steady = at(e.largest);
      } else if (r_.objective == Objective::tpot) {
        e.steady = at(1.0);
      } else {
        const auto chosen = best_batch(at, e.largest, slo, to_beat(c.devices()));
        if (chosen.best) {
          e.steady = *chosen.best;
        } else if (!meets(chosen.single, slo)) {
          s.tpot = chosen.single.tpot;
          s.ttft = Time{};
        }
      }
      failures_.add(s);
      if (e.steady.batch < 1.0) continue;
      e.requests = e.steady.output_rate / p_.workload.mean_output();
      e.need = c.devices() / e.requests;
      decode_.push_back(std::move(e));
    }
  }

  serving::MemoryPlan memory(const phase::Plan& plan, double batch) const {
    return serving::memory_plan(plan, p_.machine, p_.workload, batch, Role::decode);
  }

  double worth(Frequency requests, double devices, Time tpot) const {
    return most_worth(p_, objective(), requests * p_.workload.mean_output(), devices, tpot);
  }
  Objective objective() const { return r_.rate ? Objective::tpot : r_.objective; }

  /// The numbers of engines that are worth most; none where the devices hold no pair.
  Sizes sizes(int s_p, Frequency prefill, int s_d, Frequency decode, Time tpot) const {
    Sizes best;
    double best_worth = 0;
    const int shared = p_.devices;
    const int most_d = (sizes_are_given() ? decode_devices() : shared - s_p) / s_d;
    for (int d = 1; d <= most_d; ++d) {
      const int room = (sizes_are_given() ? prefill_devices() : shared - d * s_d) / s_p;
      if (room < 1) break;
      const double matched = decode / prefill * d;
      for (const double n : {std::floor(matched), std::ceil(matched)}) {
        const int p = std::clamp(static_cast<int>(std::min(n, 1e9)), 1, room);
        const Frequency requests = min(prefill * p, decode * d);
        const double w = worth(requests, static_cast<double>(p) * s_p + d * s_d, tpot);
        if (best.decode > 0 && w <= best_worth) continue;
        best_worth = w;
        best = {p, d, requests};
      }
      if (matched > room) break;  // more decode engines only wait
    }
    return best;
  }

  double all_devices() const {
    return p_.prefill != nullptr ? p_.devices + p_.prefill->devices
                                 : static_cast<double>(p_.devices);
  }

  /// No pair that needs so much of a device for a request is worth more than the best so far.
  bool hopeless(Time need) const {
    if (!best_.found() || objective() == Objective::tpot) return false;
    const double devices = all_devices();
    return worth(devices / need, devices, Time{}) <= best_.value();
  }

  /// The output rate of a decode engine below which even the thriftiest prefill makes a hopeless
  /// pair with it; a little less, as best_batch leaves rates unlooked at that are little above.
  double to_beat(double engine) const {
    if (!best_.found() || objective() == Objective::tpot || prefill_.empty()) return 0;
    // Worth is proportional to the rate, and the rate to what one device-second brings.
    const Time unit = Time::from_base(1.0);
    const Time most = unit * (worth(all_devices() / unit, all_devices(), Time{}) / best_.value());
    constexpr double kLess = 1.0 - 2e-3;
    const Time left = most - least_prefill_;
    if (left.base() <= 0) return std::numeric_limits<double>::infinity();
    return (engine / left * p_.workload.mean_output()).base() * kLess;
  }

  void pair(const PrefillEngine& f, const DecodeEngine& d) {
    const int s_p = f.plan.parallelism.devices();
    const int s_d = d.plan.parallelism.devices();
    const auto link = p_.pool_link ? p_.pool_link : serving::pool_link(p_.machine, joined());
    Shortfall s;
    if (!link) {
      s.failed = Infeasible{Why::missing_figure,
                            "the link bandwidth between the pools is not published", ""};
      failures_.add(s);
      return;
    }
    const auto transfer = serving::cache_transfer(f.plan, d.plan, p_.workload);
    const auto state =
        serving::prefill_state(f.plan, prefill_machine(), f.cost, transfer, *link, r_.slo.ttft);
    if (!state) {
      s.tpot = Time{};
      s.ttft = prefill_machine().request + f.cost.one + transfer.time(*link, 1.0);
      failures_.add(s);
      return;
    }
    const auto n = sizes(s_p, state->rate, s_d, d.requests, d.steady.tpot);
    if (n.decode == 0) return;
    consider(f, d, *state, transfer, n);
  }

  void consider(const PrefillEngine& f, const DecodeEngine& d, const serving::PrefillState& state,
                const serving::Transfer& transfer, const Sizes& n) {
    const double devices = static_cast<double>(n.prefill) * f.plan.parallelism.devices() +
                           static_cast<double>(n.decode) * d.plan.parallelism.devices();
    if (best_.found() && !r_.rate && !r_.concurrency &&
        worth(n.requests, devices, d.steady.tpot) < best_.value() * (1.0 - 1e-12))
      return;
    Deployment x;
    x.plan = d.plan;
    x.engines = n.decode;
    x.draft_tokens = r_.speculation.drafts;
    x.accepted = r_.speculation.accepted;
    x.largest_batch = d.largest;
    x.steady = d.steady;
    x.limit = d.steady.batch >= d.largest ? Limit::memory : r_.batch ? Limit::asked : Limit::tpot;
    PrefillPool pool;
    pool.plan = f.plan;
    pool.engines = n.prefill;
    pool.together = state.together;
    pool.pass = state.pass;
    pool.transfer = state.transfer;
    pool.transferred = transfer.request;
    pool.joined = joined();
    pool.link = p_.pool_link;
    // One set of caches is computed while another leaves.
    pool.memory = serving::memory_plan(f.plan, prefill_machine(), p_.workload, 2.0 * state.together,
                                       Role::prefill);
    if (!pool.memory.fits()) {
      Shortfall s;
      s.lacks = -pool.memory.free();
      failures_.add(s);
      return;
    }
    x.prefill = std::move(pool);
    if (!fill_load(x, state, n)) return;
    x.memory = memory(x.plan, std::max(1.0, x.batch));
    best_.add(std::move(x));
  }

  serving::Steady decode_at(const phase::Plan& plan, double batch) const {
    return serving::decode_state(plan, p_.machine, p_.workload, r_.speculation.accepted, batch);
  }

  /// The smallest batch, from one up, at which the decode engines take what arrives.
  double batch_for(const Deployment& x, Frequency requests) const {
    const auto serves = [&](double b) {
      return decode_at(x.plan, b).output_rate / p_.workload.mean_output() * x.engines >= requests;
    };
    double low = 0;
    double high = x.steady.batch;
    while (high - low > 1.0) {
      const double mid = std::floor(0.5 * (low + high));
      (serves(mid) ? high : low) = mid;
    }
    return high;
  }

  bool fill_load(Deployment& x, const serving::PrefillState& state, const Sizes& n) {
    const double output = p_.workload.mean_output();
    Frequency requests = n.requests;
    Time wait{};
    if (r_.rate) {
      const auto l =
          serving::at_load(x.plan, p_.machine, p_.workload, r_.speculation.accepted, x.steady.batch,
                           x.engines, state, n.prefill, x.prefill->plan, *r_.rate);
      if (!l) {
        Shortfall s;
        s.failed = l.error();
        failures_.add(s);
        return false;
      }
      if (!meets(l->steady, r_.slo)) return false;
      x.steady = l->steady;
      x.queue = l->queue;
      x.limit = Limit::load;
      requests = *r_.rate;
      wait = l->queue;
    } else {
      if (r_.concurrency) {
        // Requests in flight wait for the slower pool or fill neither (Little's law).
        const Time stay = state.ttft + x.steady.tpot * std::max(1.0, output - 1.0);
        const Frequency offered = *r_.concurrency / stay;
        if (offered < requests) {
          requests = offered;
          x.limit = Limit::load;
        } else {
          wait = *r_.concurrency / requests - stay;
        }
      } else if (n.requests < x.steady.output_rate / output * (x.engines * (1.0 - 1e-9))) {
        x.limit = Limit::prefill;
      }
      if (!r_.batch) x.steady = decode_at(x.plan, batch_for(x, requests));
    }
    x.batch = x.steady.batch;
    x.used = std::min(1.0, requests * output / (x.steady.output_rate * x.engines));
    x.steady.ttft = state.ttft + wait;
    x.steady.prefill = state.pass;
    x.steady.prefill_only = state.rate * p_.workload.mean_input() * (1.0 * n.prefill / n.decode);
    x.concurrency = x.batch * x.plan.parallelism.dp * x.engines * x.used + requests * x.steady.ttft;
    x.prefill->utilisation = requests / (state.rate * n.prefill);
    return true;
  }

  const Problem& p_;
  const Request& r_;
  Best& best_;
  Failures& failures_;
  std::vector<PrefillEngine> prefill_;
  Time least_prefill_ = Time::infinity();  // that one of them needs
  std::vector<DecodeEngine> decode_;
  std::size_t looked_at_ = 0;
};

}  // namespace

std::size_t add_split_deployments(const Problem& problem, const Request& request, Best& best,
                                  Failures& failures) {
  return Splitter(problem, request, best, failures).run();
}

void split_at_machine(Deployment& d, const cost::Machine& machine,
                      const serving::Workload& workload, const cost::Machine* prefill_machine) {
  const auto& pre_machine = prefill_machine != nullptr ? *prefill_machine : machine;
  auto& pool = *d.prefill;
  const auto cost = serving::prefill_cost(pool.plan, pre_machine, workload);
  const auto transfer = serving::cache_transfer(pool.plan, d.plan, workload);
  const auto link = pool.link ? pool.link : serving::pool_link(machine, pool.joined);
  const auto state = serving::prefill_at(pool.plan, pre_machine, cost, transfer,
                                         link.value_or(serving::PoolLink{machine.memory, {}}),
                                         std::min(pool.together, cost.full));
  d.steady = serving::decode_state(d.plan, machine, workload, d.accepted, d.batch);
  const double output = workload.mean_output();
  const Frequency decode = d.steady.output_rate / output * d.engines;
  const Frequency requests = min(state.rate * pool.engines, decode);
  d.used = requests / decode;
  d.steady.ttft = state.ttft;
  d.steady.prefill = state.pass;
  d.steady.prefill_only = state.rate * workload.mean_input() * (1.0 * pool.engines / d.engines);
  pool.pass = state.pass;
  pool.transfer = state.transfer;
  pool.utilisation = requests / (state.rate * pool.engines);
  d.memory = serving::memory_plan(d.plan, machine, workload, d.batch, Role::decode);
  d.largest_batch = serving::largest_batch(d.plan, machine, workload, Role::decode);
}

}  // namespace perfmodel::search
