// How far fitted curves are from the timings, by class of operator and chip.
#pragma once

#include <string>
#include <vector>

#include "calibrate/curve_fit.hpp"
#include "calibrate/statistics.hpp"

namespace perfmodel::calibrate {

/// "gemm M>=64", "collective above 1 MiB", ...
std::string slice_of(const OperatorPoint& p);

/// What the curves say of one row, with or without the factors of its table.
double fitted_over_measured(const OperatorPoint& p, const CurveFit& fit, bool with_table);

/// One class of operators on one chip; chip "all" for all of them together.
struct CurveErrors {
  std::string slice, chip;
  std::size_t aside = 0;  // rows of series that were set aside, not among the errors
  Errors fitted;          // with the tables' factors
  Errors curve;           // the family's curve alone
  Errors left_out;        // a fit without the chip, the tables' factors from other chips
};

/// Errors of `fit`, and with `left_out` of a fit without each chip in turn: the left-out chip takes
/// the curve that other chips give its family, or the mean where it is the family's only one.
std::vector<CurveErrors> curve_errors(const std::vector<const OperatorPoint*>& points,
                                      const CurveFit& fit, bool left_out,
                                      const CurveFitOptions& options = {});

}  // namespace perfmodel::calibrate
