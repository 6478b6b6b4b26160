// Collectives on machines built by hand, against their closed forms.
#include <gtest/gtest.h>

#include "cost/collective.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::cost {
namespace {

using hw::Shape;
using test::add_link;
using test::bytes;
using test::round_machine;

Machine one_tier(double extent, double gb, double latency_us, Shape shape = Shape::switched,
                 bool reduction = false) {
  auto m = round_machine();
  add_link(m, extent, gb, latency_us, shape, reduction);
  return m;
}
/// 8 devices at 100 GB/s and 1 us, four such nodes at 10 GB/s and 5 us.
Machine two_tiers() {
  auto m = one_tier(8, 100, 1);
  add_link(m, 32, 10, 5);
  return m;
}

double all_reduce_s(const Machine& m, double size, double n) {
  return all_reduce(m, make_route(m, size, 1), bytes(n)).base();
}
double all_gather_s(const Machine& m, double size, double n) {
  return all_gather(m, make_route(m, size, 1), bytes(n)).base();
}

TEST(AllReduce, OneDeviceIsFree) {
  const auto m = two_tiers();
  const auto alone = make_route(m, 1, 1);
  EXPECT_TRUE(alone.alone());
  EXPECT_EQ(all_reduce(m, alone, bytes(1e9)), Time{});
  EXPECT_EQ(all_gather(m, alone, bytes(1e9)), Time{});
  EXPECT_EQ(send(m, alone, bytes(1e9)), Time{});
  EXPECT_EQ(expert_exchange(m, alone, bytes(1e4), 1e4, 8), Time{});
  ops::OpCost c;
  c.message = {ops::Pattern::all_reduce, bytes(1e9), 0, 0};
  EXPECT_EQ(time_of_message(m, alone, c).total, Time{});
}

TEST(AllReduce, DirectExchangeOverASwitch) {
  // 1 GB over 8: scatter and gather, 2 x (7/8 GB / 100 GB/s + 1 us).
  EXPECT_DOUBLE_EQ(all_reduce_s(one_tier(8, 100, 1), 8, 1e9), 2 * (8.75e-3 + 1e-6));
  // 1 kB: everybody sends it to all 7 at once, 70 ns + 1 us, before any second hop.
  EXPECT_DOUBLE_EQ(all_reduce_s(one_tier(8, 100, 1), 8, 1e3), 7e-8 + 1e-6);
}

TEST(AllReduce, RingAndTreeOnARing) {
  const auto m = one_tier(8, 100, 1, Shape::ring);
  // Large: 2 x (7/8 GB / 100 GB/s + 7 us).
  EXPECT_DOUBLE_EQ(all_reduce_s(m, 8, 1e9), 2 * (8.75e-3 + 7e-6));
  // Small: up and down a tree of depth 3, 2 x 1 kB / 100 GB/s + 6 us, beats 14 hops.
  EXPECT_DOUBLE_EQ(all_reduce_s(m, 8, 1e3), 2e-8 + 6e-6);
}

TEST(AllReduce, InTheSwitch) {
  // Sent once, and the sum of one's eighth sent on: 9/8 GB / 100 GB/s + 2 us.
  EXPECT_DOUBLE_EQ(all_reduce_s(one_tier(8, 100, 1, Shape::switched, true), 8, 1e9),
                   11.25e-3 + 2e-6);
}

TEST(AllReduce, TwoLevels) {
  // Scatter and gather inside 2 x (8.75 ms + 1 us); an eighth across four nodes 2 x (3/4 x 125 MB /
  // 10 GB/s + 5 us).
  EXPECT_DOUBLE_EQ(all_reduce_s(two_tiers(), 32, 1e9),
                   2 * (8.75e-3 + 1e-6) + 2 * (9.375e-3 + 5e-6));
  // 100 B: one tree over all 32 would take 2 x 5 x 5 us; inside 1 us twice, one shot across
  // 3 x 12.5 B / 10 GB/s + 5 us.
  EXPECT_DOUBLE_EQ(all_reduce_s(two_tiers(), 32, 100),
                   2 * (87.5 / 100e9 + 1e-6) + 37.5 / 10e9 + 5e-6);
}

TEST(AllReduce, AGroupOfAFewLeavesTheOuterTierAlone) {
  auto m = two_tiers();
  const double before = all_reduce_s(m, 8, 1e6);
  m.links[1].bandwidth = test::gb_per_s(0.001);
  m.links[1].latency = test::ms(1000);
  EXPECT_EQ(all_reduce_s(m, 8, 1e6), before);
  EXPECT_EQ(all_gather_s(m, 4, 1e6), all_gather_s(one_tier(8, 100, 1), 4, 1e6));
  EXPECT_GT(all_reduce_s(m, 16, 1e6), 1.0);
}

TEST(AllReduce, NeverFasterThanTheBytesAllow) {
  for (auto shape : {Shape::switched, Shape::mesh, Shape::ring, Shape::torus}) {
    for (double size : {2.0, 4.0, 8.0, 16.0, 64.0}) {
      for (double n : {1.0, 1e3, 1e6, 1e9}) {
        // Without help from a switch every device sends its part in each half: 2 (p - 1)/p n.
        const auto m = one_tier(64, 100, 0, shape);
        const double least = 2 * (size - 1) / size * n / 100e9;
        EXPECT_GE(all_reduce_s(m, size, n), least * (1 - 1e-12));
        EXPECT_GE(all_gather_s(m, size, n), least / 2 * (1 - 1e-12));
        // With it, the buffer still goes out once.
        EXPECT_GE(all_reduce_s(one_tier(64, 100, 0, shape, true), size, n),
                  n / 100e9 * (1 - 1e-12));
        // Over nodes: at least the node's buffer, through the wires of its eight devices.
        const double nodes = size / 8;
        if (nodes >= 2 && shape == Shape::switched) {
          auto wide = one_tier(8, 1e6, 0);
          add_link(wide, 64, 10, 0);
          EXPECT_GE(all_reduce_s(wide, size, n),
                    2 * (nodes - 1) / nodes * n / 8 / 10e9 * (1 - 1e-12));
        }
      }
    }
  }
}

TEST(AllReduce, FasterLinksAreNeverSlower) {
  for (double n : {100.0, 1e5, 1e8}) {
    for (double size : {2.0, 8.0, 16.0, 32.0}) {
      const auto base = two_tiers();
      for (std::size_t i = 0; i < 2; ++i) {
        auto wider = base;
        wider.links[i].bandwidth *= 2.0;
        auto nearer = base;
        nearer.links[i].latency *= 0.5;
        for (const auto& m : {wider, nearer}) {
          EXPECT_LE(all_reduce_s(m, size, n), all_reduce_s(base, size, n));
          EXPECT_LE(all_gather_s(m, size, n), all_gather_s(base, size, n));
        }
        auto reducing = base;
        reducing.links[i].reduction = true;
        EXPECT_LE(all_reduce_s(reducing, size, n), all_reduce_s(base, size, n));
      }
    }
  }
}

TEST(AllGather, ClosedForms) {
  EXPECT_DOUBLE_EQ(all_gather_s(one_tier(8, 100, 1), 8, 1e9), 8.75e-3 + 1e-6);
  EXPECT_DOUBLE_EQ(all_gather_s(one_tier(8, 100, 1, Shape::ring), 8, 1e9), 8.75e-3 + 7e-6);
  // An eighth across four nodes, then all of it inside: 3/4 x 125 MB / 10 GB/s + 5 us and 7/8 GB /
  // 100 GB/s + 1 us.
  EXPECT_DOUBLE_EQ(all_gather_s(two_tiers(), 32, 1e9), 8.75e-3 + 1e-6 + 9.375e-3 + 5e-6);
}

TEST(Send, TakesTheFarEndsTier) {
  const auto m = two_tiers();
  EXPECT_DOUBLE_EQ(send(m, make_route(m, 2, 1), bytes(1e9)).base(), 1e-2 + 1e-6);
  EXPECT_DOUBLE_EQ(send(m, make_route(m, 2, 8), bytes(1e9)).base(), 1e-1 + 5e-6);
}

TEST(Mesh, APairHasOneWire) {
  // 700 GB/s over seven wires: one of them carries 100 GB/s.
  const auto m = one_tier(8, 700, 1, Shape::mesh);
  EXPECT_DOUBLE_EQ(send(m, make_route(m, 2, 1), bytes(1e9)).base(), 1e-2 + 1e-6);
  // Two devices reduce over their wire: each sends all it has at once (one shot), 1 GB / 100 GB/s,
  // or halves twice, with one latency more.
  EXPECT_DOUBLE_EQ(all_reduce_s(m, 2, 1e9), 1e-2 + 1e-6);
  // Four use three of seven wires: 2 x (3/4 GB / 300 GB/s + 1 us).
  EXPECT_DOUBLE_EQ(all_reduce_s(m, 4, 1e9), 2 * (2.5e-3 + 1e-6));
  // Eight use all.
  EXPECT_DOUBLE_EQ(all_reduce_s(m, 8, 1e9), 2 * (1.25e-3 + 1e-6));
}

TEST(Mesh, CountsGroupsOfTheTierInsideAsOne) {
  // Two devices to a package, four packages in a mesh: three neighbours, 300 GB/s, 100 each.
  auto m = one_tier(2, 1000, 1);
  add_link(m, 8, 300, 1, Shape::mesh);
  EXPECT_DOUBLE_EQ(send(m, make_route(m, 2, 2), bytes(1e9)).base(), 1e-2 + 1e-6);
}

TEST(TimeOfMessage, AddsTheSoftwaresShare) {
  auto m = one_tier(8, 100, 1);
  m.collective = test::us(4);
  m.dispatch = test::us(50);
  m.combine = test::us(40);
  const auto route = make_route(m, 8, 1);
  ops::OpCost c;
  c.message = {ops::Pattern::all_gather, bytes(1e9), 0, 0};
  auto t = time_of_message(m, route, c);
  EXPECT_DOUBLE_EQ(t.link.base(), 8.751e-3);
  EXPECT_DOUBLE_EQ(t.total.base(), 8.755e-3);
  EXPECT_EQ(t.bound, Bound::link);
  c.message.pattern = ops::Pattern::reduce_scatter;
  EXPECT_DOUBLE_EQ(time_of_message(m, route, c).total.base(), 8.755e-3);
  c.message.pattern = ops::Pattern::all_reduce;
  EXPECT_DOUBLE_EQ(time_of_message(m, route, c).total.base(), 2 * 8.751e-3 + 4e-6);
  c.message.pattern = ops::Pattern::send;
  EXPECT_DOUBLE_EQ(time_of_message(m, route, c).total.base(), 1e-2 + 5e-6);
  // One token to one expert: 7/8 leave, 875 B / 100 GB/s + 1 us under a floor of 50 us.
  c.message = {ops::Pattern::dispatch, bytes(1000), 1, 1};
  t = time_of_message(m, route, c);
  EXPECT_NEAR(t.total.base(), 51e-6 + 8.75e-9, 1e-14);
  EXPECT_EQ(t.bound, Bound::overhead);
  c.message.pattern = ops::Pattern::combine;
  EXPECT_NEAR(time_of_message(m, route, c).total.base(), 41e-6 + 8.75e-9, 1e-14);
  c.message.pattern = ops::Pattern::none;
  EXPECT_EQ(time_of_message(m, route, c).total, Time{});
}

}  // namespace
}  // namespace perfmodel::cost
