// Answers: every subcommand, every file of the registries, every format, and the answer "no".
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "program.hpp"
#include "sanitized.hpp"

namespace perfmodel::black_box {
namespace {

const Words kSmall = {"estimate", "--chip", "h100", "--llm", "llama-3.1-8b", "--no-compare"};

TEST(Answer, OfEverySubcommandIsWithoutComplaint) {
  for (const Words& words : {kSmall,
                             {"check"},
                             {"list", "chips"},
                             {"show", "chip", "910d"},
                             {"--help"},
                             {"--version"},
                             {"estimate", "--help"}}) {
    const auto r = run(words);
    EXPECT_EQ(r.status, 0) << words[0] << r.text();
    EXPECT_EQ(r.err, "") << words[0];
    EXPECT_FALSE(r.out.empty()) << words[0];
  }
}

TEST(Answer, OfCheckIsClean) {
  const auto r = run({"check"});
  EXPECT_EQ(r.status, 0) << r.text();
  EXPECT_NE(r.out.find("no problems"), std::string::npos) << r.text();
}

class Folder : public ::testing::TestWithParam<std::pair<std::string, std::string>> {};
TEST_P(Folder, IsListedAndShownInFull) {
  const auto& [kind, folder] = GetParam();
  const auto all = ids(folder);
  ASSERT_FALSE(all.empty());
  const auto csv = run({"list", folder, "--format", "csv"});
  ASSERT_EQ(csv.status, 0) << csv.text();
  const auto rows = parse_csv(csv.out);
  ASSERT_EQ(rows.size(), all.size() + 1);
  const auto table = run({"list", folder});
  ASSERT_EQ(table.status, 0);
  EXPECT_EQ(static_cast<std::size_t>(std::count(table.out.begin(), table.out.end(), '\n')),
            all.size() + 1);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(rows[i + 1][0], all[i]);
    const auto shown = run({"show", kind, all[i]});
    EXPECT_EQ(shown.status, 0) << all[i] << shown.text();
    EXPECT_NE(shown.out.find(all[i]), std::string::npos) << all[i];
    EXPECT_EQ(shown.err, "") << all[i];
  }
}
INSTANTIATE_TEST_SUITE_P(Configs, Folder,
                         ::testing::Values(std::pair{"chip", "chips"},
                                           std::pair{"family", "families"},
                                           std::pair{"memory", "memories"},
                                           std::pair{"system", "systems"}, std::pair{"llm", "llms"},
                                           std::pair{"stack", "stacks"},
                                           std::pair{"workload", "workloads"}),
                         [](const auto& named) { return named.param.first; });

/// An answer or a reasoned no, never a complaint.
void expect_verdict(const Words& words) {
  const auto r = run(with(words, {"--assume", "--no-compare", "--format", "csv"}));
  ASSERT_TRUE(r.status == 0 || r.status == 1) << words[2] << r.text();
  EXPECT_EQ(r.err, "") << words[2];
  auto row = first_record(r.out);
  EXPECT_EQ(row["verdict"], r.status == 0 ? "feasible" : "infeasible");
  EXPECT_EQ(row["reason"].empty(), r.status == 0) << row["reason"];
  if (r.status == 0) {
    for (const auto* column : {"ttft_ms", "tpot_ms", "output_tokens_per_s_system", "concurrency"})
      EXPECT_GT(std::atof(row[column].c_str()), 0) << words[2] << " " << column;
  }
}

/// Two pools in every format, and a load.
TEST(Answer, OfTwoPoolsStatesBoth) {
  const Words asked = {"estimate",  "--system", "gb200-nvl72",    "--no-compare",
                       "--nearest", "0",        "--disaggregate", "24:48"};
  auto row = first_record(run(with(asked, {"--format", "csv"})).out);
  EXPECT_EQ(row["verdict"], "feasible");
  EXPECT_FALSE(row["prefill_deployment"].empty());
  EXPECT_LE(std::atof(row["prefill_chips_used"].c_str()), 24);
  EXPECT_LE(std::atof(row["chips_used"].c_str()), 72);
  EXPECT_GT(std::atof(row["transfer_ms"].c_str()), 0);
  EXPECT_GT(std::atof(row["prefill_utilisation"].c_str()), 0);
  // 4096 tokens of 576 values in two bytes over 61 layers, whole to every device of a tensor group.
  EXPECT_NEAR(std::atof(row["transferred_mb"].c_str()),
              4096 * 576 * 2 * 61 / 1e6 * std::atof(row["tp"].c_str()), 0.1);
  const auto json = nlohmann::json::parse(run(with(asked, {"--format", "json"})).out);
  EXPECT_EQ(json["deployment"]["prefill_pool"]["parallelism"], row["prefill_deployment"]);
  const auto table = run(asked).out;
  EXPECT_NE(table.find("\nprefill "), std::string::npos) << table;
  EXPECT_NE(table.find(row["prefill_deployment"]), std::string::npos) << table;
  // Without a split there is nothing to say of it.
  row = first_record(run(with(kSmall, {"--format", "csv"})).out);
  EXPECT_EQ(row["prefill_deployment"], "");
  EXPECT_EQ(row["transfer_ms"], "");
}

TEST(Answer, OfPoolsOnTwoSystemsCountsBoth) {
  auto row =
      first_record(run({"estimate", "--system", "hgx-h20", "--count", "4", "--prefill-system",
                        "hgx-h800", "--prefill-count", "2", "--no-compare", "--format", "csv"})
                       .out);
  EXPECT_EQ(row["verdict"], "feasible");
  EXPECT_EQ(row["chips"], "48");
}

TEST(Answer, ToALoadHasItsRateOrSaysSaturated) {
  const auto at = [](const char* rate) {
    return run(with(kSmall, {"--rate", rate, "--format", "csv"}));
  };
  auto few = first_record(at("0.5").out);
  auto more = first_record(at("20").out);
  EXPECT_NEAR(std::atof(few["output_tokens_per_s_system"].c_str()), 0.5 * 1024, 0.5);
  EXPECT_NEAR(std::atof(more["output_tokens_per_s_system"].c_str()), 20 * 1024, 20);
  EXPECT_LT(std::atof(few["tpot_ms"].c_str()), std::atof(more["tpot_ms"].c_str()));
  const auto flood = at("1000000");
  EXPECT_EQ(flood.status, 1) << flood.text();
  auto no = first_record(flood.out);
  EXPECT_NE(no["reason"].find("requests/s are more than"), std::string::npos) << no["reason"];
  EXPECT_EQ(no["tpot_ms"], "") << "no number for an overloaded engine";
  // The nearest load that it names has an answer.
  const auto nearest = no["nearest"].substr(std::string("--rate ").size());
  EXPECT_EQ(at(nearest.c_str()).status, 0) << no["nearest"];
}

/// All of a folder; instrumented, where each takes a second, every sixth.
std::vector<std::string> looked_at(const std::string& folder) {
  const auto all = ids(folder);
  std::vector<std::string> some;
  for (std::size_t i = 0; i < all.size(); i += kSanitized ? 6 : 1) some.push_back(all[i]);
  return some;
}

class EveryChip : public ::testing::TestWithParam<std::string> {};
TEST_P(EveryChip, HasAVerdict) {
  for (const auto* llm : {"deepseek-r1", "llama-3.1-8b", "qwen3-235b-a22b"})
    expect_verdict({"estimate", "--chip", GetParam(), "--llm", llm});
}
class EverySystem : public ::testing::TestWithParam<std::string> {};
TEST_P(EverySystem, HasAVerdict) {
  const bool is_template = GetParam().starts_with("generic");
  const Words chip = is_template ? Words{"--chip", "h100"} : Words{};
  for (const auto* llm : {"deepseek-r1", "llama-3.1-70b"})
    expect_verdict(with({"estimate", "--system", GetParam(), "--llm", llm}, chip));
}
class EveryLlm : public ::testing::TestWithParam<std::string> {};
TEST_P(EveryLlm, HasAVerdict) {
  const bool short_context = GetParam() == "gpt-3-175b";
  const Words lengths =
      short_context ? Words{"--input", "1024", "--output", "512"} : Words{"--workload", "chat"};
  for (const auto* system : {"gb200-nvl72", "cloudmatrix384"})
    expect_verdict(with({"estimate", "--system", system, "--llm", GetParam()}, lengths));
}
const auto id_of = [](const ::testing::TestParamInfo<std::string>& p) { return plain(p.param); };
INSTANTIATE_TEST_SUITE_P(Configs, EveryChip, ::testing::ValuesIn(looked_at("chips")), id_of);
INSTANTIATE_TEST_SUITE_P(Configs, EverySystem, ::testing::ValuesIn(looked_at("systems")), id_of);
INSTANTIATE_TEST_SUITE_P(Configs, EveryLlm, ::testing::ValuesIn(looked_at("llms")), id_of);

TEST(No, OutOfMemoryNamesTheShortfallAndAWayOut) {
  const auto r = run({"estimate", "--chip", "h100", "--llm", "deepseek-r1", "--no-compare"});
  EXPECT_EQ(r.status, 1) << r.text();
  EXPECT_EQ(r.err, "");
  EXPECT_NE(r.out.find("does not fit"), std::string::npos) << r.text();
  EXPECT_NE(r.out.find("GB"), std::string::npos) << r.text();
  EXPECT_NE(r.out.find("nearest"), std::string::npos) << r.text();
}

TEST(No, Fp8OnAChipWithoutItNamesWhatItHas) {
  const auto r = run({"estimate", "--chip", "ascend910c", "--compute", "fp8", "--no-compare"});
  EXPECT_EQ(r.status, 1) << r.text();
  EXPECT_NE(r.out.find("no fp8"), std::string::npos) << r.text();
  EXPECT_NE(r.out.find("int8"), std::string::npos) << r.text();
}

TEST(No, PromiseOutOfReachNamesTheNearest) {
  for (const auto* slo : {"tpot=1us", "ttft=1us", "ttft=1us,tpot=1us"}) {
    const auto r = run(with(kSmall, {"--slo", slo}));
    EXPECT_EQ(r.status, 1) << r.text();
    EXPECT_NE(r.out.find("out of reach"), std::string::npos) << r.text();
    EXPECT_NE(r.out.find("--slo"), std::string::npos) << r.text();
  }
}

TEST(No, MissingFigureIsNamedAndAssumedOnDemand) {
  std::size_t found = 0;
  for (const auto& chip : ids("chips")) {
    const Words words = {"estimate", "--chip", chip, "--llm", "llama-3.1-8b", "--no-compare"};
    const auto r = run(words);
    if (r.out.find("published") == std::string::npos || r.status != 1) continue;
    ++found;
    EXPECT_NE(r.out.find("chip."), std::string::npos) << chip << r.text();
    EXPECT_NE(r.out.find("--assume"), std::string::npos) << chip << r.text();
    const auto assumed = run(with(words, {"--assume"}));
    EXPECT_EQ(assumed.out.find("is published"), std::string::npos) << chip << assumed.text();
    EXPECT_EQ(assumed.out.find("is not published"), std::string::npos) << chip << assumed.text();
  }
  EXPECT_GT(found, 3u);
}

class Format : public ::testing::TestWithParam<std::string> {};
TEST_P(Format, IsTheSameTwiceInEveryLocaleAndInAFile) {
  const Words words = {"estimate", "--chip", "ascend910d", "--format", GetParam(), "--explain"};
  const auto first = run(words);
  ASSERT_EQ(first.status, 0) << first.text();
  EXPECT_EQ(run(words).out, first.out);
  for (const auto* locale :
       {"LC_ALL=de_DE.UTF-8", "LC_ALL=tr_TR.UTF-8", "LC_ALL=nonsense", "LC_ALL="})
    EXPECT_EQ(run(words, {.environment = {locale}}).out, first.out) << locale;
  const Scratch scratch;
  const auto file = run(with(words, {"-o", (scratch / "answer").string()}));
  EXPECT_EQ(file.status, 0) << file.text();
  EXPECT_EQ(file.out, "");
  EXPECT_EQ(slurp(scratch / "answer"), first.out);
  EXPECT_EQ(scratch.listing(), "answer") << "something was left behind";
  EXPECT_EQ(run(with(words, {"-o", "-"})).out, first.out);
  EXPECT_EQ(run(with(words, {"-o", "/dev/stdout"})).out, first.out);
}
INSTANTIATE_TEST_SUITE_P(All, Format, ::testing::Values("table", "csv", "json", "md"),
                         [](const auto& named) { return named.param; });

TEST(Json, IsOneObjectAndSaysWhatTheCsvSays) {
  for (const auto& words : {kSmall, Words{"estimate", "--chip", "h100"}}) {
    const auto json = run(with(words, {"--format", "json"}));
    const auto object = nlohmann::json::parse(json.out, nullptr, false);
    ASSERT_TRUE(object.is_object()) << json.text();
    const auto csv = run(with(words, {"--format", "csv"}));
    EXPECT_EQ(csv.status, json.status);
    EXPECT_FALSE(first_record(csv.out).empty());
  }
}

TEST(Markdown, HasTablesOfEvenWidth) {
  const auto r = run(with(kSmall, {"--format", "md", "--explain"}));
  ASSERT_EQ(r.status, 0) << r.text();
  std::istringstream lines(r.out);
  std::ptrdiff_t columns = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("|")) {
      columns = 0;
      continue;
    }
    std::ptrdiff_t n = 0;
    for (std::size_t i = 0; i < line.size(); ++i)
      n += line[i] == '|' && (i == 0 || line[i - 1] != '\\') ? 1 : 0;
    if (columns == 0) columns = n;
    EXPECT_EQ(n, columns) << line;
  }
}

TEST(HostileText, SurvivesEveryFormat) {
  const std::string name = "a,\"b\"|<c>`d` = é 昇";
  for (const auto* format : {"table", "csv", "json", "md"}) {
    const auto r = run(with(kSmall, {"--set", "chip.name=" + name, "--format", format}));
    ASSERT_EQ(r.status, 0) << r.text();
    if (std::string(format) == "csv") {
      EXPECT_EQ(first_record(r.out)["overrides"], "chip.name = " + name);
    }
    if (std::string(format) == "json") {
      EXPECT_FALSE(nlohmann::json::parse(r.out, nullptr, false).is_discarded());
    }
  }
}

TEST(Alias, GivesTheSameAnswerInAnyCase) {
  const auto by_id = run({"estimate", "--chip", "ascend910d", "--no-compare"});
  for (const auto* alias : {"910d", "910D", "ASCEND910D"})
    EXPECT_EQ(run({"estimate", "--chip", alias, "--no-compare"}).out, by_id.out) << alias;
  EXPECT_EQ(run({"show", "chip", "910c"}).out, run({"show", "chip", "ascend910c"}).out);
}

TEST(Scenario, OpensWithItsBannerAndEndsWithWhatShips) {
  const auto r = run({"estimate", "--chip", "ascend910d"});
  ASSERT_EQ(r.status, 0) << r.text();
  EXPECT_TRUE(r.out.starts_with("! ")) << r.text();
  EXPECT_NE(r.out.substr(0, r.out.find("asked")).find("never launched"), std::string::npos);
  const auto compared = r.out.find("compared");
  ASSERT_NE(compared, std::string::npos);
  for (const auto* chip : {"ascend950pr", "ascend950dt", "ascend910c"})
    EXPECT_NE(r.out.find(chip, compared), std::string::npos) << chip;
}

TEST(Link, OfTheOutputFileStaysALink) {
  namespace fs = std::filesystem;
  const Scratch scratch;
  spill(scratch / "target", "old");
  fs::create_symlink("target", scratch / "link");
  EXPECT_EQ(run(with(kSmall, {"-o", (scratch / "link").string()})).status, 0);
  EXPECT_TRUE(fs::is_symlink(scratch / "link"));
  EXPECT_EQ(slurp(scratch / "target"), run(kSmall).out);
  fs::create_symlink("loop", scratch / "loop");
  EXPECT_EQ(run(with(kSmall, {"-o", (scratch / "loop").string()})).status, 2);
  EXPECT_EQ(scratch.listing(), "link loop target");
}

TEST(Device, IsWrittenToAndNotReplaced) {
  const Scratch scratch;
  const auto pipe = (scratch / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDWR | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  EXPECT_EQ(run(with(kSmall, {"-o", pipe})).status, 0);
  char first = '\0';
  EXPECT_EQ(::read(reader, &first, 1), 1);
  ::close(reader);
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  EXPECT_EQ(scratch.listing(), "pipe");
}

TEST(OldFile, KeepsItsTextWhenTheQuestionIsBad) {
  const Scratch scratch;
  spill(scratch / "answer", "old");
  EXPECT_EQ(run(with(kSmall, {"--input", "0", "-o", (scratch / "answer").string()})).status, 2);
  EXPECT_EQ(slurp(scratch / "answer"), "old");
}

TEST(Configs, ComeFromTheOptionTheEnvironmentOrTheProgram) {
  const auto own = run({"list", "chips"}).out;
  EXPECT_EQ(run({"--configs", PERFMODEL_CONFIG_DIR, "list", "chips"}).out, own);
  EXPECT_EQ(
      run({"list", "chips"}, {.environment = {"PERFMODEL_CONFIGS=" PERFMODEL_CONFIG_DIR}}).out,
      own);
}

}  // namespace
}  // namespace perfmodel::black_box
