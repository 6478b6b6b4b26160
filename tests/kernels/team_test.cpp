// The thread team: everything runs once, in any size of team, and again after a pause.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "kernels/registry/team.hpp"

namespace perfmodel::kernels {
namespace {

class Teams : public testing::TestWithParam<int> {
 protected:
  Team team{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Sizes, Teams, testing::Values(1, 2, 3, 5));

TEST_P(Teams, RunsEveryThreadOnceEachTime) {
  std::vector<int> calls(static_cast<std::size_t>(team.size()));
  for (int i = 1; i <= 100; ++i) {
    team.run([&](int t) noexcept { ++calls[static_cast<std::size_t>(t)]; });
    for (const int c : calls) ASSERT_EQ(c, i);
  }
}

TEST_P(Teams, WakesUpAfterItsThreadsWentToSleep) {
  std::atomic<int> calls{0};
  for (int i = 1; i <= 3; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    team.run([&](int) noexcept { ++calls; });
    ASSERT_EQ(calls, i * team.size());
  }
}

TEST_P(Teams, PiecesCoverTheRangeWithoutOverlap) {
  for (const std::int64_t count : {0, 1, 7, 64, 1000}) {
    std::vector<std::atomic<int>> hits(static_cast<std::size_t>(count));
    team.for_pieces(count, 7, [&](std::int64_t b, std::int64_t e, int) noexcept {
      for (; b < e; ++b) ++hits[static_cast<std::size_t>(b)];
    });
    for (const auto& h : hits) ASSERT_EQ(h, 1);
  }
}

TEST_P(Teams, NobodyPassesABarrierBeforeAllHaveArrived) {
  std::atomic<int> arrived{0};
  std::atomic<bool> early{false};
  team.run([&](int) noexcept {
    for (int round = 1; round <= 50; ++round) {
      ++arrived;
      team.barrier();
      if (arrived < round * team.size()) early = true;
      team.barrier();
    }
  });
  EXPECT_FALSE(early);
}

TEST_P(Teams, ScratchGrowsAndStays) {
  std::uint8_t* p = team.scratch(0, 100);
  EXPECT_EQ(team.scratch(0, 50), p);
  EXPECT_NE(team.scratch(0, 1 << 20), nullptr);
}

TEST(Team, RefusesToBeEmpty) {
  EXPECT_THROW(Team(0), std::invalid_argument);
  EXPECT_GE(available_threads(), 1);
}

}  // namespace
}  // namespace perfmodel::kernels
