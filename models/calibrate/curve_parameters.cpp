#include "calibrate/curve_parameters.hpp"

#include <algorithm>

namespace perfmodel::calibrate {
namespace {

constexpr double kUs = 1e-6;

CurveParameter share(std::string_view name, double prior, double sigma = 0.15) {
  return {name, prior, sigma, sigma, 0.05, 1.0, false};
}
CurveParameter time(std::string_view name, double prior_us, double sigma, double high_us) {
  return {name, prior_us * kUs, sigma, sigma, 0.05 * kUs, high_us * kUs, true};
}

// Priors: what the tables show by eye, before any fit. The sigmas say how far architectures differ.
std::vector<CurveParameter> make(std::size_t curve) {
  switch (curve) {
    case 0:
      return {share("wide", 0.75),
              share("fp8", 0.6),
              share("int8", 0.65),
              share("fp4", 0.5),
              share("stream", 0.8, 0.1),
              {"unpack", 0.65, 0.3, 0.2, 0.1, 1.5, false},
              {"waves", 0.15, 0.7, 0.7, 0.001, 1.0, false},
              time("start", 4, 0.4, 60),
              time("convert", 4, 0.5, 60)};
    case 1:
      return {share("wide", 0.65),
              share("fp8", 0.55),
              share("int8", 0.5),
              share("fp4", 0.42),
              share("stream", 0.75, 0.1),
              {"unpack", 0.65, 0.3, 0.2, 0.1, 1.5, false},
              {"waves", 0.1, 0.7, 0.7, 0.001, 1.0, false},
              time("start", 9, 0.5, 100),
              time("convert", 5, 0.5, 60)};
    case 2:
      return {share("wide", 0.55),        share("fp8", 0.35),
              share("int8", 0.33),        share("fp4", 0.3),
              share("stream", 0.7, 0.1),  {"ramp", 500, 0.5, 0.4, 1, 1e4, false},
              time("start", 12, 0.5, 100)};
    case 3:
      return {share("wide", 0.5, 0.25),   share("fp8", 0.4, 0.25),
              share("int8", 0.4, 0.25),   share("fp4", 0.4, 0.25),
              share("stream", 0.8, 0.1),  {"narrow", 0.85, 0.15, 0.15, 0.3, 1.2, false},
              time("start", 12, 0.5, 100)};
    default:
      return {share("small", 0.3, 0.3),
              share("direct", 0.5, 0.3),
              share("large", 0.7, 0.15),
              share("reduce", 0.55, 0.15),
              {"hop", 1.0, 0.4, 0.3, 0.05, 10, false},
              time("phase", 2, 0.5, 30),
              time("fill", 10, 0.6, 100),
              time("library", 4, 0.5, 60),
              time("dispatch", 40, 0.6, 400),
              time("combine", 40, 0.6, 400)};
  }
}

template <class Curve>
void set_figures(Curve& c, std::size_t curve, const CurveValues& values) {
  const auto& parameters = parameters_of(curve, values);
  const auto set = [&](std::string_view key, const spec::FigureRule&, auto& figure) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (parameters[i].name != key) continue;
      using Figure = typename std::remove_reference_t<decltype(figure)>::value_type;
      using Q = decltype(Figure::value);
      if (!figure) figure.emplace();
      figure->value = figure->low = figure->high = Q::from_base(values[i]);
    }
  };
  Curve::each(set, c);
}

}  // namespace

const std::vector<CurveParameter>& curve_parameters(std::size_t curve, bool widen) {
  using All = std::array<std::vector<CurveParameter>, kCurveCount>;
  static const All all = {make(0), make(1), make(2), make(3), make(kLinkCurve)};
  static const All with_widen = [] {
    All a = all;
    for (std::size_t product = 0; product < 2; ++product)
      a.at(product).push_back({"widen", 0.5, 0.5, 0.5, 0.05, 1.5, false});
    return a;
  }();
  return (widen ? with_widen : all).at(curve);
}

const std::vector<CurveParameter>& parameters_of(std::size_t curve, const CurveValues& values) {
  return curve_parameters(curve, values.size() > curve_parameters(curve).size());
}

void set_curve(hw::KernelCurves& curves, std::size_t curve, const CurveValues& values) {
  if (curve == kLinkCurve)
    set_figures(curves.link, curve, values);
  else
    set_figures(curves.classes[curve], curve, values);
}

}  // namespace perfmodel::calibrate
