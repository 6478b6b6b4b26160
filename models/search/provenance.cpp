#include "search/provenance.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "cost/machine.hpp"
#include "search/figure_collector.hpp"

namespace perfmodel::search {
namespace {

using Plans = std::vector<const phase::Plan*>;

const hw::Tier* tier_of(const Site& site, std::size_t link) {
  const auto& tiers = site.system.tiers;
  if (link < tiers.size()) return &tiers[link];
  return site.systems > 1 && site.system.scale_out ? &*site.system.scale_out : nullptr;
}

void add_tiers(Collector& c, const Plans& plans, const Deployment& d, const Site& site,
               cost::PrefixTier prefix) {
  std::set<const hw::Tier*> crossed;
  for (const auto* plan : plans)
    for (const auto& route : plan->routes)
      for (std::size_t i = 0; i < route.count; ++i)
        crossed.insert(tier_of(site, route.levels[i].link));
  // Caches move between pools over the outermost tier, of two sites over their scale-out links.
  if (d.prefill && d.prefill->link) {
    if (site.system.scale_out) crossed.insert(&*site.system.scale_out);
  } else if (d.prefill) {
    const auto count = site.system.tiers.size();
    crossed.insert(tier_of(site, site.systems > 1 ? count : count - 1));
  }
  if (prefix == cost::PrefixTier::remote && site.system.scale_out)
    crossed.insert(&*site.system.scale_out);
  const auto add = [&](const hw::Tier& tier) {
    if (!crossed.contains(&tier)) return;
    c.add(tier.bandwidth);
    c.add(tier.latency);
  };
  for (const auto& tier : site.system.tiers) add(tier);
  if (site.system.scale_out) add(*site.system.scale_out);
}

void add_stack(Collector& c, const cost::Stack& s) {
  c.side(UsedFigure::Side::software, s.sources);
  for (const auto* f :
       {&s.gemm, &s.grouped_gemm, &s.attention_prefill, &s.attention_decode, &s.vector, &s.memory,
        &s.link, &s.kernel_start, &s.overlap_shared_expert, &s.overlap_communication, &s.memory_use,
        &s.interference, &s.imbalance, &s.chunk})
    c.add(*f);
  for (const auto* f : {&s.launch, &s.layer, &s.expert_layer, &s.step, &s.sequence, &s.collective,
                        &s.dispatch, &s.combine, &s.request})
    c.add(*f);
}

bool is_message(const mapping::Term& t) {
  return t.op.kind().prefill_class == ops::OpClass::link;
}

/// Curves of the classes of operators that the plan has, with the shares of the types that they
/// compute in; the link's where anything is sent.
void add_family(Collector& c, const Plans& plans, const hw::Family& f) {
  c.side(UsedFigure::Side::software, f.sources);
  c.add(f.kernels.core_rate);
  for (const auto* scale : {&f.scale_matrix, &f.scale_memory, &f.scale_software}) c.add(*scale);
  std::array<std::set<spec::Compute>, cost::kCurveClasses.size()> computes;
  bool sends = false;
  for (const auto* plan : plans) {
    for (const auto& t : plan->model.terms) {
      sends |= is_message(t);
      for (std::size_t i = 0; i < computes.size(); ++i)
        if (t.op.kind().prefill_class == cost::kCurveClasses[i] ||
            t.op.kind().decode_class == cost::kCurveClasses[i])
          computes[i].insert(t.compute);
    }
  }
  const auto add = [&](std::string_view, const spec::FigureRule&, const auto& figure) {
    c.add(figure);
  };
  for (std::size_t i = 0; i < computes.size(); ++i) {
    if (computes[i].empty()) continue;
    auto curve = f.kernels.classes[i];
    std::set<const void*> used;
    for (auto compute : computes[i]) used.insert(&curve.share(compute));
    for (auto* share : {&curve.wide, &curve.fp8, &curve.int8, &curve.fp4})
      if (!used.contains(share)) share->reset();
    hw::KernelCurve::each(add, curve);
  }
  if (sends) hw::LinkCurve::each(add, f.kernels.link);
}

void add_hardware(Collector& c, const Plans& plans, const Deployment& d, const Site& site,
                  bool curves, Objective objective, cost::PrefixTier prefix) {
  const auto& chip = site.chip;
  c.side(UsedFigure::Side::hardware, chip.sources);
  std::set<spec::Compute> computes;
  for (const auto* plan : plans)
    for (const auto& t : plan->model.terms)
      if (!is_message(t)) computes.insert(t.compute);
  if (curves && site.family.kernels.core_rate && chip.cores)
    computes.insert(chip.peak(spec::Compute::bf16) ? spec::Compute::bf16 : spec::Compute::fp16);
  for (auto compute : computes) c.add(chip.peak(compute));
  c.add(chip.vector_fp32 ? chip.vector_fp32 : chip.vector_fp16);
  c.add(chip.memory_bandwidth);
  c.add(chip.memory_capacity);
  c.add(chip.cache);
  c.add(chip.cores);
  c.side(UsedFigure::Side::hardware, site.system.sources);
  c.add(site.system.chips);
  add_tiers(c, plans, d, site, prefix);
  if (prefix == cost::PrefixTier::host) c.add(site.system.host_link);
  c.side(UsedFigure::Side::hardware, chip.sources);
  for (const auto& bin : site.bins) c.add(bin.share);
  c.side(UsedFigure::Side::hardware, site.system.sources);
  if (objective == Objective::per_watt) c.add(site.system.power);
  if (objective == Objective::per_cost) c.add(site.system.price_usd);
}

}  // namespace

std::vector<UsedFigure> used_figures(const Deployment& deployment, const Site& site,
                                     const llm::LlmSpec& llm, const cost::Stack& stack,
                                     const Site* prefill, Objective objective) {
  Collector c;
  Plans plans = {&deployment.plan};
  Plans apart;
  if (deployment.prefill) (prefill != nullptr ? apart : plans).push_back(&deployment.prefill->plan);
  // Prefixes are read where prompts are worked on.
  add_hardware(c, plans, deployment, site, stack.quantise, objective,
               apart.empty() ? stack.policy.prefix : cost::PrefixTier::free);
  UsedFigure model;
  model.side = UsedFigure::Side::model;
  model.path = "llm.architecture";
  model.value = llm.id;
  model.grade = llm.architecture_grade;
  model.sources = llm.sources;
  // The dimensions stand all over the file.
  if (llm.total_parameters) model.origin.file = llm.total_parameters->origin.file;
  c.add(std::move(model));
  add_stack(c, stack);
  // A profile of nothing but ideals takes no curves.
  if (stack.quantise) add_family(c, plans, site.family);
  if (apart.empty()) return c.take();
  c.prefix("prefill.");
  add_hardware(c, apart, deployment, *prefill, stack.quantise, objective, stack.policy.prefix);
  if (stack.quantise) add_family(c, apart, prefill->family);
  return c.take();
}

namespace {

/// Chances of other chips make the interval; the answer's own numbers do not rest on them.
bool is_chance(const UsedFigure& f) {
  return f.path.starts_with("chip.bins.");
}

}  // namespace

const UsedFigure* weakest(const std::vector<UsedFigure>& figures, UsedFigure::Side side) {
  const UsedFigure* w = nullptr;
  for (const auto& f : figures) {
    if (f.side != side || is_chance(f)) continue;
    if (w == nullptr || w->grade < f.grade) w = &f;
  }
  return w;
}

}  // namespace perfmodel::search
