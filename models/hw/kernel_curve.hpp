// How the kernels of an architecture use its units: smooth curves of shape with few parameters,
// fitted to operator timings. Software is better or worse than its architecture's curve by a factor
// of its own (cost/stack.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

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
      unpack;                                // factor on it for 4-bit weights widened in the kernel
  std::optional<spec::Sourced<Count>> ramp;  // keys per query at which half the share is reached
  std::optional<spec::Sourced<Count>> waves;   // part of the last wave's idle cores that is lost
  std::optional<spec::Sourced<Time>> start;    // what an empty shape takes
  std::optional<spec::Sourced<Time>> convert;  // more, where activations become 8 or 4 bits first

  /// Visits (key, figure, bounds) of every figure.
  template <class Self, class Visit>
  static void each(Self& c, const Visit& visit) {
    constexpr spec::FigureRule share{.min = 0.0, .min_exclusive = true, .max = 1.0};
    constexpr spec::FigureRule factor{.min = 0.0, .min_exclusive = true, .max = 2.0};
    constexpr spec::FigureRule part{.min = 0.0, .min_exclusive = false, .max = 1.0};
    constexpr spec::FigureRule keys{.min = 0.0, .min_exclusive = false, .max = 1e6};
    constexpr spec::FigureRule time{.min = 0.0, .min_exclusive = false};
    visit("wide", c.wide, share);
    visit("fp8", c.fp8, share);
    visit("int8", c.int8, share);
    visit("fp4", c.fp4, share);
    visit("stream", c.stream, share);
    visit("narrow", c.narrow, factor);
    visit("unpack", c.unpack, factor);
    visit("ramp", c.ramp, keys);
    visit("waves", c.waves, part);
    visit("start", c.start, time);
    visit("convert", c.convert, time);
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

  template <class Self, class Visit>
  static void each(Self& c, const Visit& visit) {
    constexpr spec::FigureRule share{.min = 0.0, .min_exclusive = true, .max = 1.0};
    constexpr spec::FigureRule steps{.min = 0.0, .min_exclusive = false, .max = 100.0};
    constexpr spec::FigureRule time{.min = 0.0, .min_exclusive = false};
    visit("small", c.small, share);
    visit("direct", c.direct, share);
    visit("large", c.large, share);
    visit("reduce", c.reduce, share);
    visit("hop", c.hop, steps);
    visit("phase", c.phase, time);
    visit("fill", c.fill, time);
    visit("library", c.library, time);
    visit("dispatch", c.dispatch, time);
    visit("combine", c.combine, time);
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

/// The share at a core of `relative` times the reference rate: stalls, the complement of the share
/// over a bound of 95 %, grow in proportion to how fast operands are consumed.
double share_at(double share, double relative);

}  // namespace perfmodel::hw
