#include "uncertainty/specs.hpp"

#include <algorithm>

namespace perfmodel::uncertainty {
namespace {

constexpr double kWhole = 1.0;  // a share's most

/// Without its folder, so that draws are the same wherever the configs lie.
std::string key_of(const spec::Origin& o) {
  return o.path + " " + o.file.substr(o.file.find_last_of('/') + 1);
}

}  // namespace

template <class Q>
void Specs::add(spec::Sourced<Q>& f, Side side, double min, double max) {
  const auto spread = spread_of(f, min, max);
  if (!spread.has_width()) return;
  auto key = key_of(f.origin);
  const auto at =
      std::find_if(knobs_.begin(), knobs_.end(), [&](const Knob& k) { return k.key == key; });
  if (at != knobs_.end()) {
    at->places.push_back(&f.value);
    return;
  }
  knobs_.push_back(
      {std::move(key),
       f.origin.path,
       f.grade,
       side,
       spread,
       {&f.value},
       [](void* place, double base) { *static_cast<Q*>(place) = Q::from_base(base); }});
}

template <class Q>
void Specs::add(std::optional<spec::Sourced<Q>>& f, Side side, double min, double max) {
  if (f) add(*f, side, min, max);
}

void Specs::add_hardware(Place& p) {
  constexpr auto side = Side::hardware;
  auto& c = p.chip;
  add(c.cores, side);
  for (auto& peak : c.matrix) add(peak, side);
  add(c.vector_fp32, side);
  add(c.vector_fp16, side);
  add(c.memory_bandwidth, side);
  add(c.memory_capacity, side);
  add(c.cache, side);
  const auto tier = [&](hw::Tier& t) {
    add(t.bandwidth, side);
    add(t.latency, side);
  };
  for (auto& t : p.system.tiers) tier(t);
  const auto prefix = stack_.policy.prefix;
  if (p.system.scale_out && (p.systems > 1 || prefix == cost::PrefixTier::remote))
    tier(*p.system.scale_out);
  if (prefix == cost::PrefixTier::host) add(p.system.host_link, side);
}

void Specs::add_family(hw::Family& f) {
  constexpr auto side = Side::fitted;
  const auto visit = [&](std::string_view, const spec::FigureRule& rule, auto& figure) {
    add(figure, side, rule.min, rule.max);
  };
  for (auto& curve : f.kernels.classes) hw::KernelCurve::each(visit, curve);
  hw::LinkCurve::each(visit, f.kernels.link);
  add(f.kernels.core_rate, side);
  for (auto* scale : {&f.scale_matrix, &f.scale_memory, &f.scale_software}) add(*scale, side);
}

void Specs::add_stack(cost::Stack& s) {
  constexpr auto side = Side::fitted;
  for (auto* f : {&s.gemm, &s.grouped_gemm, &s.attention_prefill, &s.attention_decode, &s.memory,
                  &s.link, &s.kernel_start, &s.interference})
    add(*f, side);
  for (auto* f : {&s.vector, &s.overlap_shared_expert, &s.overlap_communication, &s.memory_use})
    add(*f, side, 0, kWhole);
  if (s.policy.own_acceptance) add(s.acceptance, side, 0, kWhole);
  add(s.imbalance, side, 1);
  add(s.chunk, side, 1);
  for (auto* f : {&s.launch, &s.layer, &s.expert_layer, &s.step, &s.sequence, &s.collective,
                  &s.dispatch, &s.combine, &s.request})
    add(*f, side);
}

Specs::Specs(const search::Site& site, const search::Site* prefill, const cost::Stack& stack)
    : stack_(stack), decode_(site) {
  if (prefill != nullptr) prefill_.emplace(*prefill);
  for (auto* p : {&decode_, prefill_ ? &*prefill_ : nullptr}) {
    if (p == nullptr) continue;
    add_hardware(*p);
    add_family(p->family);
  }
  add_stack(stack_);
}

cost::Machine Specs::machine() const {
  return cost::make_machine(decode_.chip, decode_.system, decode_.systems, &decode_.family, stack_);
}

std::optional<cost::Machine> Specs::prefill_machine() const {
  if (!prefill_) return std::nullopt;
  return cost::make_machine(prefill_->chip, prefill_->system, prefill_->systems, &prefill_->family,
                            stack_);
}

}  // namespace perfmodel::uncertainty
