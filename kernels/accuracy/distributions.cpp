#include "kernels/accuracy/distributions.hpp"

#include <cmath>
#include <numbers>

#include "kernels/registry/sample.hpp"

namespace perfmodel::kernels {
namespace {

/// Uniform in (0, 1].
double open_uniform(Random& random) {
  return 1.0 - static_cast<double>(random.bits() >> 11) * 0x1p-53;
}

/// Box and Muller: unlike Random::normal it has the tails.
double gaussian(Random& random) {
  const double radius = std::sqrt(-2.0 * std::log(open_uniform(random)));
  return radius * std::cos(2.0 * std::numbers::pi * open_uniform(random));
}

/// Of variance 1. A chi square of four degrees is twice the sum of two exponential variables; the
/// variance of t is 4 / (4 - 2).
double student_t4(Random& random) {
  const double chi_square =
      -2.0 * (std::log(open_uniform(random)) + std::log(open_uniform(random)));
  return gaussian(random) / std::sqrt(chi_square / 4.0) / std::numbers::sqrt2;
}

}  // namespace

std::vector<float> operand_values(Operand operand, Distribution distribution, std::int64_t rows,
                                  std::int64_t columns, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(rows * columns));
  const bool weights = operand == Operand::weights;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      const double x =
          distribution == Distribution::student_t4 ? student_t4(random) : gaussian(random);
      const std::int64_t channel = weights ? r : c;
      const bool outlier = distribution == Distribution::outlier_channels &&
                           channel % kOutlierEvery == kOutlierEvery / 3;
      values.push_back(static_cast<float>(x) * (weights ? kWeightDeviation : 1.0F) *
                       (outlier ? kOutlierFactor : 1.0F));
    }
  }
  return values;
}

}  // namespace perfmodel::kernels
