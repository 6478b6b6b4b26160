// Curves in a family file: the block is replaced, every other line stays as it is.
#pragma once

#include <string>

#include "calibrate/curve_fit.hpp"

namespace perfmodel::cli {

struct CurveBlock {
  const std::array<calibrate::FittedCurve, calibrate::kCurveCount>* curves = nullptr;
  OpRate core_rate{};  // none for the mean of all families
  double spread = 0;   // scatter of the logarithms that the ranges are widened by
  std::string title;   // of the source
  /// Writes what the rows say nothing about too, as assumed: for the mean of all families.
  bool whole = false;
};

/// `text` with the curves of `block` and their source. What another source gave stays, figure by
/// figure; an earlier fit and what was assumed give way.
std::string with_curves(const std::string& text, const CurveBlock& block);

/// Half the width of a figure's 95 % interval on the logarithm.
double curve_interval(double error, double spread);

}  // namespace perfmodel::cli
