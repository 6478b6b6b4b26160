// Times as the least of lines, worked out by hand, and messages as lines of their size.
#include <gtest/gtest.h>

#include "cost/collective.hpp"
#include "cost/lines.hpp"
#include "engine_support.hpp"

namespace perfmodel::cost {
namespace {

using test::us;

Lines line(double at_zero_us, double slope_us) {
  return Lines({us(at_zero_us), us(slope_us)});
}

TEST(Lines, KeepWhatIsLeastSomewhere) {
  const auto two = min(line(1, 10), line(11, 5));  // meet at x = 2
  ASSERT_EQ(two.lines().size(), 2u);
  EXPECT_DOUBLE_EQ(two.at(1).base(), 11e-6);
  EXPECT_DOUBLE_EQ(two.at(2).base(), 21e-6);
  EXPECT_DOUBLE_EQ(two.at(4).base(), 31e-6);
  EXPECT_EQ(min(two, line(2, 10)).lines().size(), 2u) << "above the first everywhere";
  EXPECT_EQ(min(two, line(8, 8)).lines().size(), 2u) << "above both where they meet";
  EXPECT_EQ(min(two, line(4, 8)).lines().size(), 3u);
  EXPECT_EQ(min(two, line(0, 5)).lines().size(), 1u) << "below all";
}

TEST(Lines, AddPointByPoint) {
  const auto a = min(line(1, 10), line(11, 5));
  const auto b = min(line(0, 4), line(12, 1));  // meet at x = 4
  const auto sum = a + b + us(3);
  EXPECT_EQ(sum.lines().size(), 3u) << "of four pairs one is never least";
  for (double x : {0.0, 1.0, 2.0, 3.0, 4.0, 9.0})
    EXPECT_DOUBLE_EQ(sum.at(x).base(), (a.at(x) + b.at(x) + us(3)).base()) << x;
  EXPECT_DOUBLE_EQ((sum * 3.0).at(5).base(), 3 * sum.at(5).base());
  EXPECT_EQ(Lines().at(7).base(), 0);
}

/// Groups inside and across nodes, by switches, meshes and rings, at every size that changes the
/// algorithm.
TEST(Lines, AreTheMessagesOfEverySize) {
  auto m = test::round_machine();
  test::add_link(m, 8, 400, 2, hw::Shape::switched, true);
  test::add_link(m, 64, 50, 5, hw::Shape::mesh);
  test::add_link(m, 512, 25, 9, hw::Shape::ring);
  m.protocols = {.small = 0.4,
                 .direct = 0.5,
                 .large = 0.9,
                 .reduce = 0.8,
                 .hop = 0.5,
                 .phase = us(1),
                 .fill = us(30),
                 .library = us(4)};
  std::size_t most = 0;
  for (double size : {1., 2., 8., 16., 64., 512.}) {
    const auto r = make_route(m, size, 1);
    const auto reduce = lines_of(m, r, ops::Pattern::all_reduce, test::bytes(3));
    const auto gather = lines_of(m, r, ops::Pattern::all_gather, test::bytes(3));
    const auto sent = lines_of(m, r, ops::Pattern::send, test::bytes(3));
    most = std::max(most, reduce.lines().size());
    for (double x = 1; x < 1e10; x *= 1.7) {
      const auto b = test::bytes(3 * x);
      const double same = 1e-14;
      const double t = all_reduce(m, r, b).base();
      EXPECT_NEAR(reduce.at(x).base(), t, t * same) << size << " devices, " << x;
      const double g = all_gather(m, r, b).base();
      EXPECT_NEAR(gather.at(x).base(), g, g * same) << size << " devices, " << x;
      const double s = send(m, r, b).base();
      EXPECT_NEAR(sent.at(x).base(), s, s * same) << size << " devices, " << x;
    }
  }
  EXPECT_GE(most, 3u) << "no algorithm ever took over";
}

}  // namespace
}  // namespace perfmodel::cost
