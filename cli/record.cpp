#include "cli/record.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "cli/version.hpp"
#include "llm/counts.hpp"
#include "search/provenance.hpp"
#include "units/text.hpp"

namespace perfmodel::cli {
namespace {

using report::EstimateRecord;
using report::OperatorRow;

std::string status_banner(std::string_view what, const std::string& name, hw::Status status) {
  switch (status) {
    case hw::Status::shipping:
      return "";
    case hw::Status::announced:
      return fmt::format("{} {} is announced, not shipping: its figures are plans.", what, name);
    case hw::Status::rumoured:
      return fmt::format("{} {} is a rumour: no figure of it is confirmed.", what, name);
    case hw::Status::cancelled:
      return fmt::format("{} {} was never launched: this is a scenario.", what, name);
  }
  return "";
}

void add_banner(EstimateRecord& r, const std::string& own, const std::string& general) {
  if (!own.empty())
    r.banners.push_back(own);
  else if (!general.empty())
    r.banners.push_back(general);
}

std::string formats_text(const mapping::Precision& p, bool moe) {
  std::string s(name_of(p.attention));
  if (moe && (p.experts != p.attention || p.ffn != p.attention)) {
    s = fmt::format("{} experts, {} attention", name_of(p.experts), name_of(p.attention));
    if (p.ffn != p.attention) s += fmt::format(", {} dense", name_of(p.ffn));
  } else if (p.ffn != p.attention) {
    s = fmt::format("{} attention, {} FFN", name_of(p.attention), name_of(p.ffn));
  }
  if (p.embedding != p.attention) s += fmt::format(", {} tables", name_of(p.embedding));
  return s;
}

std::string compute_text(const mapping::Precision& p, bool moe) {
  std::string s(name_of(p.attention_gemm));
  if (moe && p.expert_gemm != p.attention_gemm)
    s = fmt::format("{} experts, {} projections", name_of(p.expert_gemm),
                    name_of(p.attention_gemm));
  else if (!moe && p.ffn_gemm != p.attention_gemm)
    s = fmt::format("{} FFN, {} projections", name_of(p.ffn_gemm), name_of(p.attention_gemm));
  if (p.core != p.attention_gemm) s += fmt::format(", {} attention", name_of(p.core));
  return s;
}

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
    o.message_bytes = t.cost.message.bytes * (payloads * t.count);
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

void fill_operators(EstimateRecord& r, const Question& q, const search::Deployment& d,
                    const cost::Machine& machine) {
  const auto prefill = serving::prefill_passes(d.plan, machine, q.workload, 1.0);
  r.operators = operators_of(d.plan, machine, prefill.pass, prefill.count);
  const auto prefill_rows = r.operators.size();
  auto decode =
      operators_of(d.plan, machine, serving::decode_pass(d.plan, q.workload, d.batch), 1.0);
  std::move(decode.begin(), decode.end(), std::back_inserter(r.operators));
  // Per output token a sequence pays one decode step per yield, and its share of the prefills that
  // stall it.
  const double prefill_weight =
      d.batch / q.workload.mean_output() * machine.interference / d.plan.parallelism.pp;
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

std::string joined(const std::vector<spec::Source>& sources, std::string spec::Source::*field) {
  std::string s;
  for (const auto& source : sources) {
    if ((source.*field).empty()) continue;
    if (!s.empty()) s += "; ";
    s += source.*field;
  }
  return s;
}

std::string with_value(const search::UsedFigure& f) {
  return f.path + " = " + f.value + (f.range.empty() ? "" : " in " + f.range);
}

/// The titles behind the hardware figures, the most used first.
std::string source_line(const std::vector<search::UsedFigure>& figures) {
  std::vector<std::pair<std::string, int>> titles;
  for (const auto& f : figures) {
    if (f.side != search::UsedFigure::Side::hardware) continue;
    for (const auto& s : f.sources) {
      const auto at = std::find_if(titles.begin(), titles.end(),
                                   [&](const auto& t) { return t.first == s.title; });
      if (at == titles.end())
        titles.emplace_back(s.title, 1);
      else
        ++at->second;
    }
  }
  if (titles.empty()) return "";
  std::stable_sort(titles.begin(), titles.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  auto line = "hardware figures after: " + titles.front().first;
  if (titles.size() > 1)
    line += fmt::format("; and {} more sources (--explain lists all)", titles.size() - 1);
  return line;
}

void fill_figures(EstimateRecord& r, const Setup& setup, const Question& q,
                  const search::Deployment& d) {
  using search::UsedFigure;
  const auto figures = search::used_figures(d, setup.chip, setup.family, setup.system,
                                            setup.systems, q.llm, q.stack);
  for (const auto& f : figures) {
    r.figures.push_back({f.path, f.value, f.range, std::string(spec::name_of(f.grade)),
                         joined(f.sources, &spec::Source::title),
                         joined(f.sources, &spec::Source::url),
                         joined(f.sources, &spec::Source::date), f.origin.file, f.origin.mark.line,
                         f.overridden, f.note});
  }
  if (const auto* w = search::weakest(figures, UsedFigure::Side::hardware)) {
    r.weakest_grade = std::string(spec::name_of(w->grade));
    if (auto line = source_line(figures); !line.empty()) r.assumptions.push_back(std::move(line));
    r.weakest_path = with_value(*w);
  }
  if (const auto* w = search::weakest(figures, UsedFigure::Side::software)) {
    r.weakest_stack_grade = std::string(spec::name_of(w->grade));
    r.weakest_stack_path = with_value(*w);
  }
}

void fill_assumptions(EstimateRecord& r, const Setup& setup, const Question& q,
                      const search::Deployment& d) {
  auto& a = r.assumptions;
  a.emplace_back(
      "steady state: every finished request is replaced at once; memory holds every sequence at "
      "full length");
  if (q.llm.is_moe() && d.plan.parallelism.ep > 1)
    a.push_back(fmt::format("experts routed at random, hottest rank {:.2f}x beyond that",
                            q.stack.imbalance.value.base()));
  if (q.request.draft_tokens > 0 && q.llm.mtp_layers == 0)
    a.push_back(fmt::format(
        "{} has no multi-token-prediction layer: a draft of one layer of its own kind is priced",
        q.llm.id));
  if (q.assume)
    for (const auto& line : stand_ins(setup.chip, setup.family))
      a.push_back("stand-in from the family: " + line);
  if (setup.chip.vector_fp32 == std::nullopt && setup.chip.vector_fp16 == std::nullopt)
    a.emplace_back(
        "the vector peak is not published: softmax and activations are priced by memory alone");
}

/// A deployment that was asked for stands, even where it breaks the promise; the answer says so
/// first.
void missed(EstimateRecord& r, std::string_view what, const std::optional<Time>& promised,
            Time got) {
  if (!promised || got <= *promised) return;
  r.banners.push_back(fmt::format("The promise is not kept: {} is {}, not {}.", what,
                                  format(got, 3), format(*promised, 3)));
}

report::MemoryRow memory_row(const search::Deployment& d) {
  const auto& m = d.memory;
  return {m.capacity, m.reserve, m.weights, m.cache, m.activations, m.free(), d.largest_batch};
}

}  // namespace

report::Performance performance(const std::string& stack, const Setup& setup,
                                const search::Deployment& d) {
  const auto& s = d.steady;
  const double engines = d.engines;
  const double chips = setup.chips();
  report::Performance p;
  p.stack = stack;
  p.ttft = s.ttft;
  p.tpot = s.tpot;
  p.decode_step = s.decode_step;
  p.prefill = s.prefill;
  p.output_system = d.output_rate();
  p.output_per_chip = p.output_system / chips;
  p.input_per_chip = s.input_rate * (engines * d.used) / chips;
  p.decode_system = s.decode_only * (engines * d.used);
  p.decode_per_chip = p.decode_system / chips;
  p.prefill_system = s.prefill_only * engines;
  p.prefill_per_chip = p.prefill_system / chips;
  return p;
}

void fill_asked(EstimateRecord& r, const Setup& setup, const Question& q,
                const EstimateOptions& options) {
  add_banner(r, setup.chip.banner, status_banner("Chip", setup.chip.name, setup.chip.status));
  if (setup.system.status != setup.chip.status || setup.chip.status == hw::Status::shipping)
    add_banner(r, "", status_banner("System", setup.system.name, setup.system.status));
  r.chip = setup.chip.id;
  r.chip_name = setup.chip.name;
  r.chip_status = std::string(hw::name_of(setup.chip.status));
  r.system = setup.system.id;
  r.system_name = setup.system.name;
  r.llm = q.llm.id;
  r.llm_name = q.llm.name;
  r.attention = llm::attention_name(q.llm);
  const auto count = llm::count_parameters(q.llm);
  r.parameters_total = count.total;
  r.parameters_active = count.active;
  const auto& w = q.workload;
  r.workload = w.id;
  r.input = w.input;
  r.output = w.output;
  r.spread = w.spread;
  r.prefix_hit = w.prefix_hit;
  r.slo_ttft = w.slo.ttft;
  r.slo_tpot = w.slo.tpot;
  for (const auto& o : options.overrides) r.overrides.push_back(o.path + " = " + o.value);
  if (options.memory)
    r.overrides.push_back(
        fmt::format("chip.memory = {} stacks of {}", options.memory->stacks, options.memory->kind));
  r.systems = setup.systems;
  r.chips = setup.chips();
  r.devices_per_chip = setup.chip.devices;
  r.expected.stack = q.stack.id;
  r.ceiling.stack = q.ceiling.id;
  r.draft_tokens = q.request.draft_tokens;
  r.accepted = q.request.accepted;
  r.version = version();
}

void fill_answer(EstimateRecord& r, const Setup& setup, const Question& q,
                 const search::Deployment& d) {
  const auto& p = d.plan.parallelism;
  r.parallelism = mapping::to_string(p);
  r.tp = p.tp;
  r.pp = p.pp;
  r.dp = p.dp;
  r.ep = p.ep;
  r.moe_tp = p.moe_tp;
  r.engine_devices = p.devices();
  r.engines = d.engines;
  r.chips_used = (d.engines * p.devices() + setup.chip.devices - 1) / setup.chip.devices;
  r.searched = !q.request.parallelism;
  r.candidates = d.candidates;
  r.limit = std::string(search::name_of(d.limit));
  r.batch = d.batch;
  r.concurrency = d.concurrency;
  const bool moe = q.llm.is_moe();
  r.weights_format = formats_text(d.plan.precision, moe);
  r.kv_format = std::string(name_of(d.plan.precision.kv));
  r.compute = compute_text(d.plan.precision, moe);
  r.fallbacks = d.plan.precision.fallbacks;
  r.expected = performance(q.stack.id, setup, d);
  const auto machine = setup.machine(q.stack);
  const auto ceiling =
      search::at_machine(d, setup.machine(q.ceiling), q.workload, q.request.accepted);
  r.ceiling = performance(q.ceiling.id, setup, ceiling);
  r.memory = memory_row(d);
  missed(r, "TTFT", q.request.slo.ttft, d.steady.ttft);
  missed(r, "TPOT", q.request.slo.tpot, d.steady.tpot);
  fill_operators(r, q, d, machine);
  fill_figures(r, setup, q, d);
  fill_assumptions(r, setup, q, d);
}

report::ComparisonRow comparison_row(const std::string& role, const Setup& setup, const Question& q,
                                     const spec::Outcome<search::Deployment>& outcome) {
  report::ComparisonRow c;
  c.role = role;
  c.chip = setup.chip.id;
  c.system = setup.system.id;
  c.status = std::string(hw::name_of(setup.chip.status));
  c.chips = setup.chips();
  if (!outcome) {
    c.infeasible = outcome.error().reason;
    return c;
  }
  const auto& d = *outcome;
  const auto p = performance(q.stack.id, setup, d);
  c.deployment = mapping::to_string(d.plan.parallelism);
  if (d.engines > 1) c.deployment = fmt::format("{} x {}", d.engines, c.deployment);
  c.concurrency = d.concurrency;
  c.ttft = p.ttft;
  c.tpot = p.tpot;
  c.output_per_chip = p.output_per_chip;
  c.output_system = p.output_system;
  c.decode_per_chip = p.decode_per_chip;
  c.prefill_per_chip = p.prefill_per_chip;
  c.weights = formats_text(d.plan.precision, q.llm.is_moe());
  const auto figures = search::used_figures(d, setup.chip, setup.family, setup.system,
                                            setup.systems, q.llm, q.stack);
  if (const auto* w = search::weakest(figures, search::UsedFigure::Side::hardware))
    c.weakest_grade = std::string(spec::name_of(w->grade));
  return c;
}

}  // namespace perfmodel::cli
