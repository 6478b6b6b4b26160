// How far fitted curves are from the timings, by class of operator and chip.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "calibrate/curve_fit.hpp"
#include "calibrate/statistics.hpp"

namespace perfmodel::calibrate {

/// "gemm M>=64", "collective above 1 MiB", ...
std::string slice_of(const OperatorPoint& p);

/// What the curves say of one row, with or without the factors of its table.
double fitted_over_measured(const OperatorPoint& p, const CurveFit& fit, bool with_table);

/// What a fit does not see when it predicts a row: nothing is kept from it, all rows of the chip,
/// or all of the shape in whatever format and kernel.
enum class LeftOut : std::uint8_t { nothing, chip, shape };

/// One class of operators on one chip; chip "all" for all of them together.
struct CurveErrors {
  std::string slice, chip;
  std::size_t aside = 0;  // rows of series that were set aside, not among the errors
  Errors fitted;          // with the tables' factors
  Errors curve;           // the family's curve alone
  Errors left_out;        // of fits without the chip, or the shape
};

/// Row by row measured and predicted by fits without each chip or shape in turn. A left-out chip
/// takes the curve that other chips give its family, or the mean where it is the family's only one,
/// and the tables' factors from other chips. Both are zero for rows of series that are set aside.
std::vector<Pair> left_out_pairs(const std::vector<const OperatorPoint*>& points,
                                 const CurveFit& fit, LeftOut left_out,
                                 const CurveFitOptions& options = {});

/// Errors of `fit`, and those of left_out_pairs().
std::vector<CurveErrors> curve_errors(const std::vector<const OperatorPoint*>& points,
                                      const CurveFit& fit, LeftOut left_out,
                                      const CurveFitOptions& options = {});

}  // namespace perfmodel::calibrate
