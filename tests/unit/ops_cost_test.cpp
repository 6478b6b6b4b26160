// Cost formulas of single operators against numbers worked out by hand, and against sums over the
// tokens one by one.
#include <cmath>

#include <gtest/gtest.h>

#include "ops/attention.hpp"
#include "ops/communication.hpp"
#include "ops/compressed_attention.hpp"
#include "ops/elementwise.hpp"
#include "ops/embedding.hpp"
#include "ops/gemm.hpp"
#include "ops/grouped_gemm.hpp"
#include "ops/indexer.hpp"
#include "ops/latent_attention.hpp"
#include "ops/linear_attention.hpp"
#include "ops/sampling.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::ops {
namespace {

using test::bytes;

Pass decode(double sequences, double context, double tokens = 1) {
  Pass p;
  p.sequences = sequences;
  p.tokens_per_sequence = tokens;
  p.causal_length = tokens;
  p.context_low = p.context_high = context;
  p.logit_rows = p.expert_rows = p.rows();
  return p;
}
Pass prefill(double sequences, double tokens, double cached = 0) {
  auto p = decode(sequences, cached, tokens);
  p.phase = Phase::prefill;
  return p;
}

TEST(CappedMean, AgreesWithNumericIntegration) {
  constexpr int kSteps = 200'000;
  for (double low : {0.0, 1.0, 50.0, 1000.0}) {
    for (double width : {0.0, 1.0, 33.0, 5000.0}) {
      for (double cap : {0.0, 0.5, 20.0, 60.0, 1000.0, 1010.0, 1e6}) {
        double sum = 0;
        for (int i = 0; i < kSteps; ++i) {
          const double x = low + width * (i + 0.5) / kSteps;
          sum += cap > 0 ? std::min(x, cap) : x;
        }
        const double mean = sum / kSteps;
        EXPECT_NEAR(capped_mean(low, low + width, cap), mean, 1e-6 * std::max(1.0, mean))
            << low << " + " << width << " cap " << cap;
      }
    }
  }
}

TEST(MeanKeys, AgreesWithASumOverTheTokens) {
  // Token j of a chunk sees the cache, its predecessors and itself. The formula takes positions for
  // continuous, so a cap inside the chunk costs it at most 1/8 of a key.
  for (double cached : {0.0, 100.0, 5000.0}) {
    for (int n : {1, 2, 17, 512}) {
      for (double cap : {0.0, 64.0, 128.0, 300.0, 5200.0}) {
        double sum = 0;
        for (int j = 1; j <= n; ++j) sum += cap > 0 ? std::min(cached + j, cap) : cached + j;
        const double tolerance = cap > 0 ? 0.125 : 1e-9;
        EXPECT_NEAR(mean_keys(prefill(1, n, cached), cap), sum / n, tolerance)
            << cached << " + " << n << " cap " << cap;
      }
    }
  }
}

TEST(GemmCost, ByHand) {
  const GemmArgs a{.k = 4096, .n = 6144, .weight = bytes(1), .in = bytes(2), .out = bytes(4)};
  const auto c = Op::make(kGemm, "g", a).cost(decode(6, 100));
  EXPECT_EQ(c.matrix.base(), 301'989'888.0);   // 2 x 6 x 4096 x 6144
  EXPECT_EQ(c.weights.base(), 25'165'824.0);   // 4096 x 6144 x 1 B
  EXPECT_EQ(c.activations.base(), 196'608.0);  // 6 x (4096 x 2 B + 6144 x 4 B)
  EXPECT_EQ(c.rows, 6);
  EXPECT_EQ(c.columns, 6144);
  EXPECT_EQ(c.depth, 4096);
  EXPECT_EQ(c.groups, 1);
}

TEST(GemmCost, LogitRowsSharesAndInstances) {
  GemmArgs a{.k = 8, .n = 16, .weight = bytes(1), .in = bytes(1), .out = bytes(1), .logits = true};
  auto p = prefill(2, 100);
  p.logit_rows = 2;
  EXPECT_EQ(Op::make(kGemm, "g", a).cost(p).matrix.base(), 2.0 * 2 * 8 * 16);
  a.logits = false;
  a.row_share = 0.25;
  a.instances = 3;
  const auto c = Op::make(kGemm, "g", a).cost(p);
  EXPECT_EQ(c.matrix.base(), 2.0 * 50 * 8 * 16 * 3);
  EXPECT_EQ(c.weights.base(), 8.0 * 16 * 3);
  EXPECT_EQ(c.activations.base(), 50.0 * (8 + 16) * 3);
}

TEST(AttentionCost, DecodeByHand) {
  const auto op = kAttention.sample();  // 32 heads, 8 of keys and values, 128 + 128, 2 B
  const auto c = op.cost(decode(4, 1000));
  EXPECT_EQ(c.matrix.base(), 65'601'536.0);  // 2 x 4 x 32 x 1001 keys x 256
  EXPECT_EQ(c.vector.base(), 5.0 * 4 * 32 * 1001);
  EXPECT_EQ(c.kv.base(), 16'400'384.0);  // 4 x (1000 read + 1 written) x 8 x 256 x 2 B
  EXPECT_EQ(c.activations.base(), 4.0 * 32 * 256 * 2);
}

TEST(AttentionCost, PrefillIsCausal) {
  // 512 tokens see 1 + 2 + ... + 512 = 131,328 keys; nothing is cached, 512 are written.
  const auto c = kAttention.sample().cost(prefill(1, 512));
  EXPECT_EQ(c.matrix.base(), 2.0 * 32 * 131'328 * 256);
  EXPECT_EQ(c.kv.base(), 512.0 * 8 * 256 * 2);
}

TEST(AttentionCost, WindowSelectionAndSharing) {
  AttentionArgs a{.heads = 4, .kv_heads = 2, .qk_dim = 8, .v_dim = 8, .cap = 128, .kv = bytes(1)};
  EXPECT_EQ(Op::make(kAttention, "a", a).cost(decode(1, 10'000)).matrix.base(), 2.0 * 4 * 128 * 16);
  EXPECT_EQ(Op::make(kAttention, "a", a).cost(decode(1, 10'000)).kv.base(), (128.0 + 1) * 2 * 16);
  // Three drafted tokens with 128 selected keys each read 384 of 10,000 cached ones, and at 200
  // cached ones no more than those.
  a.cap = 0;
  a.selected = 128;
  EXPECT_EQ(Op::make(kAttention, "a", a).cost(decode(1, 10'000, 3)).kv.base(),
            (3.0 * 128 + 3) * 2 * 16);
  EXPECT_EQ(Op::make(kAttention, "a", a).cost(decode(1, 200, 3)).kv.base(), (200.0 + 3) * 2 * 16);
  // Of two layers that share a cache one writes, both read.
  a.selected = 0;
  a.writes = 0.5;
  EXPECT_EQ(Op::make(kAttention, "a", a).cost(decode(1, 100)).kv.base(), (100.0 + 0.5) * 2 * 16);
}

TEST(LatentAttentionCost, AbsorbedInDecodeExpandedInPrefill) {
  const auto op = kLatentAttention.sample();  // 128 heads, 512 + 64, 128 / 128
  const auto d = op.cost(decode(2, 999));
  EXPECT_EQ(d.matrix.base(), 2.0 * 2 * 128 * 1000 * (2 * 512 + 64));
  EXPECT_EQ(d.kv.base(), 2.0 * (999 + 1) * 576 * 2);
  // 100 new tokens on none: 5050 pairs of (128 + 64) + 128 dimensions.
  const auto p = op.cost(prefill(1, 100));
  EXPECT_EQ(p.matrix.base(), 2.0 * 128 * 5050 * (192 + 128));
  EXPECT_EQ(p.kv.base(), 100.0 * 576 * 2);
  // On 50 cached ones: 5000 pairs more, and the cached latents are expanded again: 2 x 50 x 512 x
  // 128 x 256.
  const auto q = op.cost(prefill(1, 100, 50));
  EXPECT_EQ(q.matrix.base(), 2.0 * 128 * 10'050 * 320 + 2.0 * 50 * 512 * 128 * 256);
  EXPECT_EQ(q.kv.base(), 150.0 * 576 * 2);
}

TEST(LatentAttentionCost, HeadsDoNotChangeTheCacheTraffic) {
  auto a = kLatentAttention.sample().args<LatentAttentionArgs>();
  const auto all = Op::make(kLatentAttention, "l", a).cost(decode(8, 4096));
  a.heads /= 16;
  const auto cut = Op::make(kLatentAttention, "l", a).cost(decode(8, 4096));
  EXPECT_EQ(cut.kv.base(), all.kv.base());
  EXPECT_EQ(cut.matrix.base(), all.matrix.base() / 16);
}

TEST(LatentAttentionCost, SelectedKeysAreAbsorbedInBothPhases) {
  auto a = kLatentAttention.sample().args<LatentAttentionArgs>();
  a.selected = 2048;
  const auto op = Op::make(kLatentAttention, "l", a);
  const auto d = op.cost(decode(1, 65'536));
  EXPECT_EQ(d.matrix.base(), 2.0 * 128 * 2048 * 1088);
  EXPECT_EQ(d.kv.base(), (2048.0 + 1) * 576 * 2);
  EXPECT_EQ(op.cost(prefill(1, 10, 65'536)).matrix.base(), 10 * 2.0 * 128 * 2048 * 1088);
}

TEST(CompressedAttentionCost, ByHand) {
  const auto op = kCompressedAttention.sample();  // 64 heads of 512, window 128, 1:4, 512 entries
  // At 65,535 cached tokens: 128 keys of the window, 512 of 16,384 entries.
  const auto c = op.cost(decode(1, 65'535));
  EXPECT_EQ(c.matrix.base(), 4.0 * 64 * (128 + 512) * 512);
  EXPECT_EQ(c.kv.base(), (128 + 512 + 1.25) * 512 * 2);  // one key and a quarter entry written
  // At 99: 100 keys, all of 25 entries; 99 and 99 / 4 read.
  const auto d = op.cost(decode(1, 99));
  EXPECT_EQ(d.matrix.base(), 4.0 * 64 * (100 + 25) * 512);
  EXPECT_EQ(d.kv.base(), (99 + 24.75 + 1.25) * 512 * 2);
}

TEST(IndexerCost, ByHand) {
  const auto c = kIndexer.sample().cost(decode(2, 1023));  // 64 heads of 128, 1 B
  EXPECT_EQ(c.matrix.base(), 2.0 * 2 * 1024 * 64 * 128);
  EXPECT_EQ(c.vector.base(), 2.0 * 1024 * (64 + 4));
  EXPECT_EQ(c.kv.base(), 2.0 * 1024 * 128);
}

TEST(LinearAttentionCost, StateIsReadAndWrittenWhateverTheContext) {
  const auto op = kLinearAttention.sample();  // 32 heads of 128 x 128, convolution 24,576, 4 B
  const auto c = op.cost(decode(3, 10));
  EXPECT_EQ(c.matrix.base(), 3.0 * 32 * 6 * 128 * 128);
  EXPECT_EQ(c.kv.base(), 2.0 * 3 * (32 * 128 * 128 + 24'576) * 4);
  EXPECT_EQ(op.cost(decode(3, 1e6)).kv.base(), c.kv.base());
  // Prefill: chunks of 64 tokens are quadratic inside.
  const auto p = op.cost(prefill(1, 1000));
  EXPECT_EQ(p.matrix.base(), 1000.0 * 32 * (6 * 128 * 128 + 2 * 64 * 256));
  EXPECT_EQ(op.cost(prefill(1, 10)).matrix.base(), 10.0 * 32 * (6 * 128 * 128 + 2 * 10 * 256));
}

TEST(SmallOperators, ByHand) {
  const auto norm = kElementwise.sample().cost(decode(3, 0));  // 4096 in, 4096 out, 16384 ops, 2 B
  EXPECT_EQ(norm.vector.base(), 3.0 * 16384);
  EXPECT_EQ(norm.activations.base(), 3.0 * 8192 * 2);
  const auto row = kEmbedding.sample().cost(decode(3, 0));
  EXPECT_EQ(row.weights.base(), 3.0 * 4096 * 2);
  EXPECT_EQ(row.activations.base(), 3.0 * 4096 * 2);
  const auto choice = kSampling.sample().cost(decode(3, 0));  // 32,000 logits of 4 B
  EXPECT_EQ(choice.activations.base(), 3.0 * 32'000 * 2 * 4);
  auto p = decode(3, 0);
  p.expert_rows = 100;  // of all attention ranks
  const ElementwiseArgs routed{
      .read = 2, .written = 1, .ops = 5, .element = bytes(2), .routed = true, .per_token = 0.25};
  EXPECT_EQ(Op::make(kElementwise, "r", routed).cost(p).vector.base(), 25.0 * 5);
}

TEST(Messages, ByHand) {
  auto p = decode(3, 0, 2);
  p.logit_rows = 3;
  p.expert_rows = 60;
  CollectiveArgs a{.width = 100, .element = bytes(2)};
  EXPECT_EQ(Op::make(kAllReduce, "m", a).cost(p).message.bytes.base(), 6.0 * 100 * 2);
  a.logits = true;
  EXPECT_EQ(Op::make(kAllGather, "m", a).cost(p).message.bytes.base(), 3.0 * 100 * 2);
  a.logits = false;
  a.expert_rows = true;
  EXPECT_EQ(Op::make(kReduceScatter, "m", a).cost(p).message.bytes.base(), 60.0 * 100 * 2);
  const ExpertExchangeArgs e{
      .token = bytes(700), .row_share = 0.5, .topk = 8, .ranks = 32, .per_rank = 8.0 / 32};
  const auto c = Op::make(kDispatch, "m", e).cost(p);
  EXPECT_EQ(c.message.bytes.base(), 700.0);
  EXPECT_EQ(c.message.tokens, 3.0);
  EXPECT_EQ(c.message.fanout, 8.0);
  EXPECT_EQ(c.expert_load, 15.0);  // 60 tokens x 8 / 32
  EXPECT_EQ(c.expert_ranks, 32.0);
}

TEST(ExpertsHit, Limits) {
  const double log_miss = std::log1p(-8.0 / 256);
  EXPECT_EQ(experts_hit(256, 0, log_miss), 0.0);
  EXPECT_NEAR(experts_hit(256, 1, log_miss), 8.0, 1e-12);  // one token, its topk experts
  // Two tokens: 256 (1 - (248/256)^2) = 16 - 64/256 = 15.75.
  EXPECT_NEAR(experts_hit(256, 2, log_miss), 15.75, 1e-12);
  EXPECT_DOUBLE_EQ(experts_hit(256, 1e9, log_miss), 256.0);
  // Every token to every expert.
  EXPECT_EQ(experts_hit(8, 1, grouped_gemm_args(8, 8, 1).log_miss), 8.0);
}

TEST(GroupedGemmCost, ByHand) {
  const auto op = kGroupedGemm.sample();  // 256 experts, topk 8, 32 ranks, 7168 x 4096, 1 B, 1, 2
  auto p = decode(1, 0);
  const auto one = op.cost(p);
  EXPECT_DOUBLE_EQ(one.matrix.base(), 2.0 * 0.25 * 7168 * 4096);  // 8 assignments over 32 ranks
  EXPECT_NEAR(one.weights.base(), 0.25 * 7168 * 4096, 1);         // of 8 / 32 experts
  EXPECT_NEAR(one.rows, 1.0, 1e-12);
  p.expert_rows = 1e6;
  const auto many = op.cost(p);
  EXPECT_DOUBLE_EQ(many.weights.base(), 8.0 * 7168 * 4096);  // all eight that the rank holds
  EXPECT_DOUBLE_EQ(many.activations.base(), 250e3 * (7168 + 2 * 4096));
  EXPECT_DOUBLE_EQ(many.groups * many.rows, 250e3);
  EXPECT_EQ(many.expert_load, 250e3);
  EXPECT_EQ(many.expert_ranks, 32.0);
}

TEST(GroupedGemmCost, PlacesBeyondOneExpertEachHoldCopies) {
  EXPECT_EQ(experts_held(256, 32), 8);
  EXPECT_EQ(experts_held(160, 64), 3);  // 2.5, rounded up
  EXPECT_EQ(experts_held(256, 512), 1);
  const auto a = grouped_gemm_args(256, 8, 512);
  EXPECT_EQ(a.local, 1);
  EXPECT_EQ(a.token_share, 0.5);
  // Whatever the number of copies, all ranks together do the same work.
  for (double ranks : {1.0, 32.0, 256.0, 512.0}) {
    auto b = grouped_gemm_args(256, 8, ranks);
    b.k = 10;
    b.n = 20;
    const auto c = Op::make(kGroupedGemm, "g", b).cost(decode(1000, 0));
    EXPECT_DOUBLE_EQ(c.matrix.base() * ranks, 2.0 * 1000 * 8 * 10 * 20) << ranks;
  }
}

}  // namespace
}  // namespace perfmodel::ops
