// What operators must do at least, counted by hand, and what a chip's peaks make of it.
#include <gtest/gtest.h>

#include "calibrate/operator_limit.hpp"
#include "units/literals.hpp"

namespace perfmodel::calibrate {
namespace {

using namespace literals;
using spec::Compute;
using spec::Storage;
using enum OperatorKind;

template <class Q>
hw::Figure<Q> figure(Q low, Q high) {
  spec::Sourced<Q> f;
  f.value = low;
  f.low = low;
  f.high = high;
  return f;
}
template <class Q>
hw::Figure<Q> figure(Q value) {
  return figure(value, value);
}

/// 100 TFLOP/s, 1 TB/s behind 1 MiB, 100 GB/s.
hw::Chip chip() {
  hw::Chip c;
  c.id = "box";
  c.matrix[spec::index(Compute::bf16)] = figure(100_TFLOPps);
  c.memory_bandwidth = figure(1_TBps);
  c.cache = figure(exact(1_MiB));
  c.link_scale_up = figure(100_GBps);
  c.link_scale_out = figure(10_GBps);
  return c;
}

OperatorTiming gemm_of(double m, double n, double k) {
  OperatorTiming t;
  t.op = gemm;
  t.dtype = Compute::bf16;
  t.weights = Storage::bf16;
  t.m = m;
  t.n = n;
  t.k = k;
  return t;
}
OperatorTiming attention(OperatorKind op) {
  OperatorTiming t;
  t.op = op;
  t.dtype = Compute::bf16;
  t.kv = Storage::fp8;
  t.batch = 2;
  t.length = 3;
  t.heads = 4;
  t.kv_heads = 1;
  t.head_dim = 5;
  return t;
}
OperatorTiming transfer(OperatorKind op, double devices, Bytes bytes) {
  OperatorTiming t;
  t.op = op;
  t.devices = devices;
  t.bytes = bytes;
  return t;
}
OperatorTiming vector(OperatorKind op) {
  OperatorTiming t;
  t.op = op;
  t.dtype = Compute::fp16;
  t.tokens = 7;
  t.n = 11;
  return t;
}

void expect_work(const OperatorTiming& t, double ops, double read, double sent) {
  const auto w = least_work(t);
  EXPECT_EQ(w.matrix.base(), ops) << name_of(t.op);
  EXPECT_EQ(w.read.base(), read) << name_of(t.op);
  EXPECT_EQ(w.sent.base(), sent) << name_of(t.op);
}

TEST(LeastWork, AgreesWithCountsByHand) {
  auto t = gemm_of(2, 3, 5);
  expect_work(t, 60, 2 * (15 + 10), 0);
  t.weights = Storage::int4;
  expect_work(t, 60, 7.5 + 20, 0);
  t.op = batched_gemm;
  t.groups = 4;
  t.weights = Storage::bf16;
  expect_work(t, 240, 200, 0);
  t.op = grouped_gemm;
  expect_work(t, 240, 2 * (4 * 15 + 4 * 10), 0);
  // Three rows in all: at least one of the four groups has none.
  t.rows = 3;
  expect_work(t, 90, 2 * (3 * 15 + 3 * 5), 0);

  // Pairs of the triangle over 3 tokens: 6. Keys and values: 5 + 5 wide.
  expect_work(attention(attention_prefill), 2 * 2 * 4 * 6 * 10, 2 * 3 * 2 * (4 * 5 + 5 + 5), 0);
  expect_work(attention(attention_decode), 2 * 2 * 4 * 3 * 10, 2 * 3 * 10, 0);
  auto mla = attention(mla_decode);
  mla.v_dim = 4;
  expect_work(mla, 2 * 2 * 4 * 3 * 9, 2 * 3 * 5, 0);
  mla.op = mla_prefill;
  expect_work(mla, 2 * 2 * 4 * 6 * 9, 2 * 3 * 2 * (4 * 5 + 5 + 4), 0);

  for (const auto op : {all_reduce, all_gather, reduce_scatter, all_to_all})
    expect_work(transfer(op, 4, 100_B), 0, 0, 75);
  expect_work(transfer(send, 2, 100_B), 0, 0, 100);
  for (const auto op : {norm, softmax, activation, rope, embedding})
    expect_work(vector(op), 0, 154, 0);
  expect_work(vector(add), 0, 308, 0);
}

TEST(LeastWork, IsNothingWhereTheRowLeavesItOpen) {
  for (const auto op : {dispatch, combine}) expect_work(transfer(op, 8, 14336_B), 0, 0, 0);
  expect_work(vector(quantise_scale), 0, 0, 0);
}

TEST(LeastTime, IsTheLongestOfTheRoofs) {
  // 2 GFLOP at 100 TFLOP/s; 4 MB at 1 TB/s.
  auto least = least_time(gemm_of(1000, 1000, 1000), chip());
  ASSERT_TRUE(least);
  EXPECT_EQ(least->roof, Roof::matrix);
  EXPECT_DOUBLE_EQ(least->time.base(), 20e-6);
  least = least_time(gemm_of(1, 1000, 1000), chip());
  EXPECT_EQ(least->roof, Roof::memory);
  EXPECT_DOUBLE_EQ(least->time.base(), 2.002e-6);
  least = least_time(transfer(send, 2, 1_MB), chip());
  EXPECT_EQ(least->roof, Roof::link);
  EXPECT_DOUBLE_EQ(least->time.base(), 10e-6);
}

TEST(LeastTime, TakesTheHighEndOfRanges) {
  auto c = chip();
  c.matrix[spec::index(Compute::bf16)] = figure(100_TFLOPps, 200_TFLOPps);
  EXPECT_DOUBLE_EQ(least_time(gemm_of(1000, 1000, 1000), c)->time.base(), 10e-6);
}

TEST(LeastTime, SharesTheChipAmongItsDevices) {
  auto c = chip();
  c.devices = 2;
  EXPECT_DOUBLE_EQ(least_time(gemm_of(1000, 1000, 1000), c)->time.base(), 40e-6);
  EXPECT_DOUBLE_EQ(least_time(gemm_of(1, 1000, 1000), c)->time.base(), 4.004e-6);
  EXPECT_DOUBLE_EQ(least_time(transfer(send, 2, 1_MB), c)->time.base(), 20e-6);
}

TEST(LeastTime, LeavesOutTheMemoryWhereACacheMayHoldTheData) {
  const auto small = gemm_of(1, 500, 1000);  // 1.002 MB, less than 1 MiB
  EXPECT_EQ(least_time(small, chip())->roof, Roof::matrix);
  auto unknown = chip();
  unknown.cache.reset();
  EXPECT_EQ(least_time(gemm_of(1, 1000, 1000), unknown)->roof, Roof::matrix);
  EXPECT_EQ(least_time(gemm_of(1, 40000, 40000), unknown)->roof, Roof::memory);
}

TEST(LeastTime, IsNotThereWithoutFigures) {
  hw::Chip blank;
  EXPECT_FALSE(least_time(gemm_of(1000, 1000, 1000), blank));
  EXPECT_FALSE(least_time(transfer(send, 2, 1_MB), blank));
  auto fp8 = gemm_of(100, 100, 100);
  fp8.dtype = Compute::fp8;
  fp8.weights = Storage::fp8;
  EXPECT_FALSE(least_time(fp8, chip()));  // has no FP8 peak, and the cache holds it
  EXPECT_FALSE(least_time(vector(norm), chip()));
}

TEST(AbovePeak, TellsWhichRoofWasBroken) {
  auto t = gemm_of(1000, 1000, 1000);
  t.time = 20.1_us;
  EXPECT_EQ(above_peak(t, chip()), "");
  t.time = 19.9_us;
  EXPECT_EQ(above_peak(t, chip()),
            "19.9 us is less than the 20 us that 2 GFLOP take at the bf16 peak of box, "
            "100 TFLOP/s");
  t = gemm_of(1, 1000, 1000);
  t.time = 1_us;
  EXPECT_EQ(above_peak(t, chip()),
            "1 us is less than the 2.002 us that 2.002 MB take at the memory bandwidth of box, "
            "1 TB/s");
  t = transfer(all_gather, 2, 2_MB);
  t.time = 1_us;
  EXPECT_EQ(above_peak(t, chip()),
            "1 us is less than the 10 us that 1 MB take at the one-way link of box, 100 GB/s");
  t.flag = "runs inside one package";
  EXPECT_EQ(above_peak(t, chip()), "");
}

}  // namespace
}  // namespace perfmodel::calibrate
