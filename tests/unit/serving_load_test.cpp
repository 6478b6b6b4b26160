// Pools of their own and a given load, on toys whose passes take known times, and against a
// simulation of the engine request by request.
#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <random>
#include <vector>

#include "serving/disaggregated.hpp"
#include "serving/load.hpp"
#include "serving/queue.hpp"
#include "unit/toy_engine.hpp"

namespace perfmodel::serving {
namespace {

using test::bytes;
using test::lengths;
using test::ms;

TEST(ErlangC, IsThatOfTheTables) {
  EXPECT_DOUBLE_EQ(erlang_c(1, 0.3), 0.3);  // one server: the share of the time that it is busy
  EXPECT_NEAR(erlang_c(2, 1.0), 1.0 / 3.0, 1e-12);
  EXPECT_NEAR(erlang_c(10, 8.0), 0.40918, 1e-5);
  EXPECT_EQ(erlang_c(4, 4.0), 1.0);
  EXPECT_EQ(erlang_c(4, 0.0), 0.0);
  EXPECT_GE(erlang_c(100'000, 10.0), 0.0);  // neither overflows nor turns negative
  EXPECT_LT(erlang_c(100'000, 10.0), 1e-12);
}

TEST(QueueWait, OfOneServerIsPollaczekKhinchine) {
  // M/M/1: rho / (1 - rho) services; M/D/1: half of it.
  EXPECT_NEAR(queue_wait(1, 0.5, ms(10), 1.0) / ms(10), 1.0, 1e-12);
  EXPECT_NEAR(queue_wait(1, 0.5, ms(10), 0.0) / ms(10), 0.5, 1e-12);
  EXPECT_NEAR(queue_wait(1, 0.8, ms(10), 0.0) / ms(10), 2.0, 1e-12);
  EXPECT_FALSE(queue_wait(2, 2.0, ms(10), 0.0).is_finite());
}

phase::Plan pool_plan(int dp = 1, int tp = 1) {
  return test::toy_plan({.tp = tp, .dp = dp}, bytes(1000));
}
cost::Machine pool_machine() {
  return test::five_ms();
}

TEST(Transfer, MovesTheWholeCacheOverTheFullerSide) {
  const PoolLink link{test::gb_per_s(1), ms(2)};
  const auto w = lengths(1000, 100);
  // A megabyte; two devices of the receiving rank hold it whole each, one device sends both.
  const auto t = cache_transfer(pool_plan(), pool_plan(1, 2), w);
  EXPECT_DOUBLE_EQ(t.received.base(), 1e6);
  EXPECT_DOUBLE_EQ(t.request.base(), 2e6);
  EXPECT_DOUBLE_EQ(t.sent.base(), 2e6);
  EXPECT_DOUBLE_EQ(t.time(link, 1).base(), 2e-3 + 2e-3);
  EXPECT_DOUBLE_EQ(t.time(link, 8).base(), 16e-3 + 2e-3);
  // Four senders share the work, and the receiver sets the pace.
  EXPECT_DOUBLE_EQ(cache_transfer(pool_plan(1, 4), pool_plan(1, 2), w).time(link, 1).base(),
                   1e-3 + 2e-3);
}

TEST(PrefillState, TakesAsManyTogetherAsThePromiseAllows) {
  const auto m = pool_machine();
  const auto w = lengths(1024, 100);
  PrefillCost cost;  // one takes 10 ms, eight 45 ms: 5 ms each
  cost.one = ms(10);
  cost.full = 8;
  cost.full_time = ms(45);
  const auto transfer = cache_transfer(pool_plan(), pool_plan(), w);
  const PoolLink fast{test::gb_per_s(1e6), Time{}};
  const auto free = prefill_state(pool_plan(), m, cost, transfer, fast, std::nullopt);
  ASSERT_TRUE(free);
  EXPECT_EQ(free->together, 8);
  EXPECT_NEAR(free->rate.base(), 8 / 45e-3, 1e-6);
  const auto some = prefill_state(pool_plan(), m, cost, transfer, fast, ms(25.5));
  ASSERT_TRUE(some);
  EXPECT_EQ(some->together, 4);  // 10 + 3 x 5 ms
  EXPECT_LE(some->ttft, ms(25.5));
  EXPECT_FALSE(prefill_state(pool_plan(), m, cost, transfer, fast, ms(9)));
  // 1024 tokens of 1000 bytes over 10 MB/s: 0.1024 s each, slower than they are computed.
  const auto slow =
      prefill_state(pool_plan(), m, cost, transfer, {test::gb_per_s(0.01), Time{}}, std::nullopt);
  EXPECT_NEAR(slow->rate.base(), 1 / 0.1024, 1e-6);
}

TEST(DecodeState, HasNoStalls) {
  const auto s = decode_state(pool_plan(4), pool_machine(), lengths(1024, 101), 0.0, 50);
  EXPECT_DOUBLE_EQ(s.tpot.base(), 5e-3);
  // 200 places, each free again after 100 steps; the first token came with the prefill.
  EXPECT_NEAR(s.output_rate.base(), 200 / 0.5 * 101, 1e-6);
  const auto drafted = decode_state(pool_plan(4), pool_machine(), lengths(1024, 101), 1.0, 50);
  EXPECT_DOUBLE_EQ(drafted.tpot.base(), 2.5e-3);
}

TEST(AtLoad, ObeysLittlesLaw) {
  const auto m = pool_machine();
  const auto w = lengths(1024, 256);
  const auto plan = pool_plan(4);
  const double largest = 64;
  const auto most = steady_state(plan, m, w, prefill_cost(plan, m, w), 0, largest).output_rate;
  Time ttft{}, tpot{};
  for (double share = 0.05; share < 0.999; share += 0.05) {
    const Frequency rate = most * (share * 3 / w.output);
    const auto l = at_load(plan, m, w, 0, largest, 3, rate);
    ASSERT_TRUE(l) << share;
    const Time life = l->steady.ttft - l->queue + l->steady.tpot * (w.output - 1);
    EXPECT_NEAR(l->steady.batch * 4 * 3 / (rate * life), 1.0, 1e-6) << share;
    EXPECT_GE(l->steady.ttft, ttft) << share;
    EXPECT_GE(l->steady.tpot, tpot) << share;
    EXPECT_LT(l->prefill_busy, 1);
    EXPECT_LT(l->places_busy, 1);
    ttft = l->steady.ttft;
    tpot = l->steady.tpot;
  }
  const auto over = at_load(plan, m, w, 0, largest, 3, most * (1.01 * 3 / w.output));
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().why, spec::Why::saturated);
}

TEST(AtLoad, OfTwoPoolsIsSaturatedByTheSlower) {
  const auto m = pool_machine();
  const auto w = lengths(1024, 101);
  PrefillState prefill;
  prefill.pass = ms(10);
  prefill.ttft = ms(12);
  prefill.rate = Frequency::from_base(100);
  const auto load = [&](double rate) {
    return at_load(pool_plan(), m, w, 0, 1000, 1, prefill, 2, pool_plan(),
                   Frequency::from_base(rate));
  };
  EXPECT_FALSE(load(200));
  const auto l = load(150);
  ASSERT_TRUE(l);
  EXPECT_DOUBLE_EQ(l->prefill_busy, 0.75);
  EXPECT_NEAR(l->steady.batch, 150 * 0.5, 1e-3);  // 100 steps of 5 ms
  EXPECT_NEAR(l->steady.ttft.base(), 12e-3 + l->queue.base(), 1e-12);
  EXPECT_GT(l->queue.base(), 0);
  EXPECT_LT(load(20)->queue, l->queue);
}

/// The engine of the toy, request by request: prefill goes first, one at a time, and stalls the
/// rest.
struct Simulated {
  double ttft = 0;
  double tpot = 0;
};
Simulated simulate(double rate, int output, int places, double pass) {
  std::mt19937_64 random(7);
  std::exponential_distribution<double> gap(rate);
  struct Request {
    double arrived;
    double first = 0;
    int left = 0;
  };
  std::deque<Request> waiting;
  std::vector<Request> running;
  double now = 0;
  double next = gap(random);
  Simulated sum;
  int done = 0;
  const int warm = 2'000;
  const int counted = 20'000;
  while (done < warm + counted) {
    while (next <= now) {
      waiting.push_back({next});
      next += gap(random);
    }
    if (waiting.empty() && running.empty()) {
      now = next;
      continue;
    }
    now += pass;
    if (!waiting.empty() && static_cast<int>(running.size()) < places) {
      auto r = waiting.front();
      waiting.pop_front();
      r.first = now;
      r.left = output - 1;
      running.push_back(r);
      continue;
    }
    for (std::size_t i = 0; i < running.size();) {
      if (--running[i].left > 0) {
        ++i;
        continue;
      }
      if (done++ >= warm) {
        sum.ttft += (running[i].first - running[i].arrived) / counted;
        sum.tpot += (now - running[i].first) / (output - 1) / counted;
      }
      running[i] = running.back();
      running.pop_back();
    }
  }
  return sum;
}

class Simulation : public ::testing::TestWithParam<double> {};
TEST_P(Simulation, AgreesWithTheClosedForm) {
  const auto m = pool_machine();
  const auto w = lengths(8192, 64);  // prefills of a whole chunk, one at a time
  const auto plan = pool_plan();
  const double places = 48;
  const auto most = steady_state(plan, m, w, prefill_cost(plan, m, w), 0, places).output_rate;
  const Frequency rate = most * (GetParam() / w.output);
  const auto l = at_load(plan, m, w, 0, places, 1, rate);
  ASSERT_TRUE(l);
  const auto s = simulate(rate.base(), 64, 48, 5e-3);
  EXPECT_NEAR(l->steady.tpot.base() / s.tpot, 1.0, 0.12) << s.tpot;
  EXPECT_NEAR(l->steady.ttft.base() / s.ttft, 1.0, 0.25) << s.ttft;
}
INSTANTIATE_TEST_SUITE_P(Shares, Simulation, ::testing::Values(0.1, 0.3, 0.5, 0.7));

}  // namespace
}  // namespace perfmodel::serving
