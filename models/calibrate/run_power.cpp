#include "calibrate/run_power.hpp"

#include <fmt/format.h>

#include "power/work.hpp"

namespace perfmodel::calibrate {

std::vector<power::Pool> pools_of(const Run& run, const Prediction& p, const cost::Stack& stack,
                                  const std::optional<Rates>& measured) {
  if (p.batch <= 0) return {};
  const auto rates = measured.value_or(Rates{p.output, p.requests});
  const auto own = machine_of(run, run.decode, stack);
  power::EngineWork work;
  work.token = power::token_work(run.decode.plan, own, run.workload, p.batch, p.yield);
  if (!run.prefill)
    work.request = power::request_work(run.decode.plan, own, run.workload, p.together);
  const double engines = run.decode.workers;
  std::vector<power::Pool> pools = {
      {run.decode.chips,
       power::activity_of(work, rates.output / engines, rates.requests / engines)}};
  if (!run.prefill) return pools;
  const auto& pre = *run.prefill;
  const auto request =
      power::request_work(pre.plan, machine_of(run, pre, stack), run.workload, p.together);
  pools.push_back(
      {pre.chips, power::activity_of({{}, request}, {}, rates.requests / (1.0 * pre.workers))});
  return pools;
}

spec::Outcome<double> power_value(const Run& run, const Prediction& p, const cost::Stack& stack,
                                  Metric metric, const power::Coefficients& coefficients,
                                  const std::optional<Rates>& measured) {
  const auto none = [](std::string why) {
    return spec::Infeasible{spec::Why::invalid_mapping, std::move(why), ""};
  };
  const auto& chip = run.site->chip;
  if (!chip.tdp) return none(fmt::format("the TDP of {} is not published", chip.id));
  const auto pools = pools_of(run, p, stack, measured);
  if (pools.empty()) return none("power is modelled of steady runs alone");
  Power total{};
  double chips = 0;
  for (const auto& pool : pools) {
    if (metric == Metric::joules && &pool != pools.data()) break;
    total +=
        power::chip_power(chip.tdp->value, coefficients.chip, pool.activity).total() * pool.chips;
    chips += pool.chips;
  }
  if (metric == Metric::power) return total.base() / chips;
  const auto output = measured ? measured->output : p.output;
  return (total / output).base();
}

}  // namespace perfmodel::calibrate
