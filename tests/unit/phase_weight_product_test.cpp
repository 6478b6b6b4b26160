// A product of weights in a format on a chip: against hand-made times, and what stands in for types
// that the chip lacks.
#include <gtest/gtest.h>

#include "phase/weight_product.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::phase {
namespace {

using spec::Compute;
using spec::Storage;

/// The types of the round machine, 100 and 200 TFLOP/s.
hw::Chip chip_with(std::initializer_list<Compute> types) {
  hw::Chip chip;
  chip.id = "gadget";
  for (const auto c : types) {
    auto& peak = chip.matrix[spec::index(c)];
    peak.emplace();
    peak->value = OpRate::from_base(100e12);
  }
  return chip;
}

constexpr ProductSize kDecode{.rows = 1, .columns = 8192, .depth = 8192};
constexpr ProductSize kPrefill{.rows = 4096, .columns = 8192, .depth = 8192};

TEST(WeightProduct, OfOneRowReadsTheWeightsAndOfManyMultiplies) {
  const auto m = test::round_machine();
  const auto chip = chip_with({Compute::bf16, Compute::fp8, Compute::int8});
  const auto narrow = weight_product(m, chip, Storage::fp8, kDecode);
  const auto wide = weight_product(m, chip, Storage::bf16, kDecode);
  ASSERT_TRUE(narrow && wide);
  EXPECT_EQ(narrow->bound, cost::Bound::memory);
  // 64 Mi elements at 1 TB/s, and 0.02 % for a row in and out.
  EXPECT_NEAR(wide->time.base(), 8192.0 * 8192 * 2 / 1e12, 1e-6);
  EXPECT_NEAR(narrow->time / wide->time, 0.5, 0.01);
  const auto many = weight_product(m, chip, Storage::fp8, kPrefill);
  ASSERT_TRUE(many);
  EXPECT_EQ(many->bound, cost::Bound::compute);
  EXPECT_NEAR(many->time.base(), 2.0 * 4096 * 8192 * 8192 / 200e12, 1e-9);
  EXPECT_EQ(many->fallback, "");
}

TEST(WeightProduct, SaysWhatStandsIn) {
  const auto m = test::round_machine();
  const auto int8_only = chip_with({Compute::bf16, Compute::int8});
  const auto requantised = weight_product(m, int8_only, Storage::fp8_block, kPrefill);
  ASSERT_TRUE(requantised);
  EXPECT_EQ(requantised->compute, Compute::int8);
  EXPECT_EQ(requantised->fallback, "requantised to int8");
  const auto widened = weight_product(m, chip_with({Compute::bf16}), Storage::fp8, kPrefill);
  ASSERT_TRUE(widened);
  EXPECT_EQ(widened->fallback, "weights widened to bf16");
  const auto wide = weight_product(m, chip_with({Compute::bf16}), Storage::bf16, kPrefill);
  // No faster than 16 bits where 16 bits multiply.
  EXPECT_GE(widened->time.base(), wide->time.base() * 0.999);
  const auto none = weight_product(m, chip_with({}), Storage::fp8, kPrefill);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().reason.find("gadget has no type"), std::string::npos);
}

TEST(WeightProduct, FallsBackOnChipsAsTheirSheetsSay) {
  const auto& c = test::catalog();
  const auto how = [&](const char* chip, Storage s) {
    const auto choice = mapping::compute_for(s, c.chip(chip), mapping::Fallback::automatic);
    return choice ? choice->how : "nothing";
  };
  EXPECT_EQ(how("ascend910c", Storage::fp8_block), "requantised to int8");
  EXPECT_EQ(how("ascend950dt", Storage::fp8_block), "");
  EXPECT_EQ(how("ascend950dt", Storage::mxfp4), "");
  EXPECT_EQ(how("h200", Storage::mxfp4), "weights widened to fp8");
}

}  // namespace
}  // namespace perfmodel::phase
