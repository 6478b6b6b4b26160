// Rows of `perfmodel bench` as operators of the models.
#include <gtest/gtest.h>

#include "calibrate/operator_point.hpp"
#include "cli/host_operators.hpp"

namespace perfmodel::cli {
namespace {

using calibrate::OperatorKind;
using spec::Compute;
using spec::Storage;

BenchRow row(const char* kernel, kernels::Shape shape, kernels::Tier tier) {
  BenchRow r;
  r.kernel = kernels::descriptor_named(kernel);
  r.shape = shape;
  r.tier = tier;
  r.time = Time::from_base(1e-3);
  return r;
}

TEST(HostTiming, AVectorIsAProductOfOneRow) {
  const auto t = host_timing(
      row("gemv/e4m3/128x128/bf16", {1, 4096, 7168, 1}, kernels::Tier::avx512bf16), "host");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->op, OperatorKind::gemm);
  EXPECT_EQ(t->m, 1);
  EXPECT_EQ(t->n, 4096);
  EXPECT_EQ(t->k, 7168);
  EXPECT_EQ(t->dtype, Compute::bf16);
  EXPECT_EQ(t->weights, Storage::fp8_block);
  EXPECT_EQ(t->chip, "host");
}

TEST(HostTiming, TheTierSaysWhatIsMultiplied) {
  const kernels::Shape shape{8, 64, 64, 1};
  for (const auto tier : {kernels::Tier::portable, kernels::Tier::avx2, kernels::Tier::avx512})
    EXPECT_EQ(host_timing(row("gemm/bf16/bf16", shape, tier), "host")->dtype, Compute::fp32);
  for (const auto tier : {kernels::Tier::avx512bf16, kernels::Tier::amx})
    EXPECT_EQ(host_timing(row("gemm/bf16/bf16", shape, tier), "host")->dtype, Compute::bf16);
  const auto sums = row("gemv/e4m3/128x128/fp16", {1, 64, 64, 1}, kernels::Tier::avx512fp16);
  EXPECT_EQ(host_timing(sums, "host")->dtype, Compute::fp16);
}

TEST(HostTiming, EveryProductHasAStorageFormat) {
  std::size_t products = 0;
  for (const auto& d : kernels::descriptors()) {
    if (d.family != "gemv" && d.family != "gemm" && d.family != "grouped_gemm") continue;
    ++products;
    const auto t = host_timing(row(d.name.c_str(), {4, 64, 128, 4}, d.tiers.front()), "host");
    ASSERT_TRUE(t) << d.name;
    EXPECT_EQ(spec::info(*t->weights).bits, d.weights == "e2m1"                          ? 4
                                            : d.weights == "bf16" || d.weights == "fp16" ? 16
                                                                                         : 8)
        << d.name;
  }
  EXPECT_GT(products, 40U);
}

TEST(HostTiming, GroupsWithoutRowsDoNotCount) {
  const auto t = host_timing(
      row("grouped_gemm/bf16/bf16", {1024, 2048, 2048, 32}, kernels::Tier::portable), "host");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->op, OperatorKind::grouped_gemm);
  EXPECT_EQ(t->groups, 26);  // of every five the fourth has none
  EXPECT_EQ(t->rows, 1024);
  EXPECT_NEAR(t->m, 1024.0 / 26, 1e-12);
}

TEST(HostTiming, DecodeSaysItsCacheAndHeads) {
  const auto gqa = host_timing(
      row("attention_decode/gqa/e4m3", {3, 100, 8, 4}, kernels::Tier::portable), "host");
  ASSERT_TRUE(gqa);
  EXPECT_EQ(gqa->op, OperatorKind::attention_decode);
  EXPECT_EQ(gqa->kv, Storage::fp8);
  EXPECT_EQ(gqa->heads, 32);
  EXPECT_EQ(gqa->kv_heads, 8);
  EXPECT_NEAR(gqa->length, (100 + 93 + 86) / 3.0, 1e-12);
  const auto mla = host_timing(
      row("attention_decode/mla/bf16", {1, 100, 1, 16}, kernels::Tier::portable), "host");
  ASSERT_TRUE(mla);
  EXPECT_EQ(mla->op, OperatorKind::mla_decode);
  EXPECT_EQ(mla->head_dim, 576);
  EXPECT_EQ(mla->v_dim, 512);
}

TEST(HostTiming, APromptBehindCachedTokensHasTheOperationsThatTheKernelStates) {
  for (const char* name : {"attention_prefill/gqa/bf16", "attention_prefill/mla/e4m3"}) {
    const auto r = row(name, {64, 300, 1, 16}, kernels::Tier::portable);
    const auto t = host_timing(r, "host");
    ASSERT_TRUE(t) << name;
    EXPECT_EQ(t->op, OperatorKind::attention_prefill);
    EXPECT_EQ(t->length, 64);
    EXPECT_EQ(t->tokens, 236);
    calibrate::Site site;
    spec::Sourced<OpRate> peak;
    peak.value = OpRate::from_base(1e12);
    site.chip.matrix[spec::index(Compute::fp32)] = peak;
    const auto p = calibrate::express_operator(*t, site);
    ASSERT_TRUE(p) << p.error().reason;
    const auto stated = r.kernel->cost(r.shape);
    EXPECT_NEAR(p->cost.matrix / stated.flops, 1.0, 1e-12) << name;
  }
}

TEST(HostTiming, WhatTheModelsDoNotKnowIsRefusedWithItsName) {
  const auto t = host_timing(row("softmax/fp32", {8, 128, 1, 1}, kernels::Tier::portable), "host");
  ASSERT_FALSE(t);
  EXPECT_NE(t.error().reason.find("softmax"), std::string::npos);
}

}  // namespace
}  // namespace perfmodel::cli
