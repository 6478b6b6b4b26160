#include "serving/terms.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "hw/kernel_curve.hpp"
#include "phase/assemble.hpp"
#include "phase/table.hpp"
#include "serving/engine.hpp"

namespace perfmodel::serving {
namespace {

using phase::Rows;

/// The bound of hw::share_at: what shares come to where the peak is next to nothing.
double best_share() {
  constexpr double kAnyShare = 0.5, kNext = 1e-300;
  return hw::share_at(kAnyShare, kNext);
}

/// The pass of the speculative layer beside that of one sequence, as phase::evaluate has it.
ops::Pass draft_of(ops::Pass p) {
  p.expert_rows /= p.tokens_per_sequence;
  p.logit_rows = p.sequences;
  p.tokens_per_sequence = p.causal_length = 1.0;
  return p;
}

/// Adds to an equal term if there is one.
template <class Term>
void add(std::vector<Term>& all, const Term& term) {
  for (auto& t : all) {
    const double count = std::exchange(t.count, term.count);
    const bool same = t == term;
    t.count = same ? count + term.count : count;
    if (same) return;
  }
  all.push_back(term);
}

/// Writes programs (phase/table.hpp) out for a pass of one sequence.
class Writer {
 public:
  Writer(PassTerms& to, const ops::Pass& one) : to_(to), one_(one) {}

  void write(const phase::Program& p, const TermShare& of_peak) {
    program_ = &p;
    share_ = of_peak;
    for (std::size_t s = 0; s < p.constant.size(); ++s) to_.constant[s] += p.constant[s];
    for (const auto& r : p.streamed) streamed(r);
    for (const auto& r : p.products) product(r);
    for (const auto& r : p.scored) scored(r);
    for (const auto& r : p.linked) linked(r);
    for (const auto& r : p.gathered) gathered(r);
    for (const auto& r : p.exchanged) exchanged(r);
  }

 private:
  double rows(Rows r) const {
    if (r == Rows::all) return one_.rows();
    return r == Rows::logits ? one_.logit_rows : one_.expert_rows;
  }
  TermRouting routing(std::size_t i) const {
    const auto& r = program_->routings[i];
    return {one_.expert_rows * r.topk / r.ranks, one_.expert_rows * r.token_share, r.local,
            r.log_miss, r.varying};
  }
  double keys(std::size_t cap) const {
    return ops::capped_mean(one_.context_low + 1.0,
                            one_.context_high + std::max(1.0, one_.causal_length),
                            program_->caps[cap]);
  }
  double cached(std::size_t cap) const {
    return ops::capped_mean(one_.context_low, one_.context_high, program_->caps[cap]);
  }

  void streamed(const phase::Streamed& r) {
    const double n = rows(r.rows);
    PlainTerm t;
    t.stream = static_cast<std::size_t>(r.stream);
    t.count = r.count;
    t.memory = r.read * n;
    t.touched = r.touched * n;
    t.by_byte = r.by_byte;
    t.vector = r.vector * n;
    add(to_.plain, t);
  }
  void scored(const phase::Scored& r) {
    const double n = one_.rows();
    const double tokens = one_.tokens_per_sequence;
    const double whole = cached(r.whole);
    const double scores = n * (keys(r.keys) + r.more_share * keys(r.more_keys));
    const double matrix = scores * r.by_score + one_.sequences * whole * r.by_cached +
                          n * (r.by_row + r.by_chunk * std::min(r.chunk, tokens));
    const double read = r.whole_bytes * whole +
                        r.picked_bytes * std::min(cached(r.any), cached(r.each) * tokens) +
                        r.token_bytes * tokens + r.fixed_bytes;
    PlainTerm t;
    t.stream = static_cast<std::size_t>(r.stream);
    t.count = r.count;
    t.of_peak = share_;
    t.compute = matrix * (1.0 + r.ramp / keys(r.keys));
    t.memory = one_.sequences * read * r.by_byte;
    t.touched = r.touched * n;
    t.by_byte = r.by_byte;
    t.vector = scores * r.vector;
    add(to_.plain, t);
  }
  void product(const phase::Product& r) {
    ProductTerm t;
    t.stream = static_cast<std::size_t>(r.stream);
    t.count = r.count;
    t.of_peak = share_;
    t.compute = r.compute;
    t.groups = r.groups;
    t.tile = r.tile;
    t.by_tall = r.by_tall;
    t.columns = r.columns;
    t.cores = r.cores;
    t.split = r.split;
    t.wave_share = r.wave_share;
    t.weights = r.weights;
    t.touched = r.touched;
    t.by_byte = r.by_byte;
    t.by_byte_single = r.by_byte_single;
    t.converted = r.converted;
    t.by_byte_converted = r.by_byte_converted;
    if (r.routing == phase::Product::kDense)
      t.rows = rows(r.rows) * r.row_share;
    else
      t.routing = routing(r.routing);
    add(to_.products, t);
  }
  void linked(const phase::Linked& r) {
    LinesTerm t;
    t.stream = static_cast<std::size_t>(r.stream);
    t.rows = rows(r.rows);
    for (const auto& l : r.lines.lines()) t.lines.push_back({l.at_zero.base(), l.slope.base()});
    to_.lines.push_back(std::move(t));
  }
  void gathered(const phase::Gathered& r) {
    LinesTerm t;
    t.stream = static_cast<std::size_t>(r.stream);
    t.rows = 1.0;
    const auto take = [&](const cost::Lines& lines, double amount) {
      for (const auto& l : lines.lines())
        t.lines.push_back({l.at_zero.base(), l.slope.base() * amount});
    };
    if (r.moves_cache) take(r.cache, one_.sequences * (cached(r.whole) + one_.tokens_per_sequence));
    if (r.moves_queries) take(r.queries, one_.rows());
    to_.lines.push_back(std::move(t));
  }
  void exchanged(const phase::Exchanged& r) {
    ExchangeTerm t;
    t.stream = static_cast<std::size_t>(r.stream);
    t.seconds = r.by_row * r.count * one_.rows();
    if (r.routing != phase::Exchanged::kEven) t.routing = routing(r.routing);
    to_.exchange.push_back(t);
  }

  PassTerms& to_;
  const ops::Pass& one_;
  const phase::Program* program_ = nullptr;
  TermShare share_;
};

/// The pass's terms, folded apart by what share of the peak they reach; false where one has no
/// known form.
bool write(PassTerms& to, const phase::Plan& plan, const cost::Machine& m, const ops::Pass& one,
           bool draft, double times) {
  std::map<std::pair<ops::OpClass, spec::Compute>, std::vector<mapping::Term>> parts;
  for (const auto& t : plan.model.terms)
    parts[{t.op.kind().op_class(one.phase), t.compute}].push_back(t);
  auto part = plan;
  Writer writer(to, one);
  bool known = true;
  for (auto& [key, terms] : parts) {
    part.model.terms = std::move(terms);
    const auto program = phase::fold(part, m, one.phase, draft, times);
    known = known && program.unfolded.empty();
    const auto at = static_cast<std::size_t>(key.first);
    writer.write(program, {m.curve[at].share[spec::index(key.second)], m.efficiency[at]});
  }
  return known;
}

}  // namespace

std::optional<EngineTerms> engine_terms(const phase::Plan& plan, const cost::Machine& m,
                                        const Lengths& w, double accepted, bool shares_fall) {
  if (!m.quantise) return std::nullopt;
  // The formula has prefills and steps that take turns, and prefixes in place.
  if (m.mixed || m.reads_prefixes || m.holds_prefixes || !m.random_routing) return std::nullopt;
  EngineTerms t;
  t.dp = plan.parallelism.dp;
  t.pp = plan.parallelism.pp;
  t.yield = 1.0 + accepted;
  t.input = w.mean_input();
  t.output = w.mean_output();
  t.interference = m.interference;
  t.request = m.request.base();
  t.sharpness = m.sharpness;
  t.spill = m.cache.base();
  t.imbalance = m.imbalance;
  t.best_share = best_share();
  t.shares_fall = shares_fall;
  t.overlap_shared = m.overlap_shared_expert;
  t.overlap_exchange = m.overlap_communication;
  t.stage_excess = plan.stage_excess;
  t.step = m.step.base();
  t.sequence = m.sequence.base();

  const auto one = memory_plan(plan, m, w, 1.0);
  t.capacity = m.capacity.base();
  t.use = m.memory_use;
  const double full = requests_per_chunk(plan, m, w);
  // What prefill gathers of the cache stays the same, whatever the batch.
  t.weights = (one.weights + plan.model.gathered_per_token * (w.mean_input() * full)).base();
  t.by_sequence = one.cache_of_sequence.base();
  t.by_row = plan.model.activations_per_token.base();
  t.rows_per_sequence = (1.0 + plan.draft_tokens) / plan.parallelism.cp;
  t.by_logit_row = plan.model.logits_per_row.base();
  t.full = full;
  // A chunk's worth of requests together, never more rows than a chunk (memory_plan).
  const double new_tokens = w.mean_input() * (1.0 - w.prefix_hit);
  t.prefill_rows = std::min(m.chunk, new_tokens * t.full / plan.parallelism.cp);

  const auto prefill = prefill_passes(plan, m, w, 1.0);
  t.prefill_passes = prefill.count;
  t.prefill.layers = phase::software_of_layers(plan.model, m, 0.0).base();
  t.decode.layers = phase::software_of_layers(plan.model, m, plan.draft_tokens).base();
  const auto decode = decode_pass(plan, w, t.pp);  // of one sequence
  bool known = write(t.prefill, plan, m, prefill.pass, false, 1.0);
  known = write(t.decode, plan, m, decode, false, 1.0) && known;
  if (plan.draft_tokens > 0)
    known = write(t.decode, plan, m, draft_of(decode), true, plan.draft_tokens) && known;
  if (!known) return std::nullopt;
  return t;
}

}  // namespace perfmodel::serving
