// Kernels that the models have no operator for: what was measured of them, and what follows.
#include "cli/row_kernels.hpp"

#include <gtest/gtest.h>

#include "kernels/registry/descriptor.hpp"

namespace perfmodel::cli {
namespace {

BenchRow row(const char* name, const kernels::Shape& shape, double time) {
  BenchRow b;
  b.kernel = kernels::descriptor_named(name);
  b.shape = shape;
  b.time = Time::from_base(time);
  return b;
}

double bytes(const BenchRow& b) {
  return b.kernel->cost(b.shape).memory.base();
}

TEST(RowKernels, StartAndRateAreThoseOfTheTimes) {
  std::vector<BenchRow> rows;
  for (const std::int64_t m : {1, 64, 4096}) {
    rows.push_back(row("rmsnorm/bf16", {m, 1024, 1, 1}, 1));
    rows.back().time = Time::from_base(2e-6 + bytes(rows.back()) / 20e9);
  }
  const auto rates = row_rates(rows);
  ASSERT_EQ(rates.size(), 1U);
  EXPECT_NEAR(rates.at("rmsnorm/bf16").start.base(), 2e-6, 1e-9);
  EXPECT_NEAR(rates.at("rmsnorm/bf16").rate.base(), 20e9, 1e6);
}

TEST(RowKernels, OneTimeGivesARateAndNoPartIsNegative) {
  auto a = row("swiglu/bf16", {64, 1024, 1, 1}, 1e-5);
  auto rates = row_rates({a});
  EXPECT_EQ(rates.at("swiglu/bf16").start.base(), 0);
  EXPECT_NEAR(rates.at("swiglu/bf16").rate.base(), bytes(a) / 1e-5, 1);
  // Rows that get slower by the byte would ask for a start below zero.
  const auto b = row("swiglu/bf16", {640, 1024, 1, 1}, 3e-4);
  rates = row_rates({a, b});
  EXPECT_EQ(rates.at("swiglu/bf16").start.base(), 0);
  EXPECT_GT(rates.at("swiglu/bf16").rate.base(), 0);
}

TEST(RowKernels, ProductsAndAttentionAreNone) {
  EXPECT_TRUE(row_rates({row("gemv/bf16/bf16", {1, 64, 64, 1}, 1)}).empty());
  for (const auto& d : kernels::descriptors()) {
    const bool priced = d.family == "gemv" || d.family == "gemm" || d.family == "grouped_gemm" ||
                        d.family.starts_with("attention_");
    EXPECT_FALSE(priced && is_row_kernel(d)) << d.name;
  }
}

TEST(RowKernels, WhatWasMeasuredStandsInPlaceOfTheMemory) {
  const auto b = row("rmsnorm/bf16", {64, 1024, 1, 1}, 1);
  const auto cost = b.kernel->cost(b.shape);
  hw::Chip chip;
  spec::Sourced<Bandwidth> s;
  s.value = Bandwidth::from_base(10e9);
  chip.memory_bandwidth = s;
  const double bare = cost.memory.base() / 10e9;
  EXPECT_DOUBLE_EQ(time_at_rate(chip, cost, {}).base(), bare);
  spec::Sourced<OpRate> peak;
  peak.value = OpRate::from_base(1e6);
  hw::Chip slow = chip;
  slow.vector_fp32 = peak;
  EXPECT_DOUBLE_EQ(bare_time(slow, cost).base(), cost.flops.base() / 1e6);
  EXPECT_DOUBLE_EQ(
      time_at_rate(chip, cost, {Time::from_base(1e-3), Bandwidth::from_base(5e9)}).base(),
      2 * bare);
}

}  // namespace
}  // namespace perfmodel::cli
