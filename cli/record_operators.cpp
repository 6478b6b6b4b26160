#include "cli/record_operators.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace perfmodel::cli {
namespace {

using report::EstimateRecord;
using report::OperatorRow;

OperatorRow operator_row(const phase::TermTime& t, ops::Phase phase) {
  OperatorRow o;
  o.phase = phase == ops::Phase::prefill ? "prefill" : "decode";
  o.name = std::string(t.term->op.name());
  if (t.term->draft) o.name = "draft " + o.name;
  o.kind = std::string(t.term->op.kind().id);
  o.formula = std::string(t.term->op.kind().formula);
  o.count = t.count;
  const bool message = t.cost.message.pattern != ops::Pattern::none;
  if (!message) o.compute = std::string(name_of(t.term->compute));
  o.matrix = t.cost.matrix * t.count;
  o.vector = t.cost.vector * t.count;
  o.weights = t.cost.weights * t.count;
  o.kv = t.cost.kv * t.count;
  o.activations = t.cost.activations * t.count;
  if (message) {
    o.message = std::string(name_of(t.cost.message.pattern));
    const double payloads =
        t.cost.message.tokens > 0 ? t.cost.message.tokens * t.cost.message.fanout : 1.0;
    o.message_bytes = t.cost.message.buffer() * (payloads * t.count);
  }
  o.t_compute = t.time.compute * t.count;
  o.t_vector = t.time.vector * t.count;
  o.t_memory = t.time.memory * t.count;
  o.t_link = t.time.link * t.count;
  o.t_overhead = t.time.overhead * t.count;
  o.total = t.total;
  o.bound = std::string(cost::name_of(t.time.bound));
  return o;
}

/// Operators of a pass, the profile's per-layer and per-step overhead as the last row.
std::vector<OperatorRow> operators_of(const phase::Plan& plan, const cost::Machine& machine,
                                      const ops::Pass& pass, double passes) {
  std::vector<OperatorRow> rows;
  for (const auto& t : phase::explain(plan, machine, pass)) {
    if (t.total.base() <= 0) continue;  // a message within a group of one
    auto row = operator_row(t, pass.phase);
    row.count *= passes;
    for (auto* q :
         {&row.t_compute, &row.t_vector, &row.t_memory, &row.t_link, &row.t_overhead, &row.total})
      *q *= passes;
    for (auto* q : {&row.matrix, &row.vector}) *q *= passes;
    for (auto* q : {&row.weights, &row.kv, &row.activations, &row.message_bytes}) *q *= passes;
    rows.push_back(std::move(row));
  }
  const auto total = phase::evaluate(plan, machine, pass);
  if (total.overhead.base() > 0) {
    OperatorRow o;
    o.phase = pass.phase == ops::Phase::prefill ? "prefill" : "decode";
    o.name = "software";
    o.kind = "overhead";
    o.formula = "the profile's time per layer and per step";
    o.count = passes;
    o.t_overhead = total.overhead * passes;
    o.total = o.t_overhead;
    o.bound = std::string(cost::name_of(cost::Bound::overhead));
    rows.push_back(std::move(o));
  }
  Time sum{};
  for (const auto& r : rows) sum += r.total;
  for (auto& r : rows) r.share = sum.base() > 0 ? r.total / sum : 0.0;
  return rows;
}

}  // namespace

void fill_operators(EstimateRecord& r, const Question& q, const search::Deployment& d,
                    const cost::Machine& machine, const cost::Machine& prefill_machine) {
  const auto& prefill_plan = d.prefill ? d.prefill->plan : d.plan;
  const auto prefill = serving::prefill_passes(prefill_plan, prefill_machine, q.workload, 1.0);
  r.operators = operators_of(prefill_plan, prefill_machine, prefill.pass, prefill.count);
  const auto prefill_rows = r.operators.size();
  auto decode =
      operators_of(d.plan, machine, serving::decode_pass(d.plan, q.workload, d.batch), 1.0);
  std::move(decode.begin(), decode.end(), std::back_inserter(r.operators));
  // Per output token a sequence pays one decode step per yield, and its share of the prefills that
  // stall it; where prefill has its own pool, its own prefill alone.
  const double prefill_weight =
      d.prefill ? 1.0 / q.workload.mean_output()
                : d.batch / q.workload.mean_output() * machine.interference / d.plan.parallelism.pp;
  const auto weight = [&](std::size_t i) {
    const double w = i < prefill_rows ? prefill_weight : 1.0 / d.steady.yield;
    return r.operators[i].total * w;
  };
  Time token{};
  for (std::size_t i = 0; i < r.operators.size(); ++i) token += weight(i);
  for (std::size_t i = 0; i < r.operators.size(); ++i)
    r.operators[i].token_share = token.base() > 0 ? weight(i) / token : 0.0;
  r.bottlenecks.resize(r.operators.size());
  std::iota(r.bottlenecks.begin(), r.bottlenecks.end(), std::size_t{0});
  std::sort(r.bottlenecks.begin(), r.bottlenecks.end(),
            [&](auto a, auto b) { return weight(a) > weight(b); });
  constexpr std::size_t kShown = 3;
  if (r.bottlenecks.size() > kShown) r.bottlenecks.resize(kShown);
}

}  // namespace perfmodel::cli
