// A table as operator timings, and what the reader refuses.
#include <map>

#include <gtest/gtest.h>

#include "calibrate/operator_timing.hpp"
#include "units/literals.hpp"

namespace perfmodel::calibrate {
namespace {

using namespace literals;
using Fields = std::map<std::string, std::string>;

/// Rows that are right, by class of operator.
Fields gemm() {
  return {{"id", "g1"},
          {"source", "s"},
          {"chip", "h100"},
          {"op", "gemm"},
          {"kernel", ""},
          {"dtype", "fp8"},
          {"weight_dtype", "fp8-block"},
          {"m", "64"},
          {"n", "7168"},
          {"k", "2048"},
          {"time_us", "12.5"},
          {"flag", ""},
          {"quantise", "dynamic"}};
}
Fields decode() {
  return {{"id", "d1"},      {"source", "s"},     {"chip", "h100"},    {"op", "attention_decode"},
          {"dtype", "bf16"}, {"kv_dtype", "fp8"}, {"batch", "8"},      {"length", "1024"},
          {"heads", "32"},   {"kv_heads", "8"},   {"head_dim", "128"}, {"time_us", "20"},
          {"flag", ""}};
}
Fields all_reduce() {
  return {{"id", "c1"},         {"source", "s"},   {"chip", "h100"},
          {"op", "all_reduce"}, {"devices", "16"}, {"devices_per_node", "8"},
          {"bytes", "4096"},    {"time_us", "30"}, {"flag", "why"}};
}
Fields with(Fields f, const std::string& column, const std::string& text) {
  f[column] = text;
  return f;
}

struct Reading {
  std::vector<OperatorTiming> rows;
  std::string problems;
};
Table table_of(const std::vector<Fields>& rows) {
  Table t;
  for (const auto& [column, text] : rows.at(0)) t.header.push_back(column);
  int line = 1;
  for (const auto& row : rows) {
    t.rows.push_back({++line, {}});
    for (const auto& [column, text] : row) t.rows.back().fields.push_back(text);
  }
  return t;
}
Reading read(const std::vector<Fields>& rows) {
  spec::Diagnostics d;
  Reading r;
  r.rows = read_operator_timings(table_of(rows), "t.csv", d);
  r.problems = d.to_string();
  return r;
}
std::string complaint(const Fields& row) {
  return read({row}).problems;
}

TEST(ReadOperatorTimings, ReadsARow) {
  const auto r = read({gemm(), with(gemm(), "id", "g2")});
  EXPECT_EQ(r.problems, "");
  ASSERT_EQ(r.rows.size(), 2u);
  const auto& t = r.rows[0];
  EXPECT_EQ(t.file, "t.csv");
  EXPECT_EQ(t.line, 2);
  EXPECT_EQ(t.id, "g1");
  EXPECT_EQ(t.source, "s");
  EXPECT_EQ(t.chip, "h100");
  EXPECT_EQ(t.op, OperatorKind::gemm);
  EXPECT_EQ(t.dtype, spec::Compute::fp8);
  EXPECT_EQ(t.weights, spec::Storage::fp8_block);
  EXPECT_FALSE(t.kv);
  EXPECT_EQ(t.quantise, Quantise::with_search_for_scale);
  EXPECT_EQ(t.m, 64);
  EXPECT_EQ(t.n, 7168);
  EXPECT_EQ(t.k, 2048);
  EXPECT_EQ(t.heads, 0);
  EXPECT_DOUBLE_EQ(t.time.base(), 12.5e-6);
  EXPECT_TRUE(t.sound());
  EXPECT_EQ(r.rows[1].line, 3);
}

TEST(ReadOperatorTimings, ReadsTheOtherClasses) {
  const auto d = read({decode()}).rows.at(0);
  EXPECT_EQ(d.op, OperatorKind::attention_decode);
  EXPECT_EQ(d.kv, spec::Storage::fp8);
  EXPECT_EQ(d.batch, 8);
  EXPECT_EQ(d.length, 1024);
  EXPECT_EQ(d.heads, 32);
  EXPECT_EQ(d.kv_heads, 8);
  EXPECT_EQ(d.head_dim, 128);
  EXPECT_EQ(d.v_dim, 0);
  EXPECT_EQ(d.quantise, Quantise::apart);
  const auto c = read({all_reduce()}).rows.at(0);
  EXPECT_EQ(c.devices, 16);
  EXPECT_EQ(c.devices_per_node, 8);
  EXPECT_EQ(c.bytes, 4096_B);
  EXPECT_FALSE(c.dtype);
  EXPECT_FALSE(c.sound());
}

TEST(ReadOperatorTimings, KnowsEveryOperatorByItsName) {
  for (std::size_t i = 0; i < kOperatorNames.size(); ++i) {
    Fields row = {{"id", "a"}, {"source", "s"}, {"chip", "h100"}, {"flag", ""}, {"time_us", "1"}};
    for (const char* c : {"m", "n", "k", "groups", "topk", "batch", "length", "heads", "kv_heads",
                          "head_dim", "v_dim", "devices", "tokens", "bytes"})
      row[c] = "1";
    for (const char* c : {"dtype", "weight_dtype", "kv_dtype"}) row[c] = "bf16";
    row["op"] = kOperatorNames[i];
    const auto r = read({row});
    EXPECT_EQ(r.problems, "") << kOperatorNames[i];
    ASSERT_EQ(r.rows.size(), 1u);
    EXPECT_EQ(r.rows[0].op, static_cast<OperatorKind>(i));
    EXPECT_EQ(name_of(r.rows[0].op), kOperatorNames[i]);
  }
}

TEST(ReadOperatorTimings, NamesColumnsThatItDoesNotKnowOrMisses) {
  auto row = with(gemm(), "time_ms", "1");
  row.erase("time_us");
  EXPECT_EQ(complaint(row),
            "t.csv:1:1: unknown column 'time_ms' (did you mean 'time_us'?)\n"
            "t.csv:1:1: column 'time_us' is missing\n");
  row = gemm();
  row.erase("flag");
  EXPECT_EQ(complaint(row), "t.csv:1:1: column 'flag' is missing\n");
  auto t = table_of({gemm()});
  t.header.emplace_back("m");
  t.rows[0].fields.emplace_back("1");
  spec::Diagnostics d;
  EXPECT_TRUE(read_operator_timings(t, "t.csv", d).empty());
  EXPECT_EQ(d.to_string(), "t.csv:1:1: column 'm' is there twice\n");
}

TEST(ReadOperatorTimings, RefusesWordsThatItDoesNotKnow) {
  EXPECT_EQ(complaint(with(gemm(), "op", "gem")),
            "t.csv:2:1: op: unknown word 'gem' (did you mean 'gemm'?)\n");
  EXPECT_EQ(complaint(with(gemm(), "dtype", "bf17")),
            "t.csv:2:1: dtype: unknown word 'bf17' (did you mean 'bf16'?)\n");
  EXPECT_EQ(complaint(with(gemm(), "weight_dtype", "fp8-blck")),
            "t.csv:2:1: weight_dtype: unknown word 'fp8-blck' (did you mean 'fp8-block'?)\n");
  EXPECT_EQ(complaint(with(decode(), "kv_dtype", "fp7")),
            "t.csv:2:1: kv_dtype: unknown word 'fp7' (did you mean 'fp8'?)\n");
  EXPECT_EQ(complaint(with(gemm(), "quantise", "dynamc")),
            "t.csv:2:1: quantise: unknown word 'dynamc' (did you mean 'dynamic'?)\n");
}

TEST(ReadOperatorTimings, RefusesNumbersThatAreNone) {
  for (const char* text : {"", "fast", "0", "-1", "nan", "inf", "1e999", "12,5", "12.5 us", " 1"})
    EXPECT_EQ(complaint(with(gemm(), "time_us", text)),
              "t.csv:2:1: time_us: '" + std::string(text) + "' is not a positive number\n");
  for (const char* text : {"many", "0", "-4", "1.5", "nan", "inf", "1e16", "8 "})
    for (const auto& [row, column] :
         {std::pair{gemm(), "m"}, {decode(), "batch"}, {all_reduce(), "bytes"}})
      EXPECT_EQ(complaint(with(row, column, text)), "t.csv:2:1: " + std::string(column) + ": '" +
                                                        text +
                                                        "' is not a whole number above zero\n");
}

TEST(ReadOperatorTimings, RefusesShapesThatLackACount) {
  const auto lacks = [](const Fields& row, const std::string& column) {
    const auto text = complaint(with(row, column, ""));
    EXPECT_EQ(text, "t.csv:2:1: " + column + ": is empty, and " + row.at("op") +
                        " has no shape without it\n");
  };
  for (const char* c : {"m", "n", "k", "dtype", "weight_dtype"}) lacks(gemm(), c);
  for (const char* c : {"batch", "length", "heads", "kv_heads", "head_dim", "kv_dtype", "dtype"})
    lacks(decode(), c);
  for (const char* c : {"devices", "bytes"}) {
    auto row = all_reduce();
    row["devices_per_node"] = "";
    lacks(row, c);
  }
  lacks(with(gemm(), "op", "grouped_gemm"), "groups");
  lacks(with(decode(), "op", "mla_decode"), "v_dim");
  lacks(with(gemm(), "op", "norm"), "tokens");
  auto dispatch = with(gemm(), "op", "dispatch");
  for (const char* c : {"topk", "devices", "tokens"}) dispatch[c] = "1";
  EXPECT_EQ(complaint(dispatch), "");
  lacks(dispatch, "topk");
}

TEST(ReadOperatorTimings, RefusesRowsThatContradictThemselves) {
  EXPECT_EQ(complaint(with(decode(), "kv_heads", "5")),
            "t.csv:2:1: kv_heads: 32 heads do not form 5 groups of one size\n");
  EXPECT_EQ(complaint(with(all_reduce(), "devices", "4")),
            "t.csv:2:1: devices_per_node: 8 in one node are more than the 4 that take part\n");
}

TEST(ReadOperatorTimings, RefusesRowsWithoutNameSourceOrChip) {
  for (const char* c : {"id", "source", "chip", "op"})
    EXPECT_EQ(complaint(with(gemm(), c, "")), "t.csv:2:1: " + std::string(c) + ": is empty\n");
}

TEST(ReadOperatorTimings, CollectsAllProblems) {
  const auto r = read({with(gemm(), "m", "x"), with(gemm(), "time_us", ""), gemm()});
  EXPECT_EQ(r.problems,
            "t.csv:2:1: m: 'x' is not a whole number above zero\n"
            "t.csv:3:1: time_us: '' is not a positive number\n");
}

Fields source() {
  return {{"source", "s"},          {"title", "T"},     {"url", "https://example.org"},
          {"date", "2025"},         {"licence", "MIT"}, {"software", "vLLM"},
          {"software_version", "1"}};
}
std::string source_complaint(const std::vector<Fields>& rows) {
  spec::Diagnostics d;
  read_operator_sources(table_of(rows), "sources.csv", d);
  return d.to_string();
}

TEST(ReadOperatorSources, ReadsALine) {
  spec::Diagnostics d;
  const auto s = read_operator_sources(table_of({source()}), "sources.csv", d);
  EXPECT_EQ(d.to_string(), "");
  ASSERT_EQ(s.size(), 1u);
  EXPECT_EQ(s[0].id, "s");
  EXPECT_EQ(s[0].title, "T");
  EXPECT_EQ(s[0].url, "https://example.org");
  EXPECT_EQ(s[0].date, "2025");
  EXPECT_EQ(s[0].licence, "MIT");
  EXPECT_EQ(s[0].software, "vLLM");
  EXPECT_EQ(s[0].version, "1");
  EXPECT_EQ(s[0].line, 2);
  EXPECT_EQ(source_complaint({with(source(), "date", "")}), "");
}

TEST(ReadOperatorSources, RefusesWhatIsWrong) {
  for (const char* c : {"source", "title", "licence"})
    EXPECT_EQ(source_complaint({with(source(), c, "")}),
              "sources.csv:2:1: " + std::string(c) + ": is empty\n");
  EXPECT_EQ(source_complaint({with(source(), "date", "May 2025")}),
            "sources.csv:2:1: date: 'May 2025' is not a date "
            "(write YYYY, YYYY-MM or YYYY-MM-DD)\n");
  EXPECT_EQ(source_complaint({source(), source()}),
            "sources.csv:3:1: source: 's' is there twice, first in line 2\n");
  auto row = source();
  row.erase("licence");
  row["license"] = "MIT";
  EXPECT_EQ(source_complaint({row}),
            "sources.csv:1:1: unknown column 'license' (did you mean 'licence'?)\n"
            "sources.csv:1:1: column 'licence' is missing\n");
}

}  // namespace
}  // namespace perfmodel::calibrate
