// `perfmodel bench` as a user runs it: what it prints, what it writes, what it refuses. Shapes are
// tiny; how fast they are is no business of a test.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>

#include <gtest/gtest.h>

#include "program.hpp"
#include "sanitized.hpp"

namespace perfmodel::black_box {
namespace {

/// A few products on the plainest tier.
Words tiny(const Words& more) {
  return with({"bench", "--filter", "^gemv/e4m3/(tensor|channel)/bf16/", "--shape", "n64k256",
               "--tier", "portable", "--threads", "1", "--repetitions", "3"},
              more);
}

TEST(Bench, WritesWhatItMeasuredWithUnitsAndTheMachine) {
  const Scratch scratch;
  const auto file = (scratch / "host.csv").string();
  const auto r = run(tiny({"-o", file}));
  ASSERT_EQ(r.status, 0) << r.text();
  EXPECT_EQ(r.out + r.err, "");
  EXPECT_EQ(scratch.listing(), "host.csv");
  const auto rows = records(slurp(file));
  ASSERT_EQ(rows.size(), 2U);
  for (auto row : rows) {
    const auto value = [&](const char* column) { return std::atof(row.at(column).c_str()); };
    EXPECT_EQ(row["shape"], "m1n64k256");
    EXPECT_EQ(row["tier"], "portable");
    EXPECT_EQ(row["threads"], "1");
    EXPECT_EQ(row["rounds"], "3");
    EXPECT_FALSE(row["cpu"].empty() || row["compiler"].empty());
    EXPECT_GT(value("time_q1_us"), 0);
    EXPECT_LE(value("time_q1_us"), value("time_us"));
    EXPECT_LE(value("time_us"), value("time_q3_us"));
    EXPECT_NEAR(value("gflop"), 2 * 64 * 256 * 1e-9, 1e-8);
    EXPECT_GE(value("of_roof_percent"), value("of_read_percent") - 1e-6);
    EXPECT_GT(value("roof_gflop_per_s"), 0);
    EXPECT_GT(value("clock_ghz"), 0.01);
    EXPECT_GE(value("canary_spread_percent"), 0);
    EXPECT_LE(value("error"), value("max_error"));
  }
}

TEST(Bench, ShowsATableAndTheSameColumnsEachTime) {
  if (kSanitized) GTEST_SKIP() << "one of these measures there, which takes eight seconds";
  const auto table = run(tiny({}));
  ASSERT_EQ(table.status, 0) << table.text();
  EXPECT_EQ(table.err, "");
  for (const char* word : {"gemv/e4m3/channel/bf16", "of read: bytes over time", "noise: "})
    EXPECT_NE(table.out.find(word), std::string::npos) << word << "\n" << table.out;
  const auto csv = run(tiny({"--format", "csv"}));
  ASSERT_EQ(csv.status, 0) << csv.text();
  EXPECT_EQ(parse_csv(csv.out).front(),
            parse_csv(slurp(kProject / "results/host/gemv.csv")).front());
}

TEST(Bench, ListsWithoutMeasuring) {
  const auto r = run({"bench", "--list", "--filter", "^gemv/", "--threads", "1"});
  ASSERT_EQ(r.status, 0) << r.text();
  EXPECT_NE(r.out.find("gemv/bf16/bf16/m1n4096k4096/"), std::string::npos) << r.out;
  EXPECT_EQ(r.out.find("gemm"), std::string::npos);
  // Every shape that it prints is one that it takes.
  const auto step = run({"bench", "--list", "--filter", "^transformer/dense/bf16", "--shape",
                         "m1n0k128g8", "--threads", "1"});
  ASSERT_EQ(step.status, 0) << step.text();
  EXPECT_NE(step.out.find("/m1n0k128g8/"), std::string::npos) << step.out;
  const auto all = run({"bench", "--list"});
  EXPECT_GT(std::count(all.out.begin(), all.out.end(), '\n'), 100);
}

void expect_refused(const Words& words, const Words& says) {
  const Scratch scratch;
  expect_refusal(run(with(words, {"-o", (scratch / "x.csv").string()})), says);
  EXPECT_EQ(scratch.listing(), "");
}

TEST(Bench, RefusesWhatCannotBeMeasured) {
  expect_refused({"bench", "--filter", "gemv("}, {"--filter", "regular expression"});
  expect_refused({"bench", "--filter", "gemvv"}, {"no kernel matches", "did you mean 'gemv'?"});
  expect_refused({"bench", "--filter", "^nothing at all$"}, {"no kernel matches", "bench --list"});
  expect_refused({"bench", "--filter", std::string(300, 'a')}, {"--filter", "longer than 256"});
  expect_refused({"bench", "--tier", "avx51"}, {"unknown tier 'avx51'", "did you mean 'avx512'?"});
  if (slurp("/proc/cpuinfo").find("amx_bf16") == std::string::npos)
    expect_refused({"bench", "--tier", "amx"}, {"cannot run 'amx'", "amx_tile"});
  if (slurp("/proc/cpuinfo").find("avx512_fp16") == std::string::npos)
    expect_refused({"bench", "--tier", "avx512fp16"}, {"cannot run 'avx512fp16'", "avx512bf16"});
  expect_refused({"bench", "--tier", "portable", "--filter", "^route"},
                 {"--tier: route/fp32: this kernel has no tier 'portable'"});
  expect_refusal(run({"bench", "--list"}, {.environment = {"PERFMODEL_KERNEL_TIER=avx51"}}),
                 {"PERFMODEL_KERNEL_TIER: unknown tier 'avx51'", "did you mean 'avx512'?"});
  expect_refused({"bench", "--threads", "0"}, {"--threads", "0 is not between 1 and"});
  expect_refused({"bench", "--threads", "9999"}, {"--threads", "9999"});
  expect_refused({"bench", "--repetitions", "0"}, {"--repetitions"});
  for (const char* shape : {"8x8", "m0", "m-1", "m1m2", "m", "m99999999999999999999"})
    expect_refused({"bench", "--shape", shape}, {"--shape", std::string("'") + shape + "'"});
  expect_refused({"bench", "--filter", "^gemv/bf16/bf16", "--shape", "n4000000k4000000"},
                 {"--shape", "needs", "the machine has"});
  expect_refused({"bench", "--format", "xml"}, {"--format", "csv"});
  EXPECT_EQ(run({"bench", "-o", "/nonexistent/x.csv"}).status, 2);
}

TEST(BenchPredict, HoldsTheModelsAgainstTheCommittedRows) {
  if (kSanitized) GTEST_SKIP() << "dozens of fits, for the numbers of the plain build";
  const auto r = run({"bench", "--predict", "--format", "csv"});
  ASSERT_EQ(r.status, 0) << r.text();
  EXPECT_EQ(r.err, "");
  const auto committed = records(slurp(kProject / "results/accuracy/host.csv"));
  const auto rows = records(r.out);
  ASSERT_EQ(rows.size(), committed.size()) << "bench --predict --format csv makes it anew";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].at("kernel") + rows[i].at("shape"),
              committed[i].at("kernel") + committed[i].at("shape"));
    for (const char* column : {"engine_us", "left_out_us"})
      EXPECT_NEAR(
          std::atof(rows[i].at(column).c_str()) / std::atof(committed[i].at(column).c_str()), 1.0,
          0.02)
          << rows[i].at("kernel") << rows[i].at("shape") << " " << column;
  }
  ASSERT_GT(rows.size(), 200U);
  const auto errors_of = [&](const char* column) {
    std::vector<double> e;
    for (const auto& row : rows) e.push_back(std::fabs(std::atof(row.at(column).c_str())));
    std::sort(e.begin(), e.end());
    return e;
  };
  // The goal for shapes that the fit did not see, in percent: of a machine that was not quiet.
  const auto left_out = errors_of("left_out_error_percent");
  EXPECT_LE(left_out[left_out.size() / 2], 12);
  EXPECT_LE(left_out[left_out.size() * 9 / 10], 35);
  const auto roofline = errors_of("roofline_error_percent");
  EXPECT_LT(left_out[left_out.size() / 2], roofline[roofline.size() / 2]);
}

TEST(BenchPredict, SumsUpByClassAndSaysWhatItLeftOut) {
  const Scratch scratch;
  const auto file = (scratch / "rows.csv").string();
  spill(file,
        "kernel,shape,tier,threads,time_us,time_q1_us,time_q3_us,of_roof_percent\n"
        "gemv/bf16/bf16,n4096k4096,avx512,1,900,880,950,90\n"
        "gemm/bf16/bf16,m128n4096k4096,avx512,1,20000,19000,21000,80\n"
        "gemm/bf16/bf16,m256n4096k4096,avx512,1,40000,39000,41000,80\n"
        "route/fp32,m64n64k8,scalar,1,5,4,6,50\n");
  const auto r = run({"bench", "--predict", "--data", file});
  ASSERT_EQ(r.status, 0) << r.text();
  for (const char* word : {"shape left out", "plain roofline", "gemm M>=64", "gemv", "all",
                           "1 not: the models have no operator for route"})
    EXPECT_NE(r.out.find(word), std::string::npos) << word << "\n" << r.out;
}

/// The chip `host` of a copy of the configs with `from` in its file replaced.
std::string configs_with_host(const Scratch& scratch, const std::string& from,
                              const std::string& to) {
  std::filesystem::copy(PERFMODEL_CONFIG_DIR, scratch / "configs",
                        std::filesystem::copy_options::recursive);
  const auto file = scratch / "configs" / "chips" / "host.yaml";
  auto text = slurp(file);
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << text;
  spill(file, text.replace(at, from.size(), to));
  return (scratch / "configs").string();
}

const char* const kTwoRows =
    "kernel,shape,tier,threads,time_us,time_q1_us,time_q3_us,of_roof_percent,cpu\n"
    "gemv/bf16/bf16,n4096k4096,avx512,1,900,880,950,90,Another CPU\n"
    "gemm/bf16/bf16,m128n4096k4096,avx512,1,20000,19000,21000,80,Another CPU\n";

TEST(BenchPredict, SaysWhyNoRowIsOfUse) {
  const Scratch scratch;
  const auto root = configs_with_host(scratch, "cores: {value: 1,", "cores: {value: 2,");
  const auto file = (scratch / "rows.csv").string();
  spill(file, kTwoRows);
  expect_refusal(run({"--configs", root, "bench", "--predict", "--data", file}),
                 {"2 rows: by 1 thread, while the chip host is of 2"});
}

TEST(BenchPredict, WarnsOfRowsByAnotherProcessor) {
  const Scratch scratch;
  const auto file = (scratch / "rows.csv").string();
  spill(file, kTwoRows);
  const auto r = run({"bench", "--predict", "--data", file});
  ASSERT_EQ(r.status, 0) << r.text();
  EXPECT_NE(r.err.find("2 rows were measured on 'Another CPU', while the chip host is 'AMD EPYC"),
            std::string::npos)
      << r.err;
  EXPECT_NE(r.out.find("every row: --format csv"), std::string::npos) << r.out;
}

TEST(BenchPredict, StepsAreTheSumOfTheirKernels) {
  const auto r = run({"bench", "--predict", "--steps", "--format", "csv"});
  ASSERT_EQ(r.status, 0) << r.text();
  const auto committed = records(slurp(kProject / "results/accuracy/host_steps.csv"));
  const auto rows = records(r.out);
  ASSERT_EQ(rows.size(), committed.size()) << "bench --predict --steps --format csv makes it anew";
  std::vector<double> errors;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto value = [&](const std::string& c) { return std::atof(rows[i].at(c).c_str()); };
    EXPECT_EQ(rows[i].at("kernel") + rows[i].at("shape"),
              committed[i].at("kernel") + committed[i].at("shape"));
    for (const std::string how : {"engine", "fitted"}) {
      double sum = 0;
      for (const char* part :
           {"gemv", "gemm", "grouped_gemm", "attention_prefill", "attention_decode", "rows"})
        sum += value(how + "_" + part + "_us");
      EXPECT_NEAR(sum / value(how + "_us"), 1.0, 0.002);
      EXPECT_NEAR(value(how + "_us") / std::atof(committed[i].at(how + "_us").c_str()), 1.0, 0.02);
    }
    errors.push_back(std::fabs(value("fitted_error_percent")));
  }
  ASSERT_GT(rows.size(), 15U);
  std::sort(errors.begin(), errors.end());
  EXPECT_LE(errors[errors.size() / 2], 12);
  EXPECT_LE(errors[errors.size() * 9 / 10], 25);
}

TEST(BenchPredict, StepsNeedAFileOfSteps) {
  expect_refused({"bench", "--steps"}, {"--steps", "--predict"});
  expect_refused(
      {"bench", "--predict", "--steps", "--data", (kProject / "results/host/other.csv").string()},
      {"no row of the data is a step"});
}

TEST(BenchAgainst, ALibraryThatIsNotThereIsNamedWithItsPackage) {
  struct Peer {
    std::string name, package;
  };
  for (const auto& [name, package] : {Peer{"onednn", "libdnnl-dev"},
                                      {"openblas", "libopenblas-dev"},
                                      {"libxsmm", "libxsmm-dev"}}) {
    const Scratch scratch;
    const auto file = (scratch / "against.csv").string();
    const auto r = run({"bench", "--against", name, "--filter", "gemv/bf16", "--shape", "n64k256",
                        "--repetitions", "3", "-o", file});
    if (r.status == 2) {
      EXPECT_NE(r.err.find(package), std::string::npos) << r.err;
      EXPECT_EQ(scratch.listing(), "");
      continue;
    }
    // Built with it: both gave the same result, or there would be no answer.
    ASSERT_EQ(r.status, 0) << r.text();
    const auto rows = records(slurp(file));
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].at("library"), name);
    EXPECT_FALSE(rows[0].at("call").empty());
    EXPECT_GT(std::atof(rows[0].at("speedup").c_str()), 0);
    EXPECT_LE(std::atof(rows[0].at("difference").c_str()), std::atof(rows[0].at("bound").c_str()));
  }
}

TEST(BenchAgainst, Fp16IsWidenedForALibraryOfFp32) {
  const auto r = run({"bench", "--against", "onednn", "--filter", "fp16", "--shape", "m5n64k256",
                      "--repetitions", "3"});
  if (r.status == 2) {
    EXPECT_NE(r.err.find("libdnnl-dev"), std::string::npos) << r.err;
    return;
  }
  ASSERT_EQ(r.status, 0) << r.text();
  for (const char* word : {"gemm/fp16/fp16", "matmul", "above 1 ours is faster"})
    EXPECT_NE(r.out.find(word), std::string::npos) << word << "\n" << r.out;
  const auto lacking = run({"bench", "--against", "libxsmm", "--filter", "fp16"});
  EXPECT_EQ(lacking.status, 2);
  EXPECT_TRUE(lacking.err.find("no product that holds the values of g") != std::string::npos ||
              lacking.err.find("libxsmm-dev") != std::string::npos)
      << lacking.err;
}

TEST(BenchAgainst, RefusesWhatMakesNoSense) {
  expect_refused({"bench", "--against", "onedn"}, {"unknown library", "did you mean 'onednn'?"});
  expect_refused({"bench", "--against", "cublas"}, {"unknown library 'cublas'"});
  expect_refused({"bench", "--against", "onednn,"}, {"unknown library ''"});
  expect_refused({"bench", "--against", "onednn", "--predict"}, {"--against", "--predict"});
  expect_refused({"bench", "--against", "onednn", "--threads", "1", "2"}, {"--threads"});
  // Either the machine or the first kernel lacks it.
  expect_refused({"bench", "--against", "onednn", "--tier", "amx"}, {"'amx'"});
}

TEST(BenchPredict, RefusesWhatMakesNoSense) {
  expect_refused({"bench", "--predict", "--filter", "gemv"}, {"--predict", "--filter"});
  expect_refused({"bench", "--data", "x.csv"}, {"--data", "--predict"});
  expect_refused({"bench", "--predict", "--data", "/nonexistent.csv"},
                 {"cannot read '/nonexistent.csv'"});
}

TEST(Bench, RefusesAShapeThatTheKernelDoesNotTake) {
  expect_refused({"bench", "--filter", "^quantise/", "--shape", "m2n7", "--repetitions", "1"},
                 {"--shape", "quantise/e4m3", "m2n7"});
  expect_refused({"bench", "--filter", "^gemv/bf16/bf16", "--shape", "m8n64k64", "--repetitions",
                  "1", "--threads", "1"},
                 {"--shape", "gemv/bf16/bf16 on m8n64k64", "m and g are 1"});
  expect_refused({"bench", "--filter", "^gemm/bf16/bf16", "--shape", "m1n0k64"},
                 {"--shape: gemm/bf16/bf16 on m1n0k64", "n is at least 1"});
}

}  // namespace
}  // namespace perfmodel::black_box
