// Branch and bound over batches against looking at all of them.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "search/best_batch.hpp"

namespace perfmodel::search {
namespace {

/// Latencies that never fall, with steps at random, as tiles and waves make them.
std::vector<serving::Steady> staircase(std::mt19937_64& random, int largest) {
  std::uniform_real_distribution<double> unit(0, 1);
  std::vector<serving::Steady> all;
  double life = 1;
  const double steepness = unit(random) * 2.0 / largest;
  for (int b = 1; b <= largest; ++b) {
    if (unit(random) < 0.1) life *= 1 + 0.3 * unit(random) * unit(random);
    life += steepness * unit(random);
    serving::Steady s;
    s.batch = b;
    s.tpot = Time::from_base(life * 0.01);
    s.ttft = Time::from_base(life * 0.1);
    s.output_rate = Frequency::from_base(b / life);
    all.push_back(s);
  }
  return all;
}

TEST(BestBatch, IsTheBestOfAll) {
  std::mt19937_64 random(11);
  std::size_t looked = 0, there = 0, refused = 0;
  for (int round = 0; round < 500; ++round) {
    const int largest = 1 + static_cast<int>(random() % 400);
    const auto all = staircase(random, largest);
    serving::Slo slo;
    if (round % 3 == 1) slo.tpot = all[random() % all.size()].tpot * 0.999;
    if (round % 5 == 1) slo.ttft = all[random() % all.size()].ttft;
    const serving::Steady* best = nullptr;
    for (const auto& s : all)
      if (meets(s, slo) && (best == nullptr || s.output_rate > best->output_rate)) best = &s;
    const auto at = [&](double b) { return all[static_cast<std::size_t>(b) - 1]; };
    const auto exact = best_batch(at, largest, slo, 0.0, 0.0);
    ASSERT_EQ(exact.best.has_value(), best != nullptr) << round;
    EXPECT_EQ(exact.single.batch, 1);
    if (best == nullptr) {
      ++refused;
      EXPECT_EQ(exact.evaluated, 1u);
      continue;
    }
    EXPECT_EQ(exact.best->output_rate, best->output_rate) << round;
    const auto near = best_batch(at, largest, slo);
    EXPECT_GE(near.best->output_rate.base(), best->output_rate.base() / 1.001) << round;
    EXPECT_LE(near.evaluated, exact.evaluated);
    EXPECT_FALSE(best_batch(at, largest, slo, best->output_rate.base(), 0.0).best)
        << "beats the best";
    looked += near.evaluated;
    there += all.size();
  }
  EXPECT_GE(refused, 3u);
  EXPECT_LT(looked, there / 4) << "no better than looking at all of " << there;
}

}  // namespace
}  // namespace perfmodel::search
