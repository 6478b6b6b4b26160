// Where an answer comes from (`--sources`, `provenance`), and asking again for one (`reproduce`).
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "program.hpp"

namespace perfmodel::black_box {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const Words kSmall = {"estimate",  "--chip", "h20",       "--llm", "llama-3.1-8b",
                      "--samples", "64",     "--nearest", "1",     "--no-compare"};

const std::vector<std::string> kGrades = {"measured", "official", "paper",  "derived",
                                          "analyst",  "press",    "rumour", "assumed"};
std::ptrdiff_t rank_of(const std::string& grade) {
  return std::find(kGrades.begin(), kGrades.end(), grade) - kGrades.begin();
}

void expect_says(const std::string& text, const Words& says) {
  for (const auto& s : says) EXPECT_NE(text.find(s), std::string::npos) << s << "\n" << text;
}

TEST(Sources, AreTheSameFiguresInEveryFormatWorstFirst) {
  const auto asked =
      with(kSmall, {"--sources", "--set", "chip.memory.bandwidth=4.5 TB/s", "--format"});
  const auto csv = run(with(asked, {"csv"}));
  ASSERT_EQ(csv.status, 0) << csv.text();
  const auto rows = parse_csv(csv.out);
  ASSERT_GT(rows.size(), 30u);
  std::map<std::string, std::size_t> column;
  for (std::size_t i = 0; i < rows[0].size(); ++i) column[rows[0][i]] = i;
  const auto json = Json::parse(run(with(asked, {"json"})).out);
  const auto table = run(with(asked, {"table"})).out;
  const auto markdown = run(with(asked, {"md"})).out;
  const auto& figures = json["figures"];
  ASSERT_EQ(figures.size(), rows.size() - 1);
  bool moved = false;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const auto& f = figures[i];
    const auto& row = rows[i + 1];
    const auto path = f["path"].get<std::string>();
    EXPECT_EQ(row[column["path"]], path);
    EXPECT_EQ(row[column["grade"]], f["grade"].get<std::string>());
    EXPECT_NE(table.find(path), std::string::npos) << path;
    EXPECT_NE(markdown.find(path), std::string::npos) << path;
    // Somebody's value, or graded no better than assumed.
    if (!f["overridden"]) {
      EXPECT_TRUE(!f["source"].get<std::string>().empty() || f["grade"] == "assumed") << path;
      EXPECT_FALSE(f["file"].get<std::string>().empty()) << path;
    }
    if (!row[column["value"]].empty()) {
      const double value = std::atof(row[column["value"]].c_str());
      EXPECT_LE(std::atof(row[column["low"]].c_str()), value) << path;
      EXPECT_GE(std::atof(row[column["high"]].c_str()), value) << path;
    }
    moved |= f.contains("output_rate_elasticity") && f["moves"] == "the output rate";
    if (i == 0) continue;
    const auto& before = figures[i - 1];
    const auto order = [](const Json& g) {
      return std::pair(!g["overridden"].get<bool>(), -rank_of(g["grade"].get<std::string>()));
    };
    EXPECT_LE(order(before), order(f)) << path;
  }
  EXPECT_TRUE(moved);
  EXPECT_EQ(figures[0]["path"], "chip.memory.bandwidth");
  EXPECT_EQ(rows[1][column["value"]], "4.5");
  EXPECT_EQ(rows[1][column["unit"]], "TB/s");
  expect_says(table, {"entered the answer: 1 set", "revision", "1 % more moves"});
}

TEST(Sources, ShowWhatSingleSourcesSay) {
  const auto r = run(with(kSmall, {"--sources"}));
  expect_says(r.out, {"sources say: toms-h20 4 TB/s, infersim 4.096 TB/s"});
}

TEST(Sources, OfAComparisonAreBySystem) {
  const Words asked = {"compare",   "--chips", "h20,l40s",        "--llm", "llama-3.1-8b",
                       "--samples", "0",       "--interactivity", "20",    "--sources"};
  const auto table = run(asked);
  ASSERT_EQ(table.status, 0) << table.text();
  const auto json = Json::parse(run(with(asked, {"--format", "json"})).out);
  for (const auto& s : json["systems"]) {
    EXPECT_GT(s["figures"].size(), 20u);
    expect_says(table.out, {s["compared"].get<std::string>()});
  }
  const auto rows = parse_csv(run(with(asked, {"--format", "csv"})).out);
  EXPECT_EQ(rows.size(),
            1 + json["systems"][0]["figures"].size() + json["systems"][1]["figures"].size());
}

TEST(Sources, AndOperatorsAreTwoTables) {
  const auto r = run(with(kSmall, {"--sources", "--explain", "--format", "csv"}));
  EXPECT_EQ(r.status, 2);
  expect_says(r.err, {"--explain and --sources are two tables of CSV"});
}

class Reproduce : public ::testing::Test {
 protected:
  std::string answer() const { return (scratch_ / "answer.json").string(); }
  void record(Words words) const {
    const auto r = run(with(std::move(words), {"--format", "json", "-o", answer()}));
    ASSERT_EQ(r.status, 0) << r.text();
  }
  /// Answers of configs that a test may change.
  Words own(const Words& words) {
    if (!fs::exists(scratch_ / "configs")) {
      fs::copy(PERFMODEL_CONFIG_DIR, scratch_ / "configs", fs::copy_options::recursive);
    }
    return with({"--configs", (scratch_ / "configs").string()}, words);
  }
  void edit(const std::string& file, const std::string& from, const std::string& to) const {
    auto text = slurp(scratch_ / file);
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << file << ": " << from;
    spill(scratch_ / file, text.replace(at, from.size(), to));
  }

  Scratch scratch_;
};

TEST_F(Reproduce, TheSameQuestionHasTheSameAnswer) {
  for (const Words& words :
       {kSmall,
        with(kSmall, {"--why", "--sources", "--seed", "7", "--set",
                      "chip.memory.bandwidth=4.5 TB/s", "--slo", "ttft=1s,tpot=30ms"}),
        Words{"compare", "--chips", "h20,l40s", "--llm", "llama-3.1-8b", "--samples", "64",
              "--interactivity", "20"}}) {
    record(words);
    const auto r = run({"reproduce", answer()});
    EXPECT_EQ(r.status, 0) << r.text();
    EXPECT_EQ(r.out.find("identical: "), 0u) << r.text();
    EXPECT_EQ(std::count(r.out.begin(), r.out.end(), '\n'), 1) << r.out;
  }
}

TEST_F(Reproduce, TheCommandIsTheWholeQuestion) {
  record(kSmall);
  const auto json = Json::parse(slurp(answer()));
  const auto words = json["provenance"]["command"].get<Words>();
  for (const char* option : {"--llm", "--workload", "--stack", "--samples", "--seed", "--parallel",
                             "--objective", "--count", "--nearest", "--no-compare"})
    EXPECT_NE(std::find(words.begin(), words.end(), option), words.end()) << option;
  EXPECT_EQ(run(with(words, {"--format", "json"})).out, slurp(answer()));
  std::set<std::string> files;
  for (const auto& f : json["provenance"]["files"]) {
    EXPECT_EQ(f["sha256"].get<std::string>().size(), 64u);
    files.insert(f["file"].get<std::string>());
  }
  for (const auto& f : json["figures"])
    EXPECT_TRUE(f["file"].get<std::string>().empty() || files.contains(f["file"])) << f["file"];
  EXPECT_TRUE(files.contains("configs/llms/llama-3.1-8b.yaml"));
  EXPECT_TRUE(files.contains("configs/workloads/default.yaml"));
}

TEST_F(Reproduce, InfeasibleAnswersToo) {
  const auto r = run({"estimate", "--chip", "l40s", "--system", "generic-1", "--llm", "deepseek-r1",
                      "--no-compare", "--format", "json", "-o", answer()});
  ASSERT_EQ(r.status, 1) << r.text();
  EXPECT_EQ(run({"reproduce", answer()}).status, 0);
}

TEST_F(Reproduce, AChangedFigureIsNamedWithWhatItMoved) {
  record(own(kSmall));
  edit("configs/chips/h20.yaml", "value: 4 TB/s, range: [4, 4.096]",
       "value: 4.096 TB/s, range: [4, 4.096]");
  const auto r = run(own({"reproduce", answer()}));
  EXPECT_EQ(r.status, 1) << r.text();
  expect_says(r.out, {"not identical: ", "file      configs/chips/h20.yaml changed (sha256 ",
                      "figure    chip.memory.bandwidth 4 TB/s in 4 TB/s .. 4.096 TB/s, press -> "
                      "4.096 TB/s in 4 TB/s .. 4.096 TB/s, press (configs/chips/h20.yaml:",
                      "answer    expected.output_tokens_per_s_per_chip "});
  EXPECT_EQ(r.out.find("cause"), std::string::npos) << r.out;
}

TEST_F(Reproduce, ACommentChangesAFileAndNothingElse) {
  record(own(kSmall));
  edit("configs/llms/llama-3.1-8b.yaml", "schema: 1", "schema: 1  # as ever");
  const auto r = run(own({"reproduce", answer()}));
  EXPECT_EQ(r.status, 1) << r.text();
  expect_says(r.out, {"file      configs/llms/llama-3.1-8b.yaml changed",
                      "answer    all figures and numbers are the same"});
}

TEST_F(Reproduce, AnotherRevisionIsNamed) {
  record(kSmall);
  auto json = Json::parse(slurp(answer()));
  json["provenance"]["revision"] = "0123456789ab";
  json["version"] = "0.0.9";
  spill(answer(), json.dump(2) + "\n");
  const auto r = run({"reproduce", answer()});
  EXPECT_EQ(r.status, 1) << r.text();
  expect_says(r.out, {"program   0.0.9 -> ", "revision  0123456789ab -> ",
                      "answer    all figures and numbers are the same"});
}

TEST_F(Reproduce, AnEditedNumberIsFound) {
  record(kSmall);
  auto json = Json::parse(slurp(answer()));
  json["expected"]["ttft_s"] = 0.5;
  spill(answer(), json.dump(2) + "\n");
  auto r = run({"reproduce", answer()});
  EXPECT_EQ(r.status, 1) << r.text();
  expect_says(r.out,
              {"answer    expected.ttft_s 0.5 -> ", "cause     same program and same files"});
  record(kSmall);
  spill(answer(), Json::parse(slurp(answer())).dump() + "\n");
  r = run({"reproduce", answer()});
  EXPECT_EQ(r.status, 1) << r.text();
  expect_says(r.out, {"the same values, written otherwise"});
}

TEST_F(Reproduce, AConfigThatIsGoneIsAChange) {
  record(own(kSmall));
  fs::remove(scratch_ / "configs/llms/llama-3.1-8b.yaml");
  const auto r = run(own({"reproduce", answer()}));
  EXPECT_EQ(r.status, 1) << r.text();
  expect_says(r.out, {"not reproduced: ", "file      configs/llms/llama-3.1-8b.yaml is missing",
                      "question  unknown LLM 'llama-3.1-8b'"});
}

TEST_F(Reproduce, WhatIsNoAnswerIsRefused) {
  record(kSmall);
  const auto good = slurp(answer());
  const auto refuse = [&](const std::string& text, const Words& says) {
    spill(answer(), text);
    const auto r = run({"reproduce", answer()});
    EXPECT_EQ(r.status, 2) << r.text();
    EXPECT_EQ(r.out, "");
    expect_says(r.err, says);
    EXPECT_EQ(r.err.find("internal error"), std::string::npos) << r.err;
  };
  const auto changed = [&](const auto& change) {
    auto json = Json::parse(good);
    change(json);
    return json.dump();
  };
  refuse("", {"answer.json: is empty"});
  refuse(good.substr(0, good.size() / 2), {"is cut off"});
  refuse("chip,system\nh100,x\n", {"answer.json:1:1: is not JSON (an answer is made with"});
  refuse("[1, 2]", {"is no answer: it has no 'schema'"});
  refuse("{\"schema\": 3}", {"is no answer: it has no 'schema'"});
  refuse(std::string(200, '['), {"nested deeper than 32 levels"});
  refuse(changed([](Json& j) { j["schema"] = "perfmodel/estimat/1"; }),
         {"schema 'perfmodel/estimat/1'", "did you mean 'perfmodel/estimate/1'?"});
  refuse(changed([](Json& j) {
           j.erase("figures");
           j.erase("provenance");
         }),
         {"has no key 'figures'", "has no key 'provenance'"});
  refuse(changed([](Json& j) {
           j["provenance"] = {{"command", "estimate"}, {"files", Json::array({1})}};
         }),
         {"has no key 'provenance.revision'", "'provenance.command' is no list",
          "'provenance.files' is no list of files"});
  refuse(changed([](Json& j) { j["provenance"]["command"][0] = "bench"; }),
         {"'provenance.command' is no list of words that begins with 'estimate'"});
  refuse(changed([](Json& j) { j["provenance"]["command"].push_back("--no-such-thing"); }),
         {"'provenance.command' is no question"});
  const auto target = (scratch_ / "elsewhere").string();
  refuse(changed([&](Json& j) {
           j["provenance"]["command"].push_back("--format");
           j["provenance"]["command"].push_back("csv");
         }),
         {"'provenance.command' is no question"});
  EXPECT_EQ(run({"reproduce", (scratch_ / "none.json").string()}).status, 2);
  // Nor does an answer write files.
  spill(answer(), changed([&](Json& j) {
          j["provenance"]["command"].push_back("--out");
          j["provenance"]["command"].push_back(target);
        }));
  run({"reproduce", answer()});
  EXPECT_FALSE(fs::exists(target));
}

}  // namespace
}  // namespace perfmodel::black_box
