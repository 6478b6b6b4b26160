// `diff` as a user runs it: between answers, on the files of this repository, and what it refuses.
#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "program.hpp"

namespace perfmodel::black_box {
namespace {

namespace fs = std::filesystem;

std::string last_line(const std::string& text) {
  const auto end = text.find_last_not_of('\n');
  return text.substr(text.rfind('\n', end) + 1, end - text.rfind('\n', end));
}

/// An answer as CSV, and one with faster memory.
class Answers : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    before_ = estimate({});
    now_ = estimate({"--set", "chip.memory.bandwidth=6 TB/s"});
  }
  void SetUp() override {
    spill(old_file, before_);
    spill(new_file, now_);
  }
  static std::string estimate(const Words& more) {
    const auto r = run(with({"estimate", "--chip", "h100", "--llm", "llama-3.1-70b", "--batch",
                             "16", "--format", "csv"},
                            more));
    EXPECT_EQ(r.status, 0) << r.err;
    return r.out;
  }
  static inline std::string before_, now_;
  Scratch dir;
  std::string old_file = dir / "old.csv", new_file = dir / "new.csv";
};

TEST_F(Answers, AgainstThemselvesAreAllOnes) {
  const auto r = run({"diff", old_file, old_file, "--tolerance", "0%", "--format", "json"});
  EXPECT_EQ(r.status, 0) << r.text();
  EXPECT_EQ(r.err, "");
  const auto j = nlohmann::json::parse(r.out);
  EXPECT_EQ(j["kind"], "estimate");
  EXPECT_GT(j["metrics"].size(), 40u);
  for (const auto& m : j["metrics"]) {
    EXPECT_EQ(m["lowest"]["ratio"], 1) << m;
    EXPECT_EQ(m["highest"]["ratio"], 1) << m;
  }
}

TEST_F(Answers, WithFasterMemoryDecodeFasterInBothDirections) {
  const auto there = run({"diff", old_file, new_file, "--format", "json"});
  const auto back = run({"diff", new_file, old_file, "--format", "json"});
  EXPECT_EQ(there.status, 1);
  EXPECT_EQ(back.status, 1);
  const auto ratio = [](const black_box::Run& r, const std::string& name) {
    const auto j = nlohmann::json::parse(r.out);
    for (const auto& m : j["metrics"])
      if (m["name"] == name) return m["median_ratio"].get<double>();
    return 0.0;
  };
  EXPECT_LT(ratio(there, "decode_step_ms"), 0.95);
  EXPECT_GT(ratio(there, "output_tokens_per_s_per_chip"), 1.05);
  for (const auto* name : {"decode_step_ms", "tpot_ms", "output_tokens_per_s_per_chip"})
    EXPECT_NEAR(ratio(there, name) * ratio(back, name), 1, 1e-12) << name;
}

TEST_F(Answers, FailOnlyWhereTheGateSays) {
  EXPECT_EQ(run({"diff", old_file, new_file, "--tolerance", "100%"}).status, 0);
  // Better is no regression, and worse is one; the override itself never counts.
  EXPECT_EQ(run({"diff", old_file, new_file, "--gate", "regression"}).status, 0);
  const auto r = run({"diff", new_file, old_file, "--gate", "regression"});
  EXPECT_EQ(r.status, 1);
  EXPECT_TRUE(last_line(r.out).starts_with("outside tolerance: ")) << r.out;
  EXPECT_NE(r.out.find("overrides changed in 1 row (does not count)"), std::string::npos) << r.out;
}

TEST_F(Answers, ThatTurnInfeasibleChangeTheirVerdict) {
  const auto bad = run({"estimate", "--chip", "h100", "--llm", "llama-3.1-70b", "--batch", "16",
                        "--set", "chip.memory.capacity=2 GB", "--format", "csv"});
  ASSERT_EQ(bad.status, 1) << bad.text();
  spill(new_file, bad.out);
  const auto r = run({"diff", old_file, new_file, "--gate", "regression"});
  EXPECT_EQ(r.status, 1);
  EXPECT_NE(r.out.find("verdict changed in 1 row\n  subject (line 2): feasible -> infeasible"),
            std::string::npos)
      << r.out;
  EXPECT_NE(last_line(r.out).find("changed: "), std::string::npos);
  EXPECT_EQ(run({"diff", new_file, old_file, "--gate", "regression"}).status, 0);
}

TEST_F(Answers, ComeInEveryFormatAndAsAFile) {
  for (const std::string format : {"table", "csv", "md", "json"}) {
    const auto shown = run({"diff", old_file, new_file, "--format", format});
    EXPECT_EQ(shown.status, 1);
    const auto path = dir / ("out." + format);
    const auto written = run({"diff", old_file, new_file, "--format", format, "-o", path});
    EXPECT_EQ(written.status, 1);
    EXPECT_EQ(written.out, "");
    EXPECT_EQ(slurp(path), shown.out);
  }
  const auto rows = parse_csv(run({"diff", old_file, new_file, "--format", "csv"}).out);
  ASSERT_GT(rows.size(), 40u);
  for (const auto& r : rows) EXPECT_EQ(r.size(), rows[0].size());
  EXPECT_EQ(rows[1][0], "rows");
  EXPECT_EQ(rows.back()[0], "verdict");
}

TEST(Diff, KnowsEveryResultFileOfThisRepository) {
  const fs::path results = fs::path(PERFMODEL_CONFIG_DIR).parent_path() / "results";
  int files = 0;
  for (const auto* folder : {"host", "accuracy"}) {
    for (const auto& entry : fs::directory_iterator(results / folder)) {
      if (entry.path().extension() != ".csv") continue;
      const auto path = entry.path().string();
      const auto r = run({"diff", path, path, "--tolerance", "0%", "--format", "json"});
      ASSERT_EQ(r.status, 0) << path << "\n" << r.text();
      EXPECT_TRUE(nlohmann::json::parse(r.out)["kind"].is_string()) << path;
      ++files;
    }
  }
  EXPECT_GE(files, 15);
}

TEST(Diff, NotesTheKeysThatItInferred) {
  const Scratch dir;
  spill(dir / "a.csv", "name,x\na,1\n");
  const auto r = run({"diff", dir / "a.csv", dir / "a.csv"});
  EXPECT_EQ(r.status, 0);
  EXPECT_NE(r.err.find("note: "), std::string::npos);
  EXPECT_NE(r.err.find("--key name"), std::string::npos) << r.err;
}

TEST(Diff, RefusesBadInputWithStatusTwoAndWritesNothing) {
  const Scratch dir;
  spill(dir / "a.csv", "name,x\na,1\n");
  spill(dir / "bad.csv", "name,x\na,1,2\nb,\"\n");
  spill(dir / "empty.csv", "");
  const std::string a = dir / "a.csv", out = dir / "out.csv";
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{a}, "NEW is required"},
      {{a, dir / "none.csv"}, "none.csv': No such file or directory"},
      {{a, dir.path()}, "Is a directory"},
      {{a, dir / "empty.csv"}, "empty.csv: the file is empty"},
      {{a, dir / "bad.csv"}, "bad.csv:2:1: has 3 fields where the header has 2"},
      {{a, dir / "bad.csv"}, "bad.csv:3:1: bad quoting"},
      {{a, a, "--key", "nmae"}, "no column 'nmae' (did you mean 'name'?)"},
      {{a, a, "--key", "nmae", "--tolerance", "5"}, "tolerance '5' has no %"},
      {{a, a, "--key", "name,"}, "--key: an empty name in 'name,'"},
      {{a, a, "--tolerance", "y=5%"}, "no metric 'y'"},
      {{a, a, "--alpha", "0"}, "--alpha"},
      {{a, a, "--gate", "all"}, "--gate"},
      {{a, a, "--format", "xml"}, "--format"},
  };
  for (const auto& [words, message] : cases) {
    std::vector<std::string> all = {"diff"};
    all.insert(all.end(), words.begin(), words.end());
    all.insert(all.end(), {"-o", out});
    const auto r = run(all);
    EXPECT_EQ(r.status, 2) << message;
    EXPECT_NE(r.err.find(message), std::string::npos) << message << "\n" << r.err;
    EXPECT_FALSE(fs::exists(out)) << message;
  }
}

TEST(Diff, ReadsNumbersAlikeInALocaleWithACommaForThePoint) {
  const Scratch dir;
  spill(dir / "a.csv", "name,x\na,1.5\n");
  spill(dir / "b.csv", "name,x\na,1.25\n");
  const std::vector<std::string> words = {"diff", dir / "a.csv", dir / "b.csv"};
  const auto plain = run(words), german = run(words, {.environment = {"LC_ALL=de_DE.UTF-8"}});
  EXPECT_EQ(plain.out, german.out);
  EXPECT_NE(plain.out.find("0.8333"), std::string::npos) << plain.out;
}

}  // namespace
}  // namespace perfmodel::black_box
