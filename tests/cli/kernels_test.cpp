// The host kernels as a user meets them: their list.
#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

#include "program.hpp"

namespace perfmodel::black_box {
namespace {

TEST(ListKernels, SaysWhereEachRunsAndHowExactItIs) {
  const auto table = run({"list", "kernels"});
  ASSERT_EQ(table.status, 0) << table.text();
  EXPECT_EQ(table.err, "");
  for (const char* word : {"gemv/e4m3/128x128/bf16", "attention_decode/mla/bf16", "sync/barrier",
                           "128x128", "tier needs", "avx512bf16, avx512fp16",
                           "avx512bf16, amx_tile amx_bf16", "weight matrix times one token"})
    EXPECT_NE(table.out.find(word), std::string::npos) << word << "\n" << table.out;
  std::istringstream lines(table.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 120U) << line;
  const bool has_tiles = slurp("/proc/cpuinfo").find("amx_bf16") != std::string::npos;
  if (!has_tiles) {
    EXPECT_NE(table.out.find("amx_bf16  (not on this machine)"), std::string::npos) << table.out;
  }
  const auto csv = run({"list", "kernels", "--format", "csv"});
  ASSERT_EQ(csv.status, 0) << csv.text();
  const auto rows = parse_csv(csv.out);
  const auto column = [&](const std::string& name) {
    const auto at = std::find(rows[0].begin(), rows[0].end(), name);
    EXPECT_NE(at, rows[0].end()) << name;
    return static_cast<std::size_t>(at - rows[0].begin());
  };
  ASSERT_GT(rows.size(), 60U);
  const auto tiers = column("machine_tiers"), reason = column("error_reason");
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto first = rows[i][tiers].substr(0, rows[i][tiers].find(' '));
    EXPECT_TRUE(first == "scalar" || first == "portable") << rows[i][0] << ": " << first;
    EXPECT_FALSE(rows[i][reason].empty()) << rows[i][0];
    EXPECT_NE(rows[i][column("tiers_need")].find(": "), std::string::npos) << rows[i][0];
  }
}

TEST(ListKernels, NeedsNoConfigs) {
  const Scratch scratch;
  const auto r = run({"list", "kernels"}, {.environment = {"PERFMODEL_CONFIGS=/nonexistent"}});
  EXPECT_EQ(r.status, 0) << r.text();
}

}  // namespace
}  // namespace perfmodel::black_box
