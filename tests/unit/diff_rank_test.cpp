// The Mann-Whitney test against published values and against counting all orders.
#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "diff/rank_test.hpp"

namespace perfmodel::diff {
namespace {

using Values = std::vector<double>;

double u_of(const Values& a, const Values& b) {
  double u = 0;
  for (const double x : a)
    for (const double y : b) u += y > x ? 1.0 : y == x ? 0.5 : 0.0;
  return u;
}

/// Two-sided p from all ways to choose which of the values are those of b.
double p_by_counting(const Values& a, const Values& b) {
  Values all = a;
  all.insert(all.end(), b.begin(), b.end());
  const double middle = 0.5 * static_cast<double>(a.size() * b.size());
  const double far = std::abs(u_of(a, b) - middle);
  double as_far = 0, ways = 0;
  for (unsigned mask = 0; mask < 1u << all.size(); ++mask) {
    if (static_cast<std::size_t>(std::popcount(mask)) != b.size()) continue;
    Values x, y;
    for (std::size_t i = 0; i < all.size(); ++i) (mask >> i & 1 ? y : x).push_back(all[i]);
    ++ways;
    if (std::abs(u_of(x, y) - middle) >= far) ++as_far;
  }
  return as_far / ways;
}

TEST(RankTest, AgreesWithTheAgesAtDiagnosisOfDiabetes) {
  // The example in the documentation of scipy.stats.mannwhitneyu: U = 17 for the males, and p =
  // 0.1111111111111111 by the exact method. Here U is of the second sample: 20 - 17.
  const auto t = rank_test(Values{19, 22, 16, 29, 24}, Values{20, 11, 17, 12});
  EXPECT_EQ(t.u, 3);
  EXPECT_TRUE(t.exact);
  EXPECT_NEAR(t.p, 1.0 / 9, 1e-15);
  EXPECT_NEAR(t.effect, 2 * 3.0 / 20 - 1, 1e-15);
}

TEST(RankTest, ExactPIsThatOfCountingAllOrders) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> value(0, 1);
  int tested = 0;
  for (std::size_t n_a = 1; n_a <= 5; ++n_a) {
    for (std::size_t n_b = 1; n_b <= 5; ++n_b) {
      Values a(n_a), b(n_b);
      std::generate(a.begin(), a.end(), [&] { return value(random); });
      std::generate(b.begin(), b.end(), [&] { return value(random) + 0.3; });
      const auto t = rank_test(a, b);
      EXPECT_TRUE(t.exact);
      EXPECT_EQ(t.u, u_of(a, b));
      EXPECT_NEAR(t.p, p_by_counting(a, b), 1e-14) << n_a << " against " << n_b;
      ++tested;
    }
  }
  EXPECT_EQ(tested, 25);
}

TEST(RankTest, NormalApproximationCorrectsForTiesAndContinuity) {
  // By hand: ranks of b are 2.5, 5, 6 (1, 2.5, 2.5, 4, 5, 6 in all), so U = 13.5 - 6 = 7.5. One tie
  // of two: variance 9/12 (7 - 6/30) = 5.1, z = (7.5 - 4.5 - 0.5) / sqrt(5.1) = 1.107.
  const auto t = rank_test(Values{1, 2, 3}, Values{2, 4, 5});
  EXPECT_FALSE(t.exact);
  EXPECT_EQ(t.u, 7.5);
  EXPECT_NEAR(t.p, std::erfc(2.5 / std::sqrt(5.1) / std::sqrt(2.0)), 1e-15);
  EXPECT_NEAR(t.p, 0.268, 5e-4);
  EXPECT_NEAR(t.effect, 2 * 7.5 / 9 - 1, 1e-15);
}

TEST(RankTest, ApproximationMeetsTheExactValueWhereOneGoesOverIntoTheOther) {
  std::mt19937 random(11);
  std::normal_distribution<double> value(0, 1);
  Values a(25), b(25);
  std::generate(a.begin(), a.end(), [&] { return value(random); });
  std::generate(b.begin(), b.end(), [&] { return value(random) + 1; });
  const auto exact = rank_test(a, b);
  ASSERT_TRUE(exact.exact);
  b.push_back(*std::max_element(b.begin(), b.end()) + 1);  // 51 values
  const auto one_more = rank_test(a, b);
  EXPECT_FALSE(one_more.exact);
  EXPECT_LT(one_more.p, exact.p);
  EXPECT_GT(one_more.p, 0.5 * exact.p);
}

TEST(RankTest, SwappingTheSamplesTurnsTheEffectAroundAndKeepsP) {
  for (const auto& b : {Values{2, 3, 8, 9}, Values{5, 5, 5}, Values{0.5, 1.5, 7, 11, 13}}) {
    const Values a = {1, 4, 5, 6};
    const auto t = rank_test(a, b), back = rank_test(b, a);
    EXPECT_DOUBLE_EQ(t.p, back.p);
    EXPECT_DOUBLE_EQ(t.effect, -back.effect);
    EXPECT_DOUBLE_EQ(t.u + back.u, static_cast<double>(a.size() * b.size()));
  }
}

TEST(RankTest, EqualValuesAndEmptySamplesSayNothing) {
  EXPECT_EQ(rank_test(Values{3, 3, 3}, Values{3, 3}).p, 1);
  EXPECT_EQ(rank_test(Values{3, 3, 3}, Values{3, 3}).effect, 0);
  EXPECT_EQ(rank_test(Values{}, Values{1, 2}).p, 1);
}

TEST(RankTest, LeastPIsThatOfSamplesThatDoNotOverlap) {
  for (std::size_t n = 1; n <= 6; ++n) {
    Values a, b;
    for (std::size_t i = 0; i < n; ++i) {
      a.push_back(static_cast<double>(i));
      b.push_back(static_cast<double>(100 + i));
    }
    b.push_back(1000);
    EXPECT_NEAR(least_p(a.size(), b.size()), rank_test(a, b).p, 1e-15);
  }
  EXPECT_EQ(least_p(0, 5), 1);
}

}  // namespace
}  // namespace perfmodel::diff
