// Cache per token and operations per token, for one model of each kind of attention, at a short and
// at a long context. Every expected number is worked out in its comment.
#include <gtest/gtest.h>

#include "llm/counts.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::llm {
namespace {

using spec::Storage;
using test::catalog;

double cache(const LlmSpec& llm, double context, Storage kv = Storage::bf16) {
  return cache_bytes(llm, context, kv).base();
}
double operations(const LlmSpec& llm, double context) {
  return operations_per_token(llm, context).base();
}

TEST(Counts, MultiHead) {
  const auto llm = catalog().llm("llama-2-7b");
  ASSERT_EQ(attention_name(llm), "MHA");
  // 32 layers x 32 heads x (128 + 128) x 2 B.
  EXPECT_DOUBLE_EQ(cache(llm, 1), 524'288.0);
  EXPECT_DOUBLE_EQ(cache(llm, 4096), 4096 * 524'288.0);
  EXPECT_DOUBLE_EQ(cache(llm, 4096, Storage::fp8), 2048 * 524'288.0);
  // A layer: qkv 4096 x 12288 + o 4096 x 4096 + 3 x 4096 x 11008 = 202,375,168; x 32, and the head
  // 4096 x 32000 = 131,072,000: 6,607,077,376 weights, two operations each.
  // Attention: 32 layers x 2 x 32 heads x 256 = 524,288 per key.
  EXPECT_DOUBLE_EQ(operations(llm, 1), 2 * 6'607'077'376.0 + 524'288.0);
  EXPECT_DOUBLE_EQ(operations(llm, 4096), 2 * 6'607'077'376.0 + 4096 * 524'288.0);
}

TEST(Counts, GroupedQuery) {
  const auto llm = catalog().llm("llama-3.1-8b");
  ASSERT_EQ(attention_name(llm), "GQA");
  // 32 layers x 8 heads x 256 x 2 B.
  EXPECT_DOUBLE_EQ(cache(llm, 128), 128 * 131'072.0);
  EXPECT_DOUBLE_EQ(cache(llm, 131072), 131072 * 131'072.0);
  // A layer: qkv 4096 x 6144 + o 4096 x 4096 + 3 x 4096 x 14336 = 218,103,808; x 32, and the head
  // 4096 x 128256 = 525,336,576: 7,504,658,432. Attention 524,288 per key: all 32 heads compute.
  EXPECT_DOUBLE_EQ(operations(llm, 128), 2 * 7'504'658'432.0 + 128 * 524'288.0);
  EXPECT_DOUBLE_EQ(operations(llm, 131072), 2 * 7'504'658'432.0 + 131072 * 524'288.0);
}

TEST(Counts, Latent) {
  const auto llm = catalog().llm("deepseek-v3");
  ASSERT_EQ(attention_name(llm), "MLA");
  // 61 layers x (512 + 64) x 2 B.
  EXPECT_DOUBLE_EQ(cache(llm, 1), 70'272.0);
  EXPECT_DOUBLE_EQ(cache(llm, 32768), 32768 * 70'272.0);
  // Attention of a layer: 7168 x 2112 + 1536 x 24576 + 512 x 32768 + 16384 x 7168 = 187,105,280;
  // x 61 = 11,413,422,080. Dense 3 x 396,361,728 = 1,189,085,184. MoE: 7168 x 256 + 9 experts of
  // 44,040,192 = 398,196,736; x 58 = 23,095,410,688. Head 7168 x 129280 = 926,679,040.
  const double weights = 36'624'596'992.0;
  // Absorbed: 61 x 2 x 128 x (2 x 512 + 64) = 16,990,208 per key.
  EXPECT_DOUBLE_EQ(operations(llm, 128), 2 * weights + 128 * 16'990'208.0);
  EXPECT_DOUBLE_EQ(operations(llm, 32768), 2 * weights + 32768 * 16'990'208.0);
}

TEST(Counts, LatentWithIndexer) {
  const auto llm = catalog().llm("deepseek-v3.2");
  ASSERT_EQ(attention_name(llm), "MLA+DSA");
  // 61 layers x (576 x 2 B + 128 index elements x 1 B).
  EXPECT_DOUBLE_EQ(cache(llm, 1024), 1024 * 78'080.0);
  EXPECT_DOUBLE_EQ(cache(llm, 65536), 65536 * 78'080.0);
  // DeepSeek-V3's weights and 61 x (1536 x 64 x 128 + 7168 x (128 + 64)) = 851,509,248.
  const double weights = 36'624'596'992.0 + 851'509'248.0;
  // A layer scores every key with 2 x 64 x 128 = 16,384 operations and attends to at most 2048 with
  // 2 x 128 x 1088 = 278,528.
  EXPECT_DOUBLE_EQ(operations(llm, 1024), 2 * weights + 61 * 1024.0 * (16'384 + 278'528));
  EXPECT_DOUBLE_EQ(operations(llm, 65536),
                   2 * weights + 61 * (65536 * 16'384.0 + 2048 * 278'528.0));
}

TEST(Counts, SlidingWindow) {
  const auto llm = catalog().llm("gpt-oss-120b");
  ASSERT_EQ(attention_name(llm), "GQA/128 + GQA");
  // A layer: 8 heads x 128 x 2 B = 2048 B a token; half of the 36 layers keep 128 tokens.
  EXPECT_DOUBLE_EQ(cache(llm, 100), 36 * 2048.0 * 100);
  EXPECT_DOUBLE_EQ(cache(llm, 100'000), 18 * 2048.0 * (128 + 100'000));
  // A layer: 2880 x 5120 + 4096 x 2880 + router 2880 x 128 + 4 experts x 3 x 2880^2 = 126,443,520;
  // x 36, and the head 2880 x 201088 = 579,133,440: 5,131,100,160.
  // Attention 2 x 64 x 128 = 16,384 per key and layer.
  EXPECT_DOUBLE_EQ(operations(llm, 100), 2 * 5'131'100'160.0 + 36 * 16'384.0 * 100);
  EXPECT_DOUBLE_EQ(operations(llm, 100'000), 2 * 5'131'100'160.0 + 18 * 16'384.0 * (128 + 100'000));
}

TEST(Counts, CrossLayerSharing) {
  const auto llm = catalog().llm("hunyuan-large");
  // 64 layers x 8 heads x 160 x 2 B, one cache for two layers.
  EXPECT_DOUBLE_EQ(cache(llm, 10), 10 * 81'920.0);
  EXPECT_DOUBLE_EQ(cache(llm, 262144), 262144 * 81'920.0);
  // A layer: q, o 2 x 6400^2; k, v 6400 x 1280 in every second one; router 6400 x 16; one routed
  // and one shared expert of 3 x 6400 x 18304: 788,992,000. x 64, and the (tied) head 6400 x 129024
  // = 825,753,600: 51,321,241,600. Every layer attends: 64 x 2 x 80 x 160 = 1,638,400 per key.
  EXPECT_DOUBLE_EQ(operations(llm, 10), 2 * 51'321'241'600.0 + 10 * 1'638'400.0);
  EXPECT_DOUBLE_EQ(operations(llm, 262144), 2 * 51'321'241'600.0 + 262144 * 1'638'400.0);
}

TEST(Counts, Compressed) {
  const auto llm = catalog().llm("deepseek-v4-flash");
  // 43 layers keep 512 elements for 128 tokens; 21 layers one entry of 512 per 4 tokens and 128
  // index bytes beside it; 20 layers one entry per 128 tokens. Per token in bytes: window 44,032;
  // entries 2 x (2688 + 80) = 5536; index 21 x 128 / 4 = 672.
  EXPECT_DOUBLE_EQ(cache(llm, 64), 64 * (44'032.0 + 5536 + 672));
  EXPECT_DOUBLE_EQ(cache(llm, 131072), 128 * 44'032.0 + 131072 * (5536.0 + 672));
  // All layers: 4096 x 1536 + 1024 x 32768 + 4096 x 8192 + 8192 x 4096 + streams 16384 x 48 =
  // 107,741,184; router 4096 x 256 and 7 experts of 3 x 4096 x 2048: 177,209,344. x 43 =
  // 12,252,872,704. Ratio 4: compressor 4096 x 2048, indexer 1024 x 8192 + 4096 x 576: 19,136,512
  // x 21 = 401,866,752. Ratio 128: compressor 4096 x 1024 x 20 = 83,886,080. Head 4096 x 129280 =
  // 529,530,880.
  const double weights = 13'268'156'416.0;
  const double key = 131'072.0;  // 4 x 64 x 512
  // 64 tokens: 16 entries of ratio 4, all selected, scored with 2 x 64 x 128 = 16,384 each; half an
  // entry of ratio 128.
  EXPECT_DOUBLE_EQ(
      operations(llm, 64),
      2 * weights + 2 * key * 64 + 21 * (key * (64 + 16) + 16'384.0 * 16) + 20 * key * 64.5);
  // 131,072 tokens: the window's 128, 32,768 entries of which 512 are selected, 1024 entries.
  EXPECT_DOUBLE_EQ(operations(llm, 131072), 2 * weights + 2 * key * 128 +
                                                21 * (key * (128 + 512) + 16'384.0 * 32'768) +
                                                20 * key * (128 + 1024));
}

TEST(Counts, GatedDeltaNet) {
  const auto llm = catalog().llm("qwen3-next-80b-a3b");
  // 12 layers x 2 heads x 512 x 2 B = 24,576 a token. 36 layers hold 32 x 128 x 128 and a
  // convolution over 2 x 2048 + 4096 channels of 4, in FP32: 36 x 557,056 x 4 = 80,216,064.
  EXPECT_DOUBLE_EQ(cache(llm, 1), 80'216'064.0 + 24'576);
  EXPECT_DOUBLE_EQ(cache(llm, 262144), 80'216'064.0 + 262144 * 24'576.0);
  // Linear layers: 2048 x (4096 + 4096 + 4096 + 64) + 4096 x 2048 = 33,685,504 x 36 =
  // 1,212,678,144. Full ones: 2048 x 8192 + 2048 x 1024 + 4096 x 2048 = 27,262,976 x 12 =
  // 327,155,712. MoE: 2048 x 512 + 11 x 3 x 2048 x 512 + 2048 = 35,653,632 x 48 = 1,711,374,336.
  // Head 2048 x 151936 = 311,164,928.
  const double weights = 3'562'373'120.0;
  // State: 36 x 6 x 32 x 128 x 128 = 113,246,208; 12 x 2 x 16 x 512 = 196,608 per key.
  EXPECT_DOUBLE_EQ(operations(llm, 1), 2 * weights + 113'246'208.0 + 196'608);
  EXPECT_DOUBLE_EQ(operations(llm, 262144), 2 * weights + 113'246'208.0 + 262144 * 196'608.0);
}

TEST(Counts, Lightning) {
  const auto llm = catalog().llm("minimax-m1");
  // 10 layers x 8 heads x 256 x 2 B = 40,960 a token; 70 layers x 64 x 128 x 128 x 4 B =
  // 293,601,280.
  EXPECT_DOUBLE_EQ(cache(llm, 1), 293'601'280.0 + 40'960);
  EXPECT_DOUBLE_EQ(cache(llm, 1'000'000), 293'601'280.0 + 40'960e6);
  // Linear: 6144 x 32768 + 8192 x 6144 = 251,658,240 x 70 = 17,616,076,800. Full: 6144 x 10240 +
  // 8192 x 6144 = 113,246,208 x 10 = 1,132,462,080. MoE: 6144 x 32 + 2 x 3 x 6144 x 9216 =
  // 339,935,232 x 80 = 27,194,818,560. Head 6144 x 200064 = 1,229,193,216.
  const double weights = 47'172'550'656.0;
  // 70 x 6 x 64 x 128 x 128 = 440,401,920; 10 x 2 x 64 x 256 = 327,680 per key.
  EXPECT_DOUBLE_EQ(operations(llm, 1), 2 * weights + 440'401'920.0 + 327'680);
  EXPECT_DOUBLE_EQ(operations(llm, 1'000'000), 2 * weights + 440'401'920.0 + 327'680e6);
}

TEST(Counts, SharedIndexersCountOnce) {
  AttentionBlock block;
  block.layers = 4;
  Latent latent;
  latent.heads = 2;
  latent.kv_lora_rank = 8;
  latent.qk_rope_dim = 4;
  latent.indexer = Indexer{.heads = 3, .dim = 16, .topk = 5, .shared_by = 4};
  block.kind = latent;
  // One set of 16 index elements for the four layers.
  EXPECT_DOUBLE_EQ(cache_elements(block).index_per_token, 16.0);
  EXPECT_DOUBLE_EQ(cache_elements(block).per_token, 4 * 12.0);
  // 100 keys: 2 x 3 x 16 x 100 / 4 = 2400 for the scores, 2 x 2 x (2 x 8 + 4) x 5 = 400.
  EXPECT_DOUBLE_EQ(attention_operations(block, 100).base(), 2400.0 + 400.0);
}

/// A longer context never costs less, in memory or in work.
TEST(Counts, GrowWithTheContext) {
  for (const auto& id : catalog().ids(*cli::find_kind("llm"))) {
    const auto llm = catalog().llm(id);
    for (double n = 1; n < 1e6; n *= 3) {
      EXPECT_GE(cache(llm, 3 * n), cache(llm, n)) << id << " at " << n;
      EXPECT_GE(operations(llm, 3 * n), operations(llm, n)) << id << " at " << n;
    }
  }
}

}  // namespace
}  // namespace perfmodel::llm
