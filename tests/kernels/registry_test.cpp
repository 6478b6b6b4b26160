// Features, tiers and descriptors: what may run where, and what is said when it may not.
#include <gtest/gtest.h>

#include <iterator>
#include <set>
#include <string>

#include "kernels/registry/descriptor.hpp"

namespace perfmodel::kernels {
namespace {

const Tier kAll[] = {Tier::scalar,     Tier::portable,   Tier::avx2, Tier::avx512,
                     Tier::avx512bf16, Tier::avx512fp16, Tier::amx};
static_assert(std::size(kAll) == kTierCount);

TEST(Tiers, NamesGoBothWays) {
  for (const Tier t : kAll) EXPECT_EQ(tier_named(name_of(t)), t);
  EXPECT_EQ(tier_named("sapphirerapids"), std::nullopt);
}

TEST(Tiers, ScalarAndPortableRunWithoutAnyFeature) {
  EXPECT_TRUE(can_run(Tier::scalar, {}) && can_run(Tier::portable, {}));
  EXPECT_FALSE(can_run(Tier::avx2, {}));
  EXPECT_EQ(choose_tier(kAll, "", {}).tier, Tier::portable);
}

#if defined(__x86_64__)
TEST(Tiers, OneMissingFeatureTakesTheNextLowerTier) {
  const FeatureSet avx2 = required_features(Tier::avx2);
  const FeatureSet avx512 = required_features(Tier::avx512);
  EXPECT_EQ(choose_tier(kAll, "", avx2).tier, Tier::avx2);
  EXPECT_EQ(choose_tier(kAll, "", avx512).tier, Tier::avx512);
  EXPECT_EQ(choose_tier(kAll, "", required_features(Tier::avx512bf16)).tier, Tier::avx512bf16);
  FeatureSet without_vbmi = avx512;
  without_vbmi.add(Feature::avx512bf16);
  without_vbmi.add(Feature::avx512vnni);
  EXPECT_EQ(choose_tier(kAll, "", without_vbmi).tier, Tier::avx512);
  EXPECT_EQ(choose_tier(kAll, "", {Feature::avx2, Feature::fma}).tier, Tier::portable);
}
#endif

TEST(Tiers, AForcedTierIsTakenOrRefusedWithAReason) {
  EXPECT_EQ(choose_tier(kAll, "scalar", machine_features()).tier, Tier::scalar);
  const TierChoice unknown = choose_tier(kAll, "avx1024", machine_features());
  EXPECT_FALSE(unknown.tier);
  EXPECT_NE(unknown.problem.find("unknown tier 'avx1024'; there are scalar, portable"),
            std::string::npos);
  const Tier few[] = {Tier::scalar};
  EXPECT_EQ(choose_tier(few, "portable", {}).problem, "this kernel has no tier 'portable'");
  const TierChoice weak = choose_tier(kAll, "avx2", {});
  EXPECT_EQ(weak.problem, "this machine cannot run tier 'avx2', which needs avx2 fma f16c");
  EXPECT_EQ(choose_tier({}, "", {}).problem, "this machine can run no tier of this kernel");
}

TEST(Tiers, TheEnvironmentForcesByName) {
  ASSERT_EQ(setenv("PERFMODEL_KERNEL_TIER", "portable", 1), 0);
  EXPECT_EQ(forced_tier_name(), "portable");
  ASSERT_EQ(unsetenv("PERFMODEL_KERNEL_TIER"), 0);
  EXPECT_EQ(forced_tier_name(), "");
}

TEST(Features, EachTierAddsToTheOneBelow) {
  // Tiles do without FP16 arithmetic.
  for (const Tier t : kAll) {
    for (const Tier below : kAll) {
      if (below >= t || below == Tier::avx512fp16) continue;
      EXPECT_TRUE(required_features(t).contains(required_features(below)))
          << name_of(t) << ' ' << name_of(below);
    }
  }
  EXPECT_FALSE(required_features(Tier::amx).has(Feature::avx512fp16));
  EXPECT_EQ(machine_features(), machine_features());
}

/// Leaves 1 and 7 of a processor with all of it, bit by bit as the manuals number them.
constexpr ProcessorWords kEverything{1U << 12 | 1U << 27 | 1U << 29,
                                     1U << 5 | 1U << 16 | 1U << 17 | 1U << 30 | 1U << 31,
                                     1U << 1 | 1U << 11,
                                     1U << 22 | 1U << 23 | 1U << 24 | 1U << 25,
                                     1U << 5,
                                     0x600E7};
bool granted() {
  return true;
}
bool denied() {
  return false;
}
bool not_to_be_asked() {
  ADD_FAILURE() << "asked for a state that cannot be";
  return true;
}

TEST(Features, AmxNeedsProcessorSystemAndPermission) {
  const FeatureSet all = features_of(kEverything, granted);
  for (std::size_t i = 0; i < kFeatureCount; ++i)
    EXPECT_TRUE(all.has(static_cast<Feature>(i))) << i;
  // Without the permission everything else stays, and the tier below is taken.
  const FeatureSet rest = features_of(kEverything, denied);
  EXPECT_FALSE(rest.has(Feature::amx_tile) || rest.has(Feature::amx_bf16) ||
               rest.has(Feature::amx_int8));
  EXPECT_TRUE(rest.contains(required_features(Tier::avx512bf16)));
  // The system does not save the tiles: XTILEDATA, bit 18 of XCR0.
  ProcessorWords unsaved = kEverything;
  unsaved.xcr0 = 0x200E7;
  EXPECT_EQ(features_of(unsaved, not_to_be_asked), rest);
  ProcessorWords without = kEverything;
  without.leaf7_edx = 1U << 23;
  EXPECT_EQ(features_of(without, not_to_be_asked), rest);
  // Tiles without their products are of no use.
  ProcessorWords bare = kEverything;
  bare.leaf7_edx &= ~(1U << 22);
  EXPECT_FALSE(features_of(bare, granted).contains(required_features(Tier::amx)));
  ProcessorWords no_xgetbv = kEverything;
  no_xgetbv.leaf1_ecx &= ~(1U << 27);
  EXPECT_EQ(features_of(no_xgetbv, not_to_be_asked), FeatureSet());
  ProcessorWords no_zmm = kEverything;
  no_zmm.xcr0 = 0x60007;
  EXPECT_FALSE(features_of(no_zmm, granted).contains(required_features(Tier::avx512)));
}

TEST(Features, Fp16NeedsProcessorAndSystem) {
  EXPECT_TRUE(features_of(kEverything, denied).contains(required_features(Tier::avx512fp16)));
  // Leaf 7, EDX, bit 23.
  ProcessorWords without = kEverything;
  without.leaf7_edx &= ~(1U << 23);
  const FeatureSet rest = features_of(without, granted);
  EXPECT_FALSE(rest.has(Feature::avx512fp16));
  EXPECT_TRUE(rest.contains(required_features(Tier::amx)));
  // The system does not save the upper halves of the registers, or the upper sixteen.
  for (const std::uint64_t unsaved : {0x40U, 0x80U}) {
    ProcessorWords w = kEverything;
    w.xcr0 &= ~unsaved;
    EXPECT_FALSE(features_of(w, granted).has(Feature::avx512fp16));
  }
  ProcessorWords no_bf16 = kEverything;
  no_bf16.leaf7_1_eax = 0;
  EXPECT_FALSE(features_of(no_bf16, granted).contains(required_features(Tier::avx512fp16)));
}

#if defined(__x86_64__)
TEST(Tiers, Fp16IsTakenByKernelsThatHaveIt) {
  const Tier gemv[] = {Tier::scalar, Tier::avx512, Tier::avx512bf16, Tier::avx512fp16};
  const Tier gemm[] = {Tier::scalar, Tier::avx512, Tier::avx512bf16, Tier::amx};
  const FeatureSet all = features_of(kEverything, granted);
  EXPECT_EQ(choose_tier(gemv, "", all).tier, Tier::avx512fp16);
  EXPECT_EQ(choose_tier(gemm, "", all).tier, Tier::amx);
  EXPECT_EQ(choose_tier(gemv, "avx512", all).tier, Tier::avx512) << "the more exact one, by name";
  EXPECT_EQ(choose_tier(gemm, "avx512fp16", all).problem, "this kernel has no tier 'avx512fp16'");
  ProcessorWords without = kEverything;
  without.leaf7_edx &= ~(1U << 23);
  const FeatureSet rest = features_of(without, granted);
  EXPECT_EQ(choose_tier(gemv, "", rest).tier, Tier::avx512bf16);
  EXPECT_EQ(choose_tier(gemv, "avx512fp16", rest).problem,
            "this machine cannot run tier 'avx512fp16', which needs " +
                to_string(required_features(Tier::avx512fp16)));
  EXPECT_NE(to_string(required_features(Tier::avx512fp16)).find("avx512bf16 avx512fp16"),
            std::string::npos);
}

TEST(Tiers, AmxIsTakenWhereItIsGrantedAndLeftWhereNot) {
  EXPECT_EQ(choose_tier(kAll, "", features_of(kEverything, granted)).tier, Tier::amx);
  EXPECT_EQ(choose_tier(kAll, "", features_of(kEverything, denied)).tier, Tier::avx512fp16);
  const TierChoice forced = choose_tier(kAll, "amx", features_of(kEverything, denied));
  EXPECT_FALSE(forced.tier);
  EXPECT_NE(forced.problem.find("cannot run tier 'amx'"), std::string::npos);
}
#endif

TEST(Descriptors, SayAllThatTheirUsersNeed) {
  std::set<std::string> names;
  for (const Descriptor& d : descriptors()) {
    EXPECT_TRUE(names.insert(d.name).second) << d.name;
    EXPECT_EQ(d.name.substr(0, d.name.find('/')), d.family);
    EXPECT_FALSE(d.summary.empty() || d.shape_meaning.empty() || d.error_reason.empty()) << d.name;
    EXPECT_FALSE(d.tiers.empty() || d.test_shapes.empty()) << d.name;
    for (const Tier t : d.tiers) {
      EXPECT_TRUE(d.max_error_of(t) >= d.max_error && d.max_error_of(t) < 0.1) << d.name;
    }
    EXPECT_EQ(d.max_error_of(Tier::scalar), d.max_error) << d.name;
    EXPECT_LE(d.tiers.front(), Tier::portable) << d.name << " must run everywhere";
    EXPECT_EQ(descriptor_named(d.name), &d);
    for (const auto& shapes : {d.test_shapes, d.benchmark_shapes}) {
      for (const Shape& s : shapes) {
        const Cost c = d.cost(s);
        EXPECT_GE(c.flops.base(), 0.0) << d.name;
        EXPECT_GE(c.memory.base(), 0.0) << d.name;
        EXPECT_GE(c.l1, c.memory) << d.name;
      }
    }
  }
  EXPECT_EQ(descriptor_named("gemv/nothing"), nullptr);
}

}  // namespace
}  // namespace perfmodel::kernels
