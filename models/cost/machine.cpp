#include "cost/machine.hpp"

#include <algorithm>

namespace perfmodel::cost {
namespace {

Link make_link(const hw::Tier& tier, double extent, double devices) {
  Link l;
  l.extent = extent;
  l.latency = tier.latency.value;
  l.shape = tier.shape;
  l.reduction = tier.reduction;
  l.known = tier.bandwidth.has_value();
  if (l.known) l.bandwidth = tier.bandwidth->value / devices;
  return l;
}

double factor(const hw::Figure<Count>& f) {
  return f ? f->value.base() : 1.0;
}

void scale_to_family(Machine& m, const hw::Family& family) {
  const double matrix = factor(family.scale_matrix);
  for (auto c : kCurveClasses) m.efficiency[static_cast<std::size_t>(c)] *= matrix;
  m.memory_scale *= factor(family.scale_memory);
  for (auto* t : {&m.launch, &m.layer, &m.expert_layer, &m.step, &m.sequence, &m.collective})
    *t *= factor(family.scale_software);
}

double value_or(const std::optional<spec::Sourced<Count>>& f, double otherwise) {
  return f ? f->value.base() : otherwise;
}

/// Peak of one core over the architecture's reference; 1 where either is unknown.
double relative_core_rate(const hw::Chip& chip, const hw::KernelCurves& curves) {
  const auto rate = hw::core_rate(chip);
  return rate && curves.core_rate ? *rate / curves.core_rate->value : 1.0;
}

void take_curves(Machine& m, const hw::Chip& chip, const hw::KernelCurves& curves,
                 double start_factor) {
  const double relative = relative_core_rate(chip, curves);
  for (std::size_t i = 0; i < kCurveClasses.size(); ++i) {
    const auto& from = curves.classes[i];
    auto& to = m.curve[static_cast<std::size_t>(kCurveClasses[i])];
    for (std::size_t c = 0; c < spec::kComputeCount; ++c)
      to.share[c] =
          hw::share_at(value_or(from.share(static_cast<spec::Compute>(c)), 1.0), relative);
    to.stream = value_or(from.stream, 1.0);
    to.narrow = value_or(from.narrow, 1.0);
    to.unpack = value_or(from.unpack, 1.0);
    to.widen = value_or(from.widen, 1.0);
    to.ramp = value_or(from.ramp, 0.0);
    to.waves = value_or(from.waves, 1.0);
    if (from.start) to.start = from.start->value * start_factor;
    if (from.convert) to.convert = from.convert->value * start_factor;
  }
  // Elementwise kernels stream as the products' operands do; nobody times them alone.
  m.curve[static_cast<std::size_t>(ops::OpClass::vector)].stream =
      m.curve[static_cast<std::size_t>(ops::OpClass::gemm)].stream;
}

/// `scale`: of the software, on the architecture's shares. Nothing is faster than the wire.
void take_protocols(Machine& m, const hw::LinkCurve& from, double scale, double start_factor) {
  const double small = value_or(from.small, 1.0);
  m.protocols.small = std::min(1.0, small * scale);
  m.protocols.direct = std::min(1.0, value_or(from.direct, small) * scale);
  m.protocols.large = std::min(1.0, value_or(from.large, 1.0) * scale);
  m.protocols.reduce = std::min(1.0, value_or(from.reduce, 1.0) * scale);
  if (from.phase) m.protocols.phase = from.phase->value;
  if (from.fill) m.protocols.fill = from.fill->value;
  m.protocols.hop = value_or(from.hop, 0.0);
  if (from.library) m.protocols.library = from.library->value * start_factor;
  // Software of which nobody timed the exchange of tokens takes what the architecture's does.
  if (m.dispatch.base() <= 0 && from.dispatch) m.dispatch = from.dispatch->value;
  if (m.combine.base() <= 0 && from.combine) m.combine = from.combine->value;
}

void take_policy(Machine& m, const hw::System& system, double devices, const Policy& policy) {
  m.mixed = policy.mixed;
  m.random_routing = !policy.balance_measured;
  m.holds_prefixes = policy.prefix == PrefixTier::hbm;
  m.reads_prefixes = policy.prefix == PrefixTier::host || policy.prefix == PrefixTier::remote;
  if (policy.prefix == PrefixTier::host && system.host_link)
    m.prefix_link = system.host_link->value / devices;
  if (policy.prefix == PrefixTier::remote && system.scale_out && system.scale_out->bandwidth) {
    m.prefix_link = system.scale_out->bandwidth->value / devices;
    m.prefix_latency = system.scale_out->latency.value;
  }
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
  if (chip.memory_bandwidth) m.memory = chip.memory_bandwidth->value / devices;
  m.memory_scale = stack.memory.value.base();
  if (chip.memory_capacity) m.capacity = chip.memory_capacity->value / devices;
  if (chip.cache) m.cache = chip.cache->value / devices;
  if (chip.cores) m.cores = chip.cores->value.base() / devices;
  if (family != nullptr) {
    m.tile_m = family->tile_m;
    m.tile_n = family->tile_n;
  }
  for (const auto& tier : system.tiers) {
    if (m.link_count == kMaxLinks - 1) break;
    m.links[m.link_count++] = make_link(tier, tier.extent * devices, devices);
  }
  if (systems > 1 && system.scale_out) {
    m.links[m.link_count++] =
        make_link(*system.scale_out, devices * system.chip_count() * systems, devices);
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
  m.request = stack.request.value;
  m.overlap_shared_expert = stack.overlap_shared_expert.value.base();
  m.overlap_communication = stack.overlap_communication.value.base();
  m.memory_use = stack.memory_use.value.base();
  m.interference = stack.interference.value.base();
  m.imbalance = stack.imbalance.value.base();
  m.chunk = stack.chunk.value.base();
  take_policy(m, system, devices, stack.policy);
  const double link = std::min(1.0, stack.link.value.base());
  m.protocols.small = m.protocols.direct = m.protocols.large = m.protocols.reduce = link;
  // The physical limit is the same for all architectures.
  if (family != nullptr && stack.quantise) {
    take_curves(m, chip, family->kernels,
                stack.kernel_start.value.base() * factor(family->scale_software));
    take_protocols(m, family->kernels.link, stack.link.value.base(),
                   stack.kernel_start.value.base() * factor(family->scale_software));
    scale_to_family(m, *family);
    m.sharpness = family->sharpness.value_or(m.sharpness);
  }
  return m;
}

}  // namespace perfmodel::cost
