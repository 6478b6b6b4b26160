// Cross-validation: what is left out teaches the fit nothing.
#include <set>

#include <gtest/gtest.h>

#include "cli/cross_validation.hpp"
#include "unit/calibrate_support.hpp"

namespace perfmodel::cli {
namespace {

using calibrate::Measurement;

/// Three chips and two models with values as the program itself would predict them, less a tenth.
std::vector<Measurement> small_corpus() {
  std::vector<Measurement> rows;
  for (const std::string chip : {"h100", "h200", "b200"})
    for (const std::string model : {"llama-3.1-8b", "qwen3-8b"})
      for (const double load : {4.0, 32.0}) {
        auto m = test::row(chip, model, 1, load);
        m.decode.tp = 1;
        m.stack = "vllm";
        m.date = chip == "h100" ? "2025-03" : "2026-03";
        m.line = static_cast<int>(rows.size());
        const auto run = test::express(m);
        m.value = 0.9 * *calibrate::value_of(*calibrate::predict(*run, test::typical()), *run,
                                             calibrate::Metric::tpot);
        rows.push_back(std::move(m));
      }
  // One that cannot be expressed.
  auto open = test::row("h100", "llama-3.1-8b", 1, 0);
  open.concurrency.reset();
  open.value = 1;
  rows.push_back(open);
  return rows;
}
CrossValidation by(const std::string& what, const std::vector<std::string>& groups = {}) {
  CrossValidation how;
  how.by = what;
  how.groups = groups;
  how.fit.max_iterations = 3;
  return how;
}

TEST(CrossValidation, PredictsWithoutLookingAtWhatIsLeftOut) {
  const auto rows = small_corpus();
  const auto lines = cross_validate(test::catalog(), rows, by("chip", {"h100"}));
  auto wrong = rows;
  for (auto& m : wrong)
    if (m.chip == "h100") m.value *= 7;
  const auto again = cross_validate(test::catalog(), wrong, by("chip", {"h100"}));
  ASSERT_EQ(lines.size(), 5u);
  ASSERT_EQ(again.size(), lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i)
    EXPECT_EQ(lines[i].predicted, again[i].predicted) << i;
  // The rows that stay do teach it.
  for (auto& m : wrong)
    if (m.chip != "h100") m.value *= 7;
  const auto taught = cross_validate(test::catalog(), wrong, by("chip", {"h100"}));
  EXPECT_GT(taught[0].predicted, lines[0].predicted * 1.01);
}

TEST(CrossValidation, LeavesOutEveryRowOnceInTheirOrder) {
  const auto rows = small_corpus();
  for (const std::string what : {"chip", "llm", "stack"}) {
    SCOPED_TRACE(what);
    std::set<std::string> told;
    auto how = by(what);
    how.progress = [&](const std::string& group, std::size_t number, std::size_t of) {
      EXPECT_LE(number, of);
      told.insert(group);
    };
    const auto lines = cross_validate(test::catalog(), rows, how);
    ASSERT_EQ(lines.size(), rows.size());
    std::set<std::string> groups;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(lines[i].m, &rows[i]);
      EXPECT_NE(lines[i].predicted > 0, !lines[i].skipped.empty());
      groups.insert(lines[i].left_out);
      if (what != "stack") {
        EXPECT_EQ(lines[i].left_out, what == "chip" ? rows[i].chip : rows[i].model);
      }
    }
    EXPECT_FALSE(lines.back().skipped.empty());
    for (const auto& group : told) EXPECT_EQ(groups.count(group), 1u) << group;
  }
}

TEST(CrossValidation, LeavesOutASoftwareWithAllItsYears) {
  const auto rows = small_corpus();
  const auto lines = cross_validate(test::catalog(), rows, by("stack", {"vllm"}));
  ASSERT_EQ(lines.size(), rows.size() - 1);
  for (const auto& l : lines) EXPECT_EQ(l.left_out, "vllm");
  EXPECT_EQ(lines.front().profile, "vllm-2025");
  EXPECT_EQ(lines.back().profile, "vllm-2026");
}

}  // namespace
}  // namespace perfmodel::cli
