// Measured rows as operator costs, against counts by hand.
#include <gtest/gtest.h>

#include "calibrate/operator_point.hpp"
#include "cli/measurements.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::calibrate {
namespace {

const Site& site_of(const std::string& chip) {
  static cli::CatalogLibrary library(test::catalog(), true);
  return **library.site(chip, 1);
}

OperatorTiming timing(OperatorKind op) {
  OperatorTiming t;
  t.id = "x";
  t.source = "s";
  t.chip = "h100";
  t.op = op;
  t.dtype = spec::Compute::bf16;
  t.weights = spec::Storage::bf16;
  t.kv = spec::Storage::bf16;
  t.time = test::us(10);
  return t;
}

OperatorTiming product() {
  auto t = timing(OperatorKind::gemm);
  t.m = 64;
  t.n = 1024;
  t.k = 512;
  return t;
}

OperatorTiming decode() {
  auto t = timing(OperatorKind::attention_decode);
  t.batch = 64;
  t.length = 8192;
  t.heads = 32;
  t.kv_heads = 8;
  t.head_dim = 128;
  return t;
}

OperatorTiming transfer(OperatorKind op, double devices) {
  auto t = timing(op);
  t.devices = devices;
  t.bytes = test::bytes(1 << 20);
  return t;
}

TEST(OperatorPoint, AProductCountsItsOperationsWeightsAndActivations) {
  auto t = product();
  t.dtype = spec::Compute::fp8;
  t.weights = spec::Storage::fp8;
  t.quantise = Quantise::with_search_for_scale;
  const auto p = express_operator(t, site_of("h100"));
  ASSERT_TRUE(p);
  EXPECT_EQ(curve_name(p->curve), "gemm");
  EXPECT_EQ(p->compute, spec::Compute::fp8);
  EXPECT_DOUBLE_EQ(p->cost.matrix.base(), 2.0 * 64 * 1024 * 512);
  EXPECT_DOUBLE_EQ(p->cost.weights.base(), 1024.0 * 512);
  EXPECT_DOUBLE_EQ(p->cost.activations.base(), 64.0 * (512 + 2 * 1024));
  EXPECT_TRUE(p->cost.converts);
  EXPECT_FALSE(p->cost.packed);
  EXPECT_FALSE(express_operator(product(), site_of("h100"))->cost.converts);
}

TEST(OperatorPoint, FourBitWeightsUnderAWiderProductAreUnpacked) {
  auto t = product();
  t.dtype = spec::Compute::fp16;
  t.weights = spec::Storage::int4;
  EXPECT_EQ(express_operator(t, site_of("a100"))->cost.packed, spec::Compute::int4);
  t.weights = spec::Storage::int8;
  EXPECT_FALSE(express_operator(t, site_of("a100"))->cost.packed);
}

TEST(OperatorPoint, AGroupWithoutRowsNeedsNoWeights) {
  auto t = timing(OperatorKind::grouped_gemm);
  t.m = 1;
  t.n = 256;
  t.k = 128;
  t.groups = 32;
  t.rows = 16;
  const auto c = express_operator(t, site_of("h800"))->cost;
  EXPECT_DOUBLE_EQ(c.groups, 16);
  EXPECT_DOUBLE_EQ(c.rows, 1);
  EXPECT_DOUBLE_EQ(c.weights.base(), 16.0 * 256 * 128 * 2);
  EXPECT_DOUBLE_EQ(c.matrix.base(), 2.0 * 16 * 256 * 128);
  EXPECT_DOUBLE_EQ(c.expert_ranks, 1);  // no router, no hot rank
  t.rows = 0;
  EXPECT_DOUBLE_EQ(express_operator(t, site_of("h800"))->cost.groups, 32);
}

TEST(OperatorPoint, DecodeReadsTheWholeCacheOnce) {
  const auto c = express_operator(decode(), site_of("h100"))->cost;
  EXPECT_DOUBLE_EQ(c.kv.base(), 64.0 * 8192 * 8 * 256 * 2);
  EXPECT_DOUBLE_EQ(c.matrix.base(), 2.0 * 64 * 32 * 8192 * 256);
  EXPECT_FALSE(c.narrow);
  auto narrow = decode();
  narrow.kv = spec::Storage::fp8;
  EXPECT_TRUE(express_operator(narrow, site_of("h100"))->cost.narrow);
}

TEST(OperatorPoint, PrefillIsCausal) {
  auto t = decode();
  t.op = OperatorKind::attention_prefill;
  t.length = 1024;
  const auto c = express_operator(t, site_of("h100"))->cost;
  EXPECT_DOUBLE_EQ(c.keys, 512.5);
  EXPECT_DOUBLE_EQ(c.matrix.base(), 2.0 * 64 * 32 * 1024 * 512.5 * 256);
}

TEST(OperatorPoint, LatentDecodeIsAbsorbed) {
  auto t = decode();
  t.op = OperatorKind::mla_decode;
  t.heads = 128;
  t.kv_heads = 1;
  t.head_dim = 576;
  t.v_dim = 512;
  const auto c = express_operator(t, site_of("h800"))->cost;
  EXPECT_DOUBLE_EQ(c.matrix.base(), 2.0 * 64 * 128 * 8192 * (576 + 512));
  EXPECT_DOUBLE_EQ(c.kv.base(), 64.0 * 8192 * 576 * 2);
}

TEST(OperatorPoint, LatentPrefillIsExpanded) {
  auto t = decode();
  t.op = OperatorKind::mla_prefill;
  t.length = 1023;
  t.heads = t.kv_heads = 128;
  t.head_dim = 192;
  t.v_dim = 128;
  const auto c = express_operator(t, site_of("h800"))->cost;
  EXPECT_DOUBLE_EQ(c.matrix.base(), 2.0 * 64 * 128 * 1023 * 512 * (192 + 128));
}

TEST(OperatorPoint, AnUnnamedCollectiveIsTheLibrarys) {
  auto t = transfer(OperatorKind::all_reduce, 8);
  EXPECT_EQ(express_operator(t, site_of("h100"))->provider, cost::Provider::library);
  t.kernel = "custom-graph";
  EXPECT_EQ(express_operator(t, site_of("h100"))->provider, cost::Provider::any);
}

TEST(OperatorPoint, AnExchangeCarriesTheTokensPayload) {
  auto t = transfer(OperatorKind::dispatch, 8);
  t.bytes = {};
  t.dtype = spec::Compute::fp8;
  t.n = 7168;
  t.tokens = 128;
  t.topk = 8;
  const auto m = express_operator(t, site_of("h800"))->cost.message;
  EXPECT_DOUBLE_EQ(m.bytes.base(), 7168);
  EXPECT_DOUBLE_EQ(m.tokens, 128);
  EXPECT_DOUBLE_EQ(m.fanout, 8);
}

std::string refusal(const OperatorTiming& t, const std::string& chip) {
  const auto p = express_operator(t, site(chip));
  return p ? "none" : p.error().reason;
}

TEST(OperatorPoint, RowsThatTellOfSomethingElseAreRefused) {
  auto flagged = product();
  flagged.flag = "boost clock";
  EXPECT_EQ(refusal(flagged, "h100"), "flagged: boost clock");
  EXPECT_EQ(refusal(timing(OperatorKind::norm), "h100"), "norm has no curve");
  EXPECT_EQ(refusal(transfer(OperatorKind::all_reduce, 16), "h100"),
            "over the network between systems");
  EXPECT_EQ(refusal(transfer(OperatorKind::all_reduce, 2), "l40s"), "none");
  EXPECT_EQ(refusal(transfer(OperatorKind::all_reduce, 4), "l40s"),
            "nobody says how more than two such devices are joined");
  auto wrong = product();
  wrong.dtype = spec::Compute::fp4;
  EXPECT_EQ(refusal(wrong, "h100"), "no fp4 peak is known");
}

TEST(OperatorPoint, CachesThatABenchmarkMayFindAgainAreRefused) {
  auto t = decode();
  t.length = 32;  // 8 MB, 2.5 us at 3.35 TB/s: long enough to show
  EXPECT_EQ(refusal(t, "h100"),
            "much of the KV cache may be found in the last-level cache by a repeated kernel");
  t.length = 16;  // 4 MB, 1.3 us: the start is what it measures
  EXPECT_EQ(refusal(t, "h100"), "none");
  t.length = 512;  // 134 MB, more than twice the 52 MB of cache
  EXPECT_EQ(refusal(t, "h100"), "none");
}

TEST(OperatorPoint, ATableScalesItsOwnCurveAlone) {
  hw::KernelCurves curves;
  curves.classes[0].start.emplace();
  curves.classes[0].start->value = test::us(4);
  const auto before = bare_machine(site("h100"), curves, 1);
  auto after = before;
  apply(after, 0, {0.9, 2.0});
  const auto gemm = static_cast<std::size_t>(ops::OpClass::gemm);
  const auto prefill = static_cast<std::size_t>(ops::OpClass::attention_prefill);
  EXPECT_DOUBLE_EQ(after.efficiency[gemm], 0.9);
  EXPECT_DOUBLE_EQ(after.curve[gemm].start.base(), 8e-6);
  EXPECT_DOUBLE_EQ(after.efficiency[prefill], before.efficiency[prefill]);
}

}  // namespace
}  // namespace perfmodel::calibrate
