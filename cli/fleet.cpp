#include "cli/fleet.hpp"

#include <algorithm>

#include "cli/errors.hpp"
#include "cli/fleet_blocks.hpp"
#include "cli/fleet_load.hpp"
#include "cli/fleet_solve.hpp"
#include "cli/fleet_supply.hpp"
#include "cli/record.hpp"
#include "cli/version.hpp"
#include "search/exchange.hpp"

namespace perfmodel::cli {
namespace {

using report::FleetRecord;

void add_banners(FleetRecord& r, const Setup& setup, const Question& question) {
  report::EstimateRecord asked;
  fill_asked(asked, setup, question, {});
  for (auto& b : asked.banners)
    if (std::find(r.banners.begin(), r.banners.end(), b) == r.banners.end())
      r.banners.push_back(std::move(b));
}

report::FleetHardware hardware_row(const fleet::Hardware& h, const FleetSite& site) {
  report::FleetHardware r;
  const auto& setup = site.setup;
  r.name = h.name;
  r.chip = setup.chip.id;
  r.chip_status = std::string(hw::name_of(setup.chip.status));
  r.system = setup.system.id;
  r.stack = site.stack;
  r.chips = static_cast<double>(site.chips);
  r.training = static_cast<double>(site.reserved);
  if (const auto* peak = search::sixteen_bit_rate(setup.chip)) r.peak = peak->value;
  return r;
}

report::FleetWorkload workload_row(const fleet::Demand& d, const Question& q) {
  report::FleetWorkload r;
  r.name = d.name;
  r.llm = q.llm.id;
  r.input = q.workload.input;
  r.output = q.workload.output;
  r.slo_ttft = q.workload.slo.ttft;
  r.slo_tpot = q.workload.slo.tpot;
  r.priority = d.priority;
  r.tokens = q.workload.mean_output();
  r.demand = d.requests ? *d.requests : *d.tokens / r.tokens;
  return r;
}

bool allowed(const fleet::Demand& d, const std::string& hardware) {
  return d.on.empty() || std::any_of(d.on.begin(), d.on.end(),
                                     [&](const fleet::Word& w) { return w.text == hardware; });
}

void fill_blocks(const Catalog& catalog, const LoadedFleet& loaded, FleetRecord& r) {
  const auto& f = loaded.fleet;
  for (std::size_t h = 0; h < loaded.hardware.size(); ++h) {
    const auto& site = loaded.hardware[h];
    for (std::size_t w = 0; w < f.workloads.size(); ++w) {
      report::FleetBlock none;
      none.hardware = h;
      none.workload = w;
      if (!allowed(f.workloads[w], f.inventory[h].name)) {
        none.infeasible = "the workload may not run here";
        none.excluded = true;
        r.blocks.push_back(std::move(none));
        continue;
      }
      const auto question = fleet_question(catalog, f.workloads[w], site.stack);
      // What more chips would be worth is asked too, so blocks may need those.
      const auto found = fleet_deployments(site, question, site.serving() + f.more);
      if (!found) {
        none.infeasible = found.error().reason;
        r.blocks.push_back(std::move(none));
        continue;
      }
      for (const auto& b : *found) {
        auto block = fleet_block(site, question, b, f.utilisation);
        block.hardware = h;
        block.workload = w;
        r.blocks.push_back(std::move(block));
      }
    }
  }
}

void add_assumed(FleetRecord& r, const LoadedFleet& loaded) {
  const auto add = [&](const auto& figure) {
    if (figure.grade == spec::Grade::assumed && !figure.note.empty())
      r.assumed.push_back(figure.origin.path + ": " + figure.note);
  };
  for (const auto& h : loaded.fleet.inventory) {
    if (h.tdp) add(*h.tdp);
    if (h.power) add(*h.power);
    if (h.price) add(*h.price);
  }
  for (const auto& s : loaded.fleet.supply) {
    for (const auto* figure : {&s.wafers, &s.dies_per_wafer, &s.die_yield, &s.package_yield})
      add(*figure);
    if (s.stacks) add(*s.stacks);
    for (const auto& c : s.cases) {
      add(c.wafers);
      add(c.stacks);
    }
  }
}

}  // namespace

FleetResult run_fleet(const Catalog& catalog, const FleetOptions& options) {
  const auto loaded = load_fleet(catalog, options.file);
  const auto& f = loaded.fleet;
  const auto objective = options.objective.value_or(f.objective);
  FleetResult result;
  auto& r = result.record;
  r.fleet = f.id;
  r.name = f.name;
  r.about = f.about;
  r.objective = std::string(fleet::name_of(objective));
  r.utilisation = f.utilisation;
  r.more = static_cast<double>(f.more);
  r.version = version();
  for (const auto& d : f.workloads)
    r.workloads.push_back(workload_row(d, fleet_question(catalog, d, "typical")));
  for (std::size_t h = 0; h < f.inventory.size(); ++h) {
    r.hardware.push_back(hardware_row(f.inventory[h], loaded.hardware[h]));
    r.training += r.hardware.back().training;
  }
  const auto question = fleet_question(catalog, f.workloads.front(), "typical");
  for (const auto* sites : {&loaded.hardware, &loaded.supplied})
    for (const auto& site : *sites) add_banners(r, site.setup, question);
  add_assumed(r, loaded);
  result.status = kExitDone;
  if (!f.inventory.empty()) {
    fill_blocks(catalog, loaded, r);
    solve_fleet(loaded, objective, r);
    const auto whole = [](const report::FleetWorkload& w) { return w.limit.empty(); };
    if (!std::all_of(r.workloads.begin(), r.workloads.end(), whole)) result.status = kExitNo;
  }
  r.samples = loaded.supplied.empty() ? 0 : static_cast<std::size_t>(options.samples);
  fill_supply(catalog, loaded, r.samples, static_cast<std::uint64_t>(options.seed), r);
  const bool none =
      !r.supply.empty() && std::all_of(r.supply.begin(), r.supply.end(),
                                       [](const auto& s) { return !s.infeasible.empty(); });
  if (f.inventory.empty() && none) result.status = kExitNo;
  return result;
}

}  // namespace perfmodel::cli
