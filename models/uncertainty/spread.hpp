// A figure's range as a distribution.
//
// A range in a config file says between which values its sources, or the fit behind it, place the
// figure. It is read as a central 90 % interval: sources are wrong together often enough that one
// value in ten may lie outside, and a fit's range is 1.645 standard deviations to either side by
// its own definition. The value itself is the median. With z(u) the standard normal quantile and
// z95 = 1.645:
//
//   normal     ln x = ln value + z(u) / z95 * ln(high / value)       for u > 1/2,
//              ln x = ln value + z(u) / z95 * ln(value / low)        for u < 1/2
//   even       ln x is linear in u through (0.05, low), (0.5, value), (0.95, high)
//
// Both are split: the two sides of a range need not be alike. `even` is for figures of grade
// `assumed`, where nobody says that the middle is likelier than the ends. Where low is zero (a
// share, a time) the same runs in x instead of ln x. Draws are held within the bounds that the
// figure's kind has by law (a share is at most 1). A range of no width gives the value always:
// nothing is invented for figures of weak grade.
#pragma once

#include "spec/sourced.hpp"

namespace perfmodel::uncertainty {

enum class Form { normal, even };

struct Spread {
  double value = 0, low = 0, high = 0;
  Form form = Form::normal;
  double min = 0;
  double max = 1e300;

  bool has_width() const { return low < value || value < high; }
  /// The figure below which a draw falls with probability u, 0 < u < 1; `low`, `value` and `high`
  /// at 0.05, 0.5 and 0.95. Never falls as u grows.
  double at(double u) const;
};

template <class Q>
Spread spread_of(const spec::Sourced<Q>& f, double min = 0, double max = 1e300) {
  return {f.value.base(),
          f.low.base(),
          f.high.base(),
          f.grade == spec::Grade::assumed ? Form::even : Form::normal,
          min,
          max};
}

/// Standard normal quantile, 0 < u < 1, to 1.2e-9 of itself (P. J. Acklam's rational
/// approximation).
double normal_quantile(double u);

inline constexpr double kZ90 = 1.2815515655446004;  // normal_quantile(0.9)
inline constexpr double kZ95 = 1.6448536269514722;

}  // namespace perfmodel::uncertainty
