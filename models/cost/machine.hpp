// A device and its links, as numbers ready for arithmetic: chip, system and software together. A
// Machine is cheap to build, so that a sampled what-if is a new Machine under an unchanged plan.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "cost/stack.hpp"
#include "hw/chip.hpp"
#include "hw/family.hpp"
#include "hw/system.hpp"
#include "spec/number_format.hpp"

namespace perfmodel::cost {

/// One level of the interconnect, by the device.
struct Link {
  double extent = 1;      // devices in one group
  Bandwidth bandwidth{};  // one way, per device, software's share taken; zero if not `known`
  Time latency{};
  hw::Shape shape = hw::Shape::switched;
  bool reduction = false;
  bool known = true;  // bandwidth is published
};
inline constexpr std::size_t kMaxLinks = 6;

/// The classes of hw::kCurveNames, in that order.
inline constexpr std::array<ops::OpClass, hw::kCurveNames.size()> kCurveClasses = {
    ops::OpClass::gemm, ops::OpClass::grouped_gemm, ops::OpClass::attention_prefill,
    ops::OpClass::attention_decode};

/// A KernelCurve (hw/kernel_curve.hpp) as plain numbers, for one chip.
struct Curve {
  Curve() { share.fill(1.0); }
  std::array<double, spec::kComputeCount> share{};
  double stream = 1;
  double narrow = 1;
  double unpack = 1;
  double widen = 1;
  double ramp = 0;
  double waves = 1;
  Time start{};
  Time convert{};
};

/// A LinkCurve as plain numbers.
struct Protocols {
  double small = 1;
  double direct = 1;
  double large = 1;
  double reduce = 1;
  double hop = 0;
  Time phase{};
  Time fill{};
  Time library{};
};

struct Machine {
  // Per device. A peak of zero means that the type is absent or unknown; the plan never asks for
  // it.
  std::array<OpRate, spec::kComputeCount> peak{};
  OpRate vector{};          // zero: unknown, vector time is then not counted
  Bandwidth memory{};       // published peak
  double memory_scale = 1;  // of software and architecture, on the curves' share of it
  Bytes capacity{};
  Bytes cache{};
  double cores = 0;  // zero: unknown, no wave quantisation
  double tile_m = 1;
  double tile_n = 1;
  std::array<Link, kMaxLinks> links{};
  std::size_t link_count = 0;
  Protocols protocols;

  // Software.
  std::array<Curve, ops::kOpClassNames.size()> curve{};
  std::array<double, ops::kOpClassNames.size()> efficiency{};  // of the software, on the curve
  double sharpness = 4;
  bool quantise = true;
  Time launch{};
  Time layer{};
  Time expert_layer{};
  Time step{};
  Time sequence{};
  Time collective{};
  Time dispatch{};
  Time combine{};
  Time request{};
  double overlap_shared_expert = 0;
  double overlap_communication = 0;
  double memory_use = 1;
  double interference = 1;
  double imbalance = 1;
  double chunk = 8192;
  bool mixed = false;           // prefill chunks ride in decode steps
  bool random_routing = true;   // tokens draw their experts, and `imbalance` comes on top
  bool holds_prefixes = false;  // in device memory, beside the sequences in flight
  bool reads_prefixes = false;  // over `prefix_link`; its bandwidth is zero where not published
  Bandwidth prefix_link{};      // one way, per device
  Time prefix_latency{};
};

/// `systems` such systems joined by their scale-out links. What is not published stays zero or
/// `known = false`.
Machine make_machine(const hw::Chip& chip, const hw::System& system, int systems,
                     const hw::Family* family, const Stack& stack);

}  // namespace perfmodel::cost
