// Fits the curves of architectures to timings of single operators: robust least squares on
// logarithms. A family is pulled towards the mean of all families, which stands for architectures
// that nobody measured; the mean is pulled weakly to priors. Tables of one software have factors of
// their own, pulled to one, so that the curve is that of good typical kernels rather than of the
// largest table.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "calibrate/curve_parameters.hpp"
#include "calibrate/operator_point.hpp"

namespace perfmodel::calibrate {

/// One curve of one family, or the mean of all.
struct FittedCurve {
  CurveValues values;
  CurveValues errors;       // standard errors of the logarithms
  CurveValues information;  // of the rows alone: what they say over what the siblings say
};

/// Rows of one table on one chip and of one shape class.
struct Series {
  std::size_t rows = 0;
  double bias = 1;  // median of fitted over measured
  double off = 0;   // median of |logarithm|
  bool aside = false;
};

struct CurveFit {
  std::array<FittedCurve, kCurveCount> mean;
  std::map<std::string, std::array<FittedCurve, kCurveCount>> families;
  std::array<std::map<std::string, TableFactors>, kCurveCount> tables;
  std::map<std::string, OpRate> core_rates;
  std::map<std::string, Series> series;
  double spread = 0;  // of the residuals

  /// The family's curves, or the mean's.
  hw::KernelCurves curves_of(const std::string& family) const;
  TableFactors factors_of(const OperatorPoint& p) const;
};

struct CurveFitOptions {
  int max_iterations = 50;
  /// A series of which half of the rows are off by more than this factor is another kernel than the
  /// curve's: it is set aside and the rest fitted again.
  double aside = 1.8;
  /// How far the tables' factors may lie from one; none takes that of accelerators' libraries.
  std::optional<double> table_sigma;
  /// Products have the figure `widen`, and tables a factor on the stream of products.
  bool widen = false;
};

std::string series_of(const OperatorPoint& p);
CurveFit fit_curves(const std::vector<const OperatorPoint*>& points,
                    const CurveFitOptions& options = {});

}  // namespace perfmodel::calibrate
