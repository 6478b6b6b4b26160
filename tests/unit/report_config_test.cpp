// configs/reports: what the loader refuses, and fields in texts.
#include <gtest/gtest.h>

#include "cli/report_config.hpp"
#include "cli/report_fields.hpp"
#include "cli/report_gather.hpp"

namespace perfmodel::cli {
namespace {

constexpr const char* kGood = R"(schema: 1
report: small
title: "A {{chip}}"
chip: h200
systems: [hgx-h200, hgx-b200]
llms: [llama-3.1-8b, qwen3-8b]
sections:
  - kind: throughput
    title: Speed
    llms: [qwen3-8b]
    text: ["one", "two {{x}}"]
)";

std::string problems(const std::string& text) {
  spec::Diagnostics d;
  const auto document = spec::parse_document(text, "small.yaml", d);
  const auto r = d.empty() ? read_report(document, d) : std::nullopt;
  EXPECT_EQ(r.has_value(), d.empty());
  return d.to_string();
}

/// The good file with one line exchanged.
std::string changed(const std::string& from, const std::string& to) {
  std::string text = kGood;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

void refused(const std::string& from, const std::string& to, const std::string& message) {
  const auto text = problems(changed(from, to));
  EXPECT_NE(text.find(message), std::string::npos) << text;
  EXPECT_NE(text.find("small.yaml:"), std::string::npos) << text;
}

TEST(ReportConfig, ReadsAllKeys) {
  spec::Diagnostics d;
  const auto r = read_report(spec::parse_document(kGood, "small.yaml", d), d);
  ASSERT_TRUE(r) << d.to_string();
  EXPECT_EQ(r->id, "small");
  ASSERT_EQ(r->sections.size(), 1u);
  EXPECT_EQ(r->sections[0].id, "throughput");
  EXPECT_EQ(r->sections[0].llms, std::vector<std::string>{"qwen3-8b"});
  EXPECT_EQ(r->sections[0].systems, r->systems);
  ASSERT_EQ(r->sections[0].text.size(), 2u);
  EXPECT_EQ(r->sections[0].text[1].mark.line, 11);
  EXPECT_TRUE(std::is_sorted(r->interactivity.begin(), r->interactivity.end()));
}

TEST(ReportConfig, RefusesWhatItDoesNotKnow) {
  refused("llms: [llama", "lms: [llama", "did you mean 'llms'");
  refused("    title: Speed", "    titel: Speed", "did you mean 'title'");
  refused("kind: throughput", "kind: throughptu", "did you mean 'throughput'");
  EXPECT_EQ(problems(changed("kind: throughput", "kind: throughptu")).find("llms"),
            std::string::npos)
      << "what an unknown kind takes is not known";
  refused("llms: [qwen3-8b]", "llms: [qwen3-9b]", "'qwen3-9b' is not one of the report's");
  refused("llms: [qwen3-8b]", "systems: [hgx-h20]", "'hgx-h20' is not one of the report's");
  refused("title: Speed", "title: Speed\n    by: chip", "by");
}

TEST(ReportConfig, RefusesSectionsThatLackWhatTheyAreAbout) {
  refused("systems: [hgx-h200, hgx-b200]\n", "systems: [hgx-h200]\n", "needs the report's systems");
  refused("kind: throughput", "kind: memories", "needs the report's memories");
  refused("kind: throughput", "kind: weights", "needs the report's weights");
  refused("chip: h200\n", "what_if: {title: W}\nsystems: []\n", "");
  refused("kind: throughput", "kind: accuracy", "by");
  refused("kind: throughput\n    title: Speed\n    llms: [qwen3-8b]",
          "kind: accuracy\n    by: chp\n    title: Speed", "did you mean 'chip'");
}

TEST(ReportConfig, RefusesTwoSectionsOfOneId) {
  const auto text = problems(std::string(kGood) + "  - {kind: throughput, title: Again}\n");
  EXPECT_NE(text.find("the id 'throughput' is there twice"), std::string::npos) << text;
}

TEST(ReportConfig, RefusesValuesOutOfBounds) {
  refused("chip: h200\n", "chip: h200\nsamples: 3\n", "samples");
  refused("chip: h200\n", "chip: h200\ninput: 0\n", "input");
  refused("chip: h200\n", "chip: h200\nslo: {tpot: 3 m}\n", "tpot");
  refused("chip: h200\n", "chip: h200\ninteractivity: [10, fast]\n", "'fast' is no number");
  refused("chip: h200\n", "chip: h200\ninteractivity: [10, 10]\n", "twice");
  refused("chip: h200\n", "chip: h200\ninteractivity: [0.1]\n", "between 1 and 1000");
  refused("kind: throughput", "kind: throughput\n    id: No Id", "'No Id' is no id");
}

TEST(ReportConfig, RefusesFieldsThatDoNotClose) {
  refused("A {{chip}}", "A {{chip", "'{{' is not closed");
  refused("A {{chip}}", "A chip}}", "'}}' without '{{'");
  refused("two {{x}}", "two {{}}", "a field without a name");
  refused("two {{x}}", "two {{x {{y}}", "a field inside of a field");
}

TEST(ReportConfig, EveryKindOfSectionIsFilled) {
  for (const auto& k : section_kinds()) EXPECT_NE(filler_of(k.name), nullptr) << k.name;
}

TEST(ReportFields, ArePutIn) {
  Fields f;
  f.set("a.b", "12");
  f.set("empty", "");
  spec::Diagnostics d;
  EXPECT_EQ(f.expand({"x {{a.b}}{{ empty }} y", "p", {1, 1}}, "f.yaml", d), "x 12no answer y");
  EXPECT_TRUE(d.empty());
}

TEST(ReportFields, UnknownOnesAreProblemsWithTheNearest) {
  Fields f;
  f.set("hgx-h200.output", "12");
  spec::Diagnostics d;
  f.expand({"{{hgx-h200.outptu}}", "sections.0.text", {7, 3}}, "f.yaml", d);
  const auto text = d.to_string();
  EXPECT_NE(text.find("f.yaml:7:3: sections.0.text: unknown field 'hgx-h200.outptu'"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("did you mean 'hgx-h200.output'"), std::string::npos) << text;
}

}  // namespace
}  // namespace perfmodel::cli
