#include "cost/machine.hpp"

#include <algorithm>

namespace perfmodel::cost {
namespace {

Link make_link(const hw::Tier& tier, double extent, double devices, double share) {
  Link l;
  l.extent = extent;
  l.latency = tier.latency.value;
  l.shape = tier.shape;
  l.reduction = tier.reduction;
  l.known = tier.bandwidth.has_value();
  if (l.known) l.bandwidth = tier.bandwidth->value * (share / devices);
  return l;
}

double factor(const hw::Figure<Count>& f) {
  return f ? f->value.base() : 1.0;
}

void scale_to_family(Machine& m, const hw::Family& family, double memory_share) {
  const double matrix = factor(family.scale_matrix);
  for (auto c : {ops::OpClass::gemm, ops::OpClass::grouped_gemm, ops::OpClass::attention_prefill,
                 ops::OpClass::attention_decode}) {
    auto& e = m.efficiency[static_cast<std::size_t>(c)];
    e = std::min(1.0, e * matrix);
  }
  // A profile's share of the bandwidth, scaled, is still a share: no stream is faster than the
  // published peak.
  m.memory *= std::min(factor(family.scale_memory), 1.0 / memory_share);
  for (auto* t : {&m.launch, &m.layer, &m.expert_layer, &m.step, &m.sequence, &m.collective})
    *t *= factor(family.scale_software);
}

}  // namespace

Machine make_machine(const hw::Chip& chip, const hw::System& system, int systems,
                     const hw::Family* family, const Stack& stack) {
  Machine m;
  const double devices = chip.devices;
  for (std::size_t i = 0; i < spec::kComputeCount; ++i)
    if (chip.matrix[i]) m.peak[i] = chip.matrix[i]->value / devices;
  // Softmax and activations run in 32 bits on the vector units; the 16-bit rate is taken only where
  // it is the one figure known.
  if (chip.vector_fp32)
    m.vector = chip.vector_fp32->value / devices;
  else if (chip.vector_fp16)
    m.vector = chip.vector_fp16->value / devices;
  if (chip.memory_bandwidth)
    m.memory = chip.memory_bandwidth->value * (stack.memory.value.base() / devices);
  if (chip.memory_capacity) m.capacity = chip.memory_capacity->value / devices;
  if (chip.cache) m.cache = chip.cache->value / devices;
  if (chip.cores) m.cores = chip.cores->value.base() / devices;
  if (family != nullptr) {
    m.tile_m = family->tile_m;
    m.tile_n = family->tile_n;
  }
  const double share = stack.link.value.base();
  for (const auto& tier : system.tiers) {
    if (m.link_count == kMaxLinks - 1) break;
    m.links[m.link_count++] = make_link(tier, tier.extent * devices, devices, share);
  }
  if (systems > 1 && system.scale_out) {
    m.links[m.link_count++] =
        make_link(*system.scale_out, devices * system.chip_count() * systems, devices, share);
  }
  for (std::size_t i = 0; i < m.efficiency.size(); ++i)
    m.efficiency[i] = stack.efficiency(static_cast<ops::OpClass>(i)).value.base();
  m.sharpness = stack.sharpness;
  m.quantise = stack.quantise;
  m.launch = stack.launch.value;
  m.layer = stack.layer.value;
  m.expert_layer = stack.expert_layer.value;
  m.step = stack.step.value;
  m.sequence = stack.sequence.value;
  m.collective = stack.collective.value;
  m.dispatch = stack.dispatch.value;
  m.combine = stack.combine.value;
  m.ramp = stack.ramp.value;
  m.overlap_shared_expert = stack.overlap_shared_expert.value.base();
  m.overlap_communication = stack.overlap_communication.value.base();
  m.memory_use = stack.memory_use.value.base();
  m.interference = stack.interference.value.base();
  m.imbalance = stack.imbalance.value.base();
  m.chunk = stack.chunk.value.base();
  // The physical limit is the same for all architectures.
  if (family != nullptr && stack.quantise) scale_to_family(m, *family, stack.memory.value.base());
  return m;
}

}  // namespace perfmodel::cost
