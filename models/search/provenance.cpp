#include "search/provenance.hpp"

#include <algorithm>
#include <set>

#include "units/text.hpp"

namespace perfmodel::search {
namespace {

class Collector {
 public:
  std::vector<UsedFigure> take() { return std::move(figures_); }

  void side(UsedFigure::Side s, const std::vector<spec::Source>& sources) {
    side_ = s;
    sources_ = &sources;
  }

  template <class Q>
  void add(const spec::Sourced<Q>& f) {
    UsedFigure u;
    u.side = side_;
    u.path = f.origin.path;
    u.value = format(f.value);
    if (f.low < f.value || f.value < f.high) u.range = format(f.low) + " .. " + format(f.high);
    u.grade = f.grade;
    for (const auto& id : f.sources)
      for (const auto& s : *sources_)
        if (s.id == id) u.sources.push_back(s);
    u.origin = f.origin;
    u.overridden = f.overridden;
    u.note = f.note;
    figures_.push_back(std::move(u));
  }
  template <class Q>
  void add(const hw::Figure<Q>& f) {
    if (f) add(*f);
  }
  void add(UsedFigure u) { figures_.push_back(std::move(u)); }

 private:
  UsedFigure::Side side_ = UsedFigure::Side::hardware;
  const std::vector<spec::Source>* sources_ = nullptr;
  std::vector<UsedFigure> figures_;
};

void add_tiers(Collector& c, const Deployment& d, const hw::System& system, int systems) {
  std::set<std::size_t> crossed;
  for (const auto& route : d.plan.routes)
    for (std::size_t i = 0; i < route.count; ++i) crossed.insert(route.levels[i].link);
  for (auto i : crossed) {
    const hw::Tier* tier = nullptr;
    if (i < system.tiers.size())
      tier = &system.tiers[i];
    else if (systems > 1 && system.scale_out)
      tier = &*system.scale_out;
    if (tier == nullptr) continue;
    c.add(tier->bandwidth);
    c.add(tier->latency);
  }
}

void add_stack(Collector& c, const cost::Stack& s) {
  c.side(UsedFigure::Side::software, s.sources);
  for (const auto* f :
       {&s.gemm, &s.grouped_gemm, &s.attention_prefill, &s.attention_decode, &s.vector, &s.memory,
        &s.link, &s.kernel_start, &s.overlap_shared_expert, &s.overlap_communication, &s.memory_use,
        &s.interference, &s.in_step, &s.queue, &s.acceptance, &s.imbalance, &s.chunk})
    c.add(*f);
  for (const auto* f : {&s.launch, &s.layer, &s.expert_layer, &s.step, &s.sequence, &s.collective,
                        &s.dispatch, &s.combine, &s.request})
    c.add(*f);
}

}  // namespace

std::vector<UsedFigure> used_figures(const Deployment& deployment, const hw::Chip& chip,
                                     const hw::System& system, int systems, const llm::LlmSpec& llm,
                                     const cost::Stack& stack) {
  Collector c;
  c.side(UsedFigure::Side::hardware, chip.sources);
  std::set<spec::Compute> computes;
  for (const auto& t : deployment.plan.model.terms)
    if (t.group == mapping::Group::none) computes.insert(t.compute);
  for (auto compute : computes) c.add(chip.peak(compute));
  c.add(chip.vector_fp32 ? chip.vector_fp32 : chip.vector_fp16);
  c.add(chip.memory_bandwidth);
  c.add(chip.memory_capacity);
  c.add(chip.cache);
  c.add(chip.cores);
  c.side(UsedFigure::Side::hardware, system.sources);
  c.add(system.chips);
  add_tiers(c, deployment, system, systems);
  UsedFigure model;
  model.side = UsedFigure::Side::model;
  model.path = "llm.architecture";
  model.value = llm.id;
  model.grade = llm.architecture_grade;
  model.sources = llm.sources;
  c.add(std::move(model));
  add_stack(c, stack);
  return c.take();
}

const UsedFigure* weakest(const std::vector<UsedFigure>& figures, UsedFigure::Side side) {
  const UsedFigure* w = nullptr;
  for (const auto& f : figures) {
    if (f.side != side) continue;
    if (w == nullptr || w->grade < f.grade) w = &f;
  }
  return w;
}

}  // namespace perfmodel::search
