// What `estimate` shows of measurements near its answer, and how it copes with their files.
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "program.hpp"

namespace perfmodel::black_box {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const fs::path kConfigs = PERFMODEL_CONFIG_DIR;

Json evidence(Words words, const std::string& configs = "") {
  words.insert(words.begin(), "estimate");
  if (!configs.empty()) words.insert(words.begin(), {"--configs", configs});
  words.insert(words.end(), {"--no-compare", "--format", "json"});
  const auto r = run(words);
  EXPECT_EQ(r.status, 0) << r.text();
  EXPECT_EQ(r.err, "");
  return Json::parse(r.out, nullptr, false)["evidence"];
}

TEST(Evidence, OfAMeasuredDeploymentIsThatRun) {
  // As published: 160 packages, 320 dies, DeepSeek-R1 in INT8, batch 96 per package.
  const auto e = evidence({"--system", "cloudmatrix384", "--stack", "cann-2025", "--parallel",
                           "tp=1,dp=320,ep=320", "--batch", "48", "--speculate", "1:0.7", "--input",
                           "4096", "--output", "256"});
  EXPECT_EQ(e["profile"], "cann-2025");
  EXPECT_TRUE(e["nearest_note"].is_null()) << e["nearest_note"];
  ASSERT_EQ(e["nearest_runs"].size(), 3u);
  EXPECT_EQ(e["nearest_runs"][0]["id"], "cm384-009");
  double last = 0;
  for (const auto& r : e["nearest_runs"]) {
    EXPECT_EQ(r["chip"], "ascend910c");
    EXPECT_EQ(r["llm"], "deepseek-r1");
    EXPECT_FALSE(r["source"].get<std::string>().empty());
    EXPECT_GE(r["distance"].get<double>(), last);
    last = r["distance"];
    ASSERT_FALSE(r["metrics"].empty());
    for (const auto& m : r["metrics"])
      EXPECT_NEAR(m["ratio"].get<double>(),
                  m["predicted"].get<double>() / m["measured"].get<double>(), 1e-9);
  }
}

/// The prediction beside a published run is the one that `validate` makes of it.
TEST(Evidence, PredictsRunsAsValidateDoes) {
  const auto rows = parse_csv(run({"validate", "--format", "csv"}).out);
  const auto column = [&](const std::string& name) {
    return static_cast<std::size_t>(std::find(rows[0].begin(), rows[0].end(), name) -
                                    rows[0].begin());
  };
  for (const Words& words : {Words{"--chip", "h200", "--llm", "llama-3.1-70b"},
                             Words{"--chip", "mi355x"}, Words{"--chip", "ascend910d"}}) {
    const auto answer = evidence(words);
    for (const auto& r : answer["nearest_runs"]) {
      const std::string chip = r["chip"];
      for (const auto& m : r["metrics"]) {
        const std::string metric = m["metric"];
        const double measured = m["measured"], predicted = m["predicted"];
        EXPECT_TRUE(std::any_of(rows.begin(), rows.end(),
                                [&](const auto& row) {
                                  return row[column("metric")] == metric &&
                                         row[column("chip")] == chip &&
                                         std::atof(row[column("measured")].c_str()) == measured &&
                                         std::atof(row[column("predicted")].c_str()) == predicted;
                                }))
            << r["id"] << m;
      }
    }
  }
}

TEST(Evidence, SaysWhatNobodyMeasured) {
  const auto note = [](const Words& words) {
    return evidence(words)["nearest_note"].get<std::string>();
  };
  EXPECT_TRUE(
      note({"--chip", "ascend910d"})
          .starts_with("no measurement on ascend910d; the nearest is deepseek-r1 on ascend9"));
  EXPECT_TRUE(note({"--chip", "h200", "--llm", "qwen3-30b-a3b"})
                  .starts_with("no measurement of qwen3-30b-a3b; the nearest is "));
  EXPECT_TRUE(
      note({"--chip", "l40s", "--llm", "qwen3-32b"})
          .starts_with("no measurement of qwen3-32b on l40s; the nearest is qwen3-32b on "));
  EXPECT_TRUE(note({"--chip", "tpu-v6e", "--llm", "qwen3-30b-a3b"})
                  .starts_with("no measurement on tpu-v6e and none of qwen3-30b-a3b; "));
}

TEST(Evidence, ShowsAsManyRunsAsAsked) {
  EXPECT_EQ(evidence({"--chip", "h200", "--nearest", "7"})["nearest_runs"].size(), 7u);
  const auto none = evidence({"--chip", "h200", "--nearest", "0"});
  EXPECT_TRUE(none["nearest_runs"].empty());
  EXPECT_TRUE(none["nearest_note"].is_null());
  EXPECT_FALSE(none["residual"].empty());
  for (const char* bad : {"-1", "many", "101", "1.5"}) {
    const auto r = run({"estimate", "--chip", "h200", "--nearest", bad});
    EXPECT_EQ(r.status, 2) << bad;
    EXPECT_NE(r.err.find("--nearest"), std::string::npos) << r.text();
  }
}

TEST(Evidence, IsOfTheProfileInItsFile) {
  const auto plain = evidence({"--chip", "h200", "--stack", "vllm-2026"});
  EXPECT_EQ(plain["profile_changed"], false);
  const auto set =
      evidence({"--chip", "h200", "--stack", "vllm-2026", "--set", "stack.overhead.layer=1 us"});
  EXPECT_EQ(set["profile_changed"], true);
  EXPECT_EQ(set["residual"], plain["residual"]);
  EXPECT_TRUE(evidence({"--chip", "h200", "--stack", "ceiling"})["residual"].empty());
  const auto table = run({"estimate", "--chip", "h200", "--stack", "ceiling", "--no-compare"});
  EXPECT_NE(table.out.find("ceiling was compared with no measurement"), std::string::npos)
      << table.text();
}

/// A copy of configs and measurements that a test may spoil.
class Copy : public ::testing::Test {
 protected:
  Copy() {
    fs::copy(kConfigs, scratch_ / "configs", fs::copy_options::recursive);
    fs::create_directories(published());
    fs::copy(kConfigs / ".." / "results" / "published", published());
    sign();
  }
  /// Writes the manifest of what is there.
  void sign() const {
    const auto folder = (scratch_ / "results").string();
    const auto command =
        "cd '" + folder + "' && sha256sum published/*.csv published/*.md > MANIFEST";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  fs::path published() const { return scratch_ / "results" / "published"; }
  std::string configs() const { return (scratch_ / "configs").string(); }
  Json nearest() const { return evidence({"--chip", "h200"}, configs())["nearest_runs"]; }
  Scratch scratch_;
};

TEST_F(Copy, AnswersTheSameWithoutTheIndexOrWithABadOne) {
  const auto expected = nearest();
  ASSERT_EQ(expected.size(), 3u);
  const auto index = published() / "index.tsv";
  const auto text = slurp(index);
  fs::remove(index);
  EXPECT_EQ(nearest(), expected);
  for (const auto& bad :
       {std::string(), text.substr(0, text.size() / 2), std::string("\0\xff", 2)}) {
    spill(index, bad);
    EXPECT_EQ(nearest(), expected);
  }
}

TEST_F(Copy, SeesAddedMeasurementsAtOnceAndCheckNamesTheStaleIndex) {
  EXPECT_EQ(run({"--configs", configs(), "check"}).status, 0);
  // A first run on a chip that nobody had measured.
  auto text = slurp(published() / "offline_gpu.csv");
  std::size_t end = 0;
  for (int line = 0; line < 2; ++line) end = text.find('\n', end) + 1;
  text = text.substr(0, end);
  text.replace(text.find(",h200,8,"), 8, ",h20,8,");
  text.replace(text.find("\nd00000,"), 8, "\nown1,");
  spill(published() / "own.csv", text);
  sign();
  const auto e =
      evidence({"--chip", "h20", "--llm", "llama-3.1-405b", "--weights", "fp8"}, configs());
  EXPECT_TRUE(e["nearest_note"].is_null()) << e["nearest_note"];
  EXPECT_EQ(e["nearest_runs"][0]["chip"], "h20");
  const auto check = run({"--configs", configs(), "check"});
  EXPECT_EQ(check.status, 2);
  EXPECT_NE(check.err.find("index.tsv"), std::string::npos) << check.text();
  EXPECT_NE(check.err.find("perfmodel index"), std::string::npos) << check.text();
  const auto made = run({"--configs", configs(), "index"});
  EXPECT_EQ(made.status, 0) << made.text();
  EXPECT_NE(made.out.find("index.tsv: "), std::string::npos) << made.text();
  EXPECT_EQ(run({"--configs", configs(), "check"}).status, 0);
}

TEST_F(Copy, AnswersWithoutMeasurements) {
  fs::remove_all(scratch_ / "results");
  const auto e = evidence({"--chip", "h200"}, configs());
  EXPECT_TRUE(e["nearest_runs"].empty());
  EXPECT_EQ(e["nearest_note"], "no published measurements are beside the configs");
  EXPECT_EQ(run({"--configs", configs(), "check"}).status, 0);
  const auto made = run({"--configs", configs(), "index"});
  EXPECT_EQ(made.status, 2) << made.text();
}

/// Rows that changed under an index of the same size are not taken for what they were.
TEST_F(Copy, SurvivesAFileThatChangedUnderItsIndex) {
  for (const auto& entry : fs::directory_iterator(published())) {
    if (entry.path().extension() != ".csv") continue;
    spill(entry.path(), std::string(fs::file_size(entry.path()), ','));
  }
  EXPECT_TRUE(nearest().empty());
}

}  // namespace
}  // namespace perfmodel::black_box
