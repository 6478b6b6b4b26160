// Points by number: every combination once, slow axes outside.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "sweep/space.hpp"

namespace perfmodel::sweep {
namespace {

using Sizes = std::array<std::uint32_t, kAxes>;

Sizes ones() {
  Sizes s;
  s.fill(1);
  return s;
}

TEST(MixedRadix, DecodesEveryNumberToItsOwnDigitsAndBack) {
  const MixedRadix radix({3, 1, 4, 2});
  ASSERT_EQ(radix.size(), 24U);
  std::set<std::array<std::uint32_t, 4>> seen;
  for (std::uint64_t n = 0; n < radix.size(); ++n) {
    std::array<std::uint32_t, 4> digits{};
    radix.decode(n, digits.data());
    EXPECT_LT(digits[0], 3U);
    EXPECT_EQ(digits[1], 0U);
    EXPECT_LT(digits[2], 4U);
    EXPECT_LT(digits[3], 2U);
    EXPECT_TRUE(seen.insert(digits).second) << n;
    EXPECT_EQ(radix.encode(digits.data()), n);
  }
}

TEST(Space, CoversTheProductOnceWithTheDeploymentsOfEachSite) {
  auto sizes = ones();
  sizes[index(Axis::system)] = 2;
  sizes[index(Axis::llm)] = 2;
  sizes[index(Axis::stack)] = 3;
  sizes[index(Axis::overrides)] = 2;
  sizes[index(Axis::input)] = 2;
  sizes[index(Axis::batch)] = 5;
  // The second model has no deployment on the first system.
  const std::vector<std::uint32_t> deployments = {3, 0, 1, 4};
  const auto space = Space::make(sizes, deployments);
  ASSERT_TRUE(space);
  EXPECT_EQ(space->plan_size(), 10U);
  EXPECT_EQ(space->plans(), (3U + 0 + 1 + 4) * 3 * 2);
  EXPECT_EQ(space->points(), space->plans() * 10);
  std::set<std::array<std::uint32_t, kAxes>> seen;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> by_site;
  std::array<std::uint32_t, kAxes> last{};
  for (std::uint64_t n = 0; n < space->points(); ++n) {
    const auto p = space->point(n);
    EXPECT_TRUE(seen.insert(p.digits).second) << n;
    const auto site = p.at(Axis::system) * 2 + p.at(Axis::llm);
    EXPECT_LT(p.at(Axis::parallel), deployments[site]);
    ++by_site[{p.at(Axis::system), p.at(Axis::llm)}];
    if (n > 0) {
      EXPECT_LT(last, p.digits) << "later axes vary faster";
    }
    last = p.digits;
  }
  for (const auto& [site, count] : by_site)
    EXPECT_EQ(count, deployments[site.first * 2 + site.second] * 60U);
  EXPECT_EQ(by_site.size(), 3U);
}

TEST(Space, RefusesMoreThanCanBeCounted) {
  auto sizes = ones();
  for (auto a : {Axis::input, Axis::output, Axis::batch}) sizes[index(a)] = 1'000'000;
  EXPECT_FALSE(Space::make(sizes, {1}));
  sizes[index(Axis::output)] = 1000;
  EXPECT_TRUE(Space::make(sizes, {1}));
}

TEST(Grouping, NumbersTheCombinationsOfItsAxesOnly) {
  auto sizes = ones();
  sizes[index(Axis::system)] = 2;
  sizes[index(Axis::input)] = 3;
  sizes[index(Axis::batch)] = 4;
  const auto space = Space::make(sizes, {1, 1});
  const Grouping groups(sizes, {Axis::input, Axis::system});
  EXPECT_EQ(groups.count(), 6U);
  std::map<std::uint64_t, int> count;
  for (std::uint64_t n = 0; n < space->points(); ++n) ++count[groups.of(space->point(n))];
  EXPECT_EQ(count.size(), 6U);
  for (const auto& [group, points] : count) EXPECT_EQ(points, 4) << group;
}

}  // namespace
}  // namespace perfmodel::sweep
