// Expert dispatch and combine: distinct destinations in closed form and by simulation.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "cost/collective.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::cost {
namespace {

using test::add_link;
using test::bytes;
using test::round_machine;

constexpr double kPayload = 7168;

double exchange_s(const Machine& m, const Route& r, double tokens, double fanout) {
  return expert_exchange(m, r, bytes(kPayload), tokens, fanout).base();
}

TEST(ExpertExchange, OneTier) {
  auto m = round_machine();
  add_link(m, 8, 100, 1);
  // 8 draws over 8 ranks reach each other rank with 1 - (7/8)^8 = 0.6563911; 7 of them = 4.594738.
  // 128 tokens x 7168 B x 4.594738 / 100 GB/s + 1 us.
  EXPECT_NEAR(exchange_s(m, make_route(m, 8, 1), 128, 8), 128 * kPayload * 4.594738 / 100e9 + 1e-6,
              1e-11);
  // One expert: 7 of 8 are remote.
  EXPECT_NEAR(exchange_s(m, make_route(m, 8, 1), 128, 1), 128 * kPayload * 0.875 / 100e9 + 1e-6,
              1e-14);
  // So many experts that every rank has one: seven copies.
  EXPECT_NEAR(exchange_s(m, make_route(m, 8, 1), 128, 1e6), 128 * kPayload * 7 / 100e9 + 1e-6,
              1e-14);
}

TEST(ExpertExchange, MessagesThatNobodySendsCostOnlyLatency) {
  auto m = round_machine();
  add_link(m, 8, 100, 1);
  EXPECT_DOUBLE_EQ(exchange_s(m, make_route(m, 8, 1), 0, 8), 1e-6);
}

TEST(ExpertExchange, RingsAndToriAreLimitedByTheirBisection) {
  const auto on = [](hw::Shape shape) {
    auto m = round_machine();
    add_link(m, 64, 100, 0, shape);
    return exchange_s(m, make_route(m, 64, 1), 1000, 8);
  };
  EXPECT_DOUBLE_EQ(on(hw::Shape::mesh), on(hw::Shape::switched));
  EXPECT_NEAR(on(hw::Shape::ring), 16 * on(hw::Shape::switched), 1e-9);  // 4 / 64 of the rate
  EXPECT_NEAR(on(hw::Shape::torus), 4 * on(hw::Shape::switched), 1e-9);  // 2 / sqrt(64)
}

/// What one token of rank 0 sends over each of two tiers, mean over `draws` tokens that pick `topk`
/// distinct of `experts`: one copy to each other node with an expert, and inside every node one to
/// each further rank.
struct Traffic {
  double inside = 0;
  double across = 0;
};
Traffic simulate(int experts, int topk, int ranks, int per_node, int draws) {
  std::mt19937_64 random(42);
  std::vector<int> deck(static_cast<std::size_t>(experts));
  std::iota(deck.begin(), deck.end(), 0);
  Traffic t;
  for (int d = 0; d < draws; ++d) {
    std::set<int> destinations;
    std::set<int> nodes;
    for (int k = 0; k < topk; ++k) {
      std::uniform_int_distribution<int> pick(k, experts - 1);
      std::swap(deck[static_cast<std::size_t>(k)], deck[static_cast<std::size_t>(pick(random))]);
      const int rank = deck[static_cast<std::size_t>(k)] * ranks / experts;
      if (rank != 0) destinations.insert(rank);
      if (rank / per_node != 0) nodes.insert(rank / per_node);
    }
    t.across += static_cast<double>(nodes.size());
    t.inside += static_cast<double>(destinations.size() - nodes.size());
  }
  t.inside /= draws;
  t.across /= draws;
  return t;
}

TEST(ExpertExchange, TwoTiersAgreeWithASimulation) {
  // The formula draws experts independently, the simulation without putting back: of 256 experts, 8
  // a token, that differs by up to 2 %; 20,000 tokens add 1 %.
  constexpr double kTolerance = 0.03;
  for (int ranks : {16, 32, 64}) {
    const auto simulated = simulate(256, 8, ranks, 8, 20'000);
    auto m = round_machine();
    add_link(m, 8, 100, 0);
    add_link(m, ranks, 10, 0);
    const auto route = make_route(m, ranks, 1);
    ASSERT_EQ(route.count, 2u);
    // One tier at a time: the other is infinitely fast.
    auto inside = m;
    inside.quantise = true;
    inside.links[1].bandwidth = Bandwidth::infinity();
    auto across = m;
    across.quantise = true;
    across.links[0].bandwidth = Bandwidth::infinity();
    const double in_s = exchange_s(inside, route, 1000, 8);
    const double out_s = exchange_s(across, route, 1000, 8);
    const double expected_in = simulated.inside * 1000 * kPayload / 100e9;
    const double expected_out = simulated.across * 1000 * kPayload / 10e9;
    EXPECT_NEAR(in_s, expected_in, kTolerance * expected_in) << ranks;
    EXPECT_NEAR(out_s, expected_out, kTolerance * expected_out) << ranks;
    // Real software forwards after it has received; the ideal machine keeps both tiers busy.
    auto both = m;
    both.quantise = true;
    EXPECT_DOUBLE_EQ(exchange_s(both, route, 1000, 8), in_s + out_s);
    EXPECT_DOUBLE_EQ(exchange_s(m, route, 1000, 8), std::max(in_s, out_s));
  }
}

TEST(ExpertExchange, TiersTogetherCarryEveryDistinctDestination) {
  // Same bandwidth on both tiers: 31 (1 - (31/32)^8) = 6.953304 copies leave the device.
  auto m = round_machine();
  m.quantise = true;
  add_link(m, 8, 100, 0);
  add_link(m, 32, 100, 0);
  const double copies = 31 * (1 - std::pow(31.0 / 32, 8));
  EXPECT_NEAR(copies, 6.953304, 1e-6);
  EXPECT_NEAR(exchange_s(m, make_route(m, 32, 1), 1, 8), kPayload * copies / 100e9, 1e-15);
}

TEST(ExpertExchange, GrowsWithFanoutTokensAndRanks) {
  auto m = round_machine();
  m.quantise = true;
  add_link(m, 8, 100, 1);
  add_link(m, 256, 20, 2);
  double before = 0;
  for (double ranks : {2.0, 4.0, 8.0, 16.0, 64.0, 256.0}) {
    const auto route = make_route(m, ranks, 1);
    const double t = exchange_s(m, route, 100, 8);
    EXPECT_GT(t, before);
    EXPECT_LE(exchange_s(m, route, 100, 4), t);
    EXPECT_LE(exchange_s(m, route, 50, 8), t);
    before = t;
  }
}

TEST(ExpertExchange, TheHottestRankSetsThePace) {
  auto m = round_machine();
  m.quantise = true;
  m.imbalance = 1.5;
  add_link(m, 8, 100, 1);
  const auto route = make_route(m, 8, 1);
  ops::OpCost c;
  c.message = {ops::Pattern::dispatch, bytes(kPayload), 1e6, 8};
  c.expert_load = 1e15;
  c.expert_ranks = 8;
  const double even = exchange_s(m, route, 1e6, 8);
  // The wires carry half as much again; the hop of 1 us stays what it is.
  EXPECT_NEAR(time_of_message(m, route, c).link.base(), 1.5 * (even - 1e-6) + 1e-6, 1e-6 * even);
  c.expert_ranks = 1;  // balanced by construction
  EXPECT_DOUBLE_EQ(time_of_message(m, route, c).link.base(), even);
}

}  // namespace
}  // namespace perfmodel::cost
