// What the benchmarks measure with.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "kernels/bench/benchmarks.hpp"
#include "kernels/bench/duel.hpp"
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

TEST(Measure, TakenIsWhatTheThreadsDidNotGet) {
  for (const int threads : {1, 2}) {
    Team team(threads);
    TakenTime asleep(team), at_work(team);
    EXPECT_EQ(asleep.share(), 0.0);
    asleep.start();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_GT(asleep.stop(), 0.9);
    EXPECT_GT(asleep.share(), 0.9) << threads;
    at_work.start();
    team.run([](int) noexcept {
      volatile double x = 1.0;
      for (int i = 0; i < 5000000; ++i) x = x * 1.0000001;
    });
    at_work.stop();
    EXPECT_GE(at_work.share(), 0.0);
    EXPECT_LT(at_work.share(), asleep.share()) << threads;
  }
}

TEST(Shapes, GoToTextAndBack) {
  for (const char* text : {"m1n4096k7168", "m8n2k3g4"}) {
    const auto s = parse_shape(text);
    ASSERT_TRUE(s) << text;
    EXPECT_EQ(to_string(*s), text);
  }
  EXPECT_EQ(to_string(*parse_shape("k5")), "m1n1k5");
  // A step may have nothing in its cache.
  ASSERT_TRUE(parse_shape("m1n0k5", 0));
  EXPECT_EQ(parse_shape("m1n0k5", 0)->n, 0);
  for (const char* text :
       {"", "m", "m0", "m-1", "5", "m1m1", "x1", "m1 n1", "m99999999999999999999", "m4294967297"})
    EXPECT_FALSE(parse_shape(text)) << text;
}

TEST(Canary, TellsAClockAndASpread) {
  const double clock = chain_clock();
  EXPECT_GT(clock, 1e7);
  EXPECT_LT(clock, 2e10);
  Team team(1);
  NoiseCanary canary(team);
  for (int i = 0; i < 5; ++i) canary.sample();
  const Quartiles q = canary.take();
  EXPECT_GT(q.low, 0.0);
  EXPECT_LE(q.low, q.high);
}

/// A library that does what is asked, or something else.
struct FakePeer {
  static void* prepare(const PeerProblem* p, char*, std::size_t) { return new PeerProblem(*p); }
  static void run(void* prepared) {
    const auto& p = *static_cast<const PeerProblem*>(prepared);
    const auto *w = static_cast<const float*>(p.w), *x = static_cast<const float*>(p.x);
    for (std::int64_t m = 0; m < p.m; ++m)
      for (std::int64_t n = 0; n < p.n; ++n) {
        double sum = 0.0;
        for (std::int64_t k = 0; k < p.k; ++k)
          sum += static_cast<double>(x[m * p.k + k]) * static_cast<double>(w[n * p.k + k]);
        p.y[m * p.n + n] = static_cast<float>(sum);
      }
  }
  static void wrong(void* prepared) {
    run(prepared);
    const auto& p = *static_cast<const PeerProblem*>(prepared);
    for (std::int64_t m = 0; m < p.m; ++m) p.y[m * p.n + 11] += 1e6F;
  }
  static const char* text() { return "fake"; }
  static const char* call(const void*) { return "product"; }
  static void release(void* prepared) { delete static_cast<PeerProblem*>(prepared); }
};

TEST(Duel, ComparesResultsOnTheSameValues) {
  PeerLibrary peer{kPeerFp32,     FakePeer::text, FakePeer::prepare,
                   FakePeer::run, FakePeer::call, FakePeer::release};
  for (const auto& kind : duel_kinds()) {
    for (const Shape& shape : {Shape{1, 40, 128, 1}, Shape{5, 33, 130, 1}}) {
      const Duel d = fight(kind, shape, "portable", 1, 3, peer, Purpose::test);
      EXPECT_EQ(d.problem, "") << d.kernel;
      EXPECT_LE(d.difference, d.bound) << d.kernel << to_string(shape);
      EXPECT_GT(d.speedup.median, 0.0);
      EXPECT_EQ(d.call, "product");
    }
  }
  // The narrowest that holds the values; FP16 needs FP32.
  for (const auto& kind : duel_kinds()) {
    const bool fp16 = kind.activations == Format::fp16;
    peer.formats = kPeerFp32 | kPeerBf16;
    EXPECT_EQ(peer_format(kind, peer), fp16 ? kPeerFp32 : kPeerBf16) << name_of(kind, {});
    peer.formats = kPeerBf16;
    EXPECT_EQ(peer_format(kind, peer), fp16 ? 0 : kPeerBf16) << name_of(kind, {});
    if (fp16) {
      EXPECT_NE(fight(kind, {1, 8, 8, 1}, "scalar", 1, 1, peer, Purpose::test).problem, "");
    }
  }
  peer.formats = kPeerFp32;
  peer.run = FakePeer::wrong;
  const Duel d = fight(duel_kinds()[0], {1, 40, 128, 1}, "portable", 1, 1, peer, Purpose::test);
  EXPECT_GT(d.difference, d.bound);
  // Where not all elements are compared, one wrong channel of many is still met.
  const Duel large =
      fight(duel_kinds()[0], {300, 64, 16, 1}, "portable", 1, 1, peer, Purpose::test);
  EXPECT_GT(large.difference, large.bound);
  EXPECT_NE(fight(duel_kinds()[0], {1, 8, 8, 1}, "amx", 1, 1, peer).problem, "");
}

}  // namespace
}  // namespace perfmodel::kernels
