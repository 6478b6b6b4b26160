// Smooth maximum, padding, hottest expert rank, and the time of one operator.
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "cost/collective.hpp"
#include "cost/roofline.hpp"
#include "ops/registry.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::cost {
namespace {

using ops::OpClass;
using ops::OpCost;
using spec::Compute;
using test::bytes;
using test::ms;
using test::round_machine;
using test::us;

TEST(SmoothMax, LiesBetweenTheHardMaximumAndItsLimit) {
  for (double p : {1.0, 2.0, 4.0, 8.0, 64.0}) {
    for (double a : {0.0, 1.0, 3.0, 1000.0}) {
      for (double b : {0.0, 0.5, 3.0}) {
        const double hard = std::max(a, b);
        const double t = smooth_max(ms(a), ms(b), p).base() * 1e3;
        EXPECT_GE(t, hard * (1 - 1e-12));
        EXPECT_LE(t, hard * std::pow(2.0, 1.0 / p) * (1 + 1e-12));
        EXPECT_NEAR(t, std::pow(std::pow(a, p) + std::pow(b, p), 1 / p), 1e-9 * hard) << p;
        EXPECT_DOUBLE_EQ(t, smooth_max(ms(b), ms(a), p).base() * 1e3);
      }
    }
  }
  EXPECT_EQ(smooth_max(ms(3), ms(3), 0), ms(3));  // hard
  EXPECT_EQ(smooth_max(Time::infinity(), ms(3), 4), Time::infinity());
  EXPECT_EQ(smooth_max(Time{}, Time{}, 4), Time{});
}

/// 16 cores with tiles of 128 x 128.
Machine tiled() {
  auto m = round_machine();
  m.quantise = true;
  m.cores = 16;
  m.tile_m = m.tile_n = 128;
  return m;
}
OpCost product(double rows, double columns, double depth = 512, double groups = 1) {
  OpCost c;
  c.groups = groups;
  c.rows = rows;
  c.columns = columns;
  c.depth = depth;
  c.matrix = Ops::from_base(2 * groups * rows * columns * depth);
  return c;
}

TEST(Padding, NoneAtFullTilesAndFullWaves) {
  EXPECT_DOUBLE_EQ(padding(tiled(), product(512, 512)), 1.0);    // 4 x 4 tiles: one wave
  EXPECT_DOUBLE_EQ(padding(tiled(), product(1024, 512)), 1.0);   // 8 x 4: two waves
  EXPECT_DOUBLE_EQ(padding(tiled(), product(2048, 2048)), 1.0);  // 256 tiles: 16 waves
}

TEST(Padding, RowsFillTheirTile) {
  // One row of 2048 columns: 16 tiles of 128 rows.
  EXPECT_DOUBLE_EQ(padding(tiled(), product(1, 2048)), 128.0);
  // 129 rows take two tiles of 128: 256 / 129.
  EXPECT_DOUBLE_EQ(padding(tiled(), product(129, 1024)), 256.0 / 129);
  // 1025 columns take nine tiles, on 16 row tiles: 144 tiles, nine full waves.
  EXPECT_DOUBLE_EQ(padding(tiled(), product(2048, 1025)), 9 * 128.0 / 1025);
}

TEST(Padding, TheLastWaveCountsWhole) {
  // 17 tiles on 16 cores: two waves of 16.
  EXPECT_DOUBLE_EQ(padding(tiled(), product(128, 17 * 128)), 32.0 / 17);
}

TEST(Padding, FewTilesSplitTheInnerDimension) {
  // 4 tiles keep 4 of 16 cores busy; every 512 of depth gives another slice.
  EXPECT_DOUBLE_EQ(padding(tiled(), product(128, 512, 511)), 4.0);
  EXPECT_DOUBLE_EQ(padding(tiled(), product(128, 512, 1024)), 2.0);
  EXPECT_DOUBLE_EQ(padding(tiled(), product(128, 512, 4096)), 1.0);
}

TEST(Padding, UnevenGroupsLoseHalfATileEach) {
  auto m = tiled();
  m.cores = 0;  // tiles only
  EXPECT_DOUBLE_EQ(padding(m, product(128, 128, 512, 2)), 1.5);
  EXPECT_DOUBLE_EQ(padding(m, product(1, 128, 512, 2)), 128.0);  // at least one tile
  EXPECT_DOUBLE_EQ(padding(m, product(128, 128, 512, 1)), 1.0);
}

TEST(Padding, NeverBelowOne) {
  for (double rows : {0.25, 1.0, 63.0, 128.0, 1000.0, 12345.0})
    for (double columns : {1.0, 128.0, 4097.0})
      for (double groups : {0.3, 1.0, 7.5})
        EXPECT_GE(padding(tiled(), product(rows, columns, 7168, groups)), 1.0);
  auto ideal = tiled();
  ideal.quantise = false;
  EXPECT_EQ(padding(ideal, product(1, 1)), 1.0);
  EXPECT_EQ(padding(tiled(), OpCost{}), 1.0);  // no matrix work
}

TEST(HottestRank, ShapeAndLimits) {
  auto m = tiled();
  EXPECT_EQ(hottest_rank(m, 10, 1), 1.0);
  EXPECT_EQ(hottest_rank(m, 0, 32), 1.0);
  for (double ranks : {2.0, 8.0, 64.0, 320.0}) {
    double before = ranks;
    for (double load = 0.01; load < 1e7; load *= 2) {
      const double h = hottest_rank(m, load, ranks);
      EXPECT_LE(h, before);
      EXPECT_GE(h, 1.0);
      before = h;
    }
    EXPECT_NEAR(before, 1.0, 2e-3);
  }
  EXPECT_EQ(hottest_rank(m, 1e-6, 8), 8.0);  // one rank has it all
  // 1 + sqrt(2 ln 32 / 100) + ln 32 / 300 with ln 32 = 3.465736: 1 + 0.263277 + 0.011552.
  EXPECT_NEAR(hottest_rank(m, 100, 32), 1.274829, 1e-6);
  m.imbalance = 1.11;
  EXPECT_NEAR(hottest_rank(m, 100, 32), 1.11 * 1.274829, 1e-5);
  m.quantise = false;
  EXPECT_EQ(hottest_rank(m, 100, 32), 1.0);
}

TEST(HottestRank, BoundsASimulationFromAbove) {
  // Mean of the maximum of independent Poisson loads, 4000 draws: the closed form is an upper bound
  // and within 16 %.
  std::mt19937_64 random(1);
  const auto m = tiled();
  for (int ranks : {8, 32, 128}) {
    for (double load : {16.0, 64.0, 1024.0}) {
      std::poisson_distribution<int> draw(load);
      double sum = 0;
      constexpr int kDraws = 4000;
      for (int i = 0; i < kDraws; ++i) {
        int hottest = 0;
        for (int r = 0; r < ranks; ++r) hottest = std::max(hottest, draw(random));
        sum += hottest;
      }
      const double simulated = sum / kDraws / load;
      EXPECT_GE(hottest_rank(m, load, ranks), simulated * 0.998) << ranks << " " << load;
      EXPECT_LE(hottest_rank(m, load, ranks), simulated * 1.16) << ranks << " " << load;
    }
  }
}

TEST(Roofline, ComputeBound) {
  OpCost c;
  c.matrix = Ops::from_base(1e12);
  c.weights = bytes(1e9);
  const auto t = time_of(round_machine(), c, OpClass::gemm, Compute::bf16);
  EXPECT_DOUBLE_EQ(t.compute.base(), 0.010);  // 1e12 / 100e12
  EXPECT_DOUBLE_EQ(t.memory.base(), 0.001);   // 1e9 / 1e12
  EXPECT_DOUBLE_EQ(t.total.base(), 0.010);
  EXPECT_EQ(t.bound, Bound::compute);
  auto m = round_machine();
  m.sharpness = 4;
  // 10 ms x (1 + 0.1^4)^(1/4) = 10 ms x 1.000024999...
  EXPECT_NEAR(time_of(m, c, OpClass::gemm, Compute::bf16).total.base(), 0.010 * 1.00002499906,
              1e-12);
  // Twice the rate in 8 bits, half of it at an efficiency of one half.
  m.sharpness = 0;
  m.efficiency[static_cast<std::size_t>(OpClass::gemm)] = 0.5;
  EXPECT_DOUBLE_EQ(time_of(m, c, OpClass::gemm, Compute::fp8).compute.base(), 0.010);
  EXPECT_DOUBLE_EQ(time_of(m, c, OpClass::grouped_gemm, Compute::fp8).compute.base(), 0.005);
}

TEST(Roofline, MemoryBound) {
  OpCost c;
  c.matrix = Ops::from_base(1e10);
  c.weights = bytes(1e9);
  c.kv = bytes(2e9);
  c.activations = bytes(1e9);
  auto m = round_machine();
  m.quantise = true;  // an ideal machine moves no activations
  auto& curve = m.curve[static_cast<std::size_t>(OpClass::attention_decode)];
  curve.start = us(3);
  m.launch = us(2);
  const auto t = time_of(m, c, OpClass::attention_decode, Compute::bf16);
  EXPECT_DOUBLE_EQ(t.memory.base(), 4e-3);
  EXPECT_DOUBLE_EQ(t.overhead.base(), 5e-6);
  EXPECT_DOUBLE_EQ(t.total.base(), 4e-3 + 5e-6);
  EXPECT_EQ(t.bound, Bound::memory);
  // A cache of 1 GB keeps half of 1 GB of activations: 1e9 x 1e9 / (1e9 + 1e9).
  m.cache = bytes(1e9);
  EXPECT_DOUBLE_EQ(time_of(m, c, OpClass::attention_decode, Compute::bf16).memory.base(), 3.5e-3);
  m.quantise = false;
  EXPECT_DOUBLE_EQ(time_of(m, c, OpClass::attention_decode, Compute::bf16).memory.base(), 3e-3);
}

TEST(Roofline, VectorAndOverheadBounds) {
  OpCost c;
  c.vector = Ops::from_base(1e9);
  c.activations = bytes(1e6);
  auto m = round_machine();
  EXPECT_EQ(time_of(m, c, OpClass::vector, Compute::bf16).vector, Time{});  // unknown: not counted
  m.vector = OpRate::from_base(1e12);
  auto t = time_of(m, c, OpClass::vector, Compute::bf16);
  EXPECT_DOUBLE_EQ(t.vector.base(), 1e-3);
  EXPECT_DOUBLE_EQ(t.total.base(), 1e-3);
  EXPECT_EQ(t.bound, Bound::vector);
  m.launch = ms(2);
  t = time_of(m, c, OpClass::vector, Compute::bf16);
  EXPECT_DOUBLE_EQ(t.total.base(), 3e-3);
  EXPECT_EQ(t.bound, Bound::overhead);
  c.launches = 2;
  EXPECT_DOUBLE_EQ(time_of(m, c, OpClass::vector, Compute::bf16).overhead.base(), 4e-3);
}

TEST(Roofline, TheHottestRankWaitsForWorkNotForWeights) {
  auto m = round_machine();
  m.quantise = true;
  m.imbalance = 1.5;
  OpCost c;
  c.matrix = Ops::from_base(1e12);
  c.weights = bytes(1e9);
  c.activations = bytes(1e9);
  c.expert_load = 1e15;  // so many that chance evens out
  c.expert_ranks = 8;
  const auto t = time_of(m, c, OpClass::grouped_gemm, Compute::bf16);
  EXPECT_NEAR(t.compute.base(), 0.015, 1e-8);
  EXPECT_NEAR(t.memory.base(), 0.0025, 1e-8);
}

/// Better hardware is never slower, whatever the operator and the point.
TEST(Roofline, MoreOfAnythingIsNeverSlower) {
  auto base = tiled();
  base.vector = OpRate::from_base(5e12);
  base.cache = bytes(50e6);
  base.sharpness = 4;
  for (auto& curve : base.curve) curve.start = us(1);
  test::add_link(base, 8, 100, 1);
  test::add_link(base, 64, 20, 4);
  const auto route = make_route(base, 32, 1);
  const auto time = [&](const Machine& m, const ops::Op& op, const ops::Pass& p) {
    const auto c = op.cost(p);
    if (c.message.pattern != ops::Pattern::none) return time_of_message(m, route, c).total;
    return time_of(m, c, op.kind().op_class(p.phase), Compute::bf16).total;
  };
  std::vector<Machine> better(6, base);
  for (auto& peak : better[0].peak) peak *= 1.3;
  better[1].memory *= 1.3;
  better[2].vector *= 1.3;
  better[3].links[0].bandwidth *= 1.3;
  better[4].links[1].bandwidth *= 1.3;
  better[5].cache *= 1.3;
  for (const auto* kind : ops::all_kinds()) {
    const auto op = kind->sample();
    for (double sequences : {1.0, 100.0, 10'000.0}) {
      ops::Pass p;
      p.sequences = sequences;
      p.expert_rows = p.logit_rows = sequences;
      p.context_low = p.context_high = 2000;
      const Time t = time(base, op, p);
      EXPECT_GT(t.base(), 0);
      EXPECT_TRUE(t.is_finite());
      for (std::size_t i = 0; i < better.size(); ++i)
        EXPECT_LE(time(better[i], op, p).base(), t.base() * (1 + 1e-12)) << kind->id << " " << i;
    }
  }
}

}  // namespace
}  // namespace perfmodel::cost
