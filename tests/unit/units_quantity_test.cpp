#include <gtest/gtest.h>

#include "units/literals.hpp"

namespace perfmodel {
namespace {

using namespace literals;

template <class A, class B>
concept Addable = requires(A a, B b) { a + b; };
template <class A, class B>
concept Comparable = requires(A a, B b) { a < b; };

static_assert(Addable<Bytes, Bytes> && !Addable<Bytes, Time> && !Addable<Bytes, double>);
static_assert(!Addable<Bytes, BinaryBytes> && !Addable<Bytes, Bits>);
static_assert(Comparable<Time, Time> && !Comparable<Time, Power> && !Comparable<Time, double>);
static_assert(!Comparable<BitRate, Bandwidth> && !Comparable<Bytes, BinaryBytes>);
static_assert(!std::is_convertible_v<Bits, Bytes> && !std::is_convertible_v<BinaryBytes, Bytes>);
static_assert(!std::is_convertible_v<double, Count> && !std::is_convertible_v<Count, double>);
static_assert(std::is_same_v<decltype(1_GB / 1_s), Bandwidth>);
static_assert(std::is_same_v<decltype(1_GB / 1_GBps), Time>);
static_assert(std::is_same_v<decltype(1_J / 1_s), Power>);
static_assert(std::is_same_v<decltype(1_GB / 1_GB), double>);
static_assert(exact(1_GiB) > 1_GB && exact(1_KiB) == 1024_B);
static_assert(to_bytes(400_Gbitps) == 50_GBps && to_bytes(8_Gbit) == 1_GB);

TEST(Quantity, DividesIntoTheRightDimension) {
  EXPECT_DOUBLE_EQ((3.2_TB / 3.2_TBps).base(), 1.0);
  EXPECT_DOUBLE_EQ((2_GFLOP / 1_TFLOPps).base(), 2e-3);
  EXPECT_DOUBLE_EQ(6_GB / 2_GB, 3.0);
}

TEST(Quantity, OrdersAndPicks) {
  EXPECT_EQ(min(3_ms, 2_ms), 2_ms);
  EXPECT_EQ(max(3_ms, 2_ms), 3_ms);
  EXPECT_EQ(-(3_ms) + 5_ms, 2_ms);
  EXPECT_FALSE(Time::infinity().is_finite());
}

TEST(Quantity, LiteralsScaleToBaseUnits) {
  EXPECT_EQ((64_GB).base(), 64e9);
  EXPECT_EQ(exact(64_GiB).base(), 64.0 * 1073741824.0);
  EXPECT_EQ((1.5_us).base(), 1.5e-6);
  EXPECT_EQ((7_kW).base(), 7000.0);
}

}  // namespace
}  // namespace perfmodel
