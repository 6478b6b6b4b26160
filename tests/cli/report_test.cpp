// `report` as a user runs it: what it writes, what it refuses, and that its numbers are those of
// the other commands. tests/e2e/report_check.py looks at every shipped report.
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include <nlohmann/json.hpp>

#include "program.hpp"

namespace perfmodel::black_box {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPlace =
    R"(<script type="application/json" id="report-document">{}</script>)";
constexpr const char* kReport = R"(schema: 1
report: two
title: "{{hgx-h200.name}} and {{hgx-b200.output_per_chip}}"
systems: [hgx-h200, hgx-b200]
llms: [llama-3.1-70b]
slo: {tpot: 40 ms}
samples: 32
curve_samples: 16
interactivity: [20, 40]
what_if: {title: What if}
sections:
  - {kind: throughput, title: Throughput}
  - {kind: memory, title: Memory}
)";

class Reports : public testing::Test {
 protected:
  void SetUp() override {
    spill(file, kReport);
    spill(page, std::string("<html>") + kPlace + "</html>");
  }
  black_box::Run make() const { return run({"report", file, "-o", out, "--page", page}); }
  void refused(const std::string& from, const std::string& to, const std::string& message) {
    std::string text = kReport;
    text.replace(text.find(from), from.size(), to);
    spill(file, text);
    const auto r = make();
    EXPECT_EQ(r.status, 2);
    EXPECT_EQ(r.out, "");
    EXPECT_NE(r.err.find(message), std::string::npos) << r.err;
    EXPECT_FALSE(fs::exists(out));
  }
  Scratch dir;
  std::string file = dir / "two.yaml", page = dir / "page.html", out = dir / "out";
};

TEST_F(Reports, WriteEverythingTheyList) {
  const auto r = make();
  ASSERT_EQ(r.status, 0) << r.err;
  EXPECT_EQ(r.err, "");
  std::size_t lines = 0;
  std::istringstream listed(r.out);
  for (std::string name; std::getline(listed, name); ++lines) EXPECT_TRUE(fs::exists(name)) << name;
  EXPECT_EQ(lines, 7u) << r.out;               // JSON, Markdown, HTML; two tables and charts
  EXPECT_TRUE(r.out.ends_with("two.html\n"));  // last
}

TEST_F(Reports, SayWhatCompareSays) {
  ASSERT_EQ(make().status, 0);
  const auto compared = run({"compare", "--systems", "hgx-h200,hgx-b200", "--llm", "llama-3.1-70b",
                             "--slo", "tpot=40ms", "--samples", "0", "--format", "json"});
  ASSERT_EQ(compared.status, 0) << compared.err;
  const auto expected = nlohmann::json::parse(compared.out);
  const auto rows = parse_csv(slurp(fs::path(out) / "throughput.csv"));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0][2], "output_per_chip_tok/s");
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& system = expected["systems"][i];
    const auto text = system.dump();
    // The same double, which prints as the same digits.
    EXPECT_NE(text.find(rows[i + 1][2].substr(0, 10)), std::string::npos) << rows[i + 1][2];
  }
}

TEST_F(Reports, AnswerWhatIfsAsTheProgramDoesWithOverrides) {
  ASSERT_EQ(make().status, 0);
  const auto d = nlohmann::json::parse(slurp(fs::path(out) / "two.json"));
  const auto& checks = d["whatif"]["checks"];
  ASSERT_GT(checks.size(), 10u);
  const auto deployment = d["whatif"]["systems"][0]["deployment"].get<std::string>();
  // "2 x tp4, weights bf16" as estimate wants it.
  const auto tp = deployment.find("tp");
  const auto degree =
      deployment.substr(tp + 2, deployment.find_first_not_of("0123456789", tp + 2) - tp - 2);
  const auto r =
      run({"estimate", "--system", "hgx-h200", "--llm", "llama-3.1-70b", "--parallel",
           "tp=" + degree, "--slo", "tpot=40ms", "--set", "chip.memory.bandwidth=19.2 TB/s",
           "--samples", "0", "--nearest", "0", "--no-compare", "--format", "json"});
  ASSERT_EQ(r.status, 0) << r.err;
  const auto expected = nlohmann::json::parse(r.out);
  bool found = false;
  for (const auto& c : checks) {
    const auto& in = c["inputs"];
    if (in["bandwidth"] != 4 || in["peak"] != 1 || in["tpot"] != 40) continue;
    found = true;
    const double rate = c["expected"]["hgx-h200"]["output_per_chip"];
    EXPECT_NE(expected.dump().find(nlohmann::json(rate).dump().substr(0, 9)), std::string::npos)
        << rate;
  }
  EXPECT_TRUE(found);
}

TEST_F(Reports, WithoutAPageSayWhatIsMissingAndWriteTheRest) {
  const auto r = run({"report", file, "-o", out});
  ASSERT_EQ(r.status, 0) << r.err;
  const bool has_page = fs::exists(fs::path(out) / "two.html");
  EXPECT_EQ(r.err.find("no page") != std::string::npos, !has_page) << r.err;
  EXPECT_TRUE(fs::exists(fs::path(out) / "two.md"));
}

TEST_F(Reports, OfSystemsWithoutAnAnswerSayWhyAndEndWithNo) {
  std::string text =
      "schema: 1\nreport: two\ntitle: \"{{hgx-h100.output}}: {{hgx-h100.verdict}}\"\n"
      "systems: [hgx-h100, hgx-h800]\nwhat_if: {title: What if}\nsections:\n";
  for (const auto* kind : {"throughput", "interactivity", "latency", "breakdown", "memory", "power",
                           "parity", "parts", "uncertainty"})
    text += std::string("  - {kind: ") + kind + ", title: Title}\n";
  spill(file, text);
  const auto r = make();
  EXPECT_EQ(r.status, 1) << r.text();
  const auto d = nlohmann::json::parse(slurp(fs::path(out) / "two.json"));
  EXPECT_NE(d["title"].get<std::string>().find("no answer: deepseek-r1"), std::string::npos);
  for (const auto& s : d["whatif"]["systems"]) EXPECT_TRUE(s.contains("unavailable"));
  for (const auto& s : d["sections"])
    for (const auto& c : s["charts"])
      for (const auto& series : c["series"])
        EXPECT_TRUE(series.value("values", series.value("points", nlohmann::json())).is_array());
}

TEST_F(Reports, RefuseAPageWithoutAPlace) {
  spill(page, "<html></html>");
  const auto r = make();
  EXPECT_EQ(r.status, 2);
  EXPECT_NE(r.err.find("it has no place for a document"), std::string::npos) << r.err;
  EXPECT_FALSE(fs::exists(out));
}

TEST_F(Reports, RefuseWrongKeysNamesAndFields) {
  refused("llms:", "lms:", "two.yaml:5:1: unknown key 'lms' (did you mean 'llms'?)");
  refused("hgx-b200]", "hgx-b20]", "two.yaml: 'hgx-b20': unknown system 'hgx-b20'");
  refused("hgx-b200]", "hgx-b20]", "did you mean 'hgx-b200'");
  refused("[llama-3.1-70b]", "[llama-3.1-71b]", "llama-3.1-70b");
  refused("kind: memory", "kind: memry", "did you mean 'memory'");
  refused("{{hgx-h200.name}}", "{{hgx-h200.nam}}",
          "two.yaml:3:8: title: unknown field 'hgx-h200.nam' (did you mean 'hgx-h200.name'?)");
  refused("samples: 32", "samples: 1", "samples");
}

TEST_F(Reports, RefuseAFileForAFolder) {
  spill(out, "mine");
  const auto r = make();
  EXPECT_EQ(r.status, 2);
  EXPECT_NE(r.err.find("cannot write"), std::string::npos) << r.err;
  EXPECT_EQ(slurp(out), "mine");
}

TEST_F(Reports, RefuseUnknownNamesAndMissingFolders) {
  const auto unknown = run({"report", "ascend-vs-nvidea", "-o", out});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.err.find("did you mean 'ascend-vs-nvidia'"), std::string::npos) << unknown.err;
  const auto nowhere = run({"report", "host"});
  EXPECT_EQ(nowhere.status, 2);
  EXPECT_NE(nowhere.err.find("-o"), std::string::npos) << nowhere.err;
  EXPECT_EQ(run({"report", (dir / "none.yaml").string(), "-o", out}).status, 2);
}

TEST_F(Reports, TakeAnotherChip) {
  const auto r = run({"report", "chip-card", "--set", "chip=h20", "-o", out, "--page", page});
  ASSERT_EQ(r.status, 0) << r.err;
  EXPECT_TRUE(slurp(fs::path(out) / "chip-card.md").starts_with("# "));
  EXPECT_NE(slurp(fs::path(out) / "chip-card.json").find("--set chip = h20"), std::string::npos);
  const auto wrong = run({"report", "chip-card", "--set", "chip=h21", "-o", out});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_EQ(run({"report", "chip-card", "--set", "chip", "-o", out}).status, 2);
}

TEST_F(Reports, ListTheFieldsOfTheirTexts) {
  const auto r = run({"report", file, "--fields"});
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_NE(r.out.find("\nhgx-b200.output_per_chip = "), std::string::npos) << r.out;
  EXPECT_EQ(r.out.find(" = \n"), std::string::npos) << "an empty field";
}

}  // namespace
}  // namespace perfmodel::black_box
