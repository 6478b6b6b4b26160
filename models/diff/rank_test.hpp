// Mann-Whitney U test of two samples: whether values of one tend to be larger than those of the
// other, without assuming how they are distributed. Run times are skewed, so means and t tests
// mislead.
#pragma once

#include <cstddef>
#include <span>

namespace perfmodel::diff {

struct RankTest {
  /// Pairs (a, b) with b > a, ties counted half.
  double u = 0;
  /// Two-sided. 1 where all values are equal or a sample is empty.
  double p = 1;
  /// From the exact distribution of U, not from its normal approximation.
  bool exact = false;
  /// Rank-biserial correlation, 2 U / (n_a n_b) - 1: -1 where every b is below every a, 1 where all
  /// are above.
  double effect = 0;
};

/// Exact up to 50 values without ties; else the normal approximation with tie correction and
/// continuity correction. H. B. Mann, D. R. Whitney, Ann. Math. Statist. 18 (1947) 50-60.
RankTest rank_test(std::span<const double> a, std::span<const double> b);

/// The least p that samples of these sizes can reach: that of two samples that do not overlap.
double least_p(std::size_t a, std::size_t b);

}  // namespace perfmodel::diff
