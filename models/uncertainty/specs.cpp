#include "uncertainty/specs.hpp"

#include <algorithm>
#include <utility>

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
  if (take_ == Take::uncertain && !spread.has_width()) return;
  auto key = key_of(f.origin);
  const auto at =
      std::find_if(knobs_.begin(), knobs_.end(), [&](const Knob& k) { return k.key == key; });
  if (at != knobs_.end()) {
    at->places.push_back(&f.value);
    return;
  }
  knobs_.push_back({std::move(key),
                    f.origin.path,
                    f.grade,
                    side,
                    spread,
                    {&f.value},
                    [](void* place, double base) { *static_cast<Q*>(place) = Q::from_base(base); },
                    {},
                    {}});
}

template <class Q>
void Specs::add(std::optional<spec::Sourced<Q>>& f, Side side, double min, double max) {
  if (f) add(*f, side, min, max);
}

namespace {

/// Those of a package that the engine reads, in one order for all chips.
template <class Chip, class Visit>
void each_figure(Chip& c, const Visit& visit) {
  visit(c.cores);
  for (auto& peak : c.matrix) visit(peak);
  visit(c.vector_fp32);
  visit(c.vector_fp16);
  visit(c.memory_bandwidth);
  visit(c.memory_capacity);
  visit(c.cache);
}

std::vector<std::optional<Spread>> spreads_of(const hw::Chip& c) {
  std::vector<std::optional<Spread>> all;
  each_figure(
      c, [&](const auto& f) { all.push_back(f ? std::optional(spread_of(*f)) : std::nullopt); });
  return all;
}

}  // namespace

void Specs::add_chip(hw::Chip& c, std::span<const search::OtherBin> bins) {
  if (bins.empty()) {
    each_figure(c, [&](auto& f) { add(f, Side::hardware); });
    return;
  }
  Knob choice;
  choice.grade = spec::Grade::measured;
  const auto& origin = bins.front().share.origin;
  choice.path = "chip.bins";
  choice.key = key_of({choice.path, origin.file, {}});
  double up_to = 1;
  for (const auto& b : bins) {
    choice.grade = std::max(choice.grade, b.share.grade);
    up_to -= b.share.value.base();
  }
  choice.up_to.push_back(up_to);
  for (const auto& b : bins) choice.up_to.push_back(up_to += b.share.value.base());
  knobs_.push_back(std::move(choice));
  std::vector<std::vector<std::optional<Spread>>> others;
  for (const auto& b : bins) others.push_back(spreads_of(b.chip));
  const auto take = std::exchange(take_, Take::all);
  std::size_t at = 0;
  each_figure(c, [&](auto& f) {
    const auto i = at++;
    if (!f) return;
    add(f, Side::hardware);
    auto& knob = knobs_.back();
    knob.on_bin.push_back(knob.spread);
    // What another bin's file leaves out is as here.
    for (const auto& other : others) knob.on_bin.push_back(other[i].value_or(knob.spread));
  });
  take_ = take;
}

void Specs::choose(std::size_t bin) {
  bin_ = bin;
  for (auto& knob : knobs_) {
    if (knob.on_bin.empty()) continue;
    knob.spread = knob.on_bin[bin];
    knob.set(knob.spread.value);
  }
}

void Specs::draw(std::size_t knob, double u) {
  const auto& k = knobs_[knob];
  if (!k.is_choice()) return k.set(k.spread.at(u));
  const auto at = std::upper_bound(k.up_to.begin(), k.up_to.end() - 1, u);
  choose(static_cast<std::size_t>(at - k.up_to.begin()));
}

void Specs::add_hardware(Place& p) {
  constexpr auto side = Side::hardware;
  add_chip(p.chip, p.bins);
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

Specs::Specs(const search::Site& site, const search::Site* prefill, const cost::Stack& stack,
             Take take)
    : stack_(stack), decode_(site), take_(take) {
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
