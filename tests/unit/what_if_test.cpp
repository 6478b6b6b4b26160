// What-ifs on hardware: what they scale, and what cannot be.
#include <gtest/gtest.h>

#include "engine_support.hpp"
#include "hw/what_if.hpp"

namespace perfmodel::hw {
namespace {

Memory read_memory_file(const std::string& kind) {
  return test::catalog().memory(kind);
}

WhatIf what_if(std::initializer_list<std::pair<const char*, const char*>> changes) {
  WhatIf w;
  for (const auto& [name, value] : changes) EXPECT_EQ(set(w, name, value), "") << name;
  return w;
}

spec::Outcome<Changed> changed_910c(const WhatIf& w) {
  const auto system = test::catalog().system("cloudmatrix384");
  return changed(test::catalog().chip("ascend910c"), system, w, read_memory_file);
}

TEST(WhatIf, StacksBringCapacityAndBandwidthTogether) {
  const auto r = changed_910c(what_if({{"memory", "hbm3-cxmt:8"}}));
  ASSERT_TRUE(r) << r.error().reason;
  const auto memory = read_memory_file("hbm3-cxmt");
  EXPECT_EQ(r->chip.memory_capacity->value, memory.stack_capacity.value * 8);
  EXPECT_EQ(r->chip.memory_bandwidth->value, memory.stack_bandwidth.value * 8);
  EXPECT_EQ(r->chip.memory_kind, "hbm3-cxmt");
  ASSERT_EQ(r->lines.size(), 1u);
  EXPECT_EQ(r->lines[0], "chip.memory = 8 stacks of hbm3-cxmt");
}

TEST(WhatIf, MoreStacksThanThePackageHoldsAreRefused) {
  const auto r = changed_910c(what_if({{"memory", "hbm3:9"}}));
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().reason,
            "memory: 9 stacks of hbm3 are more than the 8 that the package of ascend910c holds");
  EXPECT_EQ(r.error().nearest, "hbm3:8");
  EXPECT_TRUE(changed_910c(what_if({{"memory", "hbm3:16"}, {"dies", "4"}}))) << "two more dies";
}

TEST(WhatIf, SaysWhereNobodyKnowsHowManyStacksThereAre) {
  const auto r = changed(test::catalog().chip("h20"), test::catalog().system("hgx-h20"),
                         what_if({{"memory", "hbm3e:6"}}), read_memory_file);
  ASSERT_TRUE(r);
  EXPECT_NE(r->lines[0].find("not published"), std::string::npos);
}

TEST(WhatIf, DiesScaleWhatIsOnThemAndNotTheLinks) {
  const auto before = test::catalog().chip("ascend910c");
  const auto r = changed_910c(what_if({{"dies", "4"}}));
  ASSERT_TRUE(r);
  const auto& c = r->chip;
  EXPECT_EQ(c.dies, 4);
  EXPECT_EQ(c.devices, 4);
  EXPECT_EQ(*c.memory_stacks, 16);
  EXPECT_EQ(c.peak(spec::Compute::fp16)->value, before.peak(spec::Compute::fp16)->value * 2);
  EXPECT_EQ(c.vector_fp32->value, before.vector_fp32->value * 2);
  EXPECT_EQ(c.memory_bandwidth->value, before.memory_bandwidth->value * 2);
  EXPECT_EQ(c.cache->value, before.cache->value * 2);
  EXPECT_EQ(c.tdp->value, before.tdp->value * 2);
  EXPECT_EQ(c.link_scale_up->value, before.link_scale_up->value);
}

TEST(WhatIf, AClockScalesRatesAndPower) {
  const auto before = test::catalog().chip("ascend910c");
  const auto by = changed_910c(what_if({{"clock", "1.2x"}}));
  ASSERT_TRUE(by);
  EXPECT_NEAR(by->chip.peak(spec::Compute::int8)->value / before.peak(spec::Compute::int8)->value,
              1.2, 1e-12);
  EXPECT_NEAR(by->chip.tdp->value / before.tdp->value, 1.2, 1e-12);
  EXPECT_EQ(by->chip.memory_bandwidth->value, before.memory_bandwidth->value);
  const auto to = changed_910c(what_if({{"clock", "2.7 GHz"}}));
  ASSERT_TRUE(to);
  EXPECT_NEAR(to->chip.peak(spec::Compute::fp16)->value / before.peak(spec::Compute::fp16)->value,
              2.7 / (before.clock->value.base() / 1e9), 1e-12);
}

TEST(WhatIf, ANativeTypeRunsAtTwiceTheSixteenBitRateAndSaysSo) {
  const auto before = test::catalog().chip("ascend910c");
  const auto r = changed_910c(what_if({{"native", "fp8:fp4"}}));
  ASSERT_TRUE(r);
  const auto& fp8 = r->chip.peak(spec::Compute::fp8);
  ASSERT_TRUE(fp8);
  EXPECT_EQ(fp8->value, before.peak(spec::Compute::fp16)->value * 2);
  EXPECT_EQ(r->chip.peak(spec::Compute::fp4)->value, before.peak(spec::Compute::fp16)->value * 4);
  EXPECT_EQ(fp8->grade, spec::Grade::assumed);
  EXPECT_FALSE(r->chip.absent[spec::index(spec::Compute::fp8)]);
  EXPECT_NE(r->lines[0].find("assumed"), std::string::npos);
}

TEST(WhatIf, LinksAllScaleAlike) {
  const auto before = test::catalog().system("cloudmatrix384");
  const auto r = changed_910c(what_if({{"link-scale", "0.5"}}));
  ASSERT_TRUE(r);
  for (std::size_t i = 0; i < before.tiers.size(); ++i)
    EXPECT_EQ(r->system.tiers[i].bandwidth->value, before.tiers[i].bandwidth->value * 0.5);
  EXPECT_EQ(r->system.scale_out->bandwidth->value, before.scale_out->bandwidth->value * 0.5);
}

TEST(WhatIf, RefusesWhatCannotBe) {
  const auto reason = [](const WhatIf& w) {
    const auto r = changed_910c(w);
    return r ? std::string() : r.error().reason;
  };
  EXPECT_NE(reason(what_if({{"native", "int8"}})).find("multiplies int8 already"),
            std::string::npos);
  auto bare = test::catalog().chip("h800");
  const auto clock = changed(bare, test::catalog().system("hgx-h800"),
                             what_if({{"clock", "2 GHz"}}), read_memory_file);
  ASSERT_FALSE(clock);
  EXPECT_EQ(clock.error().reason, "clock: the clock of h800 is not published");
  bare.memory_bandwidth.reset();
  const auto bandwidth = changed(bare, test::catalog().system("hgx-h800"),
                                 what_if({{"memory-bandwidth", "2x"}}), read_memory_file);
  ASSERT_FALSE(bandwidth);
  bare.matrix = {};
  EXPECT_FALSE(changed(bare, test::catalog().system("hgx-h800"), what_if({{"native", "fp4"}}),
                       read_memory_file));
  auto uneven = test::catalog().chip("ascend950dt");
  uneven.dies = 3;
  EXPECT_FALSE(changed(uneven, test::catalog().system("generic-8"), what_if({{"dies", "2"}}),
                       read_memory_file))
      << "four stacks over three dies";
}

TEST(WhatIf, WordsAreCheckedOneByOne) {
  const auto wrong = [](const char* name, const char* value) {
    WhatIf w;
    return set(w, name, value);
  };
  EXPECT_EQ(wrong("memory", "hbm3e"), "'hbm3e' is not KIND:STACKS, as in hbm3e:8");
  EXPECT_NE(wrong("memory-bandwidth", "fast"), "");
  EXPECT_NE(wrong("memory-bandwidth", "4.8 TB").find("factor is written 1.5x"), std::string::npos);
  EXPECT_NE(wrong("memory-bandwidth", "0x").find("no factor"), std::string::npos);
  EXPECT_NE(wrong("link-scale", "-1").find("no factor"), std::string::npos);
  EXPECT_NE(wrong("clock", "1e9x").find("no factor"), std::string::npos);
  EXPECT_EQ(wrong("dies", "2.5"), "'2.5' is no number of dies from 1 to 16");
  EXPECT_NE(wrong("native", "fp9").find("fp8"), std::string::npos);
  EXPECT_NE(wrong("native", "fp8:fp8").find("twice"), std::string::npos);
  EXPECT_NE(wrong("native", "").find("names no type"), std::string::npos);
  EXPECT_NE(wrong("die", "2").find("did you mean 'dies'?"), std::string::npos);
  EXPECT_NE(contradiction(what_if({{"memory", "hbm3e:8"}, {"memory-bandwidth", "2x"}})), "");
  EXPECT_EQ(contradiction(what_if({{"memory", "hbm3e:8"}, {"clock", "2x"}})), "");
}

}  // namespace
}  // namespace perfmodel::hw
