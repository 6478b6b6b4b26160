#include "search/deployment_power.hpp"

namespace perfmodel::search {
namespace {

double chips_of(const phase::Plan& plan, int engines, const Site& site) {
  return 1.0 * plan.parallelism.devices() * engines / site.chip.devices;
}

}  // namespace

Load load_of(const Deployment& d, const Site& site, const cost::Machine& machine,
             const serving::Lengths& lengths, const Site* prefill,
             const cost::Machine* prefill_machine) {
  Load r;
  r.output = d.output_rate();
  r.input = r.output * (lengths.mean_input() / lengths.mean_output());
  const Frequency tokens = d.steady.output_rate * d.used;  // of one engine
  const double chips = chips_of(d.plan, d.engines, site);
  if (!d.prefill) {
    const auto work = power::engine_work(d.plan, machine, lengths, d.batch, d.steady.yield);
    r.pools = {{chips, power::activity_of(work, tokens, tokens / lengths.mean_output())}};
    const Time decode = work.token.busy * lengths.mean_output();
    r.prefill_share = work.request.busy / (work.request.busy + decode);
    return r;
  }
  const auto& pool = *d.prefill;
  const auto decode = power::token_work(d.plan, machine, lengths, d.batch, d.steady.yield);
  r.pools = {{chips, power::activity_of({decode, {}}, tokens, {})}};
  const auto request = power::request_work(
      pool.plan, prefill_machine != nullptr ? *prefill_machine : machine, lengths, pool.together);
  const Frequency requests = r.output / lengths.mean_output() / (1.0 * pool.engines);
  const double others = chips_of(pool.plan, pool.engines, prefill != nullptr ? *prefill : site);
  (prefill != nullptr ? r.elsewhere : r.pools)
      .push_back({others, power::activity_of({{}, request}, {}, requests)});
  r.prefill_share = others / (others + chips);
  return r;
}

spec::Outcome<DeploymentPower> power_at(const Load& load, const Site& site,
                                        const power::Coefficients& c, const Site* prefill) {
  auto system = power::system_power(site.system, site.chip, site.systems, c, load.pools);
  if (!system) return system.error();
  DeploymentPower r{std::move(*system), std::nullopt};
  if (prefill == nullptr) return r;
  auto other =
      power::system_power(prefill->system, prefill->chip, prefill->systems, c, load.elsewhere);
  if (!other) return other.error();
  r.prefill = std::move(*other);
  return r;
}

spec::Outcome<DeploymentCost> cost_at(const Load& load, const Site& site, Power site_power,
                                      const tco::Prices& prices, const Site* prefill) {
  auto capital = tco::capital_of(site.system, site.chip, site.systems, prices);
  if (!capital) return capital.error();
  DeploymentCost c{std::move(*capital), {}, {}};
  if (prefill != nullptr) {
    const auto other = tco::capital_of(prefill->system, prefill->chip, prefill->systems, prices);
    if (!other) return other.error();
    c.capital.value += other->value;
    if (other->grade > c.capital.grade) c.capital.path = "prefill." + other->path;
    c.capital.grade = spec::weaker(c.capital.grade, other->grade);
  }
  c.running = tco::running_cost(c.capital, site_power, prices);
  c.token = tco::by_token(c.running.total(), load.prefill_share, load.input, load.output);
  return c;
}

}  // namespace perfmodel::search
