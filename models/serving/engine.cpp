#include "serving/engine.hpp"

#include <algorithm>
#include <cmath>

namespace perfmodel::serving {
namespace {

double new_tokens(const Lengths& w) {
  return w.mean_input() * (1.0 - w.prefix_hit);
}

/// Tokens of one pass that a rank takes.
double chunk_of(const phase::Plan& plan, const cost::Machine& machine) {
  return machine.chunk * plan.parallelism.cp;
}

Time prefill_time(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w,
                  double sequences) {
  const auto p = prefill_passes(plan, machine, w, sequences);
  return phase::evaluate(plan, machine, p.pass).total * p.count;
}

/// How prompts divide over mixed steps.
struct Chunks {
  ops::Pass pass;
  double steps = 1;     // that carry a part of one request's prompt, of a request alone
  double together = 1;  // requests that share a step
  double each = 1;      // steps / together
};

Chunks chunks_of(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w,
                 double full, double finished_by_step) {
  Chunks c;
  c.together = std::clamp(finished_by_step, 1.0, full);
  const auto p = prefill_passes(plan, machine, w, c.together);
  c.pass = p.pass;
  c.steps = p.count;
  c.each = p.count / c.together;
  return c;
}

Steady mixed_at(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w,
                const PrefillCost& prefill, double accepted, double batch, Time decode_step) {
  Steady s;
  s.batch = batch;
  s.yield = 1.0 + accepted;
  s.decode_step = decode_step;
  s.prefill = prefill.one;
  const double output = w.mean_output();
  const double pp = plan.parallelism.pp;
  const double finished = batch * s.yield / output / pp;  // requests, by step
  const auto c = chunks_of(plan, machine, w, prefill.full, finished);
  const auto mixed =
      phase::evaluate_mixed(plan, machine, decode_pass(plan, w, batch), c.pass).total;
  const Time more = max(Time{}, mixed - decode_step);
  s.tpot = decode_step / s.yield + more * (c.each * (batch / output) * machine.interference / pp);
  s.turn = (decode_step + more * machine.interference) * c.each;
  s.ttft =
      machine.request + prefill.read + (decode_step + more) * c.steps + s.tpot * (0.5 * s.yield);
  return s;
}

/// The batch from which on every mixed step is full.
double full_steps_from(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w,
                       const PrefillCost& prefill, double accepted) {
  const auto c = chunks_of(plan, machine, w, prefill.full, prefill.full);
  return w.mean_output() * plan.parallelism.pp / (c.each * (1.0 + accepted));
}

}  // namespace

Time prefix_read(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w) {
  if (!machine.reads_prefixes || w.prefix_hit <= 0) return {};
  const Bytes held = plan.model.cache.of_sequence(w.mean_input() * w.prefix_hit);
  return held / machine.prefix_link + machine.prefix_latency;
}

double requests_per_chunk(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w) {
  return std::max(1.0, std::floor(chunk_of(plan, machine) / new_tokens(w)));
}

MemoryPlan memory_plan(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w,
                       double batch, Role role) {
  MemoryPlan m;
  m.capacity = machine.capacity;
  m.reserve = machine.capacity * (1.0 - machine.memory_use);
  m.weights = plan.model.weights + plan.model.draft_weights;
  const double answer = role == Role::prefill ? 0.0 : w.mean_output();
  m.cache_of_sequence = plan.model.cache.of_sequence(w.mean_input() + answer);
  // The next request of every place finds its prefix too.
  if (machine.holds_prefixes && role != Role::decode && w.prefix_hit > 0)
    m.cache_of_sequence += plan.model.cache.of_sequence(w.mean_input() * w.prefix_hit);
  m.cache = m.cache_of_sequence * batch;
  const double groups = plan.parallelism.cp;
  const double decode_rows =
      role == Role::prefill ? 1.0 : batch * (1.0 + plan.draft_tokens) / groups;
  const double together = requests_per_chunk(plan, machine, w);
  const double prefill_rows =
      role == Role::decode ? 0.0
                           : std::min(chunk_of(plan, machine), new_tokens(w) * together) / groups;
  const bool mixed = machine.mixed && role == Role::both;
  const double rows = mixed ? decode_rows + prefill_rows : std::max(decode_rows, prefill_rows);
  m.activations = plan.model.activations_per_token * rows + plan.model.logits_per_row * decode_rows;
  if (role != Role::decode)
    m.activations += plan.model.gathered_per_token * (w.mean_input() * together);
  return m;
}

double largest_batch(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w,
                     Role role) {
  const auto one = memory_plan(plan, machine, w, 1.0, role);
  if (!one.fits()) return 0.0;
  // Cache and logits grow with every sequence, activations only once decoding has more rows than a
  // chunk: a first guess from the former, then down to what fits.
  const double rows = (1.0 + plan.draft_tokens) / plan.parallelism.cp;
  const Bytes each = one.cache_of_sequence + plan.model.logits_per_row * rows;
  double batch = std::floor(1.0 + one.free() / each);
  double low = 1.0;
  if (memory_plan(plan, machine, w, batch, role).fits()) return batch;
  while (batch - low > 1.0) {
    const double mid = std::floor(0.5 * (low + batch));
    (memory_plan(plan, machine, w, mid, role).fits() ? low : batch) = mid;
  }
  return low;
}

ops::Pass decode_pass(const phase::Plan& plan, const Lengths& w, double batch) {
  const auto& p = plan.parallelism;
  ops::Pass pass;
  pass.phase = ops::Phase::decode;
  // Pipeline stages work on different parts of the batch.
  pass.sequences = std::max(1.0, batch / p.pp) / p.cp;
  pass.tokens_per_sequence = 1.0 + plan.draft_tokens;
  pass.causal_length = pass.tokens_per_sequence;
  pass.context_low = w.mean_input();
  // Among the sequences in flight long answers are met more often, as they stay longer. (A division
  // that most points do without.)
  const double longer = w.spread > 0 ? w.square_mean_ratio() : 1.0;
  pass.context_high = w.mean_input() + w.mean_output() * longer;
  pass.logit_rows = pass.rows();
  pass.expert_rows = pass.rows() * p.token_groups();
  return pass;
}

PrefillPasses prefill_passes(const phase::Plan& plan, const cost::Machine& machine,
                             const Lengths& w, double sequences) {
  PrefillPasses r;
  const double tokens = std::max(1.0, new_tokens(w));
  const double cached = w.mean_input() - tokens;
  r.count = std::max(1.0, tokens / chunk_of(plan, machine));
  const double each = tokens / r.count;
  auto& pass = r.pass;
  pass.phase = ops::Phase::prefill;
  pass.sequences = sequences / plan.parallelism.cp;
  pass.tokens_per_sequence = each;
  pass.causal_length = each * w.square_mean_ratio();
  pass.context_low = std::max(0.0, cached);
  pass.context_high = pass.context_low + tokens - each;
  // Of a prompt's parts one group has the last, and all prompts' fall to the same.
  pass.logit_rows = sequences / r.count;
  pass.expert_rows = pass.rows() * plan.parallelism.token_groups();
  return r;
}

PrefillCost prefill_cost(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w) {
  PrefillCost c;
  c.read = prefix_read(plan, machine, w);
  c.one = prefill_time(plan, machine, w, 1.0);
  c.full = requests_per_chunk(plan, machine, w);
  c.full_time = c.full > 1.0 ? prefill_time(plan, machine, w, c.full) : c.one;
  return c;
}

namespace {

/// The steady state, as far as the link that prefixes come over lets it be.
class Engine {
 public:
  Engine(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w,
         const PrefillCost& prefill, double accepted)
      : plan_(plan), machine_(machine), w_(w), prefill_(prefill), accepted_(accepted) {}

  Steady at(double batch, Time decode_step) const {
    auto s = without_link(batch, decode_step);
    if (prefill_.read.base() <= 0) return s;
    s.prefill_only = min(s.prefill_only, w_.mean_input() * dp() / prefill_.read);
    const Frequency most = output() * dp() / prefill_.read;
    // Work in whole tiles lowers the rate of some larger batches a little below that of smaller
    // ones.
    constexpr double kNear = 0.9;
    if (s.output_rate <= most * kNear) return s;
    const double places = batch_for(most, batch);
    if (batch <= places) {
      s.output_rate = min(s.output_rate, most);
      return s;
    }
    // As many decode as the link feeds; the others wait in their places for the first token.
    const auto fed = without_link(places);
    s.tpot = fed.tpot;
    s.decode_step = fed.decode_step;
    s.turn = fed.turn;
    s.decode_only = fed.decode_only;
    s.output_rate = most;
    s.input_rate = w_.mean_input() * dp() / prefill_.read;
    s.ttft = max(fed.ttft, batch * prefill_.read - stay(s));
    return s;
  }

 private:
  double output() const { return w_.mean_output(); }
  double dp() const { return plan_.parallelism.dp; }
  double pp() const { return plan_.parallelism.pp; }
  Time stay(const Steady& s) const { return s.tpot * std::max(0.0, output() - 1.0); }

  Time decode_step(double batch) const {
    return phase::evaluate(plan_, machine_, decode_pass(plan_, w_, batch)).total;
  }
  Steady without_link(double batch) const { return without_link(batch, decode_step(batch)); }
  Steady without_link(double batch, Time decode_step) const {
    if (!machine_.mixed) {
      auto s = apart(batch, decode_step);
      set_rates(s);
      return s;
    }
    // From this batch on all steps are full, and what is more waits.
    const double full = full_steps_from(plan_, machine_, w_, prefill_, accepted_);
    const bool waits = batch > full;
    auto s = mixed_at(plan_, machine_, w_, prefill_, accepted_, waits ? full : batch,
                      waits ? this->decode_step(full) : decode_step);
    set_rates(s);
    if (!waits) return s;
    s.batch = batch;
    s.ttft = batch * (output() * dp()) / s.output_rate - stay(s);
    return s;
  }

  /// Prefills and decode steps take turns.
  Steady apart(double batch, Time decode_step) const {
    Steady s;
    s.batch = batch;
    s.yield = 1.0 + accepted_;
    s.decode_step = decode_step;
    s.prefill = prefill_.one;
    const double together = std::clamp(batch / output(), 1.0, prefill_.full);
    s.turn = prefill_.of(together) / together;
    s.tpot = s.decode_step / s.yield + s.turn * (batch / output() * machine_.interference / pp());
    s.ttft = machine_.request + s.prefill + prefill_.read + s.decode_step * 0.5;
    return s;
  }

  /// From latencies.
  void set_rates(Steady& s) const {
    const Time life = s.ttft + stay(s);
    const double sequences = s.batch * dp();
    s.output_rate = sequences * output() / life;
    s.input_rate = sequences * w_.mean_input() / life;
    s.decode_only = sequences * s.yield / s.decode_step;
    s.prefill_only = prefill_.full * w_.mean_input() * dp() * pp() / prefill_.full_time;
  }

  /// The batch that turns out `rate`, the same from wherever above it is looked for; `batch` where
  /// none up to it does.
  double batch_for(Frequency rate, double batch) const {
    constexpr int kBisections = 52;
    const auto reaches = [&](double b) { return without_link(b).output_rate >= rate; };
    double low = 0.0;
    double high = 1.0;
    while (!reaches(high)) {
      if (high >= batch) return batch;
      low = high;
      high *= 2.0;
    }
    for (int i = 0; i < kBisections; ++i) {
      const double mid = 0.5 * (low + high);
      (reaches(mid) ? high : low) = mid;
    }
    return high;
  }

  const phase::Plan& plan_;
  const cost::Machine& machine_;
  const Lengths& w_;
  const PrefillCost& prefill_;
  double accepted_;
};

}  // namespace

Steady steady_state(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w,
                    const PrefillCost& prefill, double accepted, double batch) {
  const auto step = phase::evaluate(plan, machine, decode_pass(plan, w, batch)).total;
  return steady_at(plan, machine, w, prefill, accepted, batch, step);
}

Steady steady_at(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w,
                 const PrefillCost& prefill, double accepted, double batch, Time decode_step) {
  return Engine(plan, machine, w, prefill, accepted).at(batch, decode_step);
}

}  // namespace perfmodel::serving
