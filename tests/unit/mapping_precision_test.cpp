// Formats of a deployment: native, asked for, and stood in for where a chip lacks a type.
#include <gtest/gtest.h>

#include "mapping/precision.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::mapping {
namespace {

using spec::Compute;
using spec::Storage;
using test::catalog;
using Lines = std::vector<std::string>;

Precision resolved(const char* llm, const char* chip, const PrecisionRequest& request = {}) {
  const auto p = resolve(request, catalog().llm(llm), catalog().chip(chip));
  EXPECT_TRUE(p) << (p ? "" : p.error().reason);
  return p ? *p : Precision{};
}

TEST(Precision, NativeNeedsNoFallback) {
  const auto p = resolved("deepseek-v3", "h100");
  EXPECT_EQ(p.attention, Storage::fp8_block);
  EXPECT_EQ(p.experts, Storage::fp8_block);
  EXPECT_EQ(p.embedding, Storage::bf16);
  EXPECT_EQ(p.head, Storage::bf16);
  EXPECT_EQ(p.attention_gemm, Compute::fp8);
  EXPECT_EQ(p.expert_gemm, Compute::fp8);
  EXPECT_EQ(p.head_gemm, Compute::bf16);
  EXPECT_EQ(p.core, Compute::bf16);
  EXPECT_EQ(p.indexer, Compute::fp8);
  EXPECT_EQ(p.fallbacks, Lines{});
}

TEST(Precision, Fp8WithoutUnitsBecomesInt8ByName) {
  const auto p = resolved("deepseek-v3", "ascend910c");
  EXPECT_EQ(p.attention, Storage::fp8_block);  // storage is another matter
  EXPECT_EQ(p.attention_gemm, Compute::int8);
  EXPECT_EQ(p.ffn_gemm, Compute::int8);
  EXPECT_EQ(p.expert_gemm, Compute::int8);
  EXPECT_EQ(p.head_gemm, Compute::bf16);
  EXPECT_EQ(p.indexer, Compute::bf16);
  EXPECT_EQ(p.fallbacks, Lines{"fp8-block requantised to int8 on ascend910c"});
}

TEST(Precision, Fp8MayBeWidenedInstead) {
  const auto p = resolved("deepseek-v3", "ascend910c",
                          {.weights = {}, .kv = {}, .compute = {}, .fallback = Fallback::widen});
  EXPECT_EQ(p.expert_gemm, Compute::bf16);
  EXPECT_EQ(p.fallbacks, Lines{"fp8-block weights widened to bf16 on ascend910c"});
}

TEST(Precision, Fp4OnAnFp8ChipIsWidenedToFp8) {
  const auto p = resolved("gpt-oss-120b", "h100");
  EXPECT_EQ(p.experts, Storage::mxfp4);
  EXPECT_EQ(p.expert_gemm, Compute::fp8);
  EXPECT_EQ(p.attention_gemm, Compute::bf16);
  EXPECT_EQ(p.fallbacks, Lines{"mxfp4 weights widened to fp8 on h100"});
  EXPECT_EQ(resolved("gpt-oss-120b", "b200").expert_gemm, Compute::fp4);
  // Without FP8 either, 16 bits.
  EXPECT_EQ(resolved("gpt-oss-120b", "a100").expert_gemm, Compute::bf16);
}

TEST(Precision, Bf16ModelsRunInFp16WhereThereIsNothingElse) {
  const auto p = resolved("llama-3.1-8b", "v100");
  EXPECT_EQ(p.attention, Storage::bf16);
  EXPECT_EQ(p.attention_gemm, Compute::fp16);
  EXPECT_EQ(p.core, Compute::fp16);
  EXPECT_EQ(p.fallbacks, Lines{"bf16 computed in fp16 on v100"});
}

TEST(Precision, FourBitIntegersAreWeightsOnly) {
  PrecisionRequest request;
  request.weights = Storage::int4;
  const auto p = resolved("llama-3.1-8b", "h100", request);
  EXPECT_EQ(p.attention, Storage::int4);
  EXPECT_EQ(p.attention_gemm, Compute::bf16);
  EXPECT_EQ(p.embedding, Storage::bf16);  // tables stay wide
  EXPECT_EQ(p.fallbacks, Lines{"int4 weights widened to bf16 on h100"});
  // A mixture of experts keeps its attention as released.
  const auto moe = resolved("deepseek-v3", "h100", request);
  EXPECT_EQ(moe.attention, Storage::fp8_block);
  EXPECT_EQ(moe.experts, Storage::int4);
  EXPECT_EQ(moe.ffn, Storage::int4);
}

TEST(Precision, RequestsOverrideTheRelease) {
  PrecisionRequest request;
  request.weights = Storage::bf16;
  request.kv = Storage::fp8;
  const auto p = resolved("deepseek-v3", "h100", request);
  EXPECT_EQ(p.attention, Storage::bf16);
  EXPECT_EQ(p.experts, Storage::bf16);
  EXPECT_EQ(p.expert_gemm, Compute::bf16);
  EXPECT_EQ(p.kv, Storage::fp8);
  request.weights.reset();
  request.compute = Compute::bf16;  // strict: no fallback, and none named
  const auto wide = resolved("deepseek-v3", "ascend910c", request);
  EXPECT_EQ(wide.expert_gemm, Compute::bf16);
  EXPECT_EQ(wide.fallbacks, Lines{});
}

TEST(Precision, AskingForAnAbsentUnitIsAnError) {
  PrecisionRequest request;
  request.compute = Compute::fp8;
  const auto chip = catalog().chip("ascend910c");
  const auto p = resolve(request, catalog().llm("deepseek-v3"), chip);
  ASSERT_FALSE(p);
  EXPECT_EQ(p.error().why, spec::Why::unsupported_type);
  EXPECT_EQ(p.error().reason, "ascend910c has no fp8 matrix unit");
  EXPECT_EQ(p.error().nearest.rfind("--compute one of ", 0), 0u) << p.error().nearest;
  EXPECT_NE(p.error().nearest.find("int8"), std::string::npos) << p.error().nearest;
  EXPECT_EQ(p.error().nearest.find("fp8"), std::string::npos) << p.error().nearest;
  // Unknown is not absent.
  auto vague = chip;
  vague.absent.fill(false);
  EXPECT_EQ(resolve(request, catalog().llm("deepseek-v3"), vague).error().reason,
            "ascend910c has no fp8 matrix unit that is known");
}

TEST(Precision, AChipWithoutA16BitPeakIsAGap) {
  auto chip = catalog().chip("h100");
  chip.matrix[spec::index(Compute::fp16)].reset();
  chip.matrix[spec::index(Compute::bf16)].reset();
  const auto p = resolve({}, catalog().llm("deepseek-v3"), chip);
  ASSERT_FALSE(p);
  EXPECT_EQ(p.error().why, spec::Why::missing_figure);
  EXPECT_EQ(p.error().reason, "no 16-bit matrix peak of h100 is published (chip.matrix.fp16)");
}

/// Whatever the model and the chip: no unit is used that the chip does not have.
TEST(Precision, NeverUsesAUnitThatIsNotThere) {
  const auto& c = catalog();
  for (const auto& chip_id : c.ids(*cli::find_kind("chip"))) {
    const auto chip = c.chip(chip_id);
    for (const char* llm_id : {"llama-3.1-8b", "llama-2-7b", "deepseek-v3.2", "gpt-oss-120b"}) {
      const auto p = resolve({}, c.llm(llm_id), chip);
      if (!p) {
        EXPECT_FALSE(chip.peak(Compute::fp16) || chip.peak(Compute::bf16)) << chip_id;
        continue;
      }
      for (auto unit :
           {p->attention_gemm, p->ffn_gemm, p->expert_gemm, p->head_gemm, p->core, p->indexer})
        EXPECT_TRUE(chip.peak(unit)) << chip_id << " " << llm_id << " " << name_of(unit);
    }
  }
}

}  // namespace
}  // namespace perfmodel::mapping
