#include "cli/fleet_blocks.hpp"

#include <algorithm>

#include "cli/record.hpp"
#include "fleet/allocate.hpp"
#include "mapping/precision.hpp"
#include "search/deployment_power.hpp"

namespace perfmodel::cli {
namespace {

/// The best deployment on `chips` of the systems that hold them.
spec::Outcome<search::Deployment> deploy(const Setup& setup, const Question& question, long chips) {
  const auto precision = mapping::resolve(question.precision, question.llm, setup.chip);
  if (!precision) return precision.error();
  const auto machine = setup.machine(question.stack);
  const int devices = static_cast<int>(chips) * setup.chip.devices;
  const search::Problem problem{question.llm, machine, *precision, question.workload, devices};
  return search::find_deployment(problem, question.request);
}

/// Power with cooling, and cost, where they are known: the share of the block in systems full of
/// such blocks, each at work for `utilisation` of the time.
void fill_economy(report::FleetBlock& b, const Setup& setup, const Question& question,
                  const search::Deployment& d, double utilisation) {
  const auto site = setup.site();
  auto load = search::load_of(d, site, setup.machine(question.stack), question.workload);
  const double share = b.chips / setup.chips();
  for (auto& pool : load.pools) {
    pool.chips /= share;
    auto& a = pool.activity;
    for (auto* part : {&a.busy, &a.matrix, &a.vector, &a.memory, &a.link}) *part *= utilisation;
  }
  const auto power = search::power_at(load, site, question.power);
  if (!power) return;
  b.power = power->site() * share;
  const auto cost = search::cost_at(load, site, power->site(), question.prices);
  if (cost) b.cost = cost->running.total() * share;
}

}  // namespace

Setup fleet_setup(const FleetSite& site, const FleetDeployment& block) {
  auto setup = site.setup;
  setup.systems = static_cast<int>(block.systems);
  return setup;
}

FleetDeployments fleet_deployments(const FleetSite& site, const Question& question, long most) {
  const long per_system = site.setup.system.chip_count();
  std::vector<FleetDeployment> found;
  std::optional<spec::Infeasible> why;
  double best = 0;
  for (const auto size : fleet::block_sizes(per_system, site.join)) {
    if (size > most) break;
    FleetDeployment block;
    block.chips = size;
    block.systems = std::max(1L, size / per_system);
    auto d = deploy(fleet_setup(site, block), question, size);
    if (!d) {
      why = d.error();
      continue;
    }
    const double per_chip = d->output_rate().base() / static_cast<double>(size);
    if (per_chip <= best * (1.0 + kWorthMore)) continue;
    best = per_chip;
    block.deployment = std::move(*d);
    found.push_back(std::move(block));
  }
  if (!found.empty()) return found;
  if (why) return *why;
  return spec::Infeasible{spec::Why::invalid_mapping, "no chips are left", ""};
}

report::FleetBlock fleet_block(const FleetSite& site, const Question& question,
                               const FleetDeployment& block, double utilisation) {
  const auto& d = block.deployment;
  const auto row = comparison_row("", fleet_setup(site, block), question, d);
  report::FleetBlock b;
  b.chips = static_cast<double>(block.chips);
  b.engines = d.engines;
  b.parallelism = row.deployment;
  b.weights = row.weights;
  b.limit = std::string(search::name_of(d.limit));
  b.ttft = d.steady.ttft;
  b.tpot = d.steady.tpot;
  b.output = d.output_rate();
  b.requests = b.output * (utilisation / question.workload.mean_output());
  fill_economy(b, fleet_setup(site, block), question, d, utilisation);
  return b;
}

}  // namespace perfmodel::cli
