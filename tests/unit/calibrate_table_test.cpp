// CSV text as a table, and a table as measurements.
#include <functional>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "calibrate/measurement.hpp"

namespace perfmodel::calibrate {
namespace {

using Fields = std::vector<std::string>;

Table parsed(std::string_view text) {
  spec::Diagnostics d;
  auto t = parse_csv(text, "t.csv", d);
  EXPECT_TRUE(d.empty()) << d.to_string();
  return t;
}
std::string complaint(std::string_view text) {
  spec::Diagnostics d;
  parse_csv(text, "t.csv", d);
  return d.to_string();
}
Fields only_row(const Table& t) {
  return t.rows.size() == 1 ? t.rows[0].fields : Fields{"not one row"};
}

TEST(ParseCsv, ReadsWhatRfc4180Allows) {
  EXPECT_EQ(only_row(parsed("a,b\r\n1,2\r\n")), (Fields{"1", "2"}));
  EXPECT_EQ(only_row(parsed("a,b\n1,2")), (Fields{"1", "2"}));
  EXPECT_EQ(only_row(parsed("a,b\n1,\n")), (Fields{"1", ""}));
  EXPECT_EQ(only_row(parsed("a,b\n\"x, y\",\"say \"\"no\"\"\"\n")), (Fields{"x, y", "say \"no\""}));
  EXPECT_EQ(only_row(parsed("a,b\r\n\"one\r\ntwo\",\"\"\r\n")), (Fields{"one\r\ntwo", ""}));
  EXPECT_EQ(parsed("\"a,1\",b\n1,2\n").header, (Fields{"a,1", "b"}));
}

TEST(ParseCsv, PassesOverMarksCommentsAndBlankLines) {
  EXPECT_EQ(parsed("\xEF\xBB\xBF"
                   "a,b\n1,2\n")
                .header,
            (Fields{"a", "b"}));
  const auto t = parsed("\xEF\xBB\xBF# one\r\n# two, \"quoted\n\na,b\n\n1,2\n   \n3,4\n\n");
  EXPECT_EQ(t.header, (Fields{"a", "b"}));
  EXPECT_EQ(t.header_line, 4);
  ASSERT_EQ(t.rows.size(), 2u);
  EXPECT_EQ(t.rows[0].line, 6);
  EXPECT_EQ(t.rows[1].line, 8);
}

TEST(ParseCsv, CountsLinesAcrossQuotedOnesAndAllLineEnds) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    std::string text;
    for (const char* line : {"a,b", "\"1", "", "1\",2", "3,4"}) text.append(line).append(end);
    const auto t = parsed(text);
    ASSERT_EQ(t.rows.size(), 2u);
    EXPECT_EQ(t.rows[0].line, 2);
    EXPECT_EQ(t.rows[1].line, 5);
  }
}

TEST(ParseCsv, NamesTheLineOfWhatIsWrong) {
  EXPECT_EQ(complaint("# c\na,b\n1,2\n\"x\ny\",2\n3\n"),
            "t.csv:6:1: has 1 fields where the header has 2\n");
  EXPECT_EQ(complaint("a,b\n1,2,3\n1\n"),
            "t.csv:2:1: has 3 fields where the header has 2\n"
            "t.csv:3:1: has 1 fields where the header has 2\n");
  const std::string quoting =
      "bad quoting: a quote must enclose the whole field and be doubled inside it\n";
  EXPECT_EQ(complaint("a,b\n1,2\nx\"y,2\n"), "t.csv:3:1: " + quoting);
  EXPECT_EQ(complaint("a,b\n\"x\"y,2\n1,2\n"), "t.csv:2:1: " + quoting);
  EXPECT_EQ(complaint("a,b\n1,2\n\"never\nclosed,2\n3,4\n"), "t.csv:3:1: " + quoting);
  EXPECT_EQ(complaint(std::string_view("# c\na,b\n1,\0\n", 11)),
            "t.csv:3:1: contains a NUL byte\n");
  for (const char* none : {"", "\n\n", "# only a comment", "# only a comment\n", "\xEF\xBB\xBF"})
    EXPECT_NE(complaint(none).find("has no header line\n"), std::string::npos) << none;
}

/// A row that is right, its fields by column.
std::map<std::string, std::string> good() {
  std::map<std::string, std::string> f;
  for (const char* c : {"id", "source", "source_url", "date", "stack_version", "length_jitter",
                        "prefix_hit", "statistic", "unit", "notes", "kv_dtype"})
    f[c] = "";
  for (const std::string pool : {"prefill", "decode"})
    for (const char* c : {"_workers", "_tp", "_pp", "_attn_dp", "_moe_tp", "_moe_ep"})
      f[pool + c] = "";
  for (const auto& [k, v] :
       std::initializer_list<std::pair<std::string, std::string>>{{"chip", "h100"},
                                                                  {"n_chips", "8"},
                                                                  {"model", "llama-3.1-8b"},
                                                                  {"weight_dtype", "bf16"},
                                                                  {"act_dtype", "bf16"},
                                                                  {"stack", "vllm"},
                                                                  {"mode", "aggregated"},
                                                                  {"input_len", "1024"},
                                                                  {"output_len", "128"},
                                                                  {"concurrency", "16"},
                                                                  {"batch_per_chip", ""},
                                                                  {"draft_tokens", ""},
                                                                  {"accepted_per_step", ""},
                                                                  {"metric", "tpot_ms"},
                                                                  {"value", "12.5"}})
    f[k] = v;
  return f;
}
struct Reading {
  std::vector<Measurement> rows;
  std::string problems;
};
Reading read(const std::map<std::string, std::string>& fields,
             const std::function<void(Table&)>& change = {}) {
  Table t;
  t.header_line = 3;
  t.rows.push_back({4, {}});
  for (const auto& [k, v] : fields) {
    t.header.push_back(k);
    t.rows[0].fields.push_back(v);
  }
  if (change) change(t);
  spec::Diagnostics d;
  Reading r;
  r.rows = read_measurements(t, "t.csv", d);
  r.problems = d.to_string();
  return r;
}
Reading read_with(const std::string& column, const std::string& text) {
  auto f = good();
  f.at(column) = text;
  return read(f);
}

TEST(ReadMeasurements, ReadsARow) {
  const auto r = read(good());
  EXPECT_EQ(r.problems, "");
  ASSERT_EQ(r.rows.size(), 1u);
  const auto& m = r.rows[0];
  EXPECT_EQ(m.line, 4);
  EXPECT_EQ(m.chip, "h100");
  EXPECT_EQ(m.mode, Mode::aggregated);
  EXPECT_EQ(m.metric, Metric::tpot);
  EXPECT_EQ(m.value, 12.5);
  EXPECT_EQ(m.n_chips, 8);
  EXPECT_FALSE(m.batch_per_chip);
  EXPECT_FALSE(m.decode.tp);
}

TEST(ReadMeasurements, RefusesColumnsThatAreNotTheCanonicalOnes) {
  auto f = good();
  f["chips"] = "8";
  EXPECT_EQ(read(f).problems, "t.csv:3:1: unknown column 'chips' (did you mean 'chip'?)\n");
  f = good();
  f.erase("value");
  EXPECT_EQ(read(f).problems, "t.csv:3:1: column 'value' is missing\n");
  const auto twice = read(good(), [](Table& t) {
    t.header.emplace_back("notes");
    t.rows[0].fields.emplace_back("");
  });
  EXPECT_EQ(twice.problems, "t.csv:3:1: column 'notes' is there twice\n");
  EXPECT_TRUE(twice.rows.empty());
}

TEST(ReadMeasurements, RefusesValuesThatAreNoPositiveNumber) {
  for (const char* bad : {"", "0", "0.0", "-5", "fast", "nan", "inf", "1e400", "-"}) {
    const auto r = read_with("value", bad);
    EXPECT_EQ(r.problems, fmt::format("t.csv:4:1: value: '{}' is not a positive number\n", bad));
    EXPECT_TRUE(r.rows.empty());
  }
}

TEST(ReadMeasurements, RefusesAnUnknownMetricButKeepsAnUnknownMode) {
  EXPECT_EQ(read_with("metric", "tpot").problems.find("t.csv:4:1: metric: unknown metric 'tpot'"),
            0u);
  EXPECT_NE(read_with("metric", "tpot_m").problems.find("did you mean 'tpot_ms'?"),
            std::string::npos);
  EXPECT_EQ(read_with("mode", "").problems, "t.csv:4:1: mode: is empty\n");
  const auto r = read_with("mode", "microbenchmark");
  EXPECT_EQ(r.problems, "");
  EXPECT_FALSE(r.rows.at(0).mode);
  EXPECT_EQ(r.rows.at(0).mode_text, "microbenchmark");
}

TEST(ReadMeasurements, TakesTheFirstNumberOfWhatSourcesWrite) {
  const std::map<std::string, std::optional<double>> as = {
      {"4989 avg", 4989},
      {"about 3K", 3072},
      {"MTP, 1 draft token", 1},
      {"MTP-1", 1},
      {"0.70 (assumed effective acceptance -> 1.7 tokens/step)", 0.7},
      {".5", 0.5},
      {"100-256", 100},
      {"1,024", 1024},
      {"1,048,576 tokens", 1048576},
      {"1,24", 1},
      {"1, 2", 1},
      {"1,0245", 1},
      {"2e3", 2000},
      {"none", std::nullopt},
      {"", std::nullopt},
      {"1e999", std::nullopt},
  };
  for (const auto& [text, number] : as)
    EXPECT_EQ(read_with("draft_tokens", text).rows.at(0).draft_tokens, number) << text;
}

TEST(ReadMeasurements, LeavesDegreesEmptyThatCannotBeOnes) {
  for (const char* text : {"0", "-4", "none", "", "1e30", "9999999999"})
    EXPECT_FALSE(read_with("decode_tp", text).rows.at(0).decode.tp) << text;
  EXPECT_EQ(read_with("decode_tp", "8").rows.at(0).decode.tp, 8);
}

TEST(ReadMeasurements, FindsNumbersInNotes) {
  Measurement m;
  m.notes = "prefill_chips=16 decode_chips=160 x=";
  EXPECT_EQ(m.note_number("prefill_chips"), 16);
  EXPECT_EQ(m.note_number("decode_chips"), 160);
  EXPECT_FALSE(m.note_number("x"));
  EXPECT_FALSE(m.note_number("y"));
}

}  // namespace
}  // namespace perfmodel::calibrate
