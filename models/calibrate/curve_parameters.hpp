// The figures of an architecture's curves as a vector of numbers for a fit.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "calibrate/operator_point.hpp"
#include "hw/kernel_curve.hpp"

namespace perfmodel::calibrate {

/// A figure of a curve on a logarithmic scale, with its prior.
struct CurveParameter {
  std::string_view name;       // key in the family file
  double prior = 1;            // in base units; the mean of all families is pulled here
  double prior_sigma = 0.3;    // of the logarithm
  double between_sigma = 0.2;  // of one family about the mean of all
  double low = 0;              // bounds
  double high = 1;
  bool time = false;
};
/// With `widen` the products have that figure too, as the last: a fit of accelerators, whose matrix
/// units hide it, goes without.
const std::vector<CurveParameter>& curve_parameters(std::size_t curve, bool widen = false);

/// Base units, in the order of curve_parameters().
using CurveValues = std::vector<double>;

/// The list that the values are of.
const std::vector<CurveParameter>& parameters_of(std::size_t curve, const CurveValues& values);

/// Sets the figures of one curve.
void set_curve(hw::KernelCurves& curves, std::size_t curve, const CurveValues& values);

}  // namespace perfmodel::calibrate
