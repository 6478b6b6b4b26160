#include "phase/plan.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "phase/assemble.hpp"

namespace perfmodel::phase {
namespace {

using mapping::Group;
using mapping::Stream;

/// The pass that the speculative layer sees: one token of each sequence at a time.
ops::Pass draft_pass(const ops::Pass& p) {
  ops::Pass d = p;
  d.expert_rows = p.expert_rows / p.tokens_per_sequence;
  d.logit_rows = p.sequences;
  d.tokens_per_sequence = 1;
  d.causal_length = 1;
  return d;
}

/// The rows of both at once, as operators that do not look at the cache see them.
ops::Pass joint_pass(const ops::Pass& decode, const ops::Pass& prefill) {
  ops::Pass j = decode;
  j.sequences = decode.sequences + prefill.sequences;
  j.tokens_per_sequence = (decode.rows() + prefill.rows()) / j.sequences;
  j.logit_rows = decode.logit_rows + prefill.logit_rows;
  j.expert_rows = decode.expert_rows + prefill.expert_rows;
  return j;
}

/// Attention, and what context-parallel ranks exchange for it.
bool reads_cache(const mapping::Term& t) {
  return t.op.kind().prefill_class == ops::OpClass::attention_prefill || t.group == Group::context;
}

void add(PassTime& r, Stream stream, Time t) {
  switch (stream) {
    case Stream::main:
      r.main += t;
      break;
    case Stream::shared_expert:
      r.shared_expert += t;
      break;
    case Stream::exchange:
      r.exchange += t;
      break;
  }
}

std::optional<spec::Infeasible> missing(const Plan& plan, const cost::Machine& m) {
  using spec::Why;
  const auto gap = [](std::string what) {
    return spec::Infeasible{Why::missing_figure, std::move(what),
                            "--assume to use a stand-in from the chip's family"};
  };
  if (m.memory.base() <= 0)
    return gap("the memory bandwidth is not published (chip.memory.bandwidth)");
  if (m.capacity.base() <= 0)
    return gap("the memory capacity is not published (chip.memory.capacity)");
  for (const auto& t : plan.model.terms) {
    const bool message = t.op.kind().prefill_class == ops::OpClass::link;
    if (!message && m.peak[spec::index(t.compute)].base() <= 0)
      return gap(fmt::format("the {} peak is not published (chip.matrix.{})", name_of(t.compute),
                             name_of(t.compute)));
    if (!message) continue;
    const auto& route = plan.route(t.group);
    if (cost::unknown_link(m, route) != cost::kMaxLinks)
      return gap("the link bandwidth between chips is not published (chip.link.scale_up)");
  }
  return std::nullopt;
}

}  // namespace

spec::Outcome<Plan> compile(const llm::LlmSpec& llm, const mapping::Parallelism& p,
                            const mapping::Precision& precision, const cost::Machine& machine,
                            int draft_tokens) {
  if (auto bad = mapping::check(p, llm)) return *bad;
  Plan plan;
  plan.parallelism = p;
  plan.precision = precision;
  plan.model = mapping::shard(llm, p, precision, draft_tokens > 0);
  plan.draft_tokens = draft_tokens;
  const auto route = [&](Group g, int size, int stride) {
    plan.routes[static_cast<std::size_t>(g)] = cost::make_route(machine, size, stride);
  };
  route(Group::tensor, p.tp, 1);
  route(Group::context, p.cp, p.tp);
  route(Group::data, p.dp, p.tp * p.cp);
  route(Group::expert, p.ep, p.moe_tp);
  route(Group::stage, p.stage_devices(), 1);
  route(Group::pipeline, p.pp > 1 ? 2 : 1, p.stage_devices());
  const double layers = llm.layers();
  plan.stage_excess = std::ceil(layers / p.pp) * p.pp / layers;
  if (auto gap = missing(plan, machine)) return *gap;
  return plan;
}

PassTime evaluate(const Plan& plan, const cost::Machine& machine, const ops::Pass& pass) {
  PassTime r;
  const ops::Pass single = draft_pass(pass);
  const bool drafting = pass.phase == ops::Phase::decode && plan.draft_tokens > 0;
  for (const auto& t : plan.model.terms) {
    if (t.draft && !drafting) continue;
    const auto c = t.op.cost(t.draft ? single : pass);
    const double count = t.draft ? t.count * plan.draft_tokens : t.count;
    const Time total = time_of(machine, plan.route(t.group), t, c, pass.phase).total * count;
    if (t.draft) r.draft += total;
    add(r, t.stream, total);
  }
  const Time layered = software_of_layers(plan.model, machine, drafting ? plan.draft_tokens : 0.0);
  assemble(r, machine, layered, pass.sequences * plan.parallelism.cp, plan.stage_excess);
  return r;
}

PassTime evaluate_mixed(const Plan& plan, const cost::Machine& machine, const ops::Pass& decode,
                        const ops::Pass& prefill) {
  PassTime r;
  const ops::Pass joint = joint_pass(decode, prefill);
  const ops::Pass single = draft_pass(decode);
  for (const auto& t : plan.model.terms) {
    if (t.draft && plan.draft_tokens <= 0) continue;
    const auto at = [&](const ops::Pass& pass) {
      return time_of(machine, plan.route(t.group), t, t.op.cost(pass), pass.phase).total * t.count;
    };
    Time total{};
    if (t.draft)
      r.draft += total = at(single) * plan.draft_tokens;
    else if (reads_cache(t))
      total = at(decode) + at(prefill);
    else
      total = at(joint);
    add(r, t.stream, total);
  }
  const Time layered = software_of_layers(plan.model, machine, plan.draft_tokens);
  assemble(r, machine, layered, joint.sequences * plan.parallelism.cp, plan.stage_excess);
  return r;
}

std::vector<TermTime> explain(const Plan& plan, const cost::Machine& machine,
                              const ops::Pass& pass) {
  std::vector<TermTime> rows;
  const ops::Pass single = draft_pass(pass);
  const bool drafting = pass.phase == ops::Phase::decode && plan.draft_tokens > 0;
  for (const auto& t : plan.model.terms) {
    if (t.draft && !drafting) continue;
    TermTime row;
    row.term = &t;
    row.count = t.draft ? t.count * plan.draft_tokens : t.count;
    row.cost = t.op.cost(t.draft ? single : pass);
    row.time = time_of(machine, plan.route(t.group), t, row.cost, pass.phase);
    row.total = row.time.total * row.count;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace perfmodel::phase
