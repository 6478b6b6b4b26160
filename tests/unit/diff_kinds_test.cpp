// What a comparison knows of files before it holds them against each other: tolerances, kinds of
// result, and Google Benchmark's files.
#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "cli/validation_report.hpp"
#include "report/fleet_format.hpp"
#include "report/format.hpp"
#include "unit/diff_support.hpp"

namespace perfmodel::diff {
namespace {

TEST(Tolerance, IsReadInPercentForAllOrByName) {
  const auto t = tolerances({"3%,a_ms=2.5 %", "b=c=0", "a_ms=1%"});
  EXPECT_DOUBLE_EQ(t.others, 0.03);
  ASSERT_EQ(t.named.size(), 2u);
  EXPECT_DOUBLE_EQ(t.named.at("a_ms"), 0.01);
  EXPECT_DOUBLE_EQ(t.named.at("b=c"), 0);
  EXPECT_DOUBLE_EQ(tolerances({}).others, 0.05);
}

TEST(Tolerance, RefusesWhatCouldMeanTwoThingsOrNothing) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"5", "tolerance '5' has no % (5% or 500%?)"},
      {"a=0.05", "tolerance '0.05' has no % (0.05% or 5%?)"},
      {"a=-1%", "tolerance '-1%' is negative"},
      {"nan%", "is not a finite tolerance"},
      {"a", "'a' is not a tolerance"},
      {"1%,", "'' is not a tolerance"},
      {"=5%", "'=5%' names no metric"}};
  for (const auto& [word, message] : cases) {
    std::string problems;
    tolerances({word}, &problems);
    EXPECT_NE(problems.find("--tolerance: "), std::string::npos) << word;
    EXPECT_NE(problems.find(message), std::string::npos) << word << ": " << problems;
  }
}

TEST(Tolerance, BoundIsWithinInSpiteOfRounding) {
  EXPECT_GT(1.05 - 1, 0.05);  // what the bound has to forgive
  EXPECT_FALSE(is_outside(1, 1.05, 0.05));
  EXPECT_FALSE(is_outside(-1, -1.05, 0.05));
  EXPECT_TRUE(is_outside(1, 1.0500001, 0.05));
  EXPECT_FALSE(is_outside(1e300, 0.95e300, 0.05));
  EXPECT_TRUE(is_outside(1, std::nextafter(1.0, 2.0), 0));
  EXPECT_TRUE(is_outside(0, 1e-9, 0.05));
  EXPECT_FALSE(is_outside(0, 0, 0));
}

TEST(Kinds, OfAnswersNameOnlyColumnsThatAnswersHave) {
  for (const bool explain : {false, true}) {
    const auto columns = report::csv_columns(explain);
    const std::vector<std::string> header(columns.begin(), columns.end());
    const auto* kind = find_kind(header);
    ASSERT_NE(kind, nullptr);
    EXPECT_EQ(kind->name, explain ? "operators of an estimate" : "estimate");
    for (const auto list :
         {kind->keys, kind->verdicts, kind->less, kind->more, kind->neither, kind->notes})
      for (const auto& name : words_of(list))
        EXPECT_NE(std::find(header.begin(), header.end(), name), header.end()) << name;
  }
}

TEST(Kinds, OfValidationsHaveTheColumnsThatTheyName) {
  auto header = words_of(cli::validation_csv({}));
  header.back() = header.back().substr(0, header.back().find('\r'));
  const auto* kind = find_kind(header);
  ASSERT_NE(kind, nullptr);
  EXPECT_EQ(kind->name, "validation");
  for (const auto list : {kind->keys, kind->verdicts, kind->neither, kind->notes})
    for (const auto& name : words_of(list))
      EXPECT_NE(std::find(header.begin(), header.end(), name), header.end()) << name;
}

TEST(Kinds, OfFleetsNameEveryColumn) {
  const auto columns = report::fleet_columns();
  const auto* kind = find_kind(std::vector<std::string>(columns.begin(), columns.end()));
  ASSERT_NE(kind, nullptr);
  EXPECT_EQ(kind->name, "fleet");
  std::set<std::string> named, there(columns.begin(), columns.end());
  for (const auto list :
       {kind->keys, kind->verdicts, kind->less, kind->more, kind->neither, kind->notes})
    for (const auto& name : words_of(list)) named.insert(name);
  EXPECT_EQ(named, there);
}

TEST(Kinds, NameEachColumnOnceAndHoldTheirOwnSignature) {
  for (const auto& kind : kinds()) {
    EXPECT_EQ(find_kind(words_of(kind.signature)), &kind) << kind.name;
    std::vector<std::string> all;
    for (const auto list :
         {kind.keys, kind.verdicts, kind.less, kind.more, kind.neither, kind.notes})
      for (auto& name : words_of(list)) all.push_back(name);
    std::sort(all.begin(), all.end());
    EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end()) << kind.name;
    EXPECT_FALSE(kind.keys.empty());
  }
}

constexpr const char* kBenchmarkHead =
    "2026-01-01T00:00:00+00:00\nRunning ./b\nCPU Caches:\n  L1 Data 32 KiB (x1)\n"
    "name,iterations,real_time,cpu_time,time_unit,bytes_per_second,items_per_second,label,"
    "error_occurred,error_message,\"hits\"\n";

std::string benchmark_csv(const std::vector<double>& times, const char* unit) {
  std::string s = kBenchmarkHead;
  for (const double t : times) s += fmt::format("\"BM_a/8\",100,{},{},{},,,,,,5\n", t, t, unit);
  s += fmt::format("\"BM_a/8_mean\",3,1,1,{0},,,,,,5\n\"BM_a/8_cv\",3,1,1,{0},,,,,,5\n", unit);
  return s + "\"BM_bad\",,,,,,,,true,\"no, \"\"not\"\" here\"\n";
}

TEST(GoogleBenchmark, CsvAndJsonOfTheSameRunsAreTheSame) {
  const auto csv = benchmark_csv({1, 2, 3}, "us");
  std::string json = "{\"context\": {}, \"benchmarks\": [";
  for (int i = 1; i <= 3; ++i)
    json += fmt::format(
        "{{\"name\": \"BM_a/8\", \"run_name\": \"BM_a/8\", \"run_type\": \"iteration\","
        "\"repetitions\": 3, \"threads\": 1, \"iterations\": 100, \"real_time\": {0}e3, "
        "\"cpu_time\": {0}e3, \"time_unit\": \"ns\", \"hits\": 5}},",
        i);
  json +=
      "{\"name\": \"BM_a/8_mean\", \"run_name\": \"BM_a/8\", \"run_type\": \"aggregate\","
      "\"aggregate_name\": \"mean\", \"real_time\": 9, \"cpu_time\": 9, \"time_unit\": \"ns\"},"
      "{\"name\": \"BM_bad\", \"error_occurred\": true, \"error_message\": \"no, \\\"not\\\" "
      "here\","
      "\"real_time\": 0, \"cpu_time\": 0, \"time_unit\": \"ns\"}]}";
  const auto r = diff_of(csv, json);
  EXPECT_EQ(r.problems, "");
  EXPECT_TRUE(r.c.failures.empty());
  EXPECT_EQ(r.c.joined, 2u);
  EXPECT_EQ(r.metric("real_time_ns").lowest.before, 2000);
  EXPECT_EQ(r.metric("real_time_ns").lowest.ratio, 1);
  EXPECT_EQ(r.metric("hits").rows, 1u);
}

TEST(GoogleBenchmark, OnlySignificantChangesFail) {
  const auto old = benchmark_csv({10, 11, 12, 13, 14}, "us");
  // Half as much again, every one above; and the same with one that is below.
  const auto clear = diff_of(old, benchmark_csv({16, 17, 18, 19, 20}, "us"));
  ASSERT_EQ(clear.c.tests.size(), 3u);  // two times and a counter
  EXPECT_TRUE(clear.c.tests[0].significant);
  EXPECT_NEAR(clear.c.tests[0].test.p, 2.0 / 252, 1e-15);
  EXPECT_EQ(
      clear.c.failures,
      (std::vector<std::string>{"outside tolerance: real_time_ns (1 row), cpu_time_ns (1 row)"}));
  const auto noisy = diff_of(old, benchmark_csv({9, 10.5, 18, 19, 20}, "us"));
  EXPECT_TRUE(noisy.c.tests[0].outside);
  EXPECT_FALSE(noisy.c.tests[0].significant);
  EXPECT_TRUE(noisy.c.failures.empty());
  EXPECT_EQ(noisy.metric("real_time_ns").insignificant, 1u);
  // Significant, and within the tolerance.
  const auto small = diff_of(old, benchmark_csv({14.1, 14.2, 14.3, 14.4, 14.5}, "us"),
                             {{{}, {}, tolerances({"50%"})}, Gate::change, 0.05});
  EXPECT_TRUE(small.c.tests[0].significant);
  EXPECT_TRUE(small.c.failures.empty());
}

TEST(GoogleBenchmark, TooFewRepetitionsLeaveTheToleranceAlone) {
  const auto r = diff_of(benchmark_csv({10, 11, 12}, "us"), benchmark_csv({20, 21, 22}, "us"));
  EXPECT_FALSE(r.c.tests[0].tested);
  EXPECT_FALSE(r.c.failures.empty());
}

TEST(GoogleBenchmark, TheOrderOfRepetitionsChangesNothing) {
  const std::string head(kBenchmarkHead);
  const std::string one = "\"a\",5,1,1,ns,,,x,,,1\n", two = "\"a\",5,7,7,ns,,,y,,,1\n";
  const std::string bad = "\"a\",,,,,,,,true,\"broken\"\n";
  const std::string before = head + one + one + one;
  const auto expected = diff_of(before, head + one + two + bad);
  EXPECT_EQ(expected.metric("real_time_ns").median, 4);  // what failed has no time
  EXPECT_EQ(expected.c.failures.back(), "changed: error (1 row)");
  for (const auto& now : {two + bad + one, bad + one + two, bad + two + one}) {
    const auto r = diff_of(before, head + now);
    EXPECT_EQ(r.c.failures, expected.c.failures);
    EXPECT_EQ(r.metric("real_time_ns").median, 4);
    EXPECT_EQ(r.c.texts.size(), expected.c.texts.size());
  }
}

TEST(GoogleBenchmark, ABenchmarkThatFailsNowIsAChange) {
  const std::string bad = std::string(kBenchmarkHead) + "\"a\",,,,,,,,true,\"broken\"\n";
  const std::string good = std::string(kBenchmarkHead) + "\"a\",5,1,1,ns,,,,,,1\n";
  EXPECT_EQ(
      diff_of(good, bad).c.failures,
      (std::vector<std::string>{"changed: real_time_ns (1 row), cpu_time_ns (1 row), error (1 row)",
                                "vanished: column hits"}));
}

}  // namespace
}  // namespace perfmodel::diff
