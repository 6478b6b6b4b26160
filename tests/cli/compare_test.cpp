// `compare` as a user runs it: what must hold between systems whatever the numbers are, the
// columns, what is infeasible, and what it refuses.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "program.hpp"
#include "sanitized.hpp"

namespace perfmodel::black_box {
namespace {

/// Large systems are searched for long where code is instrumented; their like stands in.
const std::string kSupernode = kSanitized ? "atlas-800i-a3" : "cloudmatrix384";
const std::string kRack = kSanitized ? "hgx-b200" : "gb200-nvl72";

Words compare(const std::string& systems, const Words& more = {}) {
  return with({"compare", "--systems", systems}, more);
}

/// The CSV's rows of one kind.
std::vector<Record> rows(const Words& words, const std::string& kind, int status = 0) {
  const auto r = run(with(words, {"--format", "csv"}));
  EXPECT_EQ(r.status, status) << r.text();
  EXPECT_EQ(r.err, "");
  auto found = records(r.out);
  std::erase_if(found, [&](const Record& row) { return row.at("row") != kind; });
  return found;
}

const Words kFactors = {"factor_compute", "factor_formats", "factor_bandwidth", "factor_capacity",
                        "factor_links",   "factor_chips",   "factor_software"};
const Words kRatios = {"ratio_output_per_chip",
                       "ratio_output_system",
                       "ratio_decode_per_chip",
                       "ratio_decode_system",
                       "ratio_prefill_per_chip",
                       "ratio_prefill_system",
                       "ratio_ceiling_output_per_chip",
                       "ratio_ttft",
                       "ratio_tpot"};

double product(const Record& row) {
  double p = 1;
  for (const auto& f : kFactors) p *= number(row, f);
  return p;
}

TEST(Compare, ASystemAgainstItselfIsOneInEverything) {
  const auto words = compare("hgx-h200,hgx-h200");
  const auto systems = rows(words, "system");
  ASSERT_EQ(systems.size(), 2u);
  for (const auto& s : systems) {
    for (const auto& ratio : kRatios) EXPECT_EQ(number(s, ratio), 1) << ratio;
    for (const auto& factor : kFactors) EXPECT_EQ(number(s, factor), 1) << factor;
    EXPECT_EQ(number(s, "ratio_tokens_per_joule"), 1);
  }
  EXPECT_TRUE(rows(words, "crossover").empty());
  const auto table = run(words);
  EXPECT_NE(table.out.find("1 hgx-h200 = 1 hgx-h200"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("crossovers  none"), std::string::npos) << table.out;
}

/// Four very different machines, a rumoured power among them, each metric once.
TEST(Compare, FactorsMultiplyToTheRatioOfTheMetric) {
  for (const auto& [metric, ratio] :
       std::map<std::string, std::string>{{"output", "ratio_output_per_chip"},
                                          {"decode", "ratio_decode_per_chip"},
                                          {"prefill", "ratio_prefill_per_chip"}}) {
    const auto systems = rows(compare("atlas-800i-a3," + kRack + ",hgx-h200,hgx-h20,2xhgx-h100",
                                      {"--metric", metric, "--interactivity", "20"}),
                              "system");
    ASSERT_EQ(systems.size(), 5u);
    for (const auto& s : systems) {
      EXPECT_NEAR(product(s) / number(s, ratio), 1, 1e-9) << s.at("compared") << " " << metric;
      EXPECT_NEAR(number(s, "ratio_output_system") / number(s, "ratio_output_per_chip") /
                      (number(s, "chips") / number(systems[0], "chips")),
                  1, 1e-9);
    }
  }
}

TEST(Compare, OfTwoPoolsIsNoWorseAndStillMultiplies) {
  const auto words = compare("2xhgx-h200,4xhgx-h20", {"--interactivity", "25"});
  auto two = words;
  two.insert(two.end(), {"--disaggregate", "auto"});
  const auto one = rows(words, "system");
  const auto split = rows(two, "system");
  ASSERT_EQ(split.size(), 2u);
  for (std::size_t i = 0; i < split.size(); ++i) {
    EXPECT_GE(number(split[i], "output_tokens_per_s_system"),
              number(one[i], "output_tokens_per_s_system") * (1 - 1e-9));
    EXPECT_FALSE(split[i].at("prefill_deployment").empty());
    EXPECT_EQ(one[i].at("prefill_deployment"), "");
  }
  EXPECT_NEAR(product(split[1]) / number(split[1], "ratio_output_per_chip"), 1, 1e-9);
  const auto table = run(two).out;
  EXPECT_NE(table.find(" feeds "), std::string::npos) << table;
  const auto r = run(compare("hgx-h200,hgx-h20", {"--disaggregate", "4:4"}));
  EXPECT_EQ(r.status, 2);
  EXPECT_NE(r.err.find("--disaggregate"), std::string::npos) << r.err;
}

TEST(Compare, SwappingTheBaselineInvertsRatiosAndFactors) {
  const auto forth = rows(compare("hgx-h200,hgx-b200", {"--baseline", "hgx-h200"}), "system");
  const auto back = rows(compare("hgx-h200,hgx-b200", {"--baseline", "b200"}), "system");
  ASSERT_EQ(forth.size(), 2u);
  ASSERT_EQ(back.size(), 2u);
  EXPECT_EQ(forth[0].at("baseline"), "hgx-h200");
  EXPECT_EQ(back[0].at("baseline"), "hgx-b200");
  for (const auto& columns : {kRatios, kFactors, Words{"ratio_tokens_per_joule"}})
    for (const auto& c : columns)
      EXPECT_NEAR(number(forth[1], c) * number(back[0], c), 1, 1e-9) << c;
}

TEST(Compare, ATighterPromiseNeverRaisesThroughput) {
  const Words levels = {"--interactivity", "5,10,20,40,60,80,100,140"};
  std::map<std::string, double> last;
  std::size_t seen = 0;
  for (const auto& p :
       rows(compare(kSupernode + "," + kRack + ",hgx-h20", levels), "interactivity")) {
    const auto& system = p.at("compared");
    if (p.at("verdict") == "infeasible") {
      last[system] = 0;
      continue;
    }
    const double rate = number(p, "output_tokens_per_s_per_chip");
    // TPOT keeps the interactivity that was asked for.
    EXPECT_LE(number(p, "tpot_ms") * number(p, "interactivity_tokens_per_s_per_user"), 1000.001);
    if (last.count(system) != 0) {
      EXPECT_LE(rate, last[system] * 1.001) << system;
    }
    last[system] = rate;
    ++seen;
  }
  EXPECT_GE(seen, 15u);
}

TEST(Compare, TheLeadChangesWhereTheRatesOfTheTwoAreEqual) {
  const std::string systems = "hgx-h200,4xhgx-h100";
  const auto crossings = rows(compare(systems), "crossover");
  ASSERT_FALSE(crossings.empty());
  std::string levels;
  for (const auto& c : crossings) {
    EXPECT_NE(c.at("compared"), c.at("overtaken"));
    const double at = number(c, "interactivity_tokens_per_s_per_user");
    for (const double side : {0.97, 1.03})
      levels += (levels.empty() ? "" : ",") + std::to_string(at * side);
  }
  const auto points = rows(compare(systems, {"--interactivity", levels}), "interactivity");
  const auto count = 2 * crossings.size();  // of levels; the first system's points come first
  ASSERT_EQ(points.size(), 2 * count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& crossing = crossings[i / 2];
    const auto rate = [&](const Record& p) { return number(p, "output_tokens_per_s_per_chip"); };
    const bool first_leads = rate(points[i]) > rate(points[count + i]);
    const bool first_overtakes = points[i].at("compared") == crossing.at("compared");
    const bool beyond = i % 2 == 1;
    EXPECT_EQ(first_leads, beyond ? first_overtakes : !first_overtakes)
        << crossing.at("interactivity_tokens_per_s_per_user");
  }
}

TEST(Compare, TheAnswerOfEachIsThatOfEstimate) {
  const auto systems = rows(compare("4xhgx-h100,generic-8@h200"), "system");
  ASSERT_EQ(systems.size(), 2u);
  const auto alone = parse_csv(
      run({"estimate", "--system", "hgx-h100", "--count", "4", "--no-compare", "--format", "csv"})
          .out);
  ASSERT_GE(alone.size(), 2u);
  std::size_t quantiles = 0;
  for (std::size_t i = 0; i < alone[0].size(); ++i) {
    const auto& column = alone[0][i];
    const bool quantile = column.find("_ms_p") != std::string::npos ||
                          column.find("_chip_p") != std::string::npos ||
                          column.find("_system_p") != std::string::npos;
    const bool one = column == "output_tokens_per_s_per_chip" || column == "deployment" ||
                     column == "interval_samples" || column == "slo_kept_share";
    if (!one && !(quantile && systems[0].contains(column))) continue;
    EXPECT_EQ(alone[1][i], systems[0].at(column)) << column;
    quantiles += quantile ? 1 : 0;
  }
  EXPECT_EQ(quantiles, 18u);
  EXPECT_EQ(systems[0].at("compared"), "4xhgx-h100");
  EXPECT_EQ(systems[1].at("compared"), "generic-8@h200");
}

TEST(Compare, SaysWhichChipMayBeAtHand) {
  const auto r = run({"compare", "--chips", "ascend910c,h20", "--llm", "qwen3-32b"});
  EXPECT_EQ(r.status, 0) << r.text();
  EXPECT_NE(r.out.find("bins        cloudmatrix384: chips of unlike speed"), std::string::npos);
  EXPECT_NE(r.out.find("ascend910c-560 in"), std::string::npos);
  const auto named = run(compare("cloudmatrix384,hgx-h20", {"--llm", "qwen3-32b"}));
  EXPECT_EQ(named.out.find("bins "), std::string::npos);
  const auto none = run(compare("hgx-h20,hgx-h200", {"--llm", "qwen3-32b", "--samples", "0"}));
  EXPECT_EQ(none.out.find("SLO kept"), std::string::npos);
}

TEST(Compare, EachMayHaveSoftwareOfItsOwn) {
  const auto systems =
      rows(compare("hgx-h200/sglang-2026,hgx-h200/trtllm-2026,hgx-h200", {"--stack", "vllm-2026"}),
           "system");
  ASSERT_EQ(systems.size(), 3u);
  EXPECT_EQ(systems[0].at("stack"), "sglang-2026");
  EXPECT_EQ(systems[1].at("stack"), "trtllm-2026");
  EXPECT_EQ(systems[2].at("stack"), "vllm-2026");
  // All of the difference is software's.
  EXPECT_NE(number(systems[1], "factor_software"), 1);
  EXPECT_NEAR(number(systems[1], "factor_software"), number(systems[1], "ratio_output_per_chip"),
              1e-9);
}

TEST(Compare, WhatCannotServeIsARowWithTheReason) {
  const auto systems = rows(compare("hgx-h100,hgx-h200"), "system");
  ASSERT_EQ(systems.size(), 2u);
  EXPECT_EQ(systems[0].at("verdict"), "infeasible");
  EXPECT_NE(systems[0].at("reason").find("does not fit"), std::string::npos);
  EXPECT_EQ(systems[0].at("output_tokens_per_s_per_chip"), "");
  EXPECT_EQ(systems[0].at("ratio_output_per_chip"), "");
  // Ratios are over the first that can, unless another is asked for.
  EXPECT_EQ(systems[0].at("baseline"), "hgx-h200");
  EXPECT_EQ(number(systems[1], "ratio_output_per_chip"), 1);
  const auto asked = run(compare("hgx-h100,hgx-h200", {"--baseline", "hgx-h100"}));
  EXPECT_EQ(asked.status, 0);
  EXPECT_NE(asked.out.find("hgx-h100, infeasible: no ratios"), std::string::npos) << asked.out;
  for (const auto& none : rows(compare("hgx-h100,hgx-h800"), "system", 1))
    EXPECT_EQ(none.at("verdict"), "infeasible");
}

TEST(Compare, PowerIsComparedOnlyInTheSameScope) {
  const auto systems = rows(compare("hgx-h200," + kRack + ",hgx-h20"), "system");
  ASSERT_EQ(systems.size(), 3u);
  EXPECT_EQ(systems[1].at("power_scope"), "system");
  EXPECT_NEAR(number(systems[1], "ratio_tokens_per_joule"),
              number(systems[1], "output_tokens_per_s_per_kw_system") /
                  number(systems[0], "output_tokens_per_s_per_kw_system"),
              1e-9);
  EXPECT_EQ(systems[2].at("power_system_kw"), "");
  EXPECT_EQ(systems[2].at("power_scope"), "chips");
  EXPECT_NEAR(number(systems[2], "ratio_tokens_per_joule"),
              number(systems[2], "output_tokens_per_s_per_kw_chips") /
                  number(systems[0], "output_tokens_per_s_per_kw_chips"),
              1e-9);
}

TEST(Compare, FormatsSayTheSame) {
  const auto words = compare("hgx-h200,hgx-b200");
  const auto with = [&](const std::string& format) {
    auto w = words;
    w.insert(w.end(), {"--format", format});
    const auto r = run(w);
    EXPECT_EQ(r.status, 0) << r.text();
    return r.out;
  };
  const auto json = nlohmann::json::parse(with("json"), nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["schema"], "perfmodel/compare/1");
  const auto systems = rows(words, "system");
  ASSERT_EQ(json["systems"].size(), systems.size());
  for (std::size_t i = 0; i < systems.size(); ++i) {
    const auto& j = json["systems"][i];
    EXPECT_EQ(j["expected"]["output_tokens_per_s_per_chip"].get<double>(),
              number(systems[i], "output_tokens_per_s_per_chip"));
    EXPECT_EQ(j["over_baseline"]["per_chip"]["output"]["expected"].get<double>(),
              number(systems[i], "ratio_output_per_chip"));
    EXPECT_EQ(j["over_baseline"]["factors"].size(), kFactors.size());
  }
  const auto markdown = with("md");
  for (const std::string title : {"## Systems", "## Ratios", "## Reasons", "## Interactivity"})
    EXPECT_NE(markdown.find(title), std::string::npos) << title;
  EXPECT_EQ(with("csv"), with("csv"));
}

TEST(Compare, WritesItsFileWholeOrNotAtAll) {
  const Scratch scratch;
  const auto path = (scratch / "answer.csv").string();
  const auto r = run(compare("hgx-h200,hgx-h20", {"--format", "csv", "-o", path}));
  EXPECT_EQ(r.status, 0) << r.text();
  EXPECT_EQ(r.out, "");
  EXPECT_EQ(slurp(path).substr(0, 12), "row,verdict,");
  const auto bad = run(compare("hgx-h200,hgx-h21", {"-o", (scratch / "other").string()}));
  EXPECT_EQ(bad.status, 2);
  EXPECT_EQ(scratch.listing(), "answer.csv");
}

struct Refusal {
  std::string name;
  Words arguments, says;
};
std::ostream& operator<<(std::ostream& out, const Refusal& r) {
  return out << r.name;
}
Refusal of(std::string name, const std::string& systems, Words says, Words more = {}) {
  return {std::move(name), compare(systems, more), std::move(says)};
}

const std::vector<Refusal> kRefusals = {
    {"nothing", {"compare"}, {"at least two", "--systems"}},
    of("one", "hgx-h200", {"at least two"}),
    of("too_many",
       "hgx-h20,hgx-h20,hgx-h20,hgx-h20,hgx-h20,hgx-h20,hgx-h20,hgx-h20,hgx-h20,hgx-h20,"
       "hgx-h20,hgx-h20,hgx-h20,hgx-h20,hgx-h20,hgx-h20,hgx-h20",
       {"17 systems", "at most 16"}),
    of("empty_place", "hgx-h200,,hgx-h20", {"empty place"}),
    of("unknown_system", "hgx-h200,hgx-h21", {"'hgx-h21': unknown system", "hgx-h20"}),
    of("two_unknown", "hgx-h201,hgx-h21", {"'hgx-h201'", "'hgx-h21'"}),
    of("no_count", "hgx-h200,0xhgx-h20", {"'0xhgx-h20'", "between 1 and 100000"}),
    of("count_alone", "hgx-h200,4x", {"'4x': no system after the count"}),
    of("no_chip", "hgx-h200,hgx-h20@", {"nothing after the '@'"}),
    of("no_system", "hgx-h200,@h20", {"nothing before the '@'"}),
    of("no_stack", "hgx-h200,hgx-h20/", {"nothing after the '/'"}),
    of("unknown_stack", "hgx-h200,hgx-h20/vllm-2027",
       {"'hgx-h20/vllm-2027': unknown stack", "vllm-2024"}),
    of("chip_for_system", "hgx-h200,910c", {"'910c': a chip", "--chips", "SYSTEM@910c"}),
    of("contradiction", "hgx-h200,hgx-h20@h200", {"contradict"}),
    of("template", "hgx-h200,generic-8", {"template", "generic-8@h200"}),
    of("cannot_join", "hgx-h200,2xgeneric-1@h20", {"no scale-out"}),
    of("unknown_baseline", "hgx-h200,hgx-h20", {"'hgx-h21'", "hgx-h20"}, {"--baseline", "hgx-h21"}),
    of("bad_levels", "hgx-h200,hgx-h20", {"'x'", "'5000'", "between 1 and 1000"},
       {"--interactivity", "20,x,5000"}),
    of("many_levels", "hgx-h200,hgx-h20", {"at most 24 levels"},
       {"--interactivity", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25"}),
    of("bad_metric", "hgx-h200,hgx-h20", {"--metric"}, {"--metric", "cost"}),
    of("question_and_list", "hgx-h200,hgx-h20,", {"empty place", "--slo"}, {"--slo", "speed=1"}),
    of("unknown_llm", "hgx-h200,hgx-h20", {"unknown LLM 'deepsek-r1'", "deepseek-r1"},
       {"--llm", "deepsek-r1"}),
    {"unknown_chip", {"compare", "--chips", "h200,h21"}, {"'h21': unknown chip", "h20"}},
};

class CompareRefuses : public ::testing::TestWithParam<Refusal> {};

TEST_P(CompareRefuses, WithWhatIsWrong) {
  const auto r = run(GetParam().arguments);
  EXPECT_EQ(r.status, 2) << r.text();
  EXPECT_EQ(r.out, "");
  for (const auto& s : GetParam().says)
    EXPECT_NE(r.err.find(s), std::string::npos) << s << "\n" << r.text();
  EXPECT_EQ(r.err.find("internal error"), std::string::npos) << r.text();
}

INSTANTIATE_TEST_SUITE_P(Given, CompareRefuses, ::testing::ValuesIn(kRefusals),
                         [](const auto& named) { return named.param.name; });

}  // namespace
}  // namespace perfmodel::black_box
