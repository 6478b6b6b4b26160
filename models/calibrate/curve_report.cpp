#include "calibrate/curve_report.hpp"

#include <map>

#include <fmt/format.h>

namespace perfmodel::calibrate {
namespace {

using Points = std::vector<const OperatorPoint*>;

Pair pair_of(const OperatorPoint& p, const CurveFit& fit, const TableFactors& factors) {
  auto m = bare_machine(*p.site, fit.curves_of(p.site->chip.family), p.devices);
  apply(m, p.curve, factors);
  return {p.row->time.base(), price(m, p).base()};
}

std::string shape_of(const OperatorPoint& p) {
  const auto& t = *p.row;
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", p.curve, t.m, t.n, t.k, t.groups,
                     t.rows, t.batch, t.length, t.heads, t.kv_heads, t.head_dim, t.devices);
}

struct OneCurve {
  std::size_t aside = 0;
  std::vector<Pair> fitted, curve, left_out;
};

}  // namespace

std::string slice_of(const OperatorPoint& p) {
  using enum OperatorKind;
  const auto& t = *p.row;
  switch (t.op) {
    case gemm: {
      std::string type(spec::name_of(*t.dtype));
      if (p.cost.packed || spec::info(*t.weights).bits < spec::info(spec::Storage::fp16).bits) {
        if (t.dtype == spec::Compute::fp16 || t.dtype == spec::Compute::bf16)
          type = fmt::format("{} weights", spec::name_of(*t.weights));
      } else {
        type = "16-bit";
      }
      return fmt::format("gemm M{}64, {}", t.m >= 64 ? ">=" : "<", type);
    }
    case all_reduce:
    case all_gather:
    case reduce_scatter:
      return t.bytes > kLargeMessage ? "collectives > 1 MiB" : "collectives <= 1 MiB";
    default:
      return std::string(name_of(t.op));
  }
}

double fitted_over_measured(const OperatorPoint& p, const CurveFit& fit, bool with_table) {
  const auto pair = pair_of(p, fit, with_table ? fit.factors_of(p) : TableFactors{});
  return pair.predicted / pair.measured;
}

std::vector<Pair> left_out_pairs(const Points& points, const CurveFit& fit, LeftOut left_out,
                                 const CurveFitOptions& options) {
  std::vector<Pair> pairs(points.size());
  if (left_out == LeftOut::nothing) return pairs;
  const bool by_chip = left_out == LeftOut::chip;
  const auto group_of = [&](const OperatorPoint& p) {
    return by_chip ? p.site->chip.id : shape_of(p);
  };
  std::map<std::string, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < points.size(); ++i)
    if (!fit.series.at(series_of(*points[i])).aside) groups[group_of(*points[i])].push_back(i);
  auto once = options;
  once.aside = 1e9;  // what is set aside is known
  for (const auto& [group, members] : groups) {
    const auto curve = points[members.front()]->curve;
    Points rest;
    for (const auto* p : points) {
      if (fit.series.at(series_of(*p)).aside || group_of(*p) == group) continue;
      // Curves are fitted apart, and a shape is of one.
      if (by_chip || p->curve == curve) rest.push_back(p);
    }
    const auto without = fit_curves(rest, once);
    for (const auto i : members)
      pairs[i] = pair_of(*points[i], without, without.factors_of(*points[i]));
  }
  return pairs;
}

std::vector<CurveErrors> curve_errors(const Points& points, const CurveFit& fit, LeftOut left_out,
                                      const CurveFitOptions& options) {
  std::map<std::pair<std::string, std::string>, OneCurve> slices;
  const auto without = left_out_pairs(points, fit, left_out, options);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto* p = points[i];
    const bool aside = fit.series.at(series_of(*p)).aside;
    for (const auto& chip : {p->site->chip.id, std::string("all")}) {
      auto& s = slices[{slice_of(*p), chip}];
      if (aside) {
        ++s.aside;
        continue;
      }
      s.fitted.push_back(pair_of(*p, fit, fit.factors_of(*p)));
      s.curve.push_back(pair_of(*p, fit, {}));
      if (left_out != LeftOut::nothing) s.left_out.push_back(without[i]);
    }
  }
  std::vector<CurveErrors> out;
  for (const auto& [key, s] : slices)
    out.push_back({key.first, key.second, s.aside, errors_of(s.fitted), errors_of(s.curve),
                   errors_of(s.left_out)});
  return out;
}

}  // namespace perfmodel::calibrate
