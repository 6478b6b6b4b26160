#include <gtest/gtest.h>

#include <clocale>
#include <limits>
#include <locale>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "report/content.hpp"
#include "report/format.hpp"
#include "report/grid.hpp"
#include "report/numbers.hpp"
#include "unit/report_record.hpp"

namespace perfmodel::report {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kScreenWidth = 100, kScreenHeight = 58;

/// On one line with single blanks, so that a search does not depend on where lines break.
std::string flat(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n';
    if (!blank) out += c;
    if (blank && !out.ends_with(' ')) out += ' ';
  }
  return out;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    out.push_back(text.substr(at, end - at));
    at = end == std::string::npos ? text.size() : end + 1;
  }
  return out;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::vector<std::string> all_formats(const EstimateRecord& r) {
  return {to_table(r),
          to_table(r, {.explain = true}),
          to_markdown(r, false),
          to_markdown(r, true),
          to_csv(r, false),
          to_csv(r, true),
          to_json(r)};
}

TEST(ReportNumbers, HaveFourDigitsAndReadableThousands) {
  EXPECT_EQ(number(1943.2), "1,943");
  EXPECT_EQ(number(746188.8), "746,200");
  EXPECT_EQ(number(1234567890.0), "1,235,000,000");
  EXPECT_EQ(number(999.96), "1,000");
  EXPECT_EQ(number(-1943.2), "-1,943");
  EXPECT_EQ(number(49.384), "49.38");
  EXPECT_EQ(number(0.0), "0");
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "-");
  EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "-");
  EXPECT_EQ(number(12345.678, 7), "12345.68");
  EXPECT_EQ(number(1e300), "1e+300");
  EXPECT_EQ(whole(131072), "131,072");
  EXPECT_EQ(whole(0.7), "0.7");
  EXPECT_EQ(percent(0.6124), "61.2 %");
  EXPECT_EQ(counted(1, "chip"), "1 chip");
  EXPECT_EQ(counted(384, "chip"), "384 chips");
}

TEST(ReportGrid, WrapKeepsEveryCharacterAndTheWidth) {
  const std::string text =
      "a bb ccc https://example.com/a/very/long/path 昇腾昇腾昇腾 \xff\x80\x80\xe6";
  for (std::size_t width = 2; width < 50; ++width) {
    std::string together;
    for (const auto& line : wrap(text, width)) {
      EXPECT_LE(display_width(line), width) << line;
      together += line;
    }
    std::string expected = text;
    std::erase(expected, ' ');
    std::erase(together, ' ');
    EXPECT_EQ(together, expected) << width;
  }
  EXPECT_EQ(wrap("", 10), std::vector<std::string>{""});
  EXPECT_EQ(display_width("昇腾 910D"), 9u);
  EXPECT_EQ(fit("abcdef", 4), "ab..");
  EXPECT_EQ(fit("昇腾昇腾", 5), "昇..");
}

TEST(ReportTable, FitsOneScreen) {
  const auto lines = lines_of(to_table(typical_record()));
  EXPECT_LE(lines.size(), kScreenHeight);
  for (const auto& line : lines) EXPECT_LE(display_width(line), kScreenWidth) << line;
}

TEST(ReportTable, StaysWithinItsWidthWhateverTheTexts) {
  EstimateRecord r = typical_record();
  const std::string word(300, 'x');
  r.banners = {word};
  r.llm_name = r.chip_name = r.weights_format = r.weakest_path = r.limit = word;
  r.assumptions = r.overrides = r.fallbacks = {word + " " + word, word};
  r.nearest_note = r.nearest_runs[0].llm = r.nearest_runs[1].id = r.nearest_runs[2].source = word;
  r.nearest_runs[2].metrics[0].metric = "unheard_of_ms";
  r.comparisons[0].deployment = r.comparisons[0].system = r.comparisons.back().infeasible = word;
  for (const auto& line : lines_of(to_table(r)))
    EXPECT_LE(display_width(line), kScreenWidth) << line;
}

TEST(ReportTable, BeginsWithTheBanners) {
  EXPECT_TRUE(to_table(typical_record()).starts_with("! The Ascend 910D was never launched"));
}

TEST(ReportTable, SaysWhatWasAskedChosenAndFound) {
  const std::string table = flat(to_table(typical_record()));
  for (const char* part : {"384 chips",
                           "671 billion parameters",
                           "37.55 billion active",
                           "MLA",
                           "4,096 tokens in",
                           "1,024 out",
                           "prefix hit 50 %",
                           "TTFT 2 s",
                           "TPOT 50 ms",
                           "(was 6.4 TB/s)",
                           "tp=1 dp=64 ep=64",
                           "24 engines",
                           "36,864",
                           "412 deployments",
                           "limited by TPOT",
                           "bf16 attention core",
                           "no FP8",
                           "cann-2026",
                           "1,943",
                           "746,200",
                           "49.38 ms",
                           "62.5 %",
                           "27.9 GB",
                           "experts",
                           "chip.memory.bandwidth (derived)",
                           "stack.efficiency.attention (assumed)",
                           "gb200-nvl72",
                           "6,123",
                           "infeasible: weights",
                           "21.2 GB short"}) {
    EXPECT_TRUE(has(table, part)) << part << "\n" << table;
  }
}

TEST(ReportTable, CountsTheAssumptionsItLeavesOut) {
  EstimateRecord r = typical_record();
  r.assumptions.assign(40, "an assumption of some length");
  EXPECT_TRUE(has(to_table(r), " more with --explain"));
  EXPECT_FALSE(has(to_table(r, {.explain = true}), " more with --explain"));
  EXPECT_LE(lines_of(to_table(r)).size(), kScreenHeight);
}

TEST(ReportTable, HidesControlCharacters) {
  EstimateRecord r = typical_record();
  r.banners = {"a\x1b[31mred\nline"};
  const std::string table = to_table(r);
  EXPECT_FALSE(has(table, "\x1b"));
  EXPECT_TRUE(has(table, "red line"));
}

TEST(ReportExplain, ShowsEveryOperatorAndFigure) {
  const EstimateRecord r = typical_record();
  const std::string table = flat(to_table(r, {.explain = true}));
  const std::string markdown = to_markdown(r, true);
  for (const std::string& text : {table, markdown}) {
    for (const OperatorRow& op : r.operators) {
      EXPECT_TRUE(has(text, op.name)) << op.name;
      EXPECT_TRUE(has(text, op.formula)) << op.formula;
    }
    for (const FigureRow& f : r.figures) {
      for (const auto& part : {f.path, f.value, f.range, f.grade, f.source, f.file}) {
        EXPECT_TRUE(has(text, part)) << part;
      }
    }
  }
  for (const auto& line : lines_of(to_table(r, {.explain = true}))) {
    EXPECT_LE(display_width(line), kScreenWidth) << line;
  }
}

TEST(ReportMarkdown, TablesKeepTheirShapeWhateverTheTexts) {
  EstimateRecord r = typical_record();
  r.operators[3].name = "a|b\nc";
  r.figures[0].source = "left | right";
  r.comparisons[0].deployment = "tp=1 | dp=2";
  r.comparisons.back().infeasible = "short | by 2";
  std::size_t columns = 0;
  std::size_t tables = 0;
  for (const auto& line : lines_of(to_markdown(r, true))) {
    if (!line.starts_with("|")) {
      columns = 0;
      continue;
    }
    std::size_t pipes = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      pipes += line[i] == '|' && (i == 0 || line[i - 1] != '\\') ? 1U : 0U;
    }
    if (columns == 0) ++tables;
    EXPECT_TRUE(columns == 0 || pipes == columns) << line;
    columns = pipes;
  }
  EXPECT_EQ(tables, 11u);
}

TEST(ReportJson, HoldsTheRecord) {
  const EstimateRecord r = typical_record();
  const Json j = Json::parse(to_json(r));
  EXPECT_EQ(j["schema"], "perfmodel/estimate/1");
  EXPECT_EQ(j["verdict"], "feasible");
  EXPECT_EQ(j["version"], r.version);
  EXPECT_EQ(j["banners"], r.banners);
  EXPECT_EQ(j["question"]["chip"]["id"], r.chip);
  EXPECT_EQ(j["question"]["overrides"], r.overrides);
  EXPECT_EQ(j["question"]["workload"]["input_tokens"], r.input);
  EXPECT_EQ(j["question"]["workload"]["slo_tpot_s"], r.slo_tpot->base());
  EXPECT_EQ(j["deployment"]["dp"], r.dp);
  EXPECT_EQ(j["deployment"]["concurrency"], r.concurrency);
  EXPECT_EQ(j["search"]["candidates"], r.candidates);
  EXPECT_EQ(j["formats"]["fallbacks"], r.fallbacks);
  EXPECT_EQ(j["expected"]["ttft_s"], r.expected.ttft.base());
  EXPECT_EQ(j["expected"]["output_tokens_per_s_system"], r.expected.output_system.base());
  EXPECT_EQ(j["ceiling"]["stack"], r.ceiling.stack);
  EXPECT_EQ(j["memory"]["kv_bytes"], r.memory.cache.base());
  EXPECT_EQ(j["memory"]["largest_batch_per_rank"], r.memory.largest_batch);
  EXPECT_EQ(j["weakest"]["software_path"], r.weakest_stack_path);
  EXPECT_EQ(j["assumptions"], r.assumptions);
  EXPECT_EQ(j["bottlenecks"], r.bottlenecks);
  ASSERT_EQ(j["operators"].size(), r.operators.size());
  for (std::size_t i = 0; i < r.operators.size(); ++i) {
    EXPECT_EQ(j["operators"][i]["name"], r.operators[i].name);
    EXPECT_EQ(j["operators"][i]["matrix_flop"], r.operators[i].matrix.base());
    EXPECT_EQ(j["operators"][i]["link_s"], r.operators[i].t_link.base());
    EXPECT_EQ(j["operators"][i]["share_of_pass"], r.operators[i].share);
  }
  ASSERT_EQ(j["figures"].size(), r.figures.size());
  EXPECT_EQ(j["figures"][0]["overridden"], true);
  EXPECT_EQ(j["figures"][0]["line"], 33);
  ASSERT_EQ(j["comparisons"].size(), r.comparisons.size());
  EXPECT_EQ(j["comparisons"][2]["tpot_s"], r.comparisons[2].tpot.base());
  EXPECT_EQ(j["comparisons"][4]["reason"], r.comparisons[4].infeasible);
  EXPECT_TRUE(j["comparisons"][4]["ttft_s"].is_null());
}

TEST(ReportJson, WhatIsNoNumberIsNull) {
  EstimateRecord r = typical_record();
  r.expected.ttft = Time::infinity();
  r.memory.largest_batch = std::numeric_limits<double>::quiet_NaN();
  r.slo_ttft.reset();
  r.llm_name = "not UTF-8: \xff";
  const Json j = Json::parse(to_json(r));
  EXPECT_TRUE(j["expected"]["ttft_s"].is_null());
  EXPECT_TRUE(j["memory"]["largest_batch_per_rank"].is_null());
  EXPECT_TRUE(j["question"]["workload"]["slo_ttft_s"].is_null());
}

TEST(ReportInfeasible, ShowsTheReasonAndNoThroughput) {
  const EstimateRecord r = infeasible_record();
  for (const std::string& text : all_formats(r)) EXPECT_TRUE(has(flat(text), r.infeasible)) << text;
  for (const std::string& text :
       {to_table(r), to_table(r, {.explain = true}), to_markdown(r, true)}) {
    EXPECT_TRUE(has(text, r.nearest));
    EXPECT_TRUE(has(text, "27.9 GB")) << "the memory plan is known";
    for (const char* part : {"tok/s", "1,943", "49.38", "experts ", "cann-2026", "chosen"}) {
      EXPECT_FALSE(has(text, part)) << part << "\n" << text;
    }
  }
  const Json j = Json::parse(to_json(r));
  EXPECT_EQ(j["verdict"], "infeasible");
  EXPECT_TRUE(j["expected"].is_null());
  EXPECT_TRUE(j["ceiling"].is_null());
  EXPECT_TRUE(j["operators"].empty());
  EXPECT_TRUE(j["evidence"].is_null());
}

TEST(ReportInfeasible, InventsNeitherDeploymentNorMemory) {
  EstimateRecord r = infeasible_record();
  r.parallelism.clear();
  r.memory = {};
  EXPECT_FALSE(has(to_table(r), "engine"));
  EXPECT_FALSE(has(to_table(r), "KV cache  "));
  EXPECT_TRUE(Json::parse(to_json(r))["deployment"].is_null());
  EXPECT_TRUE(Json::parse(to_json(r))["memory"].is_null());
}

TEST(ReportInfeasible, StaysComparedWithItsAlternatives) {
  EstimateRecord r = infeasible_record();
  r.comparisons = typical_record().comparisons;
  for (const std::string& text : {to_table(r), to_markdown(r, false)}) {
    EXPECT_TRUE(has(text, "infeasible: see above"));
    EXPECT_TRUE(has(text, "6,123"));
    EXPECT_FALSE(has(text, "1,943"));
  }
}

TEST(ReportFormats, TakeAnEmptyRecord) {
  for (const std::string& text : all_formats({})) EXPECT_FALSE(text.empty());
}

struct CommaNumbers : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(ReportFormats, AreTheSameToTheByteInEveryLocale) {
  const auto expected = all_formats(typical_record());
  const std::locale before = std::locale::global(std::locale(std::locale(), new CommaNumbers));
  const std::string c_before = std::setlocale(LC_ALL, nullptr);
  for (const char* name : {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8"}) {
    if (std::setlocale(LC_ALL, name) != nullptr) break;
  }
  const auto found = all_formats(typical_record());
  std::setlocale(LC_ALL, c_before.c_str());
  std::locale::global(before);
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace perfmodel::report
