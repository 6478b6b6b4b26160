// Parameter counts against what the publishers say.
#include <cmath>

#include <gtest/gtest.h>

#include "llm/counts.hpp"
#include "llm/layer_graph.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::llm {
namespace {

using test::catalog;

/// Publishers round: to whole billions in most model names. A file says so with a range, and a
/// count inside that range is what was published. Without a range a count must be within 1.2 %.
constexpr double kTolerance = 0.012;

void expect_published(double count, const spec::Sourced<Count>& published) {
  if (published.low < published.high && count >= published.low.base() &&
      count <= published.high.base())
    return;
  EXPECT_NEAR(count, published.value.base(), kTolerance * published.value.base())
      << "published between " << published.low.base() << " and " << published.high.base();
}

const cli::Kind& llms() {
  return *cli::find_kind("llm");
}

class PublishedParameters : public testing::TestWithParam<std::string> {};

TEST_P(PublishedParameters, AreMet) {
  const auto llm = catalog().llm(GetParam());
  const auto c = count_parameters(llm);
  if (llm.total_parameters) expect_published(c.total, *llm.total_parameters);
  if (llm.active_parameters)
    expect_published(c.active_as_published(llm.active_convention), *llm.active_parameters);
}

TEST_P(PublishedParameters, PartsAreConsistent) {
  const auto llm = catalog().llm(GetParam());
  const auto c = count_parameters(llm);
  EXPECT_GT(c.total, 0);
  EXPECT_LE(c.active, c.total);
  EXPECT_EQ(c.routed > 0, llm.is_moe());
  if (!llm.is_moe()) {
    EXPECT_DOUBLE_EQ(c.active, c.total);
  }
  EXPECT_DOUBLE_EQ(c.embedding, static_cast<double>(llm.vocab) * llm.hidden);
  EXPECT_EQ(c.head, llm.tie_embeddings ? 0.0 : c.embedding);
  EXPECT_EQ(count_draft_parameters(llm) > 0, llm.mtp_layers > 0);
}

INSTANTIATE_TEST_SUITE_P(Llms, PublishedParameters, testing::ValuesIn(catalog().ids(llms())),
                         [](const auto& param) { return test::test_name(param.param); });

TEST(PublishedParameters, ArePublishedForMostModels) {
  int total = 0;
  int active = 0;
  for (const auto& id : catalog().ids(llms())) {
    const auto llm = catalog().llm(id);
    total += llm.total_parameters.has_value();
    active += llm.active_parameters.has_value();
    // A range wide enough to hold anything would make the test above empty.
    for (const auto& f : {llm.total_parameters, llm.active_parameters}) {
      if (f && f->low < f->high) {
        EXPECT_LT(f->high / f->low, 1.5) << id;
      }
    }
  }
  EXPECT_GE(total, 40);
  EXPECT_GE(active, 25);
}

TEST(Parameters, Llama3OfEightBillion) {
  // Per layer: q 4096 x 4096 + k, v 4096 x 2 x 1024 + o 4096 x 4096 = 41,943,040; gate, up, down
  // 3 x 4096 x 14336 = 176,160,768; two norms of 4096. Times 32 layers: 6,979,584,000.
  // Table and head 2 x 128256 x 4096 = 1,050,673,152; last norm 4096. The checkpoint has
  // 8,030,261,248.
  EXPECT_EQ(count_parameters(catalog().llm("llama-3.1-8b")).total, 8'030'261'248.0);
}

TEST(Parameters, Qwen25HasBiases) {
  // Per layer: q, o 2 x 3584^2 + k, v 3584 x 2 x 512 = 29,360,128; biases 3584 + 2 x 512 = 4608;
  // 3 x 3584 x 18944 = 203,685,888; norms 7168: 233,057,792; x 28 = 6,525,618,176. Table and head
  // 2 x 152064 x 3584 = 1,089,994,752; last norm 3584: 7,615,616,512, as in the checkpoint.
  EXPECT_EQ(count_parameters(catalog().llm("qwen2.5-7b")).total, 7'615'616'512.0);
}

TEST(Parameters, DeepSeekV3) {
  // Attention 187,105,280 + norms of the latents 1536 + 512 = 187,107,328 a layer, x 61 =
  // 11,413,547,008. Dense FFN 3 x 3 x 7168 x 18432 = 1,189,085,184. MoE: router 7168 x 256 +
  // 257 x 3 x 7168 x 2048 = 11,320,164,352 a layer, x 58 = 656,569,532,416. Block norms 61 x 2 x
  // 7168 = 874,496; last 7168; table and head 2 x 129280 x 7168 = 1,853,358,080.
  // Sum 671,026,404,352; the checkpoint adds 58 x 256 routing biases, which are not counted here.
  const auto c = count_parameters(catalog().llm("deepseek-v3"));
  EXPECT_EQ(c.total, 671'026'404'352.0);
  // Active: 8 + 1 experts of 44,040,192 instead of 257: 58 x 248 x 44,040,192 = 633,474,121,728
  // fewer.
  EXPECT_EQ(c.active, 671'026'404'352.0 - 633'474'121'728.0);
  EXPECT_EQ(c.routed, 58.0 * 256 * 44'040'192);
}

TEST(Parameters, GptOssCountsExpertBiasesByTopK) {
  // A layer: qkv 2880 x 5120 + biases 5120, o 4096 x 2880 + 2880, sinks 64, router 2880 x 128 +
  // 128, norms 2 x 2880: 26,924,672 (14,745,600 + 5120 + 11,796,480 + 2880 + 64 + 368,640 + 128 +
  // 5760). An expert: 3 x 2880^2 + biases 5760 + 2880 = 24,891,840. x 128 x 36 layers: 36 x
  // (26,924,672 + 3,186,155,520) = 115,670,886,912; table and head 2 x 201088 x 2880 =
  // 1,158,266,880; last norm 2880: 116,829,156,672.
  const auto c = count_parameters(catalog().llm("gpt-oss-120b"));
  EXPECT_EQ(c.total, 116'829'156'672.0);
  // Of 128 experts 4 are active: 36 x 124 x 24,891,840 = 111,117,173,760 fewer.
  EXPECT_EQ(c.active, 116'829'156'672.0 - 111'117'173'760.0);
}

TEST(Parameters, TheActiveCountFollowsTheConvention) {
  ParameterCount c;
  c.active = 100;
  c.embedding = 10;
  c.head = 7;
  EXPECT_EQ(c.active_as_published(ActiveConvention::all), 100);
  EXPECT_EQ(c.active_as_published(ActiveConvention::no_embedding), 90);
  EXPECT_EQ(c.active_as_published(ActiveConvention::no_embedding_head), 83);
  c.head = 0;  // tied: the table is the head as well
  EXPECT_EQ(c.active_as_published(ActiveConvention::no_embedding), 100);
  EXPECT_EQ(c.active_as_published(ActiveConvention::no_embedding_head), 90);
}

TEST(Parameters, ADraftLayerIsOneLayerAndItsProjection) {
  // DeepSeek-V3's MTP layer: projection 2 x 7168 x 7168 = 102,760,448; attention 187,107,328; MoE
  // 11,320,164,352; norms of the two inputs and of attention 3 x 7168, of the FFN 7168.
  EXPECT_EQ(count_draft_parameters(catalog().llm("deepseek-v3")),
            102'760'448.0 + 187'107'328.0 + 11'320'164'352.0 + 4 * 7168);
}

}  // namespace
}  // namespace perfmodel::llm
