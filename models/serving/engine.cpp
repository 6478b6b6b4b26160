#include "serving/engine.hpp"

#include <algorithm>
#include <cmath>

namespace perfmodel::serving {
namespace {

double new_tokens(const Lengths& w) {
  return w.mean_input() * (1.0 - w.prefix_hit);
}

Time prefill_time(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w,
                  double sequences) {
  const auto p = prefill_passes(plan, machine, w, sequences);
  return phase::evaluate(plan, machine, p.pass).total * p.count;
}

}  // namespace

double requests_per_chunk(const cost::Machine& machine, const Lengths& w) {
  return std::max(1.0, std::floor(machine.chunk / new_tokens(w)));
}

MemoryPlan memory_plan(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w,
                       double batch) {
  MemoryPlan m;
  m.capacity = machine.capacity;
  m.reserve = machine.capacity * (1.0 - machine.memory_use);
  m.weights = plan.model.weights + plan.model.draft_weights;
  m.cache_of_sequence = plan.model.cache.of_sequence(w.mean_input() + w.mean_output());
  m.cache = m.cache_of_sequence * batch;
  const double decode_rows = batch * (1.0 + plan.draft_tokens);
  const double prefill_rows =
      std::min(machine.chunk, new_tokens(w) * requests_per_chunk(machine, w));
  m.activations = plan.model.activations_per_token * std::max(decode_rows, prefill_rows) +
                  plan.model.logits_per_row * decode_rows;
  return m;
}

double largest_batch(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w) {
  const auto one = memory_plan(plan, machine, w, 1.0);
  if (!one.fits()) return 0.0;
  // Cache and logits grow with every sequence, activations only once decoding has more rows than a
  // chunk: a first guess from the former, then down to what fits.
  const Bytes each = one.cache_of_sequence + plan.model.logits_per_row * (1.0 + plan.draft_tokens);
  double batch = std::floor(1.0 + one.free() / each);
  double low = 1.0;
  if (memory_plan(plan, machine, w, batch).fits()) return batch;
  while (batch - low > 1.0) {
    const double mid = std::floor(0.5 * (low + batch));
    (memory_plan(plan, machine, w, mid).fits() ? low : batch) = mid;
  }
  return low;
}

ops::Pass decode_pass(const phase::Plan& plan, const Lengths& w, double batch) {
  const auto& p = plan.parallelism;
  ops::Pass pass;
  pass.phase = ops::Phase::decode;
  // Pipeline stages work on different parts of the batch.
  pass.sequences = std::max(1.0, batch / p.pp);
  pass.tokens_per_sequence = 1.0 + plan.draft_tokens;
  pass.causal_length = pass.tokens_per_sequence;
  pass.context_low = w.mean_input();
  pass.context_high = w.mean_input() + w.mean_output();
  pass.logit_rows = pass.rows();
  pass.expert_rows = pass.rows() * p.dp;
  return pass;
}

PrefillPasses prefill_passes(const phase::Plan& plan, const cost::Machine& machine,
                             const Lengths& w, double sequences) {
  PrefillPasses r;
  const double tokens = std::max(1.0, new_tokens(w));
  const double cached = w.mean_input() - tokens;
  r.count = std::max(1.0, tokens / machine.chunk);
  const double each = tokens / r.count;
  auto& pass = r.pass;
  pass.phase = ops::Phase::prefill;
  pass.sequences = sequences;
  pass.tokens_per_sequence = each;
  pass.causal_length = each * w.square_mean_ratio();
  pass.context_low = std::max(0.0, cached);
  pass.context_high = pass.context_low + tokens - each;
  pass.logit_rows = sequences / r.count;
  pass.expert_rows = pass.rows() * plan.parallelism.dp;
  return r;
}

PrefillCost prefill_cost(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w) {
  PrefillCost c;
  c.one = prefill_time(plan, machine, w, 1.0);
  c.full = requests_per_chunk(machine, w);
  c.full_time = c.full > 1.0 ? prefill_time(plan, machine, w, c.full) : c.one;
  return c;
}

Steady steady_state(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w,
                    const PrefillCost& prefill, double accepted, double batch) {
  const auto step = phase::evaluate(plan, machine, decode_pass(plan, w, batch)).total;
  return steady_at(plan, machine, w, prefill, accepted, batch, step);
}

Steady steady_at(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w,
                 const PrefillCost& prefill, double accepted, double batch, Time decode_step) {
  Steady s;
  s.batch = batch;
  s.yield = 1.0 + accepted;
  const double output = w.mean_output();
  const double dp = plan.parallelism.dp;
  const double pp = plan.parallelism.pp;
  s.decode_step = decode_step;
  s.prefill = prefill.one;
  const double together = std::clamp(batch / output, 1.0, prefill.full);
  const Time amortised = prefill.of(together) / together;

  s.tpot = s.decode_step / s.yield + amortised * (batch / output * machine.interference / pp);
  s.ttft = machine.request + s.prefill + s.decode_step * 0.5;
  const Time life = s.ttft + s.tpot * std::max(0.0, output - 1.0);
  const double sequences = batch * dp;
  s.output_rate = sequences * output / life;
  s.input_rate = sequences * w.mean_input() / life;
  s.decode_only = sequences * s.yield / s.decode_step;
  s.prefill_only = prefill.full * w.mean_input() * dp * pp / prefill.full_time;
  return s;
}

}  // namespace perfmodel::serving
