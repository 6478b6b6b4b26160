#include "power/work.hpp"

#include <algorithm>
#include <cmath>

namespace perfmodel::power {
namespace {

/// Bytes that leave a device of a group of `n`, whatever the algorithm: what is gathered or
/// scattered goes once to every other, what is reduced both ways; a token's payload goes to each
/// distinct destination other than its own.
Bytes sent(const ops::Message& m, double n) {
  const double others = (n - 1.0) / n;
  switch (m.pattern) {
    case ops::Pattern::none:
      return {};
    case ops::Pattern::all_reduce:
      return m.bytes * (2.0 * others);
    case ops::Pattern::all_gather:
    case ops::Pattern::reduce_scatter:
      return m.bytes * others;
    case ops::Pattern::send:
      return m.bytes;
    case ops::Pattern::context:
      return m.buffer() * others;
    case ops::Pattern::dispatch:
    case ops::Pattern::combine:
      return m.bytes * (m.tokens * -(n - 1.0) * std::expm1(m.fanout * std::log1p(-1.0 / n)));
  }
  return {};
}

}  // namespace

Work& Work::operator+=(const Work& o) {
  busy += o.busy;
  matrix += o.matrix;
  vector += o.vector;
  memory += o.memory;
  link += o.link;
  return *this;
}

Work& Work::operator*=(double factor) {
  for (auto* t : {&busy, &matrix, &vector, &memory, &link}) *t *= factor;
  return *this;
}

Work work_of(const cost::Machine& m, const cost::Route& route, const mapping::Term& term,
             const ops::OpCost& c) {
  Work w;
  if (c.message.pattern != ops::Pattern::none) {
    if (route.alone()) return w;
    const auto& link = m.links[route.levels[route.count - 1].link];
    if (link.known) w.link = sent(c.message, route.size) / link.bandwidth;
    return w;
  }
  const auto peak = m.peak[spec::index(term.compute)];
  if (c.matrix.base() > 0 && peak.base() > 0) w.matrix = c.matrix / peak;
  if (c.vector.base() > 0 && m.vector.base() > 0) w.vector = c.vector / m.vector;
  const Bytes bytes = cost::from_memory(m, c);
  if (bytes.base() > 0) w.memory = bytes / m.memory;
  return w;
}

Work work_of(const phase::Plan& plan, const cost::Machine& machine, const ops::Pass& pass) {
  Work sum;
  for (const auto& row : phase::explain(plan, machine, pass))
    sum += work_of(machine, plan.route(row.term->group), *row.term, row.cost) * row.count;
  sum.busy = phase::evaluate(plan, machine, pass).total;
  return sum;
}

Work token_work(const phase::Plan& plan, const cost::Machine& machine,
                const serving::Lengths& lengths, double batch, double yield) {
  // A pass holds the batch of one stage; all stages are at work on passes of their own, so that
  // each device does its part of one whole pass for every batch.
  const double tokens = batch * plan.parallelism.dp * yield;
  return work_of(plan, machine, serving::decode_pass(plan, lengths, batch)) * (1.0 / tokens);
}

Work request_work(const phase::Plan& plan, const cost::Machine& machine,
                  const serving::Lengths& lengths, double together) {
  const auto p = serving::prefill_passes(plan, machine, lengths, together);
  const double requests = together * plan.parallelism.dp * plan.parallelism.pp;
  return work_of(plan, machine, p.pass) * (p.count / requests);
}

EngineWork engine_work(const phase::Plan& plan, const cost::Machine& machine,
                       const serving::Lengths& lengths, double batch, double yield) {
  const double full = serving::requests_per_chunk(plan, machine, lengths);
  const double together = std::clamp(batch / lengths.mean_output(), 1.0, full);
  return {token_work(plan, machine, lengths, batch, yield),
          request_work(plan, machine, lengths, together)};
}

Activity activity_of(const EngineWork& work, Frequency tokens, Frequency requests) {
  const auto share = [&](Time Work::*part) {
    return work.token.*part * tokens + work.request.*part * requests;
  };
  Activity a;
  a.busy = std::min(1.0, share(&Work::busy));
  a.matrix = std::min(1.0, share(&Work::matrix));
  a.vector = std::min(1.0, share(&Work::vector));
  a.memory = std::min(1.0, share(&Work::memory));
  a.link = std::min(1.0, share(&Work::link));
  return a;
}

}  // namespace perfmodel::power
