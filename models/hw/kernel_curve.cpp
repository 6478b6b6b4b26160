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
  LinkCurve::each(link, [&](std::string_view, const auto& figure, const spec::FigureRule&) {
    any |= figure.has_value();
  });
  for (const auto& c : classes)
    KernelCurve::each(c, [&](std::string_view, const auto& figure, const spec::FigureRule&) {
      any |= figure.has_value();
    });
  return !any;
}

void KernelCurves::fill_from(const KernelCurves& parent) {
  // Shares are relative to a rate per core; a reference travels with the shares it belongs to.
  if (empty()) core_rate = parent.core_rate;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    auto& c = classes[i];
    const auto& p = parent.classes[i];
    fill(c.wide, p.wide);
    fill(c.fp8, p.fp8);
    fill(c.int8, p.int8);
    fill(c.fp4, p.fp4);
    fill(c.stream, p.stream);
    fill(c.narrow, p.narrow);
    fill(c.unpack, p.unpack);
    fill(c.ramp, p.ramp);
    fill(c.waves, p.waves);
    fill(c.start, p.start);
    fill(c.convert, p.convert);
  }
  fill(link.small, parent.link.small);
  fill(link.direct, parent.link.direct);
  fill(link.large, parent.link.large);
  fill(link.reduce, parent.link.reduce);
  fill(link.hop, parent.link.hop);
  fill(link.phase, parent.link.phase);
  fill(link.fill, parent.link.fill);
  fill(link.library, parent.link.library);
  fill(link.dispatch, parent.link.dispatch);
  fill(link.combine, parent.link.combine);
}

KernelCurves read_kernel_curves(spec::MapReader& reader) {
  KernelCurves k;
  k.core_rate = reader.figure<OpRate>("core_rate", spec::Need::optional);
  for (std::size_t i = 0; i < kCurveNames.size(); ++i) {
    auto map = reader.map(kCurveNames[i], spec::Need::optional);
    if (!map) continue;
    KernelCurve::each(k.classes[i],
                      [&](std::string_view key, auto& figure, const spec::FigureRule& rule) {
                        using Q = std::remove_reference_t<decltype(figure->value)>;
                        figure = map->figure<Q>(key, spec::Need::optional, rule);
                      });
    map->finish();
  }
  if (auto map = reader.map("link", spec::Need::optional)) {
    LinkCurve::each(k.link, [&](std::string_view key, auto& figure, const spec::FigureRule& rule) {
      using Q = std::remove_reference_t<decltype(figure->value)>;
      figure = map->figure<Q>(key, spec::Need::optional, rule);
    });
    map->finish();
  }
  return k;
}

double share_at(double share, double relative) {
  if (share >= kBestShare || relative <= 0) return share;
  return kBestShare / (1.0 + (kBestShare / share - 1.0) * relative);
}

}  // namespace perfmodel::hw
