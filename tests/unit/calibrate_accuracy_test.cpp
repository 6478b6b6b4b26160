// The accuracy that results/published shows must not get worse unnoticed, and the files that record
// it say the same wherever they say it.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "calibrate/slices.hpp"
#include "cli/accuracy.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::cli {
namespace {

using cost::LeftOut;

struct Validation {
  std::vector<calibrate::Measurement> rows;
  std::vector<Line> lines;
};
const Validation& validation() {
  static const Validation all = [] {
    const auto& catalog = test::catalog();
    Validation v;
    v.rows = load_measurements(published_files(catalog));
    CatalogLibrary library(catalog);
    v.lines = predict_all(v.rows, StackShelf(catalog, ""), library);
    return v;
  }();
  return all;
}

/// Of all rows, by kind.
std::map<cost::Measured, calibrate::Errors> overall(const std::vector<AccuracyRow>& rows) {
  std::map<cost::Measured, calibrate::Errors> all;
  for (const auto& r : rows)
    if (r.profile.empty()) all[r.kind] = r.errors;
  return all;
}

TEST(Accuracy, MostRowsAreExpressedAndTheOthersSayWhyNot) {
  const auto& lines = validation().lines;
  ASSERT_FALSE(lines.empty());
  std::size_t predicted = 0;
  for (const auto& l : lines) {
    EXPECT_NE(l.predicted > 0, !l.skipped.empty()) << l.m->file << ":" << l.m->line;
    if (l.skipped.empty()) ++predicted;
  }
  EXPECT_GE(static_cast<double>(predicted), 0.8 * static_cast<double>(lines.size()));
}

TEST(Accuracy, IsNoWorseThanRecorded) {
  const auto now = overall(accuracy_of(validation().lines));
  const auto recorded = overall(recorded_accuracy(test::catalog(), LeftOut::nothing));
  ASSERT_EQ(recorded.size(), cost::kMeasuredNames.size());
  const char* hint =
      ": if the change is meant, run perfmodel validate --summary results/accuracy/in_sample.csv";
  for (const auto& [kind, was] : recorded) {
    ASSERT_EQ(now.count(kind), 1u) << name_of(kind);
    const auto& is = now.at(kind);
    EXPECT_LE(is.median, was.median + 0.01) << name_of(kind) << hint;
    EXPECT_LE(is.mean, was.mean + 0.02) << name_of(kind) << hint;
    EXPECT_LE(is.p90, was.p90 + 0.04) << name_of(kind) << hint;
    // Rows that stopped being predicted are not an improvement.
    EXPECT_GE(static_cast<double>(is.count), 0.98 * static_cast<double>(was.count))
        << name_of(kind) << hint;
  }
}

/// Left-out rows are the rows of the sample, and nothing is predicted better for never having been
/// seen: over all kinds of numbers, some noise allowed.
TEST(Accuracy, OfLeftOutRowsIsOfTheSameRowsAndNoBetter) {
  const auto seen = overall(recorded_accuracy(test::catalog(), LeftOut::nothing));
  for (const auto left_out : {LeftOut::chip, LeftOut::llm, LeftOut::stack}) {
    SCOPED_TRACE(name_of(left_out));
    const auto unseen = overall(recorded_accuracy(test::catalog(), left_out));
    ASSERT_EQ(unseen.size(), seen.size());
    double ratio = 0;
    for (const auto& [kind, e] : unseen) {
      EXPECT_NEAR(static_cast<double>(e.count), static_cast<double>(seen.at(kind).count),
                  0.02 * static_cast<double>(e.count))
          << name_of(kind);
      ratio += std::log(e.median / seen.at(kind).median);
    }
    EXPECT_GT(ratio, 0);
  }
}

TEST(Accuracy, OfAllRowsIsThatOfTheProfilesTogether) {
  for (const auto left_out : {LeftOut::nothing, LeftOut::chip, LeftOut::llm, LeftOut::stack}) {
    SCOPED_TRACE(name_of(left_out));
    std::map<cost::Measured, std::size_t> all, parts;
    for (const auto& r : recorded_accuracy(test::catalog(), left_out))
      (r.profile.empty() ? all : parts)[r.kind] += r.errors.count;
    EXPECT_EQ(all, parts);
  }
}

/// The profiles' own files and results/accuracy tell one story.
TEST(Accuracy, InTheProfilesIsWhatIsRecorded) {
  const auto& catalog = test::catalog();
  std::size_t compared = 0;
  const auto compare = [&](const std::string& profile, LeftOut left_out, const AccuracyRow& row) {
    for (const auto& r : catalog.stack(profile).residual) {
      if (r.left_out != left_out || r.of != row.kind) continue;
      const auto& e = row.errors;
      EXPECT_EQ(static_cast<std::size_t>(r.rows), e.count) << profile;
      EXPECT_NEAR(r.median, e.median, 0.0005 + 0.006 * e.median) << profile;
      EXPECT_NEAR(r.p90, e.p90, 0.0005 + 0.006 * e.p90) << profile;
      EXPECT_NEAR(r.bias, e.bias, 0.0005 + 0.006 * e.bias) << profile;
      ++compared;
      return;
    }
    ADD_FAILURE() << profile << " lacks " << name_of(left_out) << " " << name_of(row.kind)
                  << ": perfmodel calibrate --keep -o configs/stacks";
  };
  for (const auto left_out : {LeftOut::chip, LeftOut::llm})
    for (const auto& row : recorded_accuracy(catalog, left_out))
      if (!row.profile.empty() && row.profile != "typical") compare(row.profile, left_out, row);
  for (const auto& row : recorded_accuracy(catalog, LeftOut::stack))
    if (row.profile.empty()) compare("typical", LeftOut::stack, row);
  EXPECT_GT(compared, 50u);
}

TEST(AccuracyFile, ReadsBackTheSame) {
  const auto rows = accuracy_of(validation().lines);
  spec::Diagnostics d;
  const auto text = accuracy_csv(rows);
  const auto back = read_accuracy(text, "a.csv", d);
  ASSERT_TRUE(d.empty()) << d.to_string();
  ASSERT_EQ(back.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(back[i].profile, rows[i].profile);
    EXPECT_EQ(back[i].kind, rows[i].kind);
    EXPECT_EQ(back[i].errors.count, rows[i].errors.count);
    EXPECT_NEAR(back[i].errors.median, rows[i].errors.median, 5e-5);
    EXPECT_NEAR(back[i].errors.rank, rows[i].errors.rank, 5e-5);
  }
  EXPECT_EQ(accuracy_csv(back), text);
}

TEST(AccuracyFile, RefusesWhatItIsNot) {
  const auto problems = [](const std::string& text) {
    spec::Diagnostics d;
    EXPECT_TRUE(read_accuracy(text, "a.csv", d).empty() || !d.empty()) << text;
    return d.to_string();
  };
  const std::string header = "scope,name,kind,title,rows,median,mean,p90,bias,rank\r\n";
  EXPECT_NE(problems("").find("no header"), std::string::npos);
  EXPECT_NE(problems("a,b\r\n").find("is no summary of accuracy"), std::string::npos);
  EXPECT_NE(problems(header + "all,,tpto,T,1,0.1,0.1,0.1,1,1\r\n").find("did you mean 'tpot'?"),
            std::string::npos);
  EXPECT_NE(problems(header + "all,,tpot,T,1,x,0.1,0.1,1,1\r\n").find("a.csv:2:1: median: 'x'"),
            std::string::npos);
}

}  // namespace
}  // namespace perfmodel::cli
