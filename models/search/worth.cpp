#include "search/worth.hpp"

#include <algorithm>

namespace perfmodel::search {
namespace {

bool by_upkeep(const Problem& p, Objective o) {
  return p.upkeep != nullptr && (o == Objective::per_watt || o == Objective::per_cost);
}

const Upkeep& prefill_upkeep(const Problem& p) {
  return p.prefill != nullptr && p.prefill->upkeep != nullptr ? *p.prefill->upkeep : *p.upkeep;
}

double of_pools(const Problem& p, const Deployment& d) {
  const auto& pool = *d.prefill;
  const auto& machine = p.prefill != nullptr ? p.prefill->machine : p.machine;
  const Frequency output = d.output_rate();
  const auto decode = power::token_work(d.plan, p.machine, p.workload, d.batch, d.steady.yield);
  const auto request = power::request_work(pool.plan, machine, p.workload, pool.together);
  const auto decodes = power::activity_of({decode, {}}, output / (1.0 * d.engines), {});
  const auto prefills = power::activity_of(
      {{}, request}, {}, output / p.workload.mean_output() / (1.0 * pool.engines));
  const double cost =
      p.upkeep->at(decodes) * d.plan.parallelism.devices() * d.engines +
      prefill_upkeep(p).at(prefills) * pool.plan.parallelism.devices() * pool.engines;
  return output.base() / cost;
}

}  // namespace

double Upkeep::at(const power::Activity& activity) const {
  const Power own = power::chip_power(tdp, shares, activity).total();
  const Power all = own + around * (steady + (1.0 - steady) * (own / tdp));
  return fixed + by_watt * (all * pue).base();
}

double worth_of(const Upkeep& upkeep, const phase::Plan& plan, const cost::Machine& machine,
                const serving::Lengths& lengths, const serving::Steady& s) {
  const auto work = power::engine_work(plan, machine, lengths, s.batch, s.yield);
  const auto activity =
      power::activity_of(work, s.output_rate, s.output_rate / lengths.mean_output());
  return s.output_rate.base() / (upkeep.at(activity) * plan.parallelism.devices());
}

double worth_of(const Problem& p, Objective objective, const Deployment& d) {
  if (!by_upkeep(p, objective))
    return most_worth(p, objective, d.output_rate(), d.devices(), d.steady.tpot);
  if (d.prefill) return of_pools(p, d);
  auto steady = d.steady;
  steady.output_rate *= d.used;
  return worth_of(*p.upkeep, d.plan, p.machine, p.workload, steady);
}

double most_worth(const Problem& p, Objective objective, Frequency rate, double devices,
                  Time tpot) {
  switch (objective) {
    case Objective::output:
      return rate.base();
    case Objective::per_chip:
      return rate.base() / devices;
    case Objective::per_watt:
    case Objective::per_cost: {
      if (p.upkeep == nullptr) return rate.base() / devices;
      const double least = std::min(p.upkeep->idle(), prefill_upkeep(p).idle());
      return rate.base() / (devices * least);
    }
    case Objective::tpot:
      return -tpot.base();
  }
  return 0;
}

}  // namespace perfmodel::search
