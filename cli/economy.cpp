#include "cli/economy.hpp"

#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

#include "power/pass_energy.hpp"
#include "search/deployment_power.hpp"
#include "uncertainty/economy.hpp"
#include "units/text.hpp"

namespace perfmodel::cli {
namespace {

using report::CostRow;
using report::PowerRow;
using uncertainty::EconomyMetric;

/// An answer's load, and where it is.
struct Books {
  search::Site site;
  std::optional<search::Site> prefill_site;
  search::Load load;

  Books(const Setup& setup, const Question& q, const search::Deployment& d) : site(setup.site()) {
    const auto machine = setup.machine(q.stack);
    if (setup.prefill == nullptr) {
      load = search::load_of(d, site, machine, q.workload);
      return;
    }
    prefill_site.emplace(setup.prefill->site());
    const auto prefill = setup.prefill->machine(q.stack);
    load = search::load_of(d, site, machine, q.workload, &*prefill_site, &prefill);
  }
  Books(const Books&) = delete;
  Books& operator=(const Books&) = delete;

  const search::Site* elsewhere() const { return prefill_site ? &*prefill_site : nullptr; }
};

struct Weakest {
  spec::Grade grade = spec::Grade::measured;
  std::string path;

  template <class Q>
  void see(const spec::Sourced<Q>& f) {
    if (!path.empty() && f.grade <= grade) return;
    grade = f.grade;
    path = fmt::format("{} = {}", f.origin.path, format(f.value));
  }
  template <class Q>
  void see(const hw::Figure<Q>& f) {
    if (f) see(*f);
  }
};

report::ChipPowerRow chip_row(const power::ChipPower& p) {
  return {p.idle, p.active, p.matrix, p.vector, p.memory, p.link};
}

PowerRow power_row(const Setup& setup, const Question& q, const Books& books,
                   const search::DeploymentPower& p) {
  PowerRow r;
  const auto& plate = p.system.nameplate;
  r.tdp = setup.chip.tdp->value;
  const auto& chip = p.system.pools.front();
  r.chip = chip_row(chip);
  r.limited = chip.held < 1.0;
  r.chips = p.chips();
  r.around = p.around();
  r.systems.value = p.systems();
  r.site.value = p.site();
  r.pue = p.site() / p.systems();
  r.token.value = p.site() / books.load.output;
  r.nameplate = plate.system();
  r.nameplate_published = plate.published;
  if (p.prefill) {
    r.nameplate += p.prefill->nameplate.system();
    r.nameplate_published = r.nameplate_published && p.prefill->nameplate.published;
  }
  Weakest w;
  w.see(setup.chip.tdp);
  w.see(setup.system.power);
  r.nameplate_grade = std::string(
      spec::name_of(plate.published ? setup.system.power->grade : q.power.around.fixed.grade));
  for (const auto* f :
       {&q.power.chip.idle, &q.power.chip.active, &q.power.chip.matrix, &q.power.chip.memory})
    w.see(*f);
  if (!plate.published) w.see(q.power.around.fixed);
  if (plate.pue_published)
    w.see(setup.system.pue);
  else
    w.see(q.power.around.pue);
  r.weakest_grade = std::string(spec::name_of(w.grade));
  r.weakest_path = w.path;
  return r;
}

/// Rent of all chips that the setup has, where it is published for each kind.
std::optional<UsdRate> rent_of(const Setup& setup) {
  if (!setup.chip.rental) return std::nullopt;
  auto all = setup.chip.rental->value * (1.0 * setup.chips());
  if (setup.prefill == nullptr) return all;
  const auto other = rent_of(*setup.prefill);
  if (!other) return std::nullopt;
  return all + *other;
}

CostRow cost_row(const Setup& setup, const Question& q, const Books& books, Power site_power) {
  CostRow r;
  const auto& load = books.load;
  r.prefill_share = load.prefill_share;
  const auto of_capital =
      tco::by_token(tco::recovery_rate(q.prices), load.prefill_share, load.input, load.output);
  r.input_of_capital = of_capital.input;
  r.output_of_capital = of_capital.output;
  if (const auto rent = rent_of(setup)) {
    const auto rented = tco::by_token(*rent, load.prefill_share, load.input, load.output);
    r.rented_input = rented.input;
    r.rented_output = rented.output;
  }
  const auto cost = search::cost_at(load, books.site, site_power, q.prices, books.elsewhere());
  if (!cost) {
    r.absent = cost.error().reason;
    return r;
  }
  r.capital = cost->capital.value;
  r.capital_scope = cost->capital.scope == tco::Scope::system ? "system" : "chips";
  r.grade = std::string(spec::name_of(cost->capital.grade));
  r.path = cost->capital.path;
  r.capital_rate = cost->running.capital;
  r.electricity = cost->running.electricity;
  r.input.value = cost->token.input;
  r.output.value = cost->token.output;
  return r;
}

void add_intervals(report::EstimateRecord& record, const Question& q, const Books& books,
                   const std::vector<double>& log_rate, long seed) {
  if (log_rate.empty()) return;
  const auto drawn =
      uncertainty::economy_intervals({books.load, books.site, books.elsewhere(), q.power, q.prices},
                                     log_rate, static_cast<std::uint64_t>(seed));
  const auto put = [&](auto& likely, EconomyMetric m) {
    const auto& i = drawn.interval[uncertainty::index(m)];
    likely.p10 = likely.value * i.p10;
    likely.p90 = likely.value * i.p90;
  };
  auto& p = record.power;
  put(p.systems, EconomyMetric::systems);
  put(p.site, EconomyMetric::site);
  put(p.token, EconomyMetric::token_energy);
  p.widest = drawn.widest[uncertainty::index(EconomyMetric::token_energy)];
  if (!record.cost.absent.empty()) return;
  put(record.cost.input, EconomyMetric::input_cost);
  put(record.cost.output, EconomyMetric::output_cost);
  record.cost.widest = drawn.widest[uncertainty::index(EconomyMetric::output_cost)];
}

/// The rows of a phase are the operators that take time, in the order of the plan, and the
/// software.
void fill_energy(report::EstimateRecord& record, std::string_view phase, const phase::Plan& plan,
                 const cost::Machine& machine, const ops::Pass& pass, double passes,
                 const hw::Chip& chip, const power::ChipShares& shares) {
  const auto energy =
      power::energy_of(plan, machine, pass, chip.tdp->value / (1.0 * chip.devices), shares);
  const auto times = phase::explain(plan, machine, pass);
  std::size_t next = 0;
  for (auto& row : record.operators) {
    if (row.phase != phase) continue;
    while (next < times.size() && times[next].total.base() <= 0) ++next;
    row.energy = (next < times.size() ? energy.operators[next++] : energy.software) * passes;
  }
}

void fill_operator_energy(report::EstimateRecord& record, const Setup& setup, const Question& q,
                          const search::Deployment& d) {
  const auto& prefill_setup = setup.prefill ? *setup.prefill : setup;
  const auto& prefill_plan = d.prefill ? d.prefill->plan : d.plan;
  const auto prefill_machine = prefill_setup.machine(q.stack);
  if (prefill_setup.chip.tdp) {
    const auto passes = serving::prefill_passes(prefill_plan, prefill_machine, q.workload, 1.0);
    fill_energy(record, "prefill", prefill_plan, prefill_machine, passes.pass, passes.count,
                prefill_setup.chip, q.power.chip);
  }
  if (setup.chip.tdp)
    fill_energy(record, "decode", d.plan, setup.machine(q.stack),
                serving::decode_pass(d.plan, q.workload, d.batch), 1.0, setup.chip, q.power.chip);
}

}  // namespace

void fill_economy(report::EstimateRecord& record, const Setup& setup, const Question& q,
                  const search::Deployment& d, const std::vector<double>& log_rate, long seed) {
  const Books books(setup, q, d);
  fill_operator_energy(record, setup, q, d);
  const auto power = search::power_at(books.load, books.site, q.power, books.elsewhere());
  if (power) {
    record.power = power_row(setup, q, books, *power);
  } else {
    record.power.absent = power.error().reason;
  }
  record.cost = cost_row(setup, q, books, power ? power->site() : Power{});
  // Capital without electricity would pass for the whole.
  if (!power && record.cost.absent.empty()) record.cost.absent = power.error().reason;
  if (power) add_intervals(record, q, books, log_rate, seed);
}

}  // namespace perfmodel::cli
