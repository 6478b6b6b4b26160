// How the kernels of an architecture use its units: smooth curves of shape with few parameters,
// fitted to operator timings. Software is better or worse than its architecture's curve by a factor
// of its own (cost/stack.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "hw/chip.hpp"
#include "spec/number_format.hpp"
#include "spec/reader.hpp"
#include "spec/sourced.hpp"
#include "units/quantity.hpp"

namespace perfmodel::hw {

/// Curve of one class of operators. A figure that is absent is taken from the parent architecture.
///
///   t = start + convert + smooth_max(t_compute, t_memory)
///   t_compute = operations * padding * (1 + ramp / keys) / (peak * share)
///   t_memory  = bytes / (bandwidth * stream)
struct KernelCurve {
  /// Share of the peak that large shapes reach at the architecture's reference rate per core.
  std::optional<spec::Sourced<Count>> wide;  // 16 bits and more
  std::optional<spec::Sourced<Count>> fp8;
  std::optional<spec::Sourced<Count>> int8;
  std::optional<spec::Sourced<Count>> fp4;     // and FP6, INT4
  std::optional<spec::Sourced<Count>> stream;  // share of the memory bandwidth of long reads
  std::optional<spec::Sourced<Count>> narrow;  // factor on it for a cache of one byte an element
  std::optional<spec::Sourced<Count>>
      unpack;  // factor on it for 4-bit weights widened in the kernel
  std::optional<spec::Sourced<Count>>
      widen;  // factor on it for weights of any width that a product of several rows widens
  std::optional<spec::Sourced<Count>> ramp;    // keys per query at which half the share is reached
  std::optional<spec::Sourced<Count>> waves;   // part of the last wave's idle cores that is lost
  std::optional<spec::Sourced<Time>> start;    // what an empty shape takes
  std::optional<spec::Sourced<Time>> convert;  // more, where activations become 8 or 4 bits first

  /// Visits (key, bounds, figure of each curve) of every figure.
  template <class Visit, class... Curves>
  static void each(const Visit& visit, Curves&... c) {
    constexpr spec::FigureRule share{.min = 0.0, .min_exclusive = true, .max = 1.0};
    constexpr spec::FigureRule factor{.min = 0.0, .min_exclusive = true, .max = 2.0};
    constexpr spec::FigureRule part{.min = 0.0, .min_exclusive = false, .max = 1.0};
    constexpr spec::FigureRule keys{.min = 0.0, .min_exclusive = false, .max = 1e6};
    constexpr spec::FigureRule time{.min = 0.0, .min_exclusive = false};
    visit("wide", share, c.wide...);
    visit("fp8", share, c.fp8...);
    visit("int8", share, c.int8...);
    visit("fp4", share, c.fp4...);
    visit("stream", share, c.stream...);
    visit("narrow", factor, c.narrow...);
    visit("unpack", factor, c.unpack...);
    visit("widen", factor, c.widen...);
    visit("ramp", keys, c.ramp...);
    visit("waves", part, c.waves...);
    visit("start", time, c.start...);
    visit("convert", time, c.convert...);
  }

  const std::optional<spec::Sourced<Count>>& share(spec::Compute c) const;
};

/// Classes of operators with a curve, in the order of KernelCurves::classes.
inline constexpr std::array<std::string_view, 4> kCurveNames = {
    "gemm", "grouped_gemm", "attention_prefill", "attention_decode"};

/// Messages inside a scale-up domain. Small ones go by protocols that carry flags beside the data:
/// an early start, a poor share. Large ones go by pipelines over all links: a good share once full.
struct LinkCurve {
  std::optional<spec::Sourced<Count>> small;    // share of the link, small messages by the library
  std::optional<spec::Sourced<Count>> direct;   // the same by kernels of serving software's own
  std::optional<spec::Sourced<Count>> large;    // share of the link, large messages
  std::optional<spec::Sourced<Count>> reduce;   // share, large messages added up in the switch
  std::optional<spec::Sourced<Count>> hop;      // further step of a library's ring, in latencies
  std::optional<spec::Sourced<Time>> phase;     // between the phases of a small message
  std::optional<spec::Sourced<Time>> fill;      // of the pipelines of a large one
  std::optional<spec::Sourced<Time>> library;   // start of the vendor's library after own kernels'
  std::optional<spec::Sourced<Time>> dispatch;  // what an exchange of no tokens takes
  std::optional<spec::Sourced<Time>> combine;

  template <class Visit, class... Curves>
  static void each(const Visit& visit, Curves&... c) {
    constexpr spec::FigureRule share{.min = 0.0, .min_exclusive = true, .max = 1.0};
    constexpr spec::FigureRule steps{.min = 0.0, .min_exclusive = false, .max = 100.0};
    constexpr spec::FigureRule time{.min = 0.0, .min_exclusive = false};
    visit("small", share, c.small...);
    visit("direct", share, c.direct...);
    visit("large", share, c.large...);
    visit("reduce", share, c.reduce...);
    visit("hop", steps, c.hop...);
    visit("phase", time, c.phase...);
    visit("fill", time, c.fill...);
    visit("library", time, c.library...);
    visit("dispatch", time, c.dispatch...);
    visit("combine", time, c.combine...);
  }
};

struct KernelCurves {
  std::array<KernelCurve, kCurveNames.size()> classes;
  LinkCurve link;
  /// Peak per core in 16 bits of the chip at which the shares were measured. A core that has less
  /// to feed stalls less, one that has more stalls more.
  std::optional<spec::Sourced<OpRate>> core_rate;

  bool empty() const;
  /// Takes from `parent` what is absent here, with a range a half wider and grade `assumed`.
  void fill_from(const KernelCurves& parent);
};

KernelCurves read_kernel_curves(spec::MapReader& reader);

/// The chip's peak in 16 bits over its cores; empty where either is not known.
std::optional<OpRate> core_rate(const Chip& chip);

/// The share at a core of `relative` times the reference rate: stalls, the complement of the share
/// over a bound of 95 %, grow in proportion to how fast operands are consumed.
double share_at(double share, double relative);

}  // namespace perfmodel::hw
