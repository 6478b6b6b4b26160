#include "power/pass_energy.hpp"

namespace perfmodel::power {

PassEnergy energy_of(const phase::Plan& plan, const cost::Machine& machine, const ops::Pass& pass,
                     Power tdp, const ChipShares& shares) {
  const auto rows = phase::explain(plan, machine, pass);
  const auto time = phase::evaluate(plan, machine, pass);
  const auto share = [&](Time busy) { return busy / time.total; };
  std::vector<Work> works;
  Work sum;
  Time spent = time.overhead;
  for (const auto& row : rows) {
    works.push_back(work_of(machine, plan.route(row.term->group), *row.term, row.cost) * row.count);
    sum += works.back();
    spent += row.total;
  }
  const auto power = chip_power(
      tdp, shares, {1.0, share(sum.matrix), share(sum.vector), share(sum.memory), share(sum.link)});
  const Energy floor = (power.idle + power.active) * time.total;
  const auto of_work = [&](const Work& w) {
    const Time weighted = w.matrix * shares.matrix.value.base() +
                          w.vector * shares.vector.value.base() +
                          w.memory * shares.memory.value.base() + w.link * shares.link.value.base();
    return tdp * weighted * power.held;
  };
  PassEnergy e;
  e.total = power.total() * time.total;
  for (std::size_t i = 0; i < rows.size(); ++i)
    e.operators.push_back(of_work(works[i]) + floor * (rows[i].total / spent));
  e.software = floor * (time.overhead / spent);
  return e;
}

}  // namespace perfmodel::power
