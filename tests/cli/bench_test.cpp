// `perfmodel bench` as a user runs it: what it prints, what it writes, what it refuses. Shapes are
// tiny; how fast they are is no business of a test.
#include <algorithm>
#include <cstdlib>
#include <map>

#include <gtest/gtest.h>

#include "program.hpp"

namespace perfmodel::black_box {
namespace {

using Words = std::vector<std::string>;

/// A few products on the plainest tier.
Words tiny(const Words& more) {
  Words words = {"bench",         "--filter",  "^gemv/e4m3/(tensor|channel)/bf16/",
                 "--shape",       "n64k256",   "--tier",
                 "portable",      "--threads", "1",
                 "--repetitions", "3"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::vector<std::map<std::string, std::string>> records(const std::string& csv) {
  const auto rows = parse_csv(csv);
  std::vector<std::map<std::string, std::string>> all;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    auto& r = all.emplace_back();
    for (std::size_t c = 0; c < rows[0].size(); ++c) r[rows[0][c]] = rows[i][c];
  }
  return all;
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
  const auto table = run(tiny({}));
  ASSERT_EQ(table.status, 0) << table.text();
  EXPECT_EQ(table.err, "");
  EXPECT_NE(table.out.find("gemv/e4m3/channel/bf16"), std::string::npos) << table.out;
  const auto a = run(tiny({"--format", "csv"})), b = run(tiny({"--format", "csv"}));
  ASSERT_EQ(a.status, 0) << a.text();
  EXPECT_EQ(parse_csv(a.out).front(), parse_csv(b.out).front());
}

TEST(Bench, ListsWithoutMeasuring) {
  const auto r = run({"bench", "--list", "--filter", "^gemv/", "--threads", "1"});
  ASSERT_EQ(r.status, 0) << r.text();
  EXPECT_NE(r.out.find("gemv/bf16/bf16/m1n4096k4096/"), std::string::npos) << r.out;
  EXPECT_EQ(r.out.find("gemm"), std::string::npos);
  const auto all = run({"bench", "--list"});
  EXPECT_GT(std::count(all.out.begin(), all.out.end(), '\n'), 100);
}

void expect_refusal(const Words& words, const Words& says) {
  const Scratch scratch;
  Words with_file = words;
  with_file.insert(with_file.end(), {"-o", (scratch / "x.csv").string()});
  const auto r = run(with_file);
  EXPECT_EQ(r.status, 2) << r.text();
  EXPECT_EQ(r.out, "");
  for (const auto& s : says) EXPECT_NE(r.err.find(s), std::string::npos) << s << "\n" << r.err;
  EXPECT_EQ(r.err.find("internal error"), std::string::npos) << r.err;
  EXPECT_EQ(scratch.listing(), "");
}

TEST(Bench, RefusesWhatCannotBeMeasured) {
  expect_refusal({"bench", "--filter", "gemv("}, {"--filter", "regular expression"});
  expect_refusal({"bench", "--filter", "gemvv"}, {"no kernel matches", "did you mean 'gemv'?"});
  expect_refusal({"bench", "--filter", "^nothing at all$"}, {"no kernel matches", "bench --list"});
  expect_refusal({"bench", "--filter", std::string(300, 'a')}, {"--filter", "longer than 256"});
  expect_refusal({"bench", "--tier", "avx51"}, {"unknown tier 'avx51'", "did you mean 'avx512'?"});
  expect_refusal({"bench", "--tier", "amx"}, {"cannot run 'amx'", "amx_tile"});
  expect_refusal({"bench", "--tier", "portable", "--filter", "^route"},
                 {"this kernel has no tier 'portable'"});
  expect_refusal({"bench", "--threads", "0"}, {"--threads", "0 is not between 1 and"});
  expect_refusal({"bench", "--threads", "9999"}, {"--threads", "9999"});
  expect_refusal({"bench", "--repetitions", "0"}, {"--repetitions"});
  for (const char* shape : {"8x8", "m0", "m-1", "m1m2", "m", "m99999999999999999999"})
    expect_refusal({"bench", "--shape", shape}, {"--shape", std::string("'") + shape + "'"});
  expect_refusal({"bench", "--filter", "^gemv/bf16/bf16", "--shape", "n4000000k4000000"},
                 {"--shape", "needs", "the machine has"});
  expect_refusal({"bench", "--format", "xml"}, {"--format", "csv"});
  EXPECT_EQ(run({"bench", "-o", "/nonexistent/x.csv"}).status, 2);
}

TEST(Bench, RefusesAShapeThatTheKernelDoesNotTake) {
  expect_refusal({"bench", "--filter", "^quantise/", "--shape", "m2n7", "--repetitions", "1"},
                 {"--shape", "quantise/e4m3", "m2n7"});
}

}  // namespace
}  // namespace perfmodel::black_box
