#include <gtest/gtest.h>

#include <charconv>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "report/format.hpp"
#include "unit/report_record.hpp"

namespace perfmodel::report {
namespace {

using Rows = std::vector<std::vector<std::string>>;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A reader of RFC 4180, strict: a bare CR, LF or quote in an unquoted field is a failure.
Rows parse_csv(const std::string& text) {
  Rows rows;
  std::vector<std::string> row;
  std::size_t i = 0;
  while (i < text.size()) {
    std::string field;
    if (text[i] == '"') {
      for (++i; i < text.size(); ++i) {
        if (text[i] != '"') {
          field += text[i];
        } else if (i + 1 < text.size() && text[i + 1] == '"') {
          field += text[i++];
        } else {
          break;
        }
      }
      EXPECT_LT(i++, text.size()) << "a quoted field does not end";
    } else {
      while (i < text.size() && text[i] != ',' && text[i] != '\r') field += text[i++];
      EXPECT_EQ(field.find_first_of("\"\n"), std::string::npos) << field;
    }
    row.push_back(field);
    if (text.substr(i, 2) == "\r\n") {
      rows.push_back(row);
      row.clear();
      i += 2;
    } else if (i < text.size() && text[i] == ',') {
      ++i;
      if (text.substr(i, 2) == "\r\n") continue;
    } else {
      ADD_FAILURE() << "no CRLF or comma after a field, at " << i;
      return rows;
    }
  }
  EXPECT_TRUE(row.empty()) << "the last record does not end with CRLF";
  return rows;
}

std::string cell(const Rows& rows, std::size_t row, std::string_view column) {
  for (std::size_t i = 0; i < rows.at(0).size(); ++i) {
    if (rows[0][i] == column) return rows.at(row).at(i);
  }
  ADD_FAILURE() << "no column " << column;
  return "";
}

double number_in(const std::string& text) {
  double v = std::numeric_limits<double>::quiet_NaN();
  std::from_chars(text.data(), text.data() + text.size(), v);
  return v;
}

TEST(ReportCsv, HeaderIsTheDeclaredColumnsAndAllRowsHaveThem) {
  for (const bool explain : {false, true}) {
    const auto rows = parse_csv(to_csv(typical_record(), explain));
    const auto columns = csv_columns(explain);
    EXPECT_EQ(rows.at(0), std::vector<std::string>(columns.begin(), columns.end()));
    for (const auto& row : rows) EXPECT_EQ(row.size(), columns.size());
    EXPECT_EQ(std::set<std::string_view>(columns.begin(), columns.end()).size(), columns.size());
  }
}

TEST(ReportCsv, NumbersReadBackToTheLastBit) {
  const EstimateRecord r = typical_record();
  const auto rows = parse_csv(to_csv(r, false));
  ASSERT_EQ(rows.size(), 2 + r.comparisons.size());
  EXPECT_EQ(cell(rows, 1, "role"), "subject");
  EXPECT_EQ(cell(rows, 1, "verdict"), "feasible");
  EXPECT_EQ(number_in(cell(rows, 1, "output_tokens_per_s_per_chip")),
            r.expected.output_per_chip.base());
  EXPECT_EQ(number_in(cell(rows, 1, "ceiling_decode_only_tokens_per_s_system")),
            r.ceiling.decode_system.base());
  EXPECT_EQ(number_in(cell(rows, 1, "ttft_ms")), r.expected.ttft.base() * 1e3);
  EXPECT_DOUBLE_EQ(number_in(cell(rows, 1, "memory_kv_gb")), 27.9);
  EXPECT_DOUBLE_EQ(number_in(cell(rows, 1, "slo_tpot_ms")), 50.0);
  EXPECT_EQ(cell(rows, 1, "bottleneck"), "experts");
  EXPECT_EQ(cell(rows, 2, "role"), "alternative");
  EXPECT_EQ(number_in(cell(rows, 4, "output_tokens_per_s_system")),
            r.comparisons[2].output_system.base());
  EXPECT_EQ(csv_number(0.1), "0.1");
  EXPECT_EQ(number_in(csv_number(1.0 / 3)), 1.0 / 3);
  EXPECT_EQ(csv_number(std::numeric_limits<double>::infinity()), "");
}

TEST(ReportCsv, TextsSurviveCommasQuotesAndLineBreaks) {
  EstimateRecord r = typical_record();
  r.chip = "a,\"b\"\r\nc\nd";
  r.comparisons[0].deployment = "\"";
  r.operators[0].formula = "2 m n k,\n\"twice\"";
  const auto rows = parse_csv(to_csv(r, false));
  EXPECT_EQ(cell(rows, 1, "chip"), r.chip);
  EXPECT_EQ(cell(rows, 2, "deployment"), "\"");
  for (const auto& row : rows) EXPECT_EQ(row.size(), csv_columns(false).size());
  EXPECT_EQ(cell(parse_csv(to_csv(r, true)), 1, "formula"), r.operators[0].formula);
  EXPECT_EQ(csv_field("plain text"), "plain text");
}

TEST(ReportCsv, InfeasibleRowsStayWithTheirReasonAndWithoutNumbers) {
  const EstimateRecord subject = infeasible_record();
  const auto own = parse_csv(to_csv(subject, false));
  const auto all = parse_csv(to_csv(typical_record(), false));
  const auto operators = parse_csv(to_csv(subject, true));
  ASSERT_EQ(own.size(), 2u);
  ASSERT_EQ(operators.size(), 2u);
  EXPECT_EQ(cell(operators, 1, "reason"), subject.infeasible);
  for (const auto& [rows, row] : {std::pair{own, std::size_t{1}}, {all, all.size() - 1}}) {
    EXPECT_EQ(cell(rows, row, "verdict"), "infeasible");
    EXPECT_EQ(cell(rows, row, "reason"), subject.infeasible);
    for (const auto& name : rows[0]) {
      const bool answer = contains(name, "tokens_per_s") || contains(name, "ttft_ms") ||
                          contains(name, "tpot_ms") || contains(name, "step_ms");
      const bool asked = name.starts_with("slo_");
      EXPECT_TRUE(!answer || asked || cell(rows, row, name).empty()) << name;
    }
  }
}

TEST(ReportCsv, OneRowPerOperator) {
  const EstimateRecord r = typical_record();
  const auto rows = parse_csv(to_csv(r, true));
  ASSERT_EQ(rows.size(), 1 + r.operators.size());
  for (std::size_t i = 0; i < r.operators.size(); ++i) {
    EXPECT_EQ(cell(rows, i + 1, "phase"), r.operators[i].phase);
    EXPECT_EQ(cell(rows, i + 1, "operator"), r.operators[i].name);
    EXPECT_EQ(number_in(cell(rows, i + 1, "link_us")), r.operators[i].t_link.base() * 1e6);
    EXPECT_DOUBLE_EQ(number_in(cell(rows, i + 1, "weights_mb")),
                     r.operators[i].weights.base() / 1e6);
  }
}

TEST(ReportCsv, InfeasibleInventsNeitherDeploymentNorMemory) {
  EstimateRecord r = infeasible_record();
  r.parallelism.clear();
  r.memory = {};
  const auto rows = parse_csv(to_csv(r, false));
  for (const char* name : {"deployment", "tp", "engines", "chips_used", "memory_weights_gb"}) {
    EXPECT_EQ(cell(rows, 1, name), "") << name;
  }
}

}  // namespace
}  // namespace perfmodel::report
