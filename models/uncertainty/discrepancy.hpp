// How wrong the model itself is, beyond what the ranges of its inputs say: the error that the
// software profile showed on measured numbers that its fit had not seen.
//
// The error of one number is e = ln(measured / predicted), taken as symmetric about zero with
// Tukey's h distribution (J. W. Tukey 1977; Hoaglin 1985):
//
//   e = scale z exp(tail z^2 / 2),   z standard normal,
//
// the normal distribution for tail = 0, heavier tails above. Its two parameters follow from the two
// quantiles of |e| that a profile file has, the median and the 90th percentile. Lighter tails than
// normal are taken for normal, at the 90th percentile.
//
// The files hold errors q = |predicted / measured - 1|. The same q is ln(1 + q) where the
// prediction is too high and -ln(1 - q) where it is too low; the mean of the two is taken, atanh(q)
// for q < 0.9. The bias is not taken out: on groups left out it is that of other groups, and taking
// it out covers less (docs/uncertainty.md). But the median and the 90th percentile of |e| are taken
// to be at least one and two times the logarithm of the bias: q hides how far a prediction is too
// low.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "cost/residual.hpp"

namespace perfmodel::uncertainty {

struct Discrepancy {
  double scale = 0;
  double tail = 0;

  /// e at a standard normal z.
  double at(double z) const;
  /// |e| that is not exceeded with probability `share`.
  double within(double share) const;
};

/// From the median and the 90th percentile of |predicted / measured - 1|, median <= p90, and the
/// geometric mean of predicted / measured.
Discrepancy discrepancy_of(double median, double p90, double bias = 1);

/// One profile has few rows of a kind, so its quantiles are pulled, in logarithms, to those of all
/// profiles: with weight rows / (rows + kPull) on its own. `own` or `all` may be nullptr; no
/// discrepancy without either.
inline constexpr double kPull = 200;
Discrepancy discrepancy_of(const cost::Residual* own, const cost::Residual* all);

/// The residual of a kind of number, nullptr if there is none.
const cost::Residual* find_residual(std::span<const cost::Residual> all, cost::LeftOut left_out,
                                    cost::Measured of);

}  // namespace perfmodel::uncertainty
