// Coverage of intervals: what is counted, and that a group's own rows do not inform its intervals.
#include <gtest/gtest.h>

#include <cmath>

#include "cli/coverage.hpp"

namespace perfmodel::cli {
namespace {

class Coverage : public ::testing::Test {
 protected:
  /// `rows` numbers of a group, each off by the factors in turn.
  void add(const std::string& group, int rows, std::vector<double> factors) {
    for (int i = 0; i < rows; ++i) {
      auto& m = measured_.emplace_back();
      m.chip = group;
      m.mode = calibrate::Mode::aggregated;
      m.metric = calibrate::Metric::tpot;
      m.value = 10;
      lines_.push_back({});
      lines_.back().profile = "vllm-2026";
      lines_.back().left_out = group;
      lines_.back().predicted = m.value * factors[static_cast<std::size_t>(i) % factors.size()];
    }
  }
  std::vector<Interval> run() {
    for (std::size_t i = 0; i < lines_.size(); ++i) lines_[i].m = &measured_[i];
    return intervals_of(lines_);
  }
  std::vector<calibrate::Measurement> measured_;
  std::vector<Line> lines_;
};

TEST_F(Coverage, AGroupIsJudgedByTheErrorsOfOthers) {
  add("exact", 40, {1.01, 0.99, 1.02, 0.98});
  add("poor", 40, {2.0, 0.5});
  for (const auto& i : run()) {
    const bool poor = i.line->left_out == "poor";
    EXPECT_EQ(i.inside(0.95), !poor) << i.line->left_out;
    EXPECT_EQ(i.half < 0.1, poor);
  }
}

TEST_F(Coverage, OneGroupIsJudgedByItself) {
  add("", 100, {1.1, 0.9, 1.2, 0.8, 1.05, 0.95, 1.3, 0.7, 1.02, 0.98});
  std::size_t inside = 0;
  for (const auto& i : run()) inside += i.inside(0.8) ? 1 : 0;
  EXPECT_GE(inside, 70U);
  EXPECT_LE(inside, 90U);
  const auto text = coverage_tables(run(), groupings_of("chip"));
  EXPECT_NE(text.find("100"), std::string::npos);
}

TEST_F(Coverage, SkippedNumbersHaveNoInterval) {
  add("a", 3, {1.1});
  lines_[1].skipped = "no such chip";
  EXPECT_EQ(run().size(), 2U);
  EXPECT_EQ(coverage_tables({}, {}), "no measured number has an interval\n");
}

TEST_F(Coverage, CsvHasTheEndsOfEveryInterval) {
  add("a", 20, {1.1, 0.9});
  const auto all = run();
  const auto csv = coverage_csv(all);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 21);
  EXPECT_NE(csv.find("low_80,high_80,inside_80"), std::string::npos);
}

}  // namespace
}  // namespace perfmodel::cli
