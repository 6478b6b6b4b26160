#include "uncertainty/spread.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace perfmodel::uncertainty {
namespace {

constexpr double kEnd = 0.45;  // from the median to either end of a range, in probability

template <std::size_t N>
double polynomial(const std::array<double, N>& c, double x) {
  double y = 0;
  for (const double k : c) y = y * x + k;
  return y;
}

}  // namespace

double normal_quantile(double u) {
  constexpr std::array<double, 6> a = {-3.969683028665376e+01, 2.209460984245205e+02,
                                       -2.759285104469687e+02, 1.383577518672690e+02,
                                       -3.066479806614716e+01, 2.506628277459239e+00};
  constexpr std::array<double, 6> b = {-5.447609879822406e+01, 1.615858368580409e+02,
                                       -1.556989798598866e+02, 6.680131188771972e+01,
                                       -1.328068155288572e+01, 1.0};
  constexpr std::array<double, 6> c = {-7.784894002430293e-03, -3.223964580411365e-01,
                                       -2.400758277161838e+00, -2.549732539343734e+00,
                                       4.374664141464968e+00,  2.938163982698783e+00};
  constexpr std::array<double, 5> d = {7.784695709041462e-03, 3.224671290700398e-01,
                                       2.445134137142996e+00, 3.754408661907416e+00, 1.0};
  constexpr double kTail = 0.02425;
  if (u < kTail) {
    const double q = std::sqrt(-2.0 * std::log(u));
    return polynomial(c, q) / polynomial(d, q);
  }
  if (u > 1.0 - kTail) {
    const double q = std::sqrt(-2.0 * std::log1p(-u));
    return -polynomial(c, q) / polynomial(d, q);
  }
  const double q = u - 0.5;
  return q * polynomial(a, q * q) / polynomial(b, q * q);
}

double Spread::at(double u) const {
  const double end = u < 0.5 ? low : high;
  if (end == value) return value;
  // Steps from the median, so that one is the end of the range.
  const double steps =
      form == Form::normal ? std::abs(normal_quantile(u)) / kZ95 : std::abs(u - 0.5) / kEnd;
  const double x = low > 0 ? value * std::pow(end / value, steps) : value + (end - value) * steps;
  return std::clamp(x, min, max);
}

}  // namespace perfmodel::uncertainty
