// `validate` and `calibrate` as a user runs them: what they refuse, and what validate answers.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>

#include <gtest/gtest.h>

#include "program.hpp"

namespace perfmodel::black_box {
namespace {

namespace fs = std::filesystem;

const fs::path kPublished = fs::path(PERFMODEL_CONFIG_DIR) / ".." / "results" / "published";

/// Header and the first record of a published file.
std::string small_table() {
  const auto text = slurp(kPublished / "offline_gpu.csv");
  std::size_t end = 0;
  for (int line = 0; line < 2; ++line) end = text.find('\n', end) + 1;
  return text.substr(0, end);
}

class Command : public ::testing::TestWithParam<std::string> {
 protected:
  /// Runs the command on a file of this text.
  black_box::Run on(const std::string& text, const Words& more = {}) {
    spill(scratch_ / "rows.csv", text);
    return run(with({GetParam(), "--data", (scratch_ / "rows.csv").string()}, more));
  }
  Scratch scratch_;
};

TEST_P(Command, RefusesFilesThatAreNotThere) {
  expect_refusal(run({GetParam(), "--data", "/nowhere/rows.csv"}),
                 {"cannot read '/nowhere/rows.csv'"});
  expect_refusal(run({GetParam(), "--data", scratch_.path().string()}), {});
  expect_refusal(run({GetParam(), "--data", ""}), {"--data", "empty"});
  expect_refusal(run({"--configs", "/nowhere", GetParam()}), {"/nowhere"});
}

TEST_P(Command, NamesFileAndLineOfBadRows) {
  const auto table = small_table();
  expect_refusal(on(""), {"rows.csv:1:1: has no header line"});
  expect_refusal(on("a,b\n1,2\n"),
                 {"rows.csv:1:1: unknown column 'a'", "column 'chip' is missing"});
  expect_refusal(on(table + "1,2\r\n"), {"rows.csv:3:1: has 2 fields where the header has 38"});
  expect_refusal(on(table + "x\"y\r\n"), {"rows.csv:3:1: bad quoting"});
  expect_refusal(on(table + std::string(1, '\0')), {"rows.csv:3:1: contains a NUL byte"});
  auto bad = table;
  bad.replace(bad.find("input_len"), 9, "input_lan");
  expect_refusal(on(bad), {"unknown column 'input_lan' (did you mean 'input_len'?)"});
  // Every file's problems are told at once.
  spill(scratch_ / "more.csv", "");
  expect_refusal(on("", {"--data", (scratch_ / "more.csv").string()}),
                 {"rows.csv:1", "more.csv:1"});
}

INSTANTIATE_TEST_SUITE_P(Both, Command, ::testing::Values("validate", "calibrate"),
                         [](const auto& i) { return i.param; });

TEST(Validate, RefusesUnknownWords) {
  expect_refusal(run({"validate", "--by", "modell"}),
                 {"--by: unknown group 'modell'", "did you mean 'model'?"});
  expect_refusal(run({"validate", "--by", "chip,modes"}), {"'modes'", "did you mean 'mode'?"});
  expect_refusal(run({"validate", "--by", "zzzzzzzz"}), {"one of metric, mode, chip"});
  expect_refusal(run({"validate", "--by", "chip,"}), {"unknown group ''"});
  expect_refusal(run({"validate", "--by", ""}), {"--by", "empty"});
  expect_refusal(run({"validate", "--stack", "vllm-2062"}),
                 {"unknown stack 'vllm-2062'", "did you mean"});
  expect_refusal(run({"validate", "--format", "jsn"}), {"--format"});
  expect_refusal(run({"validate", "--bye", "chip"}),
                 {"unknown option '--bye'", "did you mean '--by'?"});
  expect_refusal(run({"validate", "-o", "/nowhere/table"}), {"/nowhere/table"});
}

TEST(Validate, RefusesToLeaveOutWhatIsNotThere) {
  expect_refusal(run({"validate", "--cross-validate", "chips"}), {"--cross-validate"});
  expect_refusal(run({"validate", "--cross-validate", "chip", "--leave-out", "h10"}),
                 {"--leave-out: no measurement of chip 'h10'", "did you mean"});
  expect_refusal(run({"validate", "--cross-validate", "stack", "--leave-out", "zzzzzzzzz"}),
                 {"one of", "trtllm"});
  expect_refusal(run({"validate", "--leave-out", "h100"}), {"--leave-out", "--cross-validate"});
  expect_refusal(run({"validate", "--iterations", "3"}), {"--iterations", "--cross-validate"});
  expect_refusal(run({"validate", "--cross-validate", "chip", "--stack", "typical"}),
                 {"--cross-validate", "--stack"});
}

/// One group and few iterations: all of them take minutes.
TEST(Validate, CrossValidatesOneGroup) {
  const auto data = (kPublished / "serving_ascend_and_phase.csv").string();
  const Words words = {"validate",         "--data",       data,
                       "--cross-validate", "chip",         "--leave-out",
                       "ascend910b",       "--iterations", "2"};
  const auto csv = run(with(words, {"--format", "csv"}));
  ASSERT_EQ(csv.status, 0) << csv.text();
  EXPECT_NE(csv.err.find("fit without chip ascend910b"), std::string::npos) << csv.err;
  const auto rows = parse_csv(csv.out);
  const auto column = [&](const std::string& name) {
    return static_cast<std::size_t>(std::find(rows[0].begin(), rows[0].end(), name) -
                                    rows[0].begin());
  };
  ASSERT_GT(rows.size(), 10u);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i][column("chip")], "ascend910b");
    EXPECT_EQ(rows[i][column("left_out")], "ascend910b");
    EXPECT_NE(rows[i][column("predicted")].empty(), rows[i][column("skipped")].empty());
  }
  const auto table = run(with(words, {"--by", "chip,llm,stack,mode,metric,kind,left-out"}));
  ASSERT_EQ(table.status, 0) << table.text();
  EXPECT_TRUE(table.out.starts_with("each number predicted by a fit without its own chip\n"));
  for (const char* word : {"chip ", "llm ", "stack ", "mode ", "metric ", "kind ", "left-out "})
    EXPECT_NE(table.out.find(std::string("\n") + word), std::string::npos) << word;
}

TEST(Calibrate, RefusesUnknownWordsBeforeItWorks) {
  expect_refusal(run({"calibrate", "--format", "jsn"}), {"--format"});
  expect_refusal(run({"calibrate", "--iterations", "0"}), {"--iterations"});
  expect_refusal(run({"calibrate", "--iterations", "many"}), {"--iterations"});
  expect_refusal(run({"calibrate", "-o", "/nowhere"}), {"'/nowhere' is not a folder"});
  expect_refusal(run({"calibrate", "--families", "/nowhere"}), {"'/nowhere' is not a folder"});
  expect_refusal(run({"calibrate", "--residuals", "/nowhere/rows.csv"}), {"/nowhere/rows.csv"});
  expect_refusal(run({"calibrate", "--keep"}), {"--keep", "--out"});
  expect_refusal(run({"calibrate", "--keep", "-o", "/nowhere"}), {"'/nowhere' is not a folder"});
  expect_refusal(run({"calibrate", "--keep", "-o", "/tmp", "--iterations", "3"}),
                 {"--keep", "--iterations"});
}

TEST(Validate, AnswersOneLinePerRow) {
  std::size_t rows = 0;
  for (const auto& e : fs::directory_iterator(kPublished)) {
    if (e.path().extension() != ".csv") continue;
    const auto r = run({"validate", "--format", "csv", "--data", e.path().string()});
    ASSERT_EQ(r.status, 0) << r.text();
    EXPECT_EQ(r.err, "");
    const auto table = parse_csv(r.out);
    ASSERT_FALSE(table.empty());
    ASSERT_EQ(table[0].front(), "id");
    const auto column = [&](const std::string& name) {
      return static_cast<std::size_t>(std::find(table[0].begin(), table[0].end(), name) -
                                      table[0].begin());
    };
    const auto predicted = column("predicted"), skipped = column("skipped");
    ASSERT_LT(skipped, table[0].size());
    for (std::size_t i = 1; i < table.size(); ++i)
      EXPECT_NE(table[i][predicted].empty(), table[i][skipped].empty()) << table[i].front();
    rows += table.size() - 1;
  }
  const auto all = run({"validate", "--format", "csv"});
  EXPECT_EQ(parse_csv(all.out).size() - 1, rows);
}

TEST(Validate, GroupsByEveryWordOfItsHelp) {
  const auto r =
      run({"validate", "--by", "metric,mode,chip,model,llm,stack,profile,source,kind,left-out"});
  ASSERT_EQ(r.status, 0) << r.text();
  EXPECT_NE(r.out.find("measured numbers expressed"), std::string::npos);
  for (const char* word : {"metric ", "mode ", "chip ", "model ", "llm ", "stack ", "profile ",
                           "source ", "kind ", "left-out "})
    EXPECT_NE(r.out.find(std::string("\n") + word), std::string::npos) << word;
  EXPECT_EQ(r.out, run({"validate", "--by",
                        "metric,mode,chip,model,llm,stack,profile,source,kind,left-out"})
                       .out);
}

TEST(Validate, WritesToAFile) {
  const Scratch scratch;
  const auto path = scratch / "table.txt";
  const auto r = run({"validate", "--stack", "typical", "-o", path.string()});
  EXPECT_EQ(r.status, 0) << r.text();
  EXPECT_EQ(r.out, "");
  EXPECT_EQ(slurp(path), run({"validate", "--stack", "typical"}).out);
}

/// Everything that was published, in a time that a person waits for; sanitizers take ten times it.
TEST(Validate, IsQuick) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(run({"validate"}).status, 0);
  const auto took = std::chrono::steady_clock::now() - begin;
#if defined(NDEBUG)
  EXPECT_LT(took, std::chrono::seconds(5));
#else
  EXPECT_LT(took, std::chrono::seconds(60));
#endif
}

TEST(Calibrate, GivesEveryParameterItsInterval) {
  const auto data = (kPublished / "serving_ascend_and_phase.csv").string();
  const auto r = run({"calibrate", "--data", data, "--iterations", "2", "--format", "csv"});
  ASSERT_EQ(r.status, 0) << r.text();
  const auto rows = parse_csv(r.out);
  ASSERT_GT(rows.size(), 30u);
  EXPECT_EQ(rows[0],
            (Words{"scope", "name", "parameter", "unit", "value", "low95", "high95", "at_bound"}));
  std::map<std::string, std::size_t> scopes;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto& f = rows[i];
    ++scopes[f[0]];
    const double value = std::stod(f[4]), low = std::stod(f[5]), high = std::stod(f[6]);
    EXPECT_GT(low, 0) << f[1] << " " << f[2];
    EXPECT_LE(low, value * (1 + 1e-9)) << f[1] << " " << f[2];
    EXPECT_GE(high, value * (1 - 1e-9)) << f[1] << " " << f[2];
    EXPECT_GT(high, low) << f[1] << " " << f[2];
    EXPECT_EQ(f[3], f[2].starts_with("overhead.") ? "us" : "") << f[2];
  }
  EXPECT_EQ(scopes["profile"] % scopes["mean"], 0u);
  EXPECT_EQ(scopes["family"] % 3, 0u);
  const auto table = run({"calibrate", "--data", data, "--iterations", "2"});
  EXPECT_NE(table.out.find("95 % interval"), std::string::npos) << table.text();
  EXPECT_NE(table.out.find("errors in sample"), std::string::npos) << table.text();
}

/// Only what the measurements say changes; the rest of each file is left as it was written.
TEST(Calibrate, KeepsProfilesAndMeasuresTheirResiduals) {
  const Scratch scratch;
  const auto r = run({"calibrate", "--keep", "-o", scratch.path().string()});
  ASSERT_EQ(r.status, 0) << r.text();
  std::size_t files = 0;
  for (const auto& e : fs::directory_iterator(scratch.path())) {
    const auto text = slurp(e.path());
    const auto was = slurp(fs::path(PERFMODEL_CONFIG_DIR) / "stacks" / e.path().filename());
    EXPECT_EQ(text.substr(0, text.find("\nresidual:")), was.substr(0, was.find("\nresidual:")));
    EXPECT_NE(text.find("\nresidual:\n  in_sample:\n"), std::string::npos) << e.path();
    EXPECT_EQ(run({"check", e.path().string()}).status, 0) << e.path();
    ++files;
  }
  EXPECT_GT(files, 10u);
  const auto shown = run({"show", "stack", "typical"});
  EXPECT_NE(shown.out.find("in_sample.tpot"), std::string::npos) << shown.text();
  EXPECT_NE(shown.out.find("measured numbers"), std::string::npos) << shown.text();
}

TEST(Calibrate, WritesProfilesAndResidualsThatRead) {
  const Scratch scratch;
  const auto text = small_table();
  spill(scratch / "rows.csv", text);
  fs::create_directory(scratch / "stacks");
  fs::create_directory(scratch / "families");
  const auto r =
      run({"calibrate", "--data", (scratch / "rows.csv").string(), "--iterations", "3", "-o",
           (scratch / "stacks").string(), "--families", (scratch / "families").string(),
           "--residuals", (scratch / "residuals.csv").string()});
  ASSERT_EQ(r.status, 0) << r.text();
  EXPECT_EQ(parse_csv(slurp(scratch / "residuals.csv")).size(), 2u);
  for (const char* folder : {"stacks", "families"}) {
    std::size_t files = 0;
    for (const auto& e : fs::directory_iterator(scratch / folder)) {
      const auto checked = run({"check", e.path().string()});
      EXPECT_EQ(checked.status, 0) << checked.text();
      ++files;
    }
    EXPECT_GE(files, 1u) << folder;
  }
}

}  // namespace
}  // namespace perfmodel::black_box
