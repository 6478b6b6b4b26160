// Features, tiers and descriptors: what may run where, and what is said when it may not.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "kernels/registry/descriptor.hpp"

namespace perfmodel::kernels {
namespace {

const Tier kAll[] = {Tier::scalar, Tier::portable,   Tier::avx2,
                     Tier::avx512, Tier::avx512bf16, Tier::amx};

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
  for (std::size_t i = 1; i < kTierCount; ++i)
    EXPECT_TRUE(required_features(kAll[i]).contains(required_features(kAll[i - 1])));
  EXPECT_EQ(machine_features(), machine_features());
}

TEST(Descriptors, SayAllThatTheirUsersNeed) {
  std::set<std::string> names;
  for (const Descriptor& d : descriptors()) {
    EXPECT_TRUE(names.insert(d.name).second) << d.name;
    EXPECT_EQ(d.name.substr(0, d.name.find('/')), d.family);
    EXPECT_FALSE(d.summary.empty() || d.shape_meaning.empty() || d.error_reason.empty()) << d.name;
    EXPECT_FALSE(d.tiers.empty() || d.test_shapes.empty()) << d.name;
    EXPECT_TRUE(d.max_error >= 0 && d.max_error < 0.1) << d.name;
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
