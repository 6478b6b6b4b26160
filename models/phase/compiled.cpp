#include "phase/compiled.hpp"

#include <algorithm>

#include "phase/assemble.hpp"
#include "phase/table.hpp"

namespace perfmodel::phase {
namespace {

/// The passes that the speculative layer sees, as draft_pass (plan.cpp) has them.
Passes draft_passes(const Passes& p, std::size_t n) {
  Passes d = p;
  for (std::size_t i = 0; i < n; ++i)
    d.expert_rows[i] = p.expert_rows[i] / p.tokens_per_sequence[i];
  d.logit_rows = p.sequences;
  d.tokens_per_sequence.fill(1.0);
  d.causal_length.fill(1.0);
  return d;
}

ops::Pass pass_of(const Passes& p, std::size_t i, ops::Phase phase) {
  return {.phase = phase,
          .sequences = p.sequences[i],
          .tokens_per_sequence = p.tokens_per_sequence[i],
          .causal_length = p.causal_length[i],
          .context_low = p.context_low[i],
          .context_high = p.context_high[i],
          .logit_rows = p.logit_rows[i],
          .expert_rows = p.expert_rows[i]};
}

void add_unfolded(const Table& table, const Program& program, ops::Phase phase, const Passes& p,
                  std::size_t n, Totals& totals) {
  for (const auto& u : program.unfolded) {
    auto& sum = totals.stream[static_cast<std::size_t>(u.term.stream)];
    const auto& route = table.routes[static_cast<std::size_t>(u.term.group)];
    for (std::size_t i = 0; i < n; ++i)
      sum[i] += time_of(table.machine, route, u.term, u.term.op.cost(pass_of(p, i, phase)), phase)
                    .total.base() *
                u.count;
  }
}

}  // namespace

Compiled::Compiled(const Plan& plan, const cost::Machine& machine) {
  auto t = std::make_unique<Table>();
  t->machine = machine;
  t->routes = plan.routes;
  t->drafting = plan.draft_tokens > 0;
  t->prefill = fold(plan, machine, ops::Phase::prefill, false, 1.0);
  t->decode = fold(plan, machine, ops::Phase::decode, false, 1.0);
  if (t->drafting) t->draft = fold(plan, machine, ops::Phase::decode, true, plan.draft_tokens);
  t->split = plan.parallelism.cp;
  t->prefill_layers = software_of_layers(plan.model, machine, 0.0).base();
  t->decode_layers = software_of_layers(plan.model, machine, plan.draft_tokens).base();
  t->stage_excess = plan.stage_excess;
  table_ = std::move(t);
}
Compiled::~Compiled() = default;
Compiled::Compiled(Compiled&&) noexcept = default;
Compiled& Compiled::operator=(Compiled&&) noexcept = default;

std::size_t Compiled::unfolded() const {
  return table_->prefill.unfolded.size() + table_->decode.unfolded.size() +
         table_->draft.unfolded.size();
}

void Compiled::evaluate(ops::Phase phase, Passes& passes, std::size_t n, Time* totals) const {
  if (n == 0) return;
  const auto& t = *table_;
  const auto& m = t.machine;
  const bool prefill = phase == ops::Phase::prefill;
  // Whole vectors: the lanes left over repeat the last pass.
  const std::size_t lanes = (n + kLaneStep - 1) / kLaneStep * kLaneStep;
  for (std::size_t i = n; i < lanes; ++i) passes.set(i, pass_of(passes, n - 1, phase));
  Totals sums;
  for (auto& s : sums.stream) s.fill(0.0);
  const auto add = [&](const Program& program, const Passes& p) {
    run(program, m, p, lanes, sums);
    add_unfolded(t, program, phase, p, n, sums);
  };
  add(prefill ? t.prefill : t.decode, passes);
  if (!prefill && t.drafting) add(t.draft, draft_passes(passes, lanes));
  PassTime r;
  const Time layered = Time::from_base(prefill ? t.prefill_layers : t.decode_layers);
  for (std::size_t i = 0; i < n; ++i) {
    r.main = Time::from_base(sums.stream[0][i]);
    r.shared_expert = Time::from_base(sums.stream[1][i]);
    r.exchange = Time::from_base(sums.stream[2][i]);
    assemble(r, m, layered, passes.sequences[i] * t.split, t.stage_excess);
    totals[i] = r.total;
  }
}

}  // namespace perfmodel::phase
