// What an answer says of how far to trust it, in every format.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report/content.hpp"
#include "report/format.hpp"
#include "unit/report_record.hpp"

namespace perfmodel::report {
namespace {

using Json = nlohmann::json;

std::string evidence_text(const EstimateRecord& r) {
  std::string s;
  for (const auto& one : evidence(r)) s += one.label + ": " + one.text + "\n";
  return s;
}

TEST(ReportEvidence, SaysWhatTheProfileShowedOnMeasurements) {
  EXPECT_EQ(
      evidence_text(typical_record()),
      "residual: cann-2026 on published runs: TPOT median error 9 %, 90th percentile 27 % (312 "
      "measured numbers); output rate 8 %, 32 % (1,173); TPOT on chips left out of the fit 16 %, "
      "160 %\n"
      "measured: no measurement on ascend910d; the nearest is deepseek-r1 on ascend910c\n");
}

TEST(ReportEvidence, TakesOtherKindsOfNumbersWhereTheProfileHasNoSuch) {
  auto r = typical_record();
  r.residual = {{"offline", "in_sample", 9, 0.2, 0.3, 1},
                {"decode_only", "in_sample", 1, 0.109, 0.109, 0.89},
                {"tpot", "left_out_chip", 9, 0.2, 0.3, 1}};
  r.nearest_note.clear();
  EXPECT_EQ(
      evidence_text(r),
      "residual: cann-2026 on published runs: decode-only runs median error 11 %, 90th percentile "
      "11 % (1 measured number); offline rate 20 %, 30 % (9)\n");
  r.profile_changed = true;
  EXPECT_NE(evidence_text(r).find("cann-2026, before the figures set here, on"), std::string::npos);
  r.residual.clear();
  EXPECT_EQ(evidence_text(r), "residual: cann-2026 was compared with no measurement\n");
}

TEST(ReportEvidence, ShowsTheNearestRunsMeasuredBesidePredicted) {
  const auto r = typical_record();
  const auto brief = nearest_runs(r, Detail::brief);
  ASSERT_EQ(brief.rows.size(), 3u);
  EXPECT_EQ(brief.rows[0].cells,
            (std::vector<std::string>{"160 ascend910c, deepseek-r1, CloudMatrix-Infer 2025",
                                      "TPOT, ms", "49.4", "52.1", "1.05"}));
  EXPECT_EQ(
      nearest_run_text(r.nearest_runs[0]),
      "cm384-009, Serving on a supernode: decode_only, tp=1 dp=320 ep=320, weights int8, 4,096 "
      "in, 256 out, 15,360 in flight");
  // In full: every number of every run, with where it comes from.
  const auto full = nearest_runs(r, Detail::full);
  ASSERT_EQ(full.rows.size(), 6u);
  EXPECT_EQ(full.rows[1].cells.at(7), "output, tok/s/chip");
  EXPECT_EQ(full.rows[1].cells.back(),
            "Serving on a supernode, 2025-06-15, https://example.org/supernode");
  for (const auto& row : full.rows) EXPECT_EQ(row.cells.size(), full.columns.size());
  for (const auto& text : {to_table(r), to_markdown(r, false)})
    for (const char* part : {"cm384-010", "CloudMatrix-Infer", "1.40", "Serving on a supernode"})
      EXPECT_NE(text.find(part), std::string::npos) << part << text;
}

TEST(ReportEvidence, IsCompleteInJson) {
  const auto r = typical_record();
  const auto e = Json::parse(to_json(r))["evidence"];
  EXPECT_EQ(e["profile"], "cann-2026");
  ASSERT_EQ(e["residual"].size(), 3u);
  EXPECT_EQ(e["residual"][2]["kind"], "tpot");
  EXPECT_EQ(e["residual"][2]["sample"], "left_out_chip");
  EXPECT_EQ(e["residual"][2]["p90"], 1.595);
  EXPECT_EQ(e["nearest_note"], r.nearest_note);
  ASSERT_EQ(e["nearest_runs"].size(), 3u);
  const auto& run = e["nearest_runs"][1];
  EXPECT_EQ(run["id"], "cm384-010");
  EXPECT_EQ(run["chip"], "ascend910c");
  EXPECT_EQ(run["llm"], "deepseek-r1");
  EXPECT_EQ(run["stack"], "CloudMatrix-Infer");
  EXPECT_EQ(run["source"], "Serving on a supernode");
  EXPECT_EQ(run["distance"], 2.25);
  EXPECT_EQ(run["metrics"][0]["measured"], 14.9);
  EXPECT_EQ(run["metrics"][0]["predicted"], 20.86);
  EXPECT_DOUBLE_EQ(run["metrics"][0]["ratio"].get<double>(), 20.86 / 14.9);
}

TEST(ReportEvidence, IsLeftOutWhereThereIsNoAnswer) {
  const auto r = infeasible_record();
  EXPECT_TRUE(evidence(r).empty());
  EXPECT_TRUE(nearest_runs(r, Detail::full).rows.empty());
  for (const auto& text : {to_table(r), to_markdown(r, true), to_csv(r, false), to_json(r)})
    EXPECT_EQ(text.find("cm384"), std::string::npos) << text;
}

}  // namespace
}  // namespace perfmodel::report
