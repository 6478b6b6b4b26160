// Fronts against their definition.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "sweep/pareto.hpp"

namespace perfmodel::sweep {
namespace {

bool dominates(const FrontPoint& a, const FrontPoint& b) {
  if (a.group != b.group || a.x > b.x || a.y > b.y) return false;
  return a.x < b.x || a.y < b.y || a.index < b.index;
}

std::vector<FrontPoint> by_definition(const std::vector<FrontPoint>& points) {
  std::vector<FrontPoint> r;
  for (const auto& p : points)
    if (std::none_of(points.begin(), points.end(), [&](const auto& q) { return dominates(q, p); }))
      r.push_back(p);
  std::sort(r.begin(), r.end(), [](const auto& a, const auto& b) {
    return std::tie(a.group, a.x) < std::tie(b.group, b.x);
  });
  return r;
}

/// Few distinct values, so that many points are equal in one or both coordinates.
std::vector<FrontPoint> random_points(std::mt19937& random, std::size_t n, int values) {
  std::vector<FrontPoint> r;
  for (std::size_t i = 0; i < n; ++i)
    r.push_back({random() % 3, i, static_cast<double>(random() % static_cast<unsigned>(values)),
                 -static_cast<double>(random() % static_cast<unsigned>(values))});
  return r;
}

TEST(Front, IsWhatNoOtherPointDominates) {
  std::mt19937 random(1);
  for (const int values : {2, 10, 1000})
    for (int i = 0; i < 20; ++i) {
      const auto points = random_points(random, 200, values);
      auto front = points;
      keep_front(front);
      EXPECT_EQ(front, by_definition(points)) << values << " values, set " << i;
    }
}

TEST(Fronts, OfBlocksAreTheFrontOfAll) {
  std::mt19937 random(2);
  for (const std::size_t block : {1U, 7U, 100U}) {
    const auto points = random_points(random, 300, 500);
    Fronts fronts(1000);
    for (std::size_t i = 0; i < points.size(); i += block) {
      std::vector<FrontPoint> part(
          points.begin() + static_cast<std::ptrdiff_t>(i),
          points.begin() + static_cast<std::ptrdiff_t>(std::min(i + block, points.size())));
      keep_front(part);
      fronts.add(part);
    }
    EXPECT_EQ(fronts.points(), by_definition(points)) << "blocks of " << block;
    EXPECT_FALSE(fronts.thinned());
  }
}

TEST(Front, LeavesOutWhatIsNoNumber) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  std::vector<FrontPoint> points = {{0, 0, -inf, -1},
                                    {0, 1, std::numeric_limits<double>::quiet_NaN(), -1},
                                    {0, 2, 1, -inf},
                                    {0, 3, 5, 5}};
  keep_front(points);
  EXPECT_EQ(points, (std::vector<FrontPoint>{{0, 3, 5, 5}}));
}

TEST(Fronts, ThatOutgrowTheirRoomKeepTheirEnds) {
  constexpr std::size_t kRoom = 64;
  Fronts fronts(kRoom);
  for (std::uint64_t i = 0; i < 1000; ++i)
    fronts.add({{0, i, static_cast<double>(i), -static_cast<double>(i)}});
  const auto points = fronts.points();
  EXPECT_TRUE(fronts.thinned());
  EXPECT_LE(points.size(), kRoom);
  EXPECT_GE(points.size(), kRoom / 4);
  EXPECT_EQ(points.front().index, 0U);
  EXPECT_EQ(points.back().index, 999U);
}

TEST(Fronts, GoOnFromWhatWasSaved) {
  std::mt19937 random(3);
  const auto points = random_points(random, 400, 5000);
  Fronts whole(20), first(20), second(20);
  for (std::size_t i = 0; i < points.size(); ++i) {
    whole.add({points[i]});
    if (i < 200) first.add({points[i]});
  }
  second.restore(first.points(), first.thinned());
  for (std::size_t i = 200; i < points.size(); ++i) second.add({points[i]});
  EXPECT_EQ(second.points(), whole.points());
}

}  // namespace
}  // namespace perfmodel::sweep
