// Every kernel, on every tier that this machine can run, forced by name, with one and several
// threads, on every shape of its descriptor: within the error that it states.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <string>

#include "kernels/registry/descriptor.hpp"

namespace perfmodel::kernels {
namespace {

class Kernels : public testing::TestWithParam<const Descriptor*> {};

std::vector<const Descriptor*> all_kernels() {
  std::vector<const Descriptor*> all;
  for (const Descriptor& d : descriptors()) all.push_back(&d);
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, Kernels, testing::ValuesIn(all_kernels()), [](const auto& kernel) {
  std::string name = kernel.param->name;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
});

TEST_P(Kernels, StayWithinTheirStatedErrorOnEveryTier) {
  const Descriptor& kernel = *GetParam();
  Team one(1), three(3);
  std::vector<double> largest(kTierCount);
  for (std::size_t i = 0; i < kernel.test_shapes.size(); ++i) {
    const Shape& s = kernel.test_shapes[i];
    const auto c = kernel.make(s, Purpose::test);
    for (const Tier tier : kernel.tiers) {
      // What a machine cannot run it cannot test; the scalar and the portable tier run everywhere.
      const TierChoice choice = choose_tier(kernel.tiers, name_of(tier));
      if (!choice.tier) continue;
      // The second run goes over the result of the first. Waiting for three threads takes long on a
      // busy machine, so only every third shape has them.
      Team& second = i % 3 == 0 ? three : one;
      for (Team* team : {&one, &second}) {
        c->run({*choice.tier, *team});
        const double error = c->error();
        ASSERT_LE(error, kernel.max_error_of(tier))
            << name_of(tier) << ", " << to_string(s) << ", " << team->size() << " threads";
        double& so_far = largest[static_cast<std::size_t>(tier)];
        so_far = std::max(so_far, error);
      }
    }
  }
  for (std::size_t i = 0; i < kTierCount; ++i) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", largest[i]);
    RecordProperty("largest_error_" + std::string(kTierNames[i]), text);
  }
}

}  // namespace
}  // namespace perfmodel::kernels
