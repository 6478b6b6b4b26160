#include "hw/kernel_curve.hpp"

#include <algorithm>

namespace perfmodel::hw {
namespace {

/// What matrix kernels reach where nothing but the instruction stream limits them: H20, whose cores
/// have a quarter of an H100's rate, measures 0.92 to 0.94.
constexpr double kBestShare = 0.95;

constexpr double kParentSpread = 1.5;

template <class Q>
void fill(std::optional<spec::Sourced<Q>>& mine, const std::optional<spec::Sourced<Q>>& parent) {
  if (mine || !parent) return;
  mine = parent;
  mine->grade = spec::Grade::assumed;
  mine->low = std::min(mine->low, mine->value / kParentSpread);
  mine->high = std::max(mine->high, mine->value * kParentSpread);
  mine->sources.clear();
  mine->note = "of a related architecture; this one was not measured";
}

}  // namespace

const std::optional<spec::Sourced<Count>>& KernelCurve::share(spec::Compute c) const {
  switch (c) {
    case spec::Compute::fp8:
      return fp8;
    case spec::Compute::int8:
      return int8;
    case spec::Compute::fp6:
    case spec::Compute::fp4:
    case spec::Compute::int4:
      return fp4;
    default:
      return wide;
  }
}

bool KernelCurves::empty() const {
  bool any = core_rate.has_value();
  const auto look = [&](std::string_view, const spec::FigureRule&, const auto& figure) {
    any |= figure.has_value();
  };
  LinkCurve::each(look, link);
  for (const auto& c : classes) KernelCurve::each(look, c);
  return !any;
}

void KernelCurves::fill_from(const KernelCurves& parent) {
  // Shares are relative to a rate per core; a reference travels with the shares it belongs to.
  if (empty()) core_rate = parent.core_rate;
  const auto take = [](std::string_view, const spec::FigureRule&, auto& mine, const auto& theirs) {
    fill(mine, theirs);
  };
  for (std::size_t i = 0; i < classes.size(); ++i)
    KernelCurve::each(take, classes[i], parent.classes[i]);
  LinkCurve::each(take, link, parent.link);
}

KernelCurves read_kernel_curves(spec::MapReader& reader) {
  KernelCurves k;
  k.core_rate = reader.figure<OpRate>("core_rate", spec::Need::optional);
  const auto read = [&](std::string_view name, auto& curve) {
    auto map = reader.map(name, spec::Need::optional);
    if (!map) return;
    std::remove_reference_t<decltype(curve)>::each(
        [&](std::string_view key, const spec::FigureRule& rule, auto& figure) {
          using Q = std::remove_reference_t<decltype(figure->value)>;
          figure = map->template figure<Q>(key, spec::Need::optional, rule);
        },
        curve);
    map->finish();
  };
  for (std::size_t i = 0; i < kCurveNames.size(); ++i) read(kCurveNames[i], k.classes[i]);
  read("link", k.link);
  return k;
}

std::optional<OpRate> core_rate(const Chip& chip) {
  const auto& peak = chip.peak(spec::Compute::bf16) ? chip.peak(spec::Compute::bf16)
                                                    : chip.peak(spec::Compute::fp16);
  if (!peak || !chip.cores) return std::nullopt;
  return peak->value / chip.cores->value.base();
}

double share_at(double share, double relative) {
  if (share >= kBestShare || relative <= 0) return share;
  return kBestShare / (1.0 + (kBestShare / share - 1.0) * relative);
}

}  // namespace perfmodel::hw
