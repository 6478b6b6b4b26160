// `perfmodel formats` as a user runs it: the columns, the orders that its numbers must have, the
// same text each time, and what it refuses.
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "program.hpp"
#include "sanitized.hpp"

namespace perfmodel::black_box {
namespace {

const Run& quick_csv() {
  static const Run r = run({"formats", "--quick", "--format", "csv"});
  return r;
}

/// Values by "table case format measure".
std::map<std::string, std::string> values() {
  std::map<std::string, std::string> all;
  const auto rows = parse_csv(quick_csv().out);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto& r = rows[i];
    EXPECT_TRUE(all.emplace(r[0] + " " + r[1] + " " + r[2] + " " + r[3], r[4]).second) << r[2];
  }
  return all;
}

TEST(Formats, CsvHasOneRowForEachMeasure) {
  ASSERT_EQ(quick_csv().status, 0) << quick_csv().text();
  EXPECT_EQ(quick_csv().err, "");
  const auto rows = parse_csv(quick_csv().out);
  EXPECT_EQ(rows.front(), (Words{"table", "case", "format", "measure", "value", "note"}));
  std::map<std::string, std::set<std::string>> measures;
  for (std::size_t i = 1; i < rows.size(); ++i) measures[rows[i][0]].insert(rows[i][3]);
  EXPECT_EQ(measures["numerics"], (std::set<std::string>{"snr_db", "max_relative_percent",
                                                         "max_absolute_over_rms", "lost_percent"}));
  EXPECT_EQ(measures["logits"],
            (std::set<std::string>{"mean_kl_nats", "max_kl_nats", "relative_rms_percent",
                                   "same_top_percent", "same_experts_mean_kl_nats",
                                   "same_experts_relative_rms_percent"}));
  EXPECT_EQ(measures["predicted"], (std::set<std::string>{"time_us", "time_over_bf16"}));
  EXPECT_EQ(measures["measured"], (std::set<std::string>{"time_us", "time_over_bf16", "gb_per_s"}));
}

TEST(Formats, NumbersAreInTheOrderThatTheFormatsPromise) {
  const auto all = values();
  const auto value = [&](const std::string& key) {
    const auto at = all.find(key);
    EXPECT_NE(at, all.end()) << key;
    return at == all.end() ? 0.0 : std::atof(at->second.c_str());
  };
  EXPECT_NEAR(value("numerics weights/gaussian fp16 snr_db"), 74, 1);
  EXPECT_NEAR(value("numerics weights/gaussian e4m3/128x128 snr_db"), 31.6, 0.5);
  EXPECT_GT(value("numerics activations/gaussian int8/tensor snr_db"),
            value("numerics activations/outliers int8/tensor snr_db") + 15);
  EXPECT_GT(value("logits dense e2m1/mx32 mean_kl_nats"),
            value("logits dense e4m3/128x128 mean_kl_nats"));
  EXPECT_GT(value("logits dense e4m3/128x128 mean_kl_nats"),
            value("logits dense bf16 mean_kl_nats"));
  for (const std::string chip : {"ascend910c", "ascend950dt", "h20", "h200", "b200"}) {
    for (const std::string product : {"/m8n8192k8192", "/m4096n8192k8192"}) {
      const auto over = [&](const char* format) {
        std::string key = "predicted ";
        for (const auto* part : {chip.c_str(), product.c_str(), " ", format, " time_over_bf16"})
          key += part;
        return value(key);
      };
      EXPECT_EQ(over("bf16"), 1) << chip;
      EXPECT_GT(over("e4m3/tensor"), 0.45) << chip << product;
      EXPECT_LT(over("e4m3/tensor"), 0.9) << chip << product;
      EXPECT_GE(over("e4m3/128x128"), over("e4m3/tensor")) << "scales of activations take time";
    }
  }
  EXPECT_LT(value("measured host/m1n4096k4096 e4m3/128x128 time_over_bf16"), 0.7);
  EXPECT_NEAR(value("measured host/m1n4096k4096 e4m3/128x128-ue8m0 time_over_bf16"),
              value("measured host/m1n4096k4096 e4m3/128x128 time_over_bf16"), 0.1)
      << "powers of two are scales like others";
}

TEST(Formats, TablesNameWhatStandsInAndWhatNobodyMeasured) {
  const Scratch scratch;
  std::filesystem::copy(PERFMODEL_CONFIG_DIR, scratch / "configs",
                        std::filesystem::copy_options::recursive);
  const auto table = run({"--configs", (scratch / "configs").string(), "formats", "--quick"});
  ASSERT_EQ(table.status, 0) << table.text();
  for (const auto* text : {"not measured", "requantised to int8", "e4m3/128x128-ue8m0", "mla_moe"})
    EXPECT_NE(table.out.find(text), std::string::npos) << text;
  const auto markdown = run({"formats", "--quick", "--format", "markdown"});
  EXPECT_NE(markdown.out.find("\n|---|--:"), std::string::npos);
}

TEST(Formats, WritesTheSameFileEachTime) {
  if (kSanitized) GTEST_SKIP() << "what other tests run, twice more";
  const Scratch scratch;
  const auto file = (scratch / "formats.csv").string();
  const auto r = run({"formats", "--quick", "--format", "csv", "-o", file});
  ASSERT_EQ(r.status, 0) << r.text();
  EXPECT_EQ(r.out + r.err, "");
  EXPECT_EQ(slurp(file), quick_csv().out);
  const auto other = run({"formats", "--quick", "--format", "csv"},
                         {.environment = {"PERFMODEL_KERNEL_TIER=portable", "LC_ALL=de_DE.UTF-8"}});
  EXPECT_EQ(other.out, quick_csv().out) << "neither instructions nor locale may show";
}

TEST(Formats, RefusesWrongUse) {
  for (const Words& words :
       {Words{"formats", "--format", "json"}, Words{"formats", "--slow"}, Words{"formats", "fp8"},
        Words{"formats", "--quick", "-o", "/no/such/folder/file.csv"},
        Words{"--configs", "/no/such/folder", "formats", "--quick"}}) {
    const auto r = run(words);
    EXPECT_EQ(r.status, 2) << words.back();
    EXPECT_EQ(r.out, "") << words.back();
    EXPECT_NE(r.err, "") << words.back();
  }
}

}  // namespace
}  // namespace perfmodel::black_box
