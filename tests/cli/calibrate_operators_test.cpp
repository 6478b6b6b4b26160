// `calibrate --operators` as a user runs it: what it refuses, and that the curves stay as good as
// the committed summary says.
#include <cstdlib>
#include <map>

#include <gtest/gtest.h>

#include "program.hpp"
#include "sanitized.hpp"

namespace perfmodel::black_box {
namespace {

TEST(CalibrateOperators, RefusesWhatMakesNoSense) {
  expect_refusal(run({"calibrate", "--report"}), {"--operators"});
  expect_refusal(run({"calibrate", "--format", "markdown"}), {"goes with --operators"});
  expect_refusal(run({"calibrate", "--operators", "--format", "yaml"}), {"--format"});
  expect_refusal(run({"calibrate", "--operators", "--families", "/tmp"}), {"with --out"});
  expect_refusal(run({"calibrate", "--operators", "-o", "/nowhere"}),
                 {"'/nowhere' is not a folder"});
  expect_refusal(run({"calibrate", "--operators", "--cross-validate", "llm", "--report"}), {"llm"});
  expect_refusal(run({"calibrate", "--operators", "--cross-validate", "chip"}), {"with --report"});
  expect_refusal(run({"calibrate", "--operators", "--residuals", "/nowhere/r.csv"}),
                 {"/nowhere/r.csv"});
  expect_refusal(run({"calibrate", "--operators", "--data", "/nowhere/r.csv"}),
                 {"cannot read '/nowhere/r.csv'"});
}

TEST(CalibrateOperators, RefusesOfTheHostWhatMakesNoSense) {
  const Words host = {"calibrate", "--operators", "--host"};
  const auto with = [&](Words more) {
    more.insert(more.begin(), host.begin(), host.end());
    return run(more);
  };
  expect_refusal(run({"calibrate", "--host"}), {"--operators"});
  expect_refusal(with({"--report", "--cross-validate", "chip"}), {"--cross-validate shape"});
  expect_refusal(run({"calibrate", "--operators", "--report", "--cross-validate", "shape"}),
                 {"goes with --host"});
  const Scratch scratch;
  const auto file = (scratch / "rows.csv").string();
  const std::string header =
      "kernel,shape,tier,threads,time_us,time_q1_us,time_q3_us,of_roof_percent\n";
  spill(file, "kernel,shape\ngemv/bf16/bf16,n64k64\n");
  expect_refusal(with({"--data", file}), {"not a file of `perfmodel bench`"});
  spill(file, header + "gemv/bf16/bf61,n64k64,portable,1,5,4,6,50\n");
  expect_refusal(with({"--data", file}), {"did you mean 'gemv/bf16/bf16'?"});
  spill(file, header + "gemv/bf16/bf16,64x64,portable,1,5,4,6,50\n");
  expect_refusal(with({"--data", file}), {"'64x64' is not a shape"});
  spill(file, header + "gemv/bf16/bf16,n64k64,portabel,1,5,4,6,50\n");
  expect_refusal(with({"--data", file}), {"unknown tier 'portabel'"});
  spill(file, header + "gemv/bf16/bf16,n64k64,portable,1,-5,4,6,50\n");
  expect_refusal(with({"--data", file}), {"'-5' is not a positive number"});
  spill(file, header + "route/fp32,m64n64k8,scalar,1,5,4,6,50\n");
  expect_refusal(with({"--data", file}), {"no row of the data"});
  spill(file, header + "gemv/bf16/bf16,n64k64,portable,77,5,4,6,50\n");
  expect_refusal(with({"--data", file}), {"no row of the data"});
}

TEST(CalibrateOperators, OfTheHostWriteItsFamilyAlone) {
  if (kSanitized) GTEST_SKIP() << "the last digits are those of the plain build";
  const Scratch scratch;
  const auto r = run({"calibrate", "--operators", "--host", "-o", scratch.path().string()});
  ASSERT_EQ(r.status, 0) << r.text();
  EXPECT_EQ(scratch.listing(), "host.yaml");
  EXPECT_EQ(slurp(scratch / "host.yaml"), slurp(kProject / "configs/families/host.yaml"));
}

TEST(CalibrateOperators, RefusesRowsThatItCannotPlace) {
  const Scratch scratch;
  const auto file = (scratch / "rows.csv").string();
  const std::string header = "id,source,chip,op,dtype,weight_dtype,m,n,k,time_us,flag\n";
  spill(file, header + "a,s,h10,gemm,bf16,bf16,1,1,1,5,\n");
  expect_refusal(run({"calibrate", "--operators", "--data", file}), {"unknown chip 'h10'"});
  spill(file, header + "a,s,h100,gemm,bf16,bf16,1,1,1,-5,\n");
  expect_refusal(run({"calibrate", "--operators", "--data", file}), {"not a positive number"});
  spill(file, header + "a,s,h100,gemm,bf16,bf16,1,1,1,5,boost clock\n");
  expect_refusal(run({"calibrate", "--operators", "--data", file}), {"no row of the data"});
}

/// "class|chip" to the fields of the summary.
std::map<std::string, std::map<std::string, std::string>> summary(const std::string& text) {
  std::map<std::string, std::map<std::string, std::string>> all;
  const auto records = parse_csv(text);
  for (std::size_t i = 1; i < records.size(); ++i) {
    auto& fields = all[records[i].at(0) + "|" + records[i].at(1)];
    for (std::size_t c = 2; c < records[i].size(); ++c) fields[records[0].at(c)] = records[i][c];
  }
  return all;
}

TEST(CalibrateOperators, CurvesAreAsGoodAsTheCommittedSummary) {
  if (kSanitized) GTEST_SKIP() << "takes minutes, for the numbers of the plain build";
  const auto stored = summary(slurp(kProject / "results" / "accuracy" / "operators.csv"));
  const auto r = run({"calibrate", "--operators", "--report", "--format", "csv"});
  ASSERT_EQ(r.status, 0) << r.text();
  const auto now = summary(r.out);
  ASSERT_GT(stored.size(), 50U);
  for (const auto& [key, fields] : stored) {
    const auto at = now.find(key);
    ASSERT_NE(at, now.end()) << key;
    EXPECT_LE(std::atol(at->second.at("set_aside").c_str()),
              std::atol(fields.at("set_aside").c_str()))
        << key;
    for (const char* column : {"fitted_median", "curve_median"})
      EXPECT_LE(std::atof(at->second.at(column).c_str()),
                std::atof(fields.at(column).c_str()) + 0.01)
          << key << " " << column;
  }
}

}  // namespace
}  // namespace perfmodel::black_box
