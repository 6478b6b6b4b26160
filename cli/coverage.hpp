// `validate --intervals`: how many measured numbers lie inside the intervals that the residuals
// promise for their predictions.
#pragma once

#include <string>
#include <vector>

#include "cli/validation.hpp"
#include "cli/validation_report.hpp"
#include "uncertainty/discrepancy.hpp"

namespace perfmodel::cli {

/// A predicted line, and the model's error as it is known without the line's own group.
struct Interval {
  const Line* line = nullptr;
  cost::Measured kind = cost::Measured::tpot;
  uncertainty::Discrepancy discrepancy;
  double error = 0;  // ln(measured / predicted)
  double half = 0;   // of the 80 % interval, in logarithms

  bool inside(double share) const;
};

/// One for each predicted line of a kind that profiles tell apart. Where groups were left out, the
/// discrepancy of a line follows from the lines of all other groups, of its own profile pulled to
/// all profiles': neither the fit nor the interval has seen the group. Elsewhere it follows from
/// all lines, the line itself among them.
std::vector<Interval> intervals_of(const std::vector<Line>& lines);

/// Shares inside the 50, 80 and 95 % intervals, mean width of the 80 % interval over the
/// prediction, and its interval score, by each grouping; beside them the score of one constant band
/// with the same coverage over all.
///
/// The score is that of Gneiting and Raftery (2007, eq. 43) at 80 % in logarithms: the width, and
/// ten times what a number outside is off by. Lower is better.
std::string coverage_tables(const std::vector<Interval>& all,
                            const std::vector<const Grouping*>& by);
/// One record per interval, RFC 4180.
std::string coverage_csv(const std::vector<Interval>& all);

}  // namespace perfmodel::cli
