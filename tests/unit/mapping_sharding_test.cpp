// A model cut over devices is still the same model: weights, work and cache of all devices together
// are those of the whole, with what is replicated accounted for.
#include <gtest/gtest.h>

#include "llm/counts.hpp"
#include "llm/layer_graph.hpp"
#include "mapping/sharded_model.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::mapping {
namespace {

using llm::Part;
using spec::Storage;
using test::catalog;
using test::uniform_precision;

constexpr double kBf16 = 2.0;

ShardedModel cut(const llm::LlmSpec& llm, const Parallelism& p) {
  EXPECT_FALSE(check(p, llm)) << to_string(p);
  return shard(llm, p, uniform_precision(Storage::bf16), false);
}

ops::Pass decode(double rows, double context, double ranks) {
  ops::Pass p;
  p.sequences = rows;
  p.context_low = p.context_high = context;
  p.logit_rows = rows;
  p.expert_rows = rows * ranks;
  return p;
}
double matrix_ops(const ShardedModel& m, const ops::Pass& p) {
  double sum = 0;
  for (const auto& t : m.terms) sum += t.op.cost(p).matrix.base() * t.count;
  return sum;
}

class EveryLlm : public testing::TestWithParam<std::string> {};

TEST_P(EveryLlm, OneDeviceHoldsAllParameters) {
  const auto llm = catalog().llm(GetParam());
  const auto one = cut(llm, {});
  const double expected = llm::count_parameters(llm).total * kBf16;
  EXPECT_NEAR(one.weights.base(), expected, 1e-12 * expected);
  EXPECT_EQ(one.layers, llm.layers());
}

TEST_P(EveryLlm, OneDeviceDoesAllOperations) {
  // The counting formulas and the operators of a pass are written separately and must agree.
  const auto llm = catalog().llm(GetParam());
  const auto one = cut(llm, {});
  for (double context : {1.0, 100.0, 5000.0, 300'000.0}) {
    // The token that is decoded sees the cache and itself.
    const double expected = llm::operations_per_token(llm, context + 1).base();
    EXPECT_NEAR(matrix_ops(one, decode(1, context, 1)), expected, 1e-9 * expected) << context;
  }
}

TEST_P(EveryLlm, OneDeviceHoldsAllCache) {
  const auto llm = catalog().llm(GetParam());
  const auto one = cut(llm, {});
  for (double context : {1.0, 100.0, 5000.0, 300'000.0}) {
    const double expected = llm::cache_bytes(llm, context, Storage::bf16).base();
    EXPECT_NEAR(one.cache.of_sequence(context).base(), expected, 1e-12 * expected) << context;
  }
}

INSTANTIATE_TEST_SUITE_P(Llms, EveryLlm, testing::ValuesIn(catalog().ids(*cli::find_kind("llm"))),
                         [](const auto& param) { return test::test_name(param.param); });

TEST(Sharding, TensorParallelWeightsAddUp) {
  const auto llm = catalog().llm("llama-3.1-70b");
  const double one = cut(llm, {}).weights.base();
  // Only the last norm, 8192 elements, is on every device.
  const double norm = 8192 * kBf16;
  EXPECT_NEAR(8 * cut(llm, {.tp = 8}).weights.base(), one + 7 * norm, 1e-3);
  // 16 devices share 8 KV heads: each head's columns are there twice, 80 layers x 8192 x 2 x 8 x
  // 128 elements more.
  const double copies = 80.0 * 8192 * 2048 * kBf16;
  EXPECT_NEAR(16 * cut(llm, {.tp = 16}).weights.base(), one + 15 * norm + copies, 1e-3);
}

TEST(Sharding, PipelineStagesDivideTheLayers) {
  const auto llm = catalog().llm("llama-3.1-70b");
  const auto c = llm::count_parameters(llm);
  const double layers = c.total - c.embedding - c.head - 8192;
  // The fullest of two stages has half of the layers, and the table or the head.
  EXPECT_NEAR(cut(llm, {.pp = 2}).weights.base(), (layers / 2 + c.embedding + 8192) * kBf16, 1e-3);
  EXPECT_NEAR(cut(llm, {.tp = 2, .pp = 4}).weights.base(),
              (layers / 8 + c.embedding / 2 + 8192) * kBf16, 1e-3);
}

TEST(Sharding, TheFullestStageHasTheRoundedUpLayers) {
  const auto llm = catalog().llm("llama-3.1-70b");  // 80 layers: 27 + 27 + 26
  const auto c = llm::count_parameters(llm);
  const double layers = c.total - c.embedding - c.head - 8192;
  EXPECT_NEAR(cut(llm, {.pp = 3}).weights.base(), (layers * 27 / 80 + c.embedding + 8192) * kBf16,
              1e-3);
  EXPECT_NEAR(cut(llm, {.pp = 3}).cache.per_token.base(),
              cut(llm, {}).cache.per_token.base() * 27 / 80, 1e-9);
}

TEST(Sharding, ExpertParallelWeightsAddUp) {
  const auto llm = catalog().llm("deepseek-v3");
  const Parallelism p{.tp = 4, .dp = 2, .ep = 8};
  const auto graph = llm::layer_graph(llm);
  double expected = 0;
  for (const auto& m : graph.matrices) {
    const double divided = m.k * (m.columns + m.kv_columns) * m.layers;
    const double whole = m.k * m.replicated * m.layers;
    switch (m.part) {
      case Part::expert:  // once over all devices
        expected += m.parameters();
        break;
      case Part::shared_expert:  // on every device
        expected += 8 * m.parameters();
        break;
      case Part::embedding:
      case Part::head:  // once in each attention group
        expected += 2 * m.parameters();
        break;
      default:  // once in each group, but what tensor parallelism does not divide on all
        expected += m.split_input ? 2 * m.parameters() : 2 * divided + 8 * whole;
    }
  }
  // Small parameters are taken as divided over tp, the last norm (7168) as whole.
  expected += 2 * (graph.small.attention + graph.small.ffn) + 8 * 7168;
  EXPECT_NEAR(8 * cut(llm, p).weights.base(), expected * kBf16, 1.0);
}

TEST(Sharding, ExpertTensorParallelWeightsAddUp) {
  const auto llm = catalog().llm("qwen3-235b-a22b");
  const double routed = llm::count_parameters(llm).routed;
  const auto by_experts = cut(llm, {.tp = 4, .ep = 4});
  const auto by_width = cut(llm, {.tp = 4, .moe_tp = 4});
  EXPECT_NEAR(by_experts.weights.base(), by_width.weights.base(), 1.0);
  // More ranks than experts hold copies: 256 devices of 128 experts.
  const auto copies = cut(llm, {.dp = 256, .ep = 256});
  const auto each = cut(llm, {.dp = 128, .ep = 128});
  EXPECT_NEAR(copies.weights.base(), each.weights.base(), 1.0);
  EXPECT_NEAR(cut(llm, {.dp = 64, .ep = 64}).weights.base() - each.weights.base(),
              routed / 128 * kBf16, 1.0);
}

TEST(Sharding, TensorParallelWorkAddsUp) {
  for (const char* id : {"llama-3.1-70b", "gpt-oss-120b", "qwen3-8b"}) {
    const auto llm = catalog().llm(id);
    const auto pass = decode(7, 3000, 1);
    const double one = matrix_ops(cut(llm, {}), pass);
    for (int tp : {2, 4, 8}) {
      const auto m = cut(llm, {.tp = tp, .ep = llm.is_moe() ? tp : 1});
      // Every device computes the router of a mixture of experts: rows x 2 x hidden x experts.
      double router = 0;
      if (llm.is_moe()) router = 7 * 2.0 * llm.hidden * llm.moe()->experts * llm.layers();
      EXPECT_NEAR(tp * matrix_ops(m, pass), one + (tp - 1) * router, 1e-9 * one) << id << tp;
    }
  }
}

TEST(Sharding, ExpertParallelWorkAddsUp) {
  const auto llm = catalog().llm("deepseek-v3");
  const double one = matrix_ops(cut(llm, {}), decode(64, 3000, 1));
  // Eight attention ranks with eight rows each: nothing is computed twice.
  EXPECT_NEAR(8 * matrix_ops(cut(llm, {.dp = 8, .ep = 8}), decode(8, 3000, 8)), one, 1e-9 * one);
  // Two groups of four: the latents' projection and the router are computed by each of the four.
  const double repeated = 3 * 64 * 2.0 * (61 * 7168.0 * (1536 + 576) + 58 * 7168.0 * 256);
  EXPECT_NEAR(8 * matrix_ops(cut(llm, {.tp = 4, .dp = 2, .ep = 8}), decode(32, 3000, 2)),
              one + repeated, 1e-9 * one);
  EXPECT_NEAR(
      8 * matrix_ops(cut(llm, {.tp = 4, .dp = 2, .ep = 2, .moe_tp = 4}), decode(32, 3000, 2)),
      one + repeated, 1e-9 * one);
}

TEST(Sharding, APassOverAPipelineIsTheWholeModel) {
  const auto llm = catalog().llm("llama-3.1-70b");
  const auto pass = decode(5, 100, 1);
  EXPECT_DOUBLE_EQ(matrix_ops(cut(llm, {.pp = 4}), pass), matrix_ops(cut(llm, {}), pass));
}

TEST(Sharding, CacheShares) {
  const auto per_token = [](const char* id, const Parallelism& p) {
    return cut(catalog().llm(id), p).cache.per_token.base();
  };
  // One latent per token, whole on every device: 61 x 576 x 2 B.
  EXPECT_DOUBLE_EQ(per_token("deepseek-v3", {}), 70'272.0);
  EXPECT_DOUBLE_EQ(per_token("deepseek-v3", {.tp = 16, .ep = 16}), 70'272.0);
  EXPECT_DOUBLE_EQ(per_token("deepseek-v3", {.dp = 16, .ep = 16}), 70'272.0);
  // 80 layers x 8 KV heads x 256 x 2 B = 327,680, down to one head.
  EXPECT_DOUBLE_EQ(per_token("llama-3.1-70b", {}), 327'680.0);
  EXPECT_DOUBLE_EQ(per_token("llama-3.1-70b", {.tp = 4}), 81'920.0);
  EXPECT_DOUBLE_EQ(per_token("llama-3.1-70b", {.tp = 8}), 40'960.0);
  EXPECT_DOUBLE_EQ(per_token("llama-3.1-70b", {.tp = 32}), 40'960.0);
  EXPECT_DOUBLE_EQ(per_token("llama-3.1-70b", {.tp = 8, .pp = 2, .dp = 3}), 20'480.0);
  // Index keys stay whole beside the latents: 61 x 128 B.
  EXPECT_DOUBLE_EQ(per_token("deepseek-v3.2", {.tp = 8, .ep = 8}), 78'080.0);
  // States of linear attention are divided by head.
  const auto hybrid = catalog().llm("qwen3-next-80b-a3b");
  EXPECT_DOUBLE_EQ(cut(hybrid, {.tp = 8, .ep = 8}).cache.per_sequence.base(), 80'216'064.0 / 8);
}

TEST(Sharding, CacheTrafficFollowsTheCacheShare) {
  const auto kv = [](const char* id, const Parallelism& p) {
    double sum = 0;
    for (const auto& t : cut(catalog().llm(id), p).terms)
      sum += t.op.cost(decode(1, 4095, p.dp)).kv.base() * t.count;
    return sum;
  };
  // 4095 read and one written, all layers.
  EXPECT_DOUBLE_EQ(kv("deepseek-v3", {}), 4096 * 70'272.0);
  EXPECT_DOUBLE_EQ(kv("deepseek-v3", {.tp = 16, .ep = 16}), 4096 * 70'272.0);
  EXPECT_DOUBLE_EQ(kv("llama-3.1-70b", {}), 4096 * 327'680.0);
  EXPECT_DOUBLE_EQ(kv("llama-3.1-70b", {.tp = 16}), 4096 * 40'960.0);
}

TEST(Sharding, TheDraftLayerIsWholeOnItsStage) {
  const auto llm = catalog().llm("deepseek-v3");
  const auto weights = [&](const Parallelism& p) {
    return shard(llm, p, uniform_precision(Storage::bf16), true).draft_weights.base();
  };
  // Matrices of the MTP layer: projection, attention, router and 257 experts (llm_parameters_test).
  const double matrices = 102'760'448.0 + 187'105'280.0 + 11'320'164'352.0;
  EXPECT_NEAR(weights({}), matrices * kBf16, 1.0);
  EXPECT_NEAR(weights({.pp = 4}), matrices * kBf16, 1.0);
}

TEST(Sharding, MessagesAppearOnlyWhereDevicesMeet) {
  const auto llm = catalog().llm("deepseek-v3");
  const auto messages = [&](const Parallelism& p) {
    double n = 0;
    for (const auto& t : cut(llm, p).terms)
      if (t.op.cost(decode(1, 10, 1)).message.pattern != ops::Pattern::none) n += t.count;
    return n;
  };
  EXPECT_EQ(messages({}), 0);
  EXPECT_EQ(messages({.dp = 8, .ep = 8}), 2 * 58);  // dispatch and combine of each MoE layer
  // Two all-reduces a layer, one for the table, one gather of the logits.
  EXPECT_EQ(messages({.tp = 8, .ep = 8}), 2 * 61 + 2);
  EXPECT_EQ(messages({.pp = 4}), 3);
}

}  // namespace
}  // namespace perfmodel::mapping
