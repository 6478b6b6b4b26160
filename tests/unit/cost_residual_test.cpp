// Residuals of profiles: read from their files, and the same as the measurements show.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "calibrate/slices.hpp"
#include "cli/profiles.hpp"
#include "cli/stack_yaml.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::cost {
namespace {

struct Read {
  std::vector<Residual> residual;
  std::string problems;
};
Read read(const std::string& text) {
  spec::Diagnostics diagnostics;
  const auto document = spec::parse_document(text, "s.yaml", diagnostics);
  spec::Context context(document, "stack", diagnostics);
  spec::MapReader root(document.root, "", context);
  Read r;
  r.residual = read_residuals(root);
  root.finish();
  r.problems = diagnostics.to_string();
  return r;
}

TEST(Residual, IsReadByWhatWasLeftOutAndKind) {
  const auto [residual, problems] = read(
      "residual:\n"
      "  left_out_chip: {tpot: {rows: 7, median: 0.2, p90: 0.5, bias: 0.9}}\n"
      "  in_sample:\n"
      "    ttft: {rows: 2, median: 0.5, p90: 2, bias: 1.4}\n"
      "    tpot: {rows: 312, median: 0.09, p90: 0.27, bias: 1.02}\n");
  EXPECT_EQ(problems, "");
  ASSERT_EQ(residual.size(), 3u);
  // In the program's order, whatever the file's.
  EXPECT_EQ(residual[0].of, Measured::tpot);
  EXPECT_EQ(residual[0].left_out, LeftOut::nothing);
  EXPECT_EQ(residual[0].rows, 312);
  EXPECT_EQ(residual[0].median, 0.09);
  EXPECT_EQ(residual[0].p90, 0.27);
  EXPECT_EQ(residual[0].bias, 1.02);
  EXPECT_EQ(residual[1].of, Measured::ttft);
  EXPECT_EQ(residual[2].left_out, LeftOut::chip);
  EXPECT_TRUE(read("{}").residual.empty());
}

TEST(Residual, RefusesWhatCannotBe) {
  const auto problem = [](const std::string& text, const std::string& says) {
    EXPECT_NE(read("residual: " + text).problems.find(says), std::string::npos)
        << text << "\n"
        << read("residual: " + text).problems;
  };
  problem("{in_sampel: {}}", "in_sample");
  problem("{in_sample: {tpto: {rows: 1, median: 0, p90: 0, bias: 1}}}", "tpot");
  problem("{in_sample: {tpot: {rows: 1, median: 0, p90: 0}}}", "bias");
  problem("{in_sample: {tpot: {rows: 0, median: 0, p90: 0, bias: 1}}}", "rows");
  problem("{in_sample: {tpot: {rows: 1, median: -1, p90: 0, bias: 1}}}", "median");
  problem("{in_sample: {tpot: {rows: 1, median: 0.3, p90: 0.2, bias: 1}}}", "is below the median");
  problem("{in_sample: {tpot: {rows: 1, median: 0.3, p90: 0.4, bias: 1, mean: 1}}}", "mean");
}

TEST(Residual, IsReplacedInAFileThatStaysAsItIs) {
  const Residual one{LeftOut::nothing, Measured::tpot, 3, 0.1, 0.2, 1};
  const std::string hand = "# by hand\nstack: x\nnotes:\n  - residual: no\n";
  const auto once = cli::with_residual(hand, {one});
  EXPECT_EQ(once, hand +
                      "residual:\n  in_sample:\n"
                      "    tpot: {rows: 3, median: 0.1, p90: 0.2, bias: 1}\n");
  EXPECT_EQ(cli::with_residual(once, {one}), once);
  EXPECT_EQ(cli::with_residual(once, {}), hand);
  // Wherever the block stands, and without an end of the last line.
  EXPECT_EQ(cli::with_residual("residual:\n  in_sample: {}\nstack: x", {}), "stack: x\n");
}

TEST(Slices, AreTheKindsOfNumbersInTheirOrder) {
  std::set<std::string_view> titles;
  ASSERT_EQ(calibrate::slices().size(), kMeasuredNames.size());
  for (std::size_t i = 0; i < kMeasuredNames.size(); ++i) {
    EXPECT_EQ(calibrate::slices()[i].of, static_cast<Measured>(i));
    titles.insert(calibrate::slices()[i].title);
  }
  EXPECT_EQ(titles.size(), kMeasuredNames.size());
}

const std::vector<Residual>* in_sample_of(const cli::Residuals& all, const std::string& id) {
  const auto at = all.find(id);
  return at == all.end() ? nullptr : &at->second;
}

/// What the files say of themselves is what the measurements say of them.
TEST(Residual, OfTheConfigsIsThatOfTheMeasurements) {
  const auto& catalog = test::catalog();
  const auto rows = cli::load_measurements(cli::published_files(catalog));
  const auto now = cli::residuals_of_configs(catalog, rows);
  const char* hint = "if the change is meant: perfmodel calibrate --keep -o configs/stacks";
  for (const auto& id : catalog.ids(*cli::find_kind("stack"))) {
    SCOPED_TRACE(id);
    auto recorded = catalog.stack(id).residual;
    std::erase_if(recorded, [](const auto& r) { return r.left_out != LeftOut::nothing; });
    const auto* measured = in_sample_of(now, id);
    if (measured == nullptr) {
      EXPECT_TRUE(recorded.empty()) << "no measurement takes this profile";
      continue;
    }
    ASSERT_EQ(recorded.size(), measured->size()) << hint;
    for (std::size_t i = 0; i < recorded.size(); ++i) {
      const auto& was = recorded[i];
      const auto& is = (*measured)[i];
      EXPECT_EQ(was.of, is.of) << hint;
      EXPECT_EQ(was.rows, is.rows) << name_of(is.of) << ": " << hint;
      EXPECT_NEAR(was.median, is.median, 0.01 + 0.02 * is.median) << name_of(is.of) << hint;
      EXPECT_NEAR(was.p90, is.p90, 0.01 + 0.02 * is.p90) << name_of(is.of) << hint;
      EXPECT_NEAR(was.bias, is.bias, 0.01 + 0.02 * is.bias) << name_of(is.of) << hint;
    }
  }
}

/// `typical` stands for all software, so it was held against more numbers than any profile, and
/// does no better than the profiles do together.
TEST(Residual, OfTypicalCoversAllSoftware) {
  const auto& catalog = test::catalog();
  const auto tpot = [&](const std::string& id) {
    for (const auto& r : catalog.stack(id).residual)
      if (r.of == Measured::tpot && r.left_out == LeftOut::nothing) return r;
    return Residual{};
  };
  long rows = 0;
  double weighted = 0;
  for (const auto& id : catalog.ids(*cli::find_kind("stack"))) {
    if (id == "typical") continue;
    const auto r = tpot(id);
    rows += r.rows;
    weighted += static_cast<double>(r.rows) * r.median;
  }
  EXPECT_GE(tpot("typical").rows, rows);
  EXPECT_GT(tpot("typical").median, weighted / static_cast<double>(rows));
  EXPECT_TRUE(catalog.stack("ceiling").residual.empty());
}

}  // namespace
}  // namespace perfmodel::cost
