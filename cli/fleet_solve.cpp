#include "cli/fleet_solve.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cli/errors.hpp"
#include "fleet/integer_program.hpp"
#include "report/numbers.hpp"

namespace perfmodel::cli {
namespace {

using fleet::Allocation;
using fleet::Objective;
using report::FleetRecord;

constexpr double kMilli = 1e-3;

/// Costs are counted in tenths of a cent an hour, power in watts: whole numbers for the solver.
std::int64_t whole(double v) {
  return std::llround(v);
}

class Solver {
 public:
  Solver(const LoadedFleet& loaded, FleetRecord& record) : loaded_(loaded), r_(record) {
    for (const auto& site : loaded.hardware)
      problem_.stocks.push_back({site.serving(), site.setup.system.chip_count()});
    for (const auto& d : loaded.fleet.workloads) problem_.priorities.push_back(d.priority);
    for (std::size_t i = 0; i < r_.blocks.size(); ++i) add(i);
  }

  /// What the objective would need to know, empty if it knows all.
  std::string unknown(Objective o) const {
    std::vector<std::string> names;
    for (const auto i : rows_) {
      const auto& b = r_.blocks[i];
      const bool known = o == Objective::chips ||
                         (o == Objective::power ? b.power.has_value() : b.cost.has_value());
      const auto& name = r_.hardware[b.hardware].name;
      if (!known && std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(name);
    }
    if (names.empty()) return "";
    return fmt::format("the {} of {} is not known", fleet::name_of(o), fmt::join(names, ", "));
  }

  Allocation solve(Objective o, std::size_t more_of = kNone) const {
    auto p = problem_;
    p.objective = o;
    if (more_of != kNone) p.stocks[more_of].chips += loaded_.fleet.more;
    auto a = fleet::allocate(p);
    if (!a)
      throw UsageError(fmt::format(
          "{}: no allocation was proven to be the best within {} nodes of the search; fewer "
          "workloads or kinds of chips, or another utilisation, make it easier",
          loaded_.path, fleet::kMostNodes));
    return *a;
  }

  void fill(const Allocation& a) {
    for (std::size_t k = 0; k < rows_.size(); ++k)
      r_.blocks[rows_[k]].blocks = static_cast<double>(a.blocks[k]);
    for (std::size_t h = 0; h < r_.hardware.size(); ++h) {
      auto& row = r_.hardware[h];
      row.serving = static_cast<double>(fleet::used(problem_, a.blocks, h));
      row.left = row.chips - row.training - row.serving;
      const auto of = [h](const report::FleetBlock& b) { return b.hardware == h; };
      row.power = total(a, &report::FleetBlock::power, of);
      row.cost = total(a, &report::FleetBlock::cost, of);
    }
    const auto shares = shares_of(a);
    for (std::size_t w = 0; w < r_.workloads.size(); ++w) {
      auto& row = r_.workloads[w];
      row.share = shares[w];
      row.served = row.demand * shares[w];
      for (std::size_t k = 0; k < rows_.size(); ++k)
        if (block(k).workload == w) row.chips += block(k).chips * count(a, k);
    }
  }

  /// Shares of the demands, from whole blocks and the table's rates.
  std::vector<double> shares_of(const Allocation& a) const {
    std::vector<double> shares(r_.workloads.size(), 0.0);
    for (std::size_t k = 0; k < rows_.size(); ++k)
      shares[block(k).workload] +=
          block(k).requests * count(a, k) / r_.workloads[block(k).workload].demand;
    // Blocks are counted in whole parts of a demand: all of them served is all of it.
    for (std::size_t w = 0; w < shares.size(); ++w)
      shares[w] = a.served[w] == fleet::kParts ? 1.0 : std::min(1.0, shares[w]);
    return shares;
  }

  /// `known`: its allocation, where that was found already.
  void add_variant(Objective o, const Allocation* known) {
    report::FleetVariant v;
    v.objective = std::string(fleet::name_of(o));
    v.unknown = unknown(o);
    if (v.unknown.empty()) {
      const auto a = known != nullptr ? *known : solve(o);
      totals(a, v);
      v.shares = shares_of(a);
      for (std::size_t h = 0; h < r_.hardware.size(); ++h)
        v.chips_by_hardware.push_back(static_cast<double>(fleet::used(problem_, a.blocks, h)));
    }
    r_.variants.push_back(std::move(v));
  }

  /// `more` chips of each kind; what of them would let more be served of a demand limits it.
  void add_more(const Allocation& a, Objective o) {
    std::vector<std::vector<std::string>> limits(r_.workloads.size());
    for (std::size_t h = 0; h < r_.hardware.size(); ++h) {
      const auto with = solve(o, h);
      report::FleetMore m;
      m.hardware = h;
      m.shares = shares_of(with);
      totals(with, m);
      r_.added.push_back(std::move(m));
      for (std::size_t w = 0; w < limits.size(); ++w)
        if (with.served[w] > a.served[w]) limits[w].push_back(r_.hardware[h].name);
    }
    for (std::size_t w = 0; w < limits.size(); ++w)
      if (a.served[w] < fleet::kParts) r_.workloads[w].limit = limit_of(w, limits[w]);
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  void add(std::size_t i) {
    const auto& b = r_.blocks[i];
    if (!b.infeasible.empty()) return;
    fleet::Block block;
    block.stock = b.hardware;
    block.demand = b.workload;
    block.chips = whole(b.chips);
    const double share = b.requests / r_.workloads[b.workload].demand;
    block.parts = static_cast<std::int64_t>(
        std::floor(std::min(share, 1.0) * static_cast<double>(fleet::kParts)));
    block.spent = {block.chips, b.power ? whole(b.power->base()) : 0,
                   b.cost ? whole(b.cost->base() * kHour / kMilli) : 0};
    problem_.blocks.push_back(block);
    rows_.push_back(i);
  }

  const report::FleetBlock& block(std::size_t k) const { return r_.blocks[rows_[k]]; }
  static double count(const Allocation& a, std::size_t k) {
    return static_cast<double>(a.blocks[k]);
  }

  /// Over the blocks in use that `of` takes; unknown where one of them is.
  template <class Q, class Of>
  std::optional<Q> total(const Allocation& a, std::optional<Q> report::FleetBlock::*what,
                         Of of) const {
    Q sum{};
    for (std::size_t k = 0; k < rows_.size(); ++k) {
      if (a.blocks[k] == 0 || !of(block(k))) continue;
      if (!(block(k).*what)) return std::nullopt;
      sum += *(block(k).*what) * count(a, k);
    }
    return sum;
  }

  template <class Row>
  void totals(const Allocation& a, Row& row) const {
    const auto any = [](const report::FleetBlock&) { return true; };
    row.chips = static_cast<double>(fleet::spent(problem_, a.blocks, Objective::chips));
    row.power = total(a, &report::FleetBlock::power, any);
    row.cost = total(a, &report::FleetBlock::cost, any);
  }

  std::string limit_of(std::size_t w, const std::vector<std::string>& more_helps) const {
    if (!more_helps.empty()) return fmt::format("chips of {}", fmt::join(more_helps, ", "));
    bool any = false;
    double smallest = 0;
    for (std::size_t k = 0; k < rows_.size(); ++k) {
      if (block(k).workload != w || problem_.blocks[k].parts == 0) continue;
      smallest = any ? std::min(smallest, block(k).chips) : block(k).chips;
      any = true;
    }
    if (any)
      return fmt::format("chips of every kind that can: {} more of one do not hold another block",
                         report::whole(static_cast<double>(loaded_.fleet.more)));
    // No kind can: the reasons are the engine's.
    std::vector<std::string> reasons;
    for (const auto& b : r_.blocks)
      if (b.workload == w && !b.excluded)
        reasons.push_back(fmt::format("{}: {}", r_.hardware[b.hardware].name, b.infeasible));
    return fmt::format("no kind of chip can: {}", fmt::join(reasons, "; "));
  }

  const LoadedFleet& loaded_;
  FleetRecord& r_;
  fleet::Problem problem_;
  std::vector<std::size_t> rows_;  // of the record's table, by problem_.blocks
};

}  // namespace

void solve_fleet(const LoadedFleet& loaded, Objective objective, FleetRecord& record) {
  Solver solver(loaded, record);
  if (const auto missing = solver.unknown(objective); !missing.empty())
    throw UsageError(fmt::format("{}: objective {}: {} (give it in the inventory: {})", loaded.path,
                                 fleet::name_of(objective), missing,
                                 objective == Objective::power
                                     ? "tdp of the chip, power of a system"
                                     : "price of a system; and tdp, where that is not known"));
  const auto a = solver.solve(objective);
  solver.fill(a);
  for (const auto o : {Objective::chips, Objective::power, Objective::cost})
    solver.add_variant(o, o == objective ? &a : nullptr);
  solver.add_more(a, objective);
}

}  // namespace perfmodel::cli
