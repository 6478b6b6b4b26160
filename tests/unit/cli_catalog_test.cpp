// The catalog remembers what it read, and an override is not remembered.
#include <gtest/gtest.h>

#include "cli/errors.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::cli {
namespace {

double bandwidth(const Catalog& catalog, const std::vector<Override>& overrides = {}) {
  return catalog.chip("h100", overrides).memory_bandwidth->value.base();
}

TEST(Catalog, ForgetsAnOverride) {
  const Catalog catalog(PERFMODEL_CONFIG_DIR);
  const double plain = bandwidth(catalog);
  const std::vector<Override> faster = {{"chip.memory.bandwidth", "9 TB/s"}};
  EXPECT_EQ(bandwidth(catalog, faster), 9e12);
  EXPECT_EQ(bandwidth(catalog), plain);
  EXPECT_EQ(bandwidth(catalog, faster), 9e12);
  // Of another kind: nothing to do with the chip.
  EXPECT_EQ(bandwidth(catalog, {{"llm.hidden", "8"}}), plain);
}

TEST(Catalog, RefusesABadOverrideOfWhatItKnows) {
  const Catalog catalog(PERFMODEL_CONFIG_DIR);
  bandwidth(catalog);
  EXPECT_THROW(bandwidth(catalog, {{"chip.memory.bandwidth", "9 kg"}}), UsageError);
  EXPECT_THROW(catalog.chip("h10x"), UsageError);
  EXPECT_THROW(catalog.chip("h10x"), UsageError);
}

}  // namespace
}  // namespace perfmodel::cli
