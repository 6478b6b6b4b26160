#include "search/deployment.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "search/best.hpp"
#include "search/best_batch.hpp"
#include "search/failures.hpp"
#include "search/split.hpp"
#include "serving/load.hpp"
#include "units/text.hpp"

namespace perfmodel::search {
namespace {

using mapping::Parallelism;
using spec::Infeasible;
using spec::Why;

/// Both phases on the same devices.
class Shared {
 public:
  Shared(const Problem& problem, const Request& request, Best& best, Failures& failures)
      : p_(problem), r_(request), best_(best), failures_(failures) {}

  void test(const Parallelism& parallelism, const serving::Speculation& speculation) {
    Shortfall s;
    auto plan = phase::compile(p_.llm, parallelism, p_.precision, p_.machine, speculation.drafts);
    if (!plan) {
      s.failed = plan.error();
      failures_.add(s);
      return;
    }
    Deployment d;
    d.plan = std::move(*plan);
    d.engines = p_.devices / parallelism.devices();
    d.draft_tokens = speculation.drafts;
    d.accepted = speculation.accepted;
    d.largest_batch = serving::largest_batch(d.plan, p_.machine, p_.workload);
    if (d.largest_batch < 1.0) {
      s.lacks = -memory(d, 1.0).free();
      failures_.add(s);
      return;
    }
    const auto prefill = serving::prefill_cost(d.plan, p_.machine, p_.workload);
    const auto at = [&](double batch) {
      return serving::steady_state(d.plan, p_.machine, p_.workload, prefill, d.accepted, batch);
    };
    const bool ok = r_.rate                           ? loaded(d, s)
                    : r_.batch || r_.concurrency      ? asked(d, at, s)
                    : r_.largest_batch                ? largest(d, at)
                    : r_.objective == Objective::tpot ? single(d, at, s)
                                                      : searched(d, at, s);
    if (!ok) {
      failures_.add(s);
      return;
    }
    d.memory = memory(d, d.batch);
    const double places = d.batch * parallelism.dp * d.engines;
    if (!r_.rate) d.concurrency = r_.concurrency ? std::min(*r_.concurrency, places) : places;
    d.used = r_.rate ? 1.0 : d.concurrency / places;
    best_.add(std::move(d));
  }

  /// What stopped the batch of `d` from growing.
  void name_limit(Deployment& d) const {
    if (r_.batch || r_.concurrency || r_.rate || r_.largest_batch) return;
    if (r_.objective == Objective::tpot || d.batch >= d.largest_batch) return;
    const auto prefill = serving::prefill_cost(d.plan, p_.machine, p_.workload);
    const auto next =
        serving::steady_state(d.plan, p_.machine, p_.workload, prefill, d.accepted, d.batch + 1.0);
    d.limit = r_.slo.tpot && next.tpot > *r_.slo.tpot   ? Limit::tpot
              : r_.slo.ttft && next.ttft > *r_.slo.ttft ? Limit::ttft
                                                        : Limit::rate;
  }

 private:
  serving::MemoryPlan memory(const Deployment& d, double batch) const {
    return serving::memory_plan(d.plan, p_.machine, p_.workload, batch);
  }

  static void take(Deployment& d, const serving::Steady& s, Limit limit) {
    d.steady = s;
    d.batch = s.batch;
    d.limit = limit;
  }

  template <class At>
  bool asked(Deployment& d, const At& at, Shortfall& s) const {
    const double ranks = static_cast<double>(d.engines) * d.plan.parallelism.dp;
    const double batch = r_.batch ? *r_.batch : std::max(1.0, std::ceil(*r_.concurrency / ranks));
    if (batch > d.largest_batch) {
      s.asked_lacks = -memory(d, batch).free();
      s.places = d.largest_batch * ranks;
      return false;
    }
    take(d, at(batch), Limit::asked);
    return true;
  }

  template <class At>
  bool largest(Deployment& d, const At& at) const {
    take(d, at(d.largest_batch), Limit::memory);
    return true;
  }

  template <class At>
  bool single(Deployment& d, const At& at, Shortfall& s) const {
    take(d, at(1.0), Limit::tpot);
    return kept(d.steady, s);
  }

  template <class At>
  bool searched(Deployment& d, const At& at, Shortfall& s) const {
    AtSteady value;
    if (best_.weighs())
      value = [&](const serving::Steady& steady) {
        return worth_of(*p_.upkeep, d.plan, p_.machine, p_.workload, steady);
      };
    constexpr double kGap = 1e-3;
    const auto c = best_batch(at, d.largest_batch, r_.slo,
                              best_.to_beat(d.engines, d.plan.parallelism.devices()), kGap, value);
    if (!c.best) {
      kept(c.single, s);  // one that keeps the promise and is not the best leaves `s` empty
      return false;
    }
    take(d, *c.best, Limit::memory);
    return true;
  }

  bool loaded(Deployment& d, Shortfall& s) const {
    const auto l = serving::at_load(d.plan, p_.machine, p_.workload, d.accepted, d.largest_batch,
                                    d.engines, *r_.rate);
    if (!l) {
      s.failed = l.error();
      return false;
    }
    take(d, l->steady, Limit::load);
    d.queue = l->queue;
    d.concurrency = d.batch * d.plan.parallelism.dp * d.engines;
    return kept(d.steady, s);
  }

  bool kept(const serving::Steady& steady, Shortfall& s) const {
    if (meets(steady, r_.slo)) return true;
    s.tpot = steady.tpot;
    s.ttft = steady.ttft;
    return false;
  }

  const Problem& p_;
  const Request& r_;
  Best& best_;
  Failures& failures_;
};

std::optional<Infeasible> too_large(const std::optional<Parallelism>& parallelism, int devices,
                                    std::string_view where) {
  if (!parallelism || parallelism->devices() <= devices) return std::nullopt;
  return Infeasible{Why::invalid_mapping,
                    fmt::format("{} needs {} devices, {} has {}", mapping::to_string(*parallelism),
                                parallelism->devices(), where, devices),
                    fmt::format("at most {} devices, or join more systems with --count", devices)};
}

/// What asks for more devices than there are.
std::optional<Infeasible> beyond(const Problem& p, const Request& r) {
  if (p.prefill != nullptr) {
    if (auto bad = too_large(r.prefill_parallelism, p.prefill->devices, "the prefill system"))
      return bad;
    return too_large(r.parallelism, p.devices, "the system");
  }
  if (r.split != Split::fixed) {
    if (auto bad = too_large(r.prefill_parallelism, p.devices, "the system")) return bad;
    return too_large(r.parallelism, p.devices, "the system");
  }
  if (r.prefill_devices > p.devices - r.decode_devices)
    return Infeasible{Why::invalid_mapping,
                      fmt::format("pools of {} and {} devices are more than the system's {}",
                                  r.prefill_devices, r.decode_devices, p.devices),
                      "smaller pools, or join more systems with --count"};
  if (auto bad = too_large(r.prefill_parallelism, r.prefill_devices, "the prefill pool"))
    return bad;
  return too_large(r.parallelism, r.decode_devices, "the decode pool");
}

}  // namespace

spec::Outcome<Deployment> find_deployment(const Problem& problem, const Request& request) {
  if (auto bad = beyond(problem, request)) return *bad;
  // Where requests are few all deployments turn out the same: the fastest of them serves best.
  Best best(problem, request.rate ? Objective::tpot : request.objective);
  Failures failures;
  std::size_t looked_at = 0;
  Shared shared(problem, request, best, failures);
  auto speculations = request.speculations;
  if (speculations.empty()) speculations.push_back(request.speculation);
  const auto test = [&](const Parallelism& c) {
    for (const auto& s : speculations) {
      ++looked_at;
      shared.test(c, s);
    }
  };
  if (request.split != Split::fixed && problem.prefill == nullptr) {
    if (request.parallelism) {
      test(*request.parallelism);
    } else {
      for (int stages : kStages) {
        if (stages > problem.devices || stages > problem.llm.layers()) break;
        for (const auto& c : candidates(problem.llm, problem.devices, stages, request.shapes))
          test(c);
        if (best.found()) break;
      }
    }
  }
  if (request.split != Split::never) {
    auto one = request;
    for (const auto& s : speculations) {
      one.speculation = s;
      looked_at += add_split_deployments(problem, one, best, failures);
    }
  }
  if (!best.found()) return failures.explain(problem, request);
  auto d = best.take();
  d.candidates = looked_at;
  if (!d.prefill) shared.name_limit(d);
  return d;
}

Deployment at_machine(const Deployment& deployment, const cost::Machine& machine,
                      const serving::Workload& workload, const cost::Machine* prefill_machine) {
  Deployment d = deployment;
  if (d.prefill) {
    split_at_machine(d, machine, workload, prefill_machine);
    return d;
  }
  const auto prefill = serving::prefill_cost(d.plan, machine, workload);
  d.steady = serving::steady_state(d.plan, machine, workload, prefill, d.accepted, d.batch);
  d.memory = serving::memory_plan(d.plan, machine, workload, d.batch);
  d.largest_batch = serving::largest_batch(d.plan, machine, workload);
  return d;
}

}  // namespace perfmodel::search
