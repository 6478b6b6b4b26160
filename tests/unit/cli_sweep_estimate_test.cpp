// Rows of sweeps are answers of `estimate`: their numbers, their intervals, their what-ifs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "cli/errors.hpp"
#include "cli/estimate.hpp"
#include "report/format.hpp"
#include "unit/sweep_support.hpp"

namespace perfmodel::cli {
namespace {

using test::number_in;
using test::sweep_of;
using test::sweep_rows;
using test::SweepRow;

constexpr const char* kSlo = "ttft=2s,tpot=50ms";
const std::string kRest = "slo: {ttft: 2 s, tpot: 50 ms}\n";
const std::string kDraws = "samples: 64\nseed: 3\n";

/// The row's key columns as a command line of `estimate`.
EstimateArguments asked_by(const SweepRow& row, bool chip_named) {
  EstimateArguments w;
  const auto given = [&](const char* column, const char* neutral) {
    return row.at(column) == neutral ? std::string() : row.at(column);
  };
  if (chip_named)
    w.chip = row.at("chip");
  else
    w.system = row.at("system");
  w.count = std::stol(row.at("systems"));
  w.llm = row.at("llm");
  w.stack = row.at("stack");
  w.weights = given("weights_format", "native");
  w.kv = given("kv_format", "native");
  w.compute = given("compute", "native");
  w.memory = given("memory", "own");
  w.link_scale = given("link_scale", "1");
  w.dies = given("dies", "own");
  w.clock = given("clock", "own");
  w.native = given("native", "own");
  if (!row.at("overrides").empty()) w.sets.push_back(row.at("overrides"));
  w.parallel = "tp=" + row.at("tp") + ",pp=" + row.at("pp") + ",dp=" + row.at("dp") +
               ",ep=" + row.at("ep") + ",moe-tp=" + row.at("moe_tp");
  if (row.at("draft_tokens") != "0")
    w.policy.speculate = row.at("draft_tokens") + ":" + row.at("accepted_tokens");
  w.input = std::stol(row.at("input_tokens"));
  w.output = std::stol(row.at("output_tokens"));
  w.spread = number_in(row.at("length_spread"));
  w.prefix_hit = number_in(row.at("prefix_hit"));
  w.batch = row.at("batch_per_rank");
  w.slo = kSlo;
  w.nearest = 0;
  w.no_compare = true;
  w.samples = 64;
  w.seed = 3;
  return w;
}

SweepRow estimated(const SweepRow& row, bool chip_named) {
  const auto result = run_estimate(test::catalog(), check_arguments(asked_by(row, chip_named)));
  const auto records = test::sweep_records(report::to_csv(result.record, false));
  SweepRow r;
  for (std::size_t i = 0; i < records.at(0).size(); ++i) r[records[0][i]] = records.at(1).at(i);
  return r;
}

/// Every column of the row that `estimate` has by the same name, but those that are asked.
int expect_same(const SweepRow& row, bool chip_named) {
  const auto answer = estimated(row, chip_named);
  int compared = 0;
  for (const auto& [name, field] : row) {
    const auto at = answer.find(name);
    if (at == answer.end() || name.ends_with("_format")) continue;
    if (name == "verdict" || name == "reason" || name == "compute" || name == "overrides") continue;
    if (name == "length_spread" || name == "prefix_hit") continue;
    char* end = nullptr;
    const double value = std::strtod(field.c_str(), &end);
    if (field.empty() || *end != '\0') {
      EXPECT_EQ(field, at->second) << name;
      continue;
    }
    // Rows have single precision.
    const double expected = number_in(at->second);
    EXPECT_NEAR(value, expected, 2e-7 * std::abs(expected)) << name;
    ++compared;
  }
  EXPECT_EQ(row.count("interval_basis"), 1U);
  EXPECT_EQ(answer.at("interval_samples"), "64");
  return compared;
}

void expect_estimates(const std::string& text, bool chip_named, std::size_t every = 1) {
  const auto rows = sweep_rows(sweep_of(text + kRest + kDraws));
  std::size_t with_numbers = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    SCOPED_TRACE(row.at("chip") + " row " + std::to_string(i));
    const bool numbers = row.at("verdict") == "ok" || row.at("verdict") == "slo-missed";
    for (const auto* name : {"interval_samples", "ttft_ms_p10", "tokens_per_s_per_user_p90",
                             "slo_kept_share", "batch_fits_share"})
      EXPECT_EQ(row.at(name).empty(), !numbers) << name;
    if (!numbers) continue;
    if (with_numbers++ % every == 0) {
      EXPECT_GT(expect_same(row, chip_named), 35);
    }
    EXPECT_NEAR(number_in(row.at("tokens_per_s_per_user_p10")) * number_in(row.at("tpot_ms_p90")),
                1e3, 1e-3);
  }
  EXPECT_GT(with_numbers, 5U);
}

TEST(SweepRow, IsTheAnswerOfEstimateToTheSameQuestion) {
  expect_estimates(
      "axes:\n  system: [cloudmatrix384, hgx-h20]\n  llm: deepseek-r1\n"
      "  stack: [typical, cann-2026]\n  weights: [native, int8]\n"
      "  parallel: [\"tp=1,dp=32,ep=32\", \"tp=8\"]\n  input: 1000\n  output: 200\n"
      "  prefix_hit: [0, 0.3]\n  batch: [1, 300]\n",
      false, 5);
}

TEST(SweepRow, IsTheAnswerOnChipsOfTwoBinsAndWithDrafts) {
  expect_estimates(
      "axes:\n  chip: ascend910c\n  llm: qwen3-235b-a22b\n  stack: cann-2026\n"
      "  parallel: \"tp=4,dp=4\"\n  input: [1000, 3000]\n  output: 200\n  batch: [1, 40]\n"
      "  speculate: [none, \"1:0.7\"]\nspread: 0.2\n",
      true, 2);
}

TEST(SweepRow, IsTheAnswerWithTheSameWhatIfs) {
  expect_estimates(
      "axes:\n  system: cloudmatrix384\n  llm: deepseek-r1\n"
      "  dies: [own, 4]\n  clock: [own, 1.2x, 2 GHz]\n  native: [own, \"fp8:fp4\"]\n"
      "  memory: [own, \"hbm3:8\"]\n  link_scale: [1, 3]\n"
      "  set: [{path: chip.vector.fp32, values: 30 TFLOP/s}]\n"
      "  parallel: \"tp=1,dp=64,ep=64\"\n  input: 2000\n  output: 500\n  batch: 24\n",
      false, 4);
}

TEST(SweepRow, OfWhatCannotBeBuiltSaysWhy) {
  const auto loaded = sweep_of(
      "axes:\n  system: cloudmatrix384\n  llm: deepseek-r1\n  dies: [own, 4]\n"
      "  memory: [own, \"hbm3:16\"]\n  parallel: \"tp=1,dp=64,ep=64\"\n  input: 2000\n"
      "  output: 500\n  batch: 24\n" +
      kDraws);
  const auto rows = sweep_rows(loaded);
  ASSERT_EQ(rows.size(), 4U);
  for (const auto& row : rows) {
    const bool cannot = row.at("dies") == "own" && row.at("memory") == "hbm3:16";
    EXPECT_EQ(row.at("verdict"), cannot ? "invalid-mapping" : "ok") << row.at("reason");
    if (!cannot) continue;
    EXPECT_EQ(row.at("reason"),
              "memory: 16 stacks of hbm3 are more than the 8 that the package of ascend910c holds");
    EXPECT_EQ(row.at("chips"), "384");
    EXPECT_THROW(run_estimate(test::catalog(), check_arguments(asked_by(row, false))), UsageError);
  }
}

TEST(SweepRow, MoreDiesHaveTheirOwnDeployments) {
  const std::string rest = "  llm: deepseek-r1\n  input: 1000\n  output: 500\n  batch: 24\n";
  const auto deployments = [&](const std::string& dies) {
    return sweep_of("axes:\n  chip: ascend910c\n  system: generic-8\n" + dies + rest).space.plans();
  };
  const auto own = deployments("");
  const auto four = deployments("  dies: 4\n");
  EXPECT_GT(four, own) << "twice as many devices";
  EXPECT_EQ(deployments("  dies: [own, 4]\n"), own + four);
}

const std::string kMixed =
    "axes:\n  system: [hgx-h200, hgx-h20]\n  llm: deepseek-r1\n"
    "  parallel: [\"tp=8\", \"tp=4,dp=2\", \"tp=3\"]\n  input: [500, 4000]\n  output: 300\n"
    "  batch: [1, 2, 3, 5, 8, 40, 100000]\nslo: {ttft: 2 s, tpot: 40 ms}\n";

TEST(SweepInterval, LeavesThePlainColumnsAsTheyAre) {
  const auto plain = test::sweep_blocks(sweep_of(kMixed), 1);
  const auto drawn = test::sweep_blocks(sweep_of(kMixed + kDraws), 1);
  const auto before = test::sweep_records(plain.at(0).rows);
  const auto after = test::sweep_records(drawn.at(0).rows);
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    ASSERT_GT(after[i].size(), before[i].size());
    EXPECT_TRUE(std::equal(before[i].begin(), before[i].end(), after[i].begin())) << i;
  }
}

TEST(SweepInterval, IsTheSameForAnyNumberOfThreadsAndNoOtherSeed) {
  const std::string many =
      "axes:\n  system: [hgx-h200, hgx-h20]\n  llm: llama-3.1-70b\n  parallel: [tp=8, tp=4]\n"
      "  input: 500\n  output: 300\n  batch: {from: 1, to: 300, step: 1}\n";
  const auto loaded = sweep_of(many + "samples: 16\n");
  ASSERT_GT(block_count(loaded), 2U) << "deployments lie in several blocks";
  const auto one = test::sweep_blocks(loaded, 1);
  const auto two = test::sweep_blocks(loaded, 2);
  const auto other = test::sweep_blocks(sweep_of(many + "samples: 16\nseed: 2\n"), 2);
  ASSERT_EQ(one.size(), two.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].rows, two[i].rows) << i;
    EXPECT_NE(one[i].rows, other[i].rows) << i;
  }
}

TEST(SweepInterval, IsOfKeptColumnsAndRowsAlone) {
  const auto all = sweep_rows(sweep_of(kMixed + kDraws));
  const auto kept = sweep_rows(sweep_of(
      kMixed + kDraws + "keep: {slo: true}\ncolumns: [memory_free_gb, tpot_ms, concurrency]\n"));
  ASSERT_GT(kept.size(), 3U);
  std::size_t at = 0;
  for (const auto& row : all) {
    if (row.at("verdict") != "ok") continue;
    for (const auto& [name, field] : kept.at(at)) EXPECT_EQ(field, row.at(name)) << name;
    ++at;
  }
  EXPECT_EQ(at, kept.size());
  EXPECT_EQ(kept[0].count("tpot_ms_p50"), 1U);
  EXPECT_EQ(kept[0].count("ttft_ms_p50"), 0U);
  EXPECT_EQ(kept[0].count("memory_free_gb_p50"), 0U);
}

TEST(SweepInterval, OfAFrontIsThatOfItsRows) {
  const auto rows = test::sweep_blocks(sweep_of(kMixed + kDraws), 1).at(0).rows;
  const auto loaded = sweep_of(
      kMixed + kDraws + "pareto: {x: tokens_per_s_per_user, y: output_tokens_per_s_per_chip}\n");
  sweep::Fronts fronts(1000);
  for (const auto& b : test::sweep_blocks(loaded, 1)) fronts.add(b.front);
  const auto front = front_rows(loaded, fronts.points(), 2, [] { return false; });
  ASSERT_TRUE(front);
  ASSERT_GT(front->size(), 3U);
  for (const auto& row : *front) EXPECT_NE(rows.find(row), std::string::npos) << row;
  EXPECT_FALSE(front_rows(loaded, fronts.points(), 1, [] { return true; })) << "told to stop";
}

TEST(SweepInterval, HasAllThatEstimateHas) {
  auto s = sweep_of(kMixed + kDraws).sweep;
  const auto header = sweep_header(s);
  for (const auto name : report::csv_columns(false)) {
    const auto metric = name.substr(0, name.size() - std::min<std::size_t>(4, name.size()));
    if (name.ends_with("_p10") && sweep::find_metric(metric)) {
      EXPECT_NE(header.find("," + std::string(name) + ","), std::string::npos) << name;
    }
  }
  // What is neither asked nor memory is uncertain.
  for (const auto& m : sweep::metrics()) {
    const bool known = m.of_memory || m.name == "concurrency";
    EXPECT_EQ(header.find("," + std::string(m.name) + "_p10,") == std::string::npos, known)
        << m.name;
  }
  s.samples = 0;
  EXPECT_EQ(sweep_header(s).find("_p10"), std::string::npos);
}

}  // namespace
}  // namespace perfmodel::cli
