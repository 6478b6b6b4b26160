#include "search/exchange.hpp"

#include <tuple>

namespace perfmodel::search {
namespace {

template <class Q>
bool same(const hw::Figure<Q>& a, const hw::Figure<Q>& b) {
  return a.has_value() == b.has_value() && (!a || a->value == b->value);
}

bool same_tier(const hw::Tier& a, const hw::Tier& b) {
  return a.extent == b.extent && a.shape == b.shape && a.reduction == b.reduction &&
         same(a.bandwidth, b.bandwidth) && a.latency.value == b.latency.value;
}

bool same_links(const Place& a, const Place& b) {
  const auto& s = a.system;
  const auto& t = b.system;
  if (a.chip.devices != b.chip.devices || s.tiers.size() != t.tiers.size()) return false;
  for (std::size_t i = 0; i < s.tiers.size(); ++i)
    if (!same_tier(s.tiers[i], t.tiers[i])) return false;
  if (!same(s.host_link, t.host_link)) return false;
  if (s.scale_out.has_value() != t.scale_out.has_value()) return false;
  return !s.scale_out || same_tier(*s.scale_out, *t.scale_out);
}

/// Rate of type `i` over that in 16 bits; 0 where the chip has none.
double relative_rate(const hw::Chip& chip, std::size_t i) {
  const auto* reference = sixteen_bit_rate(chip);
  return chip.matrix[i] && reference != nullptr ? chip.matrix[i]->value / reference->value : 0.0;
}

bool same_formats(const hw::Chip& a, const hw::Chip& b) {
  for (std::size_t i = 0; i < spec::kComputeCount; ++i)
    if (relative_rate(a, i) != relative_rate(b, i)) return false;
  return a.absent == b.absent;
}

bool same_rate(const hw::Chip& a, const hw::Chip& b) {
  const auto* x = sixteen_bit_rate(a);
  const auto* y = sixteen_bit_rate(b);
  return (x == nullptr) == (y == nullptr) && (x == nullptr || x->value == y->value);
}

/// Types of `formats` at the speed of `compute`.
bool take_matrix(hw::Chip& to, const hw::Chip& compute, const hw::Chip& formats) {
  to.matrix = formats.matrix;
  to.absent = formats.absent;
  to.block_scales = formats.block_scales;
  if (&compute == &formats) return true;
  const auto* fast = sixteen_bit_rate(compute);
  const auto* slow = sixteen_bit_rate(formats);
  if (fast == nullptr || slow == nullptr) return false;
  const double speed = fast->value / slow->value;
  for (auto& f : to.matrix)
    if (f) f->value *= speed;
  return true;
}

/// `chips` chips on the links of `from`.
bool take_links(Place& to, const Place& from, int chips) {
  to.chip.devices = from.chip.devices;
  to.system = from.system;
  to.systems = from.systems;
  if (chips == from.chips()) return true;
  to.systems = 1;
  to.system.chips.value = Count::from_base(chips);
  if (chips <= from.system.chip_count()) return true;
  if (!from.system.scale_out) return false;
  auto network = *from.system.scale_out;
  network.extent = chips;
  to.system.tiers.push_back(std::move(network));
  return true;
}

}  // namespace

const spec::Sourced<OpRate>* sixteen_bit_rate(const hw::Chip& chip) {
  for (auto c : {spec::Compute::bf16, spec::Compute::fp16})
    if (chip.peak(c)) return &*chip.peak(c);
  return nullptr;
}

std::size_t differing(const Place& a, const Place& b) {
  std::size_t parts = 0;
  const auto add = [&](Part p, bool equal) { parts |= equal ? 0 : bit(p); };
  const auto& x = a.chip;
  const auto& y = b.chip;
  add(Part::compute, same_rate(x, y) && same(x.vector_fp16, y.vector_fp16) &&
                         same(x.vector_fp32, y.vector_fp32) && same(x.cores, y.cores));
  add(Part::formats, same_formats(x, y));
  add(Part::bandwidth, same(x.memory_bandwidth, y.memory_bandwidth) && same(x.cache, y.cache));
  add(Part::capacity, same(x.memory_capacity, y.memory_capacity));
  add(Part::links, same_links(a, b));
  add(Part::chips, a.chips() == b.chips());
  add(Part::software, a.family.id == b.family.id && a.stack.id == b.stack.id);
  return parts;
}

std::optional<Place> exchanged(const Place& a, const Place& b, std::size_t from_b) {
  const auto side = [&](Part p) -> const Place& { return from_b & bit(p) ? b : a; };
  Place r;
  const auto& compute = side(Part::compute).chip;
  if (!take_matrix(r.chip, compute, side(Part::formats).chip)) return std::nullopt;
  r.chip.id = side(Part::formats).chip.id;
  r.chip.vector_fp16 = compute.vector_fp16;
  r.chip.vector_fp32 = compute.vector_fp32;
  r.chip.cores = compute.cores;
  r.chip.memory_bandwidth = side(Part::bandwidth).chip.memory_bandwidth;
  r.chip.cache = side(Part::bandwidth).chip.cache;
  r.chip.memory_capacity = side(Part::capacity).chip.memory_capacity;
  if (!take_links(r, side(Part::links), side(Part::chips).chips())) return std::nullopt;
  r.family = side(Part::software).family;
  r.stack = side(Part::software).stack;
  return r;
}

}  // namespace perfmodel::search
