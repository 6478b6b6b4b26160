#include "cli/record.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cli/record_figures.hpp"
#include "cli/record_operators.hpp"
#include "cli/version.hpp"
#include "llm/counts.hpp"
#include "search/provenance.hpp"
#include "units/text.hpp"

namespace perfmodel::cli {
namespace {

using report::EstimateRecord;

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

const Setup& prefill_setup(const Setup& setup) {
  return setup.prefill ? *setup.prefill : setup;
}

int chips_of(const phase::Plan& plan, int engines, const Setup& setup) {
  return (plan.parallelism.devices() * engines + setup.chip.devices - 1) / setup.chip.devices;
}

report::PrefillPoolRow prefill_row(const search::PrefillPool& pool, const Setup& setup) {
  report::PrefillPoolRow r;
  r.chip = setup.chip.id;
  r.system = setup.system.id;
  r.parallelism = mapping::to_string(pool.plan.parallelism);
  r.engines = pool.engines;
  r.engine_devices = pool.plan.parallelism.devices();
  r.devices_per_chip = setup.chip.devices;
  r.chips_used = chips_of(pool.plan, pool.engines, setup);
  r.together = pool.together;
  r.utilisation = pool.utilisation;
  r.pass = pool.pass;
  r.transfer = pool.transfer;
  r.transferred = pool.transferred;
  return r;
}

void fill_assumptions(EstimateRecord& r, const Setup& setup, const Question& q,
                      const search::Deployment& d) {
  auto& a = r.assumptions;
  if (d.prefill)
    a.emplace_back(
        "a request's cache moves whole once its prefill is done; nothing of the transfer is "
        "hidden");
  if (q.request.rate)
    a.emplace_back(
        "requests arrive at random (Poisson) and go to the rank that is least busy; waits as in "
        "M/D/c and M/G/c");
  a.emplace_back(
      "steady state: every finished request is replaced at once; memory holds every sequence at "
      "full length");
  if (q.llm.is_moe() && d.plan.parallelism.ep > 1)
    a.push_back(fmt::format("experts routed at random, hottest rank {:.2f}x beyond that",
                            q.stack.imbalance.value.base()));
  if (d.plan.parallelism.cp > 1 || (d.prefill && d.prefill->plan.parallelism.cp > 1))
    a.emplace_back(
        "context parallelism: ranks gather each layer's cache in prefill and exchange queries in "
        "decode, hidden as far as the profile hides expert exchanges; a chunk is for each group");
  for (auto& line : assumptions(q.stack)) a.push_back(std::move(line));
  if (!q.request.speculations.empty()) {
    const auto& deepest = q.request.speculations.back();
    a.push_back(deepest.drafts == 0
                    ? fmt::format("{} has no draft layer, so nothing is drafted", q.llm.id)
                    : fmt::format("0 to {} drafted tokens were tried, each accepted with {:.0f} % "
                                  "once the one before it was",
                                  deepest.drafts, q.stack.acceptance.value.base() * 100));
  }
  if (d.draft_tokens > 0 && q.llm.mtp_layers == 0)
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

std::string engines_text(int engines, const phase::Plan& plan) {
  const auto one = mapping::to_string(plan.parallelism);
  return engines > 1 ? fmt::format("{} x {}", engines, one) : one;
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
  const double chips = setup.all_chips();
  // What one phase turns out is by the chip of its own pool, where it has one.
  const double decode_chips = d.prefill ? chips_of(d.plan, d.engines, setup) : chips;
  const double prefill_chips =
      d.prefill ? chips_of(d.prefill->plan, d.prefill->engines, prefill_setup(setup)) : chips;
  report::Performance p;
  p.stack = stack;
  p.ttft = s.ttft;
  p.tpot = s.tpot;
  p.decode_step = s.decode_step;
  p.prefill = s.prefill;
  p.output_system = d.output_rate();
  p.output_per_chip = p.output_system / chips;
  p.input_per_chip = s.input_rate * (engines * d.used) / chips;
  p.decode_system = s.decode_only * (d.prefill ? engines : engines * d.used);
  p.decode_per_chip = p.decode_system / decode_chips;
  p.prefill_system = s.prefill_only * engines;
  p.prefill_per_chip = p.prefill_system / prefill_chips;
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
  r.overrides.insert(r.overrides.end(), setup.changes.begin(), setup.changes.end());
  for (auto& text : texts(options.policy)) r.overrides.push_back(std::move(text));
  r.systems = setup.systems;
  r.chips = setup.all_chips();
  r.devices_per_chip = setup.chip.devices;
  r.expected.stack = q.stack.id;
  r.ceiling.stack = q.ceiling.id;
  r.draft_tokens = q.request.speculation.drafts;
  r.accepted = q.request.speculation.accepted;
  r.version = version();
}

void fill_answer(EstimateRecord& r, const Setup& setup, const Question& q,
                 const search::Deployment& d) {
  const auto& prefill_site = prefill_setup(setup);
  const auto& p = d.plan.parallelism;
  r.parallelism = mapping::to_string(p);
  r.tp = p.tp;
  r.pp = p.pp;
  r.dp = p.dp;
  r.ep = p.ep;
  r.moe_tp = p.moe_tp;
  r.cp = p.cp;
  r.engine_devices = p.devices();
  r.engines = d.engines;
  r.chips_used = chips_of(d.plan, d.engines, setup);
  if (d.prefill) {
    r.prefill = prefill_row(*d.prefill, prefill_site);
    r.chips_used += r.prefill->chips_used;
  }
  r.rate = q.request.rate;
  r.queue = d.queue;
  r.objective = std::string(search::name_of(q.request.objective));
  r.searched = !q.request.parallelism;
  r.candidates = d.candidates;
  r.limit = std::string(search::name_of(d.limit));
  r.batch = d.batch;
  r.concurrency = d.concurrency;
  r.draft_tokens = d.draft_tokens;
  r.accepted = d.accepted;
  const bool moe = q.llm.is_moe();
  r.weights_format = formats_text(d.plan.precision, moe);
  r.kv_format = std::string(name_of(d.plan.precision.kv));
  r.compute = compute_text(d.plan.precision, moe);
  r.fallbacks = d.plan.precision.fallbacks;
  r.expected = performance(q.stack.id, setup, d);
  const auto machine = setup.machine(q.stack);
  const auto prefill_machine = prefill_site.machine(q.stack);
  const auto prefill_ceiling = prefill_site.machine(q.ceiling);
  const auto ceiling =
      search::at_machine(d, setup.machine(q.ceiling), q.workload, &prefill_ceiling);
  r.ceiling = performance(q.ceiling.id, setup, ceiling);
  r.memory = memory_row(d);
  missed(r, "TTFT", q.request.slo.ttft, d.steady.ttft);
  missed(r, "TPOT", q.request.slo.tpot, d.steady.tpot);
  fill_operators(r, q, d, machine, prefill_machine);
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
  c.deployment = engines_text(d.engines, d.plan);
  if (d.prefill)
    c.deployment = engines_text(d.prefill->engines, d.prefill->plan) + " feeds " + c.deployment;
  if (!q.request.speculations.empty()) c.deployment += fmt::format(", {} drafted", d.draft_tokens);
  c.concurrency = d.concurrency;
  c.ttft = p.ttft;
  c.tpot = p.tpot;
  c.output_per_chip = p.output_per_chip;
  c.output_system = p.output_system;
  c.decode_per_chip = p.decode_per_chip;
  c.prefill_per_chip = p.prefill_per_chip;
  c.weights = formats_text(d.plan.precision, q.llm.is_moe());
  const auto figures = figures_of(d, setup, q);
  if (const auto* w = search::weakest(figures, search::UsedFigure::Side::hardware))
    c.weakest_grade = std::string(spec::name_of(w->grade));
  return c;
}

}  // namespace perfmodel::cli
