// What storing a matrix in a format does to its values.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/accuracy/distributions.hpp"
#include "kernels/formats/quantised.hpp"

namespace perfmodel::kernels {

/// Smaller elements do not count in the largest relative error: every format with a smallest number
/// loses some of them whole.
inline constexpr double kRelativeAbove = 0.01;  // of the RMS

/// Differences of the stored values from the given ones, in float64.
struct FormatError {
  double snr_db = 0;        // 10 log10 of the sum of squares of the values over that of the errors
  double max_relative = 0;  // of an element of at least kRelativeAbove of the RMS
  double max_absolute = 0;  // over the RMS
  double lost = 0;          // share of the elements other than zero that became zero
};

/// Throws std::invalid_argument for sizes that do not fit, and for nothing but zeros.
FormatError format_error(const QuantSpec& spec, std::span<const float> values, std::int64_t rows,
                         std::int64_t columns);

/// The ways in which weights, or activations, are stored: FP16, BF16, and each narrow format with
/// the scales that are in use for it.
std::vector<QuantSpec> stored_formats(Operand operand);

}  // namespace perfmodel::kernels
