#include "cli/fleet_supply.hpp"

#include <cmath>

#include "cli/fleet_blocks.hpp"
#include "cli/intervals.hpp"
#include "cli/published_index.hpp"
#include "fleet/supply.hpp"

namespace perfmodel::cli {
namespace {

using fleet::Production;
using report::SupplyRow;

template <class Q>
report::Spanned<Q> spanned(double value, const std::vector<double>& draws) {
  const auto p = fleet::percentiles(draws);
  return {Q::from_base(value), Q::from_base(p.p10), Q::from_base(p.p50), Q::from_base(p.p90)};
}

/// What one chip serves of a workload in the best block, and factors on it, one a draw.
struct Served {
  std::string infeasible;
  Frequency per_chip{};
  std::vector<double> factors;
  std::optional<Power> power_per_chip;
};

class Filler {
 public:
  Filler(const Catalog& catalog, const LoadedFleet& loaded, std::size_t samples, std::uint64_t seed)
      : catalog_(catalog), loaded_(loaded), samples_(samples), seed_(seed) {
    if (samples_ > 0) runs_ = load_index(catalog).runs;
  }

  void fill(std::size_t s, report::FleetRecord& record) const {
    const auto& supply = loaded_.fleet.supply[s];
    const auto& site = loaded_.supplied[s];
    std::vector<Served> served;
    for (const auto& d : loaded_.fleet.workloads) served.push_back(serve(site, d));
    auto cases = supply.cases;
    if (cases.empty()) cases.push_back(fleet::plain_case());
    for (const auto& c : cases)
      for (std::size_t w = 0; w < served.size(); ++w)
        record.supply.push_back(row(supply, c, site, served[w], w));
  }

 private:
  Served serve(const FleetSite& site, const fleet::Demand& d) const {
    const auto question = fleet_question(catalog_, d, site.stack);
    const long most = site.join * site.setup.system.chip_count();
    const auto found = fleet_deployments(site, question, most);
    Served r;
    if (!found) {
      r.infeasible = found.error().reason;
      return r;
    }
    // The last one serves most per chip.
    const auto& best = found->back();
    const auto block = fleet_block(site, question, best, loaded_.fleet.utilisation);
    r.per_chip = block.output * (loaded_.fleet.utilisation / block.chips);
    if (block.power) r.power_per_chip = *block.power / block.chips;
    if (samples_ == 0) return r;
    const auto drawn = samples_of(catalog_, runs_, fleet_setup(site, best), question,
                                  best.deployment, {.samples = samples_, .seed = seed_});
    for (const double log : drawn.log_ratio[uncertainty::index(uncertainty::Metric::output_rate)])
      r.factors.push_back(std::exp(log));
    return r;
  }

  SupplyRow row(const fleet::Supply& supply, const fleet::SupplyCase& which, const FleetSite& site,
                const Served& served, std::size_t workload) const {
    const auto& chip = site.setup.chip;
    const fleet::Contents package{
        supply.dies_per_package.value_or(chip.dies),
        supply.stacks_per_package.value_or(chip.memory_stacks.value_or(0))};
    const auto made = fleet::production(supply, which, package);
    const auto drawn = fleet::drawn_production(supply, which, package, samples_, seed_);
    SupplyRow r;
    r.supply = supply.name;
    r.which = which.name;
    r.chip = chip.id;
    r.system = site.setup.system.id;
    r.months = static_cast<double>(supply.months);
    r.workload = workload;
    r.limited_by = made.short_of_stacks() ? "memory stacks" : "dies";
    std::vector<double> chips, rates;
    double short_of_stacks = 0;
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      chips.push_back(drawn[i].packages());
      if (drawn[i].short_of_stacks()) short_of_stacks += 1.0 / static_cast<double>(drawn.size());
      if (served.infeasible.empty())
        rates.push_back(chips.back() * served.per_chip.base() * served.factors[i]);
    }
    r.stacks_limit = short_of_stacks;
    r.chips = spanned<Count>(made.packages(), chips);
    r.infeasible = served.infeasible;
    if (!r.infeasible.empty()) return r;
    r.per_chip = served.per_chip;
    r.added = spanned<Frequency>(made.packages() * served.per_chip.base(), rates);
    for (auto& rate : rates) rate *= r.months;
    r.after = spanned<Frequency>(r.added.value.base() * r.months, rates);
    if (served.power_per_chip) r.power = *served.power_per_chip * (made.packages() * r.months);
    return r;
  }

  const Catalog& catalog_;
  const LoadedFleet& loaded_;
  std::size_t samples_;
  std::uint64_t seed_;
  std::vector<calibrate::Likeness> runs_;
};

}  // namespace

void fill_supply(const Catalog& catalog, const LoadedFleet& loaded, std::size_t samples,
                 std::uint64_t seed, report::FleetRecord& record) {
  if (loaded.supplied.empty()) return;
  const Filler filler(catalog, loaded, samples, seed);
  for (std::size_t s = 0; s < loaded.supplied.size(); ++s) filler.fill(s, record);
}

}  // namespace perfmodel::cli
