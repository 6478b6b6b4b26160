// What the benchmarks measure with.
#include <gtest/gtest.h>

#include "kernels/bench/measure.hpp"

namespace perfmodel::kernels {
namespace {

TEST(Measure, QuartilesOfFewAndManyValues) {
  EXPECT_EQ(quartiles_of({3.0}).median, 3.0);
  const Quartiles q = quartiles_of({5.0, 1.0, 4.0, 2.0, 3.0});
  EXPECT_EQ(q.low, 2.0);
  EXPECT_EQ(q.median, 3.0);
  EXPECT_EQ(q.high, 4.0);
}

TEST(Measure, TimesAreNotNegativeAndSeeWork) {
  for (const int threads : {1, 2}) {
    Team team(threads);
    volatile double x = 1.0;
    const double t = seconds_of(team, [&] {
      for (int i = 0; i < 1000000; ++i) x = x * 1.0000001;
    });
    EXPECT_GT(t, 1e-5);
    EXPECT_LT(t, 60.0);
  }
}

}  // namespace
}  // namespace perfmodel::kernels
