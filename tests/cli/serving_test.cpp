// How the software is run, and pools: what the answer makes of them, for the asked system and
// others.
#include <algorithm>
#include <cstdlib>
#include <map>

#include <gtest/gtest.h>

#include "program.hpp"

namespace perfmodel::black_box {
namespace {
/// The pools that a user lays out are of the user's system; others lay out their own.
TEST(Serving, DoesNotAskOthersForItsPools) {
  const Words asked = {"estimate",  "--system", "cloudmatrix384", "--llm",    "llama-3.1-8b",
                       "--samples", "0",        "--nearest",      "0",        "--format",
                       "csv",       "--input",  "1024",           "--output", "256"};
  for (const Words& pools : {Words{"--disaggregate", "96:192"},
                             Words{"--disaggregate", "96:192", "--prefill-parallel", "tp=8"},
                             Words{"--prefill-system", "hgx-h20"}}) {
    const auto rows = records(run(with(asked, pools)).out);
    ASSERT_GE(rows.size(), 4u);
    for (std::size_t i = 1; i < rows.size(); ++i) {
      auto row = rows[i];
      EXPECT_EQ(row["verdict"], "feasible") << pools[1] << ": " << row["system"] << row["reason"];
    }
  }
}

/// What is said to be nearest has an answer, and pools that hold the model nowhere are not kept.
TEST(Serving, OfPoolsThatAreTooSmallNamesAutoAsNearest) {
  const auto r = run({"estimate", "--system", "hgx-h100", "--count", "4", "--disaggregate", "4:4",
                      "--llm", "deepseek-r1", "--no-compare", "--format", "csv"});
  EXPECT_EQ(r.status, 1) << r.text();
  auto row = first_record(r.out);
  EXPECT_EQ(row["nearest"].rfind("--disaggregate auto: ", 0), 0u) << row["nearest"];
}

TEST(Serving, ToAutoSpeculationIsNoWorseThanAnyDepth) {
  const Words asked = {"estimate",  "--system", "hgx-b200", "--llm",        "deepseek-r1", "--slo",
                       "tpot=15ms", "--output", "256",      "--no-compare", "--samples",   "0",
                       "--nearest", "0",        "--format", "csv"};
  auto best = first_record(run(with(asked, {"--speculate", "auto:0.8"})).out);
  const double found = std::atof(best["output_tokens_per_s_system"].c_str());
  EXPECT_GT(std::atof(best["draft_tokens"].c_str()), 0);
  double most = 0;
  for (const auto* one : {"", "1:0.8", "2:1.44", "3:1.952"}) {
    const Words depth = *one == 0 ? Words{} : Words{"--speculate", one};
    auto row = first_record(run(with(asked, depth)).out);
    most = std::max(most, std::atof(row["output_tokens_per_s_system"].c_str()));
  }
  EXPECT_NEAR(found / most, 1, 1e-3);
}

TEST(Serving, SaysHowTheSoftwareIsRun) {
  const Words asked = {"estimate",  "--system", "hgx-h200",  "--llm",      "deepseek-r1",
                       "--samples", "64",       "--nearest", "0",          "--no-compare",
                       "--input",   "8192",     "--batch",   "16",         "--prefix-hit",
                       "0.75",      "--format", "csv",       "--parallel", "tp=8"};
  const auto number = [&](const Words& more, const char* column) {
    const auto r = run(with(asked, more));
    EXPECT_EQ(r.status, 0) << r.text();
    return std::atof(first_record(r.out)[column].c_str());
  };
  const double free = number({}, "ttft_ms");
  const double host = number({"--prefix-cache", "host"}, "ttft_ms");
  // 6144 tokens of 576 values in two bytes over 61 layers, whole to each device, at 55.4 GB/s.
  EXPECT_NEAR(host - free, 6144 * 576 * 2 * 61 / 55.4e9 * 1e3, 0.01 * (host - free));
  EXPECT_GT(number({"--prefix-cache", "remote"}, "ttft_ms"), host);
  EXPECT_GT(number({"--prefix-cache", "hbm"}, "memory_kv_gb"), number({}, "memory_kv_gb"));
  const Words wide = {"--expert-balance", "1.5:1:4"};
  EXPECT_LT(number({"--expert-balance", "1"}, "tpot_ms"), number(wide, "tpot_ms"));
  EXPECT_GT(number(wide, "tpot_ms_p90") / number(wide, "tpot_ms_p10"),
            number({"--expert-balance", "1.5"}, "tpot_ms_p90") /
                number({"--expert-balance", "1.5"}, "tpot_ms_p10"));
  EXPECT_NE(number({"--mixed"}, "tpot_ms"), number({}, "tpot_ms"));
  const auto table = run({"estimate", "--chip", "h200", "--llm", "llama-3.1-8b", "--mixed",
                          "--chunk", "2048", "--no-compare", "--samples", "0"});
  EXPECT_NE(table.out.find("steps = mixed; chunk = 2048"), std::string::npos) << table.out;
  const auto unknown = run({"estimate", "--system", "hgx-h20", "--prefix-hit", "0.5",
                            "--prefix-cache", "host", "--no-compare"});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_NE(unknown.out.find("host link of hgx-h20"), std::string::npos) << unknown.out;
}

}  // namespace
}  // namespace perfmodel::black_box
