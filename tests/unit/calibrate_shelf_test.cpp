// Which profile a measured row takes.
#include <gtest/gtest.h>

#include "unit/calibrate_support.hpp"

namespace perfmodel::cli {
namespace {

const StackShelf& shelf() {
  static const StackShelf s(test::catalog(), "");
  return s;
}
std::string profile(const std::string& chip, const std::string& stack, const std::string& date) {
  auto m = test::row(chip, "deepseek-r1", 8, 64);
  m.stack = stack;
  m.date = date;
  return shelf().for_row(m).id;
}

TEST(Shelf, TakesTheProfileFittedToTheRowsSoftwareAndYear) {
  EXPECT_EQ(profile("h200", "trtllm", "2025-11-02"), "trtllm-2025");
  EXPECT_EQ(profile("h200", "trtllm", "2026-01-02"), "trtllm-2026");
  EXPECT_EQ(profile("h200", "sglang", "2025-12-31"), "sglang-2025");
  // The same name for another code base.
  EXPECT_EQ(profile("ascend910c", "SGLang", "2025-12-31"), "sglang-ascend-2025");
}

TEST(Shelf, TakesTheNearestDateWhereTheYearHasNone) {
  EXPECT_EQ(profile("h200", "trtllm", "2023-05"), "trtllm-2024");
  EXPECT_EQ(profile("mi355x", "atom", "2025-03"), "atom-2026");
  EXPECT_EQ(profile("h200", "an engine of one's own", "2026-03"), "typical");
  EXPECT_EQ(profile("h200", "", ""), "typical");
}

/// A profile is judged by the rows that made it.
TEST(Shelf, GivesEveryPublishedRowTheProfileThatItInformed) {
  for (const auto& m : load_measurements(published_files(test::catalog())))
    EXPECT_EQ(shelf().for_row(m).id, StackShelf::profile_name(m)) << m.file << ":" << m.line;
}

}  // namespace
}  // namespace perfmodel::cli
