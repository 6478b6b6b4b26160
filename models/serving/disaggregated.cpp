#include "serving/disaggregated.hpp"

#include <algorithm>
#include <cmath>

namespace perfmodel::serving {

std::optional<PoolLink> pool_link(const cost::Machine& machine, int devices) {
  const auto route = cost::make_route(machine, devices, 1);
  if (route.alone()) return PoolLink{machine.memory, Time{}};
  const auto& link = machine.links[route.levels[route.count - 1].link];
  if (!link.known) return std::nullopt;
  return PoolLink{link.bandwidth * machine.protocols.large, link.latency};
}

Time Transfer::time(const PoolLink& link, double requests) const {
  return max(sent * requests, received) / link.bandwidth + link.latency;
}

Transfer cache_transfer(const phase::Plan& prefill, const phase::Plan& decode, const Lengths& w) {
  const auto holders = [](const phase::Plan& p) {
    return static_cast<double>(p.parallelism.rank_devices());
  };
  Transfer t;
  t.received = decode.model.cache.of_sequence(w.mean_input());
  t.request = t.received * holders(decode);
  t.sent = t.request / holders(prefill);
  return t;
}

PrefillState prefill_at(const phase::Plan& plan, const cost::Machine& machine,
                        const PrefillCost& cost, const Transfer& transfer, const PoolLink& link,
                        double together) {
  PrefillState s;
  s.together = together;
  s.pass = cost.of(together);
  s.transfer = transfer.time(link, together);
  s.ttft = machine.request + s.pass + s.transfer;
  if (cost.read.base() > 0) s.ttft += cost.read * together;
  // The links carry the caches of one pass while the devices compute the next.
  const double ranks = plan.parallelism.dp;
  s.rate = min(ranks * plan.parallelism.pp * together / s.pass, ranks * together / s.transfer);
  if (cost.read.base() > 0) s.rate = min(s.rate, ranks / cost.read);
  return s;
}

std::optional<PrefillState> prefill_state(const phase::Plan& plan, const cost::Machine& machine,
                                          const PrefillCost& cost, const Transfer& transfer,
                                          const PoolLink& link, std::optional<Time> limit) {
  const auto at = [&](double together) {
    return prefill_at(plan, machine, cost, transfer, link, together);
  };
  auto full = at(cost.full);
  if (!limit || full.ttft <= *limit) return full;
  const auto one = at(1.0);
  if (one.ttft > *limit) return std::nullopt;
  // Between one and full the time grows by the same for every request.
  const Time each = (full.ttft - one.ttft) / (cost.full - 1.0);
  auto s = at(std::clamp(1.0 + std::floor((*limit - one.ttft) / each), 1.0, cost.full));
  return s.ttft <= *limit ? s : one;
}

Steady decode_state(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w,
                    double accepted, double batch) {
  Steady s;
  s.batch = batch;
  s.yield = 1.0 + accepted;
  s.decode_step = phase::evaluate(plan, machine, decode_pass(plan, w, batch)).total;
  s.tpot = s.decode_step / s.yield;
  const double sequences = batch * plan.parallelism.dp;
  s.decode_only = sequences / s.tpot;
  // A request of one token is never decoded; its place turns over as if it took one step.
  const double steps = std::max(1.0, w.mean_output() - 1.0);
  const Frequency requests = sequences / (s.tpot * steps);
  s.output_rate = requests * w.mean_output();
  s.input_rate = requests * w.mean_input();
  return s;
}

}  // namespace perfmodel::serving
