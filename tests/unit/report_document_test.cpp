// The formats of a report: JSON, page, Markdown, CSV and pictures of one document.
#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>

#include <nlohmann/json.hpp>

#include "report/document.hpp"
#include "report/svg_canvas.hpp"

namespace perfmodel::report {
namespace {

Document small() {
  Document d;
  d.name = "small";
  d.title = "One <b> & two";
  d.version = "1";
  d.systems = {{"a", "Alpha", 0}, {"b", "Beta", 1}};
  Section s;
  s.id = "speed";
  s.title = "Speed";
  s.text = {"**Bold** and `code` beside </script><script>alert(1)</script>"};
  s.figures = {{"12", "tok/s", "of Alpha", "p10 10 to p90 14"}};
  Table t{"speed", "Speed", "A note.", {}, {}};
  t.columns = {{"system", "", false, 0, ""}, {"output per chip", "tok/s", true, 3, ""}};
  t.rows = {{std::string("Alpha, \"fast\""), 1234.5678}, {std::string("Beta"), Cell{}}};
  Chart c;
  c.id = "speed";
  c.kind = ChartKind::bars;
  c.title = "Speed";
  c.table = "speed";
  c.x = {"output", "tok/s", Scale::linear, {}};
  c.y = {"system", "", Scale::linear, {"Alpha", "Beta & <Sons>"}};
  Series one;
  one.name = "output";
  one.values = {1234.5678, std::nullopt};
  one.low = {1000.0, std::nullopt};
  one.high = {1500.0, std::nullopt};
  c.series = {one};
  s.charts = {c};
  s.tables = {t};
  d.sections = {s};
  d.sources = {{"A paper", "https://example.org/1", "2026", "paper", {"chip x = 1"}}};
  d.generated_from = {"configs/reports/small.yaml"};
  return d;
}

Chart xy(Scale scale) {
  Chart c;
  c.id = "curve";
  c.title = "Curve";
  c.x = {"x", "s", scale, {}};
  c.y = {"y", "", scale, {}};
  Series s;
  s.name = "curve";
  s.system = "b";
  s.points = {{1, 10, 8.0, 12.0, "first"}, {100, 1, 0.5, 2.0, "last"}};
  c.series = {s};
  c.lines = {{"1:1", {{1, 1}, {100, 100}}, true}};
  return c;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST(ReportDocument, NumbersAreThoseOfJavaScript) {
  EXPECT_EQ(plain_number(0), "0");
  EXPECT_EQ(plain_number(-0.0), "0");
  EXPECT_EQ(plain_number(1), "1");
  EXPECT_EQ(plain_number(100000), "100000");
  EXPECT_EQ(plain_number(123456789.5), "123456789.5");
  EXPECT_EQ(plain_number(-2.5), "-2.5");
  EXPECT_EQ(plain_number(0.1), "0.1");
  EXPECT_EQ(plain_number(1e-6), "0.000001");
  EXPECT_EQ(plain_number(1e-7), "1e-7");
  EXPECT_EQ(plain_number(1.5e-9), "1.5e-9");
  EXPECT_EQ(plain_number(1e20), "100000000000000000000");
  EXPECT_EQ(plain_number(1e21), "1e+21");
  EXPECT_EQ(plain_number(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(plain_number(std::numeric_limits<double>::infinity()), "");
}

TEST(ReportDocument, NumbersReadBackAsTheSame) {
  for (const double v : {1e-300, 4.9e-324, 0.1 + 0.2, 1e15 + 0.3, 6.02214076e23, 123.456})
    EXPECT_EQ(std::strtod(plain_number(v).c_str(), nullptr), v);
}

TEST(ReportDocument, CsvHasUnitsQuotesAndEmptyFields) {
  EXPECT_EQ(table_csv(small().sections[0].tables[0]),
            "system,output_per_chip_tok/s\r\n\"Alpha, \"\"fast\"\"\",1234.5678\r\nBeta,\r\n");
}

TEST(ReportDocument, JsonHasWhatTheCsvHas) {
  const auto d = small();
  const auto j = nlohmann::json::parse(document_json(d));
  EXPECT_EQ(j["schema"], "perfmodel/report/1");
  const auto& t = j["sections"][0]["tables"][0];
  EXPECT_EQ(t["rows"][0][1].get<double>(), 1234.5678);
  EXPECT_TRUE(t["rows"][1][1].is_null());
  EXPECT_EQ(t["columns"][1]["csv_name"], "output_per_chip_tok/s");
  EXPECT_TRUE(j["whatif"].is_null());
}

TEST(ReportDocument, PageKeepsTheTemplateAndNothingEndsTheElementEarly) {
  const std::string place = R"(<script type="application/json" id="report-document">{}</script>)";
  const auto html = page_html("<head>" + place + "<p>rest", small());
  EXPECT_TRUE(html.starts_with("<head><script type=\"application/json\" id=\"report-document\">"));
  EXPECT_TRUE(html.ends_with("</script><p>rest"));
  EXPECT_EQ(count(html, "</script>"), 1u);
  EXPECT_EQ(count(html, "<script>alert"), 0u);
  const auto begin = html.find('{');
  const auto text = html.substr(begin, html.rfind("</script>") - begin);
  EXPECT_EQ(nlohmann::json::parse(text), nlohmann::json::parse(document_json(small())));
}

TEST(ReportDocument, PageWithoutAPlaceIsNone) {
  EXPECT_EQ(page_html("<html></html>", small()), "");
}

TEST(ReportDocument, MarkdownHasEveryPartAndEscapesMarkup) {
  const auto md = document_markdown(small());
  EXPECT_NE(md.find("# One \\<b\\> & two"), std::string::npos);
  EXPECT_NE(md.find("**Bold** and `code` beside \\</script\\>"), std::string::npos);
  EXPECT_NE(md.find("![Speed](speed.svg)"), std::string::npos);
  EXPECT_NE(md.find("(speed.csv)"), std::string::npos);
  EXPECT_NE(md.find("| Alpha, \"fast\" | 1,230 |"), std::string::npos) << md;
  EXPECT_NE(md.find("A note."), std::string::npos);
  EXPECT_NE(md.find("chip x = 1"), std::string::npos);
}

TEST(ReportDocument, TextInPicturesIsEscaped) {
  const auto svg = chart_svg(small().sections[0].charts[0], small());
  EXPECT_NE(svg.find("Beta &amp; &lt;Sons&gt;"), std::string::npos);
  EXPECT_EQ(svg.find("<Sons>"), std::string::npos);
  EXPECT_EQ(xml_escaped("a\"b<c>&\x01"), "a&quot;b&lt;c&gt;&amp;\\x01");
}

TEST(ReportDocument, AnAbsentValueHasNoBar) {
  auto c = small().sections[0].charts[0];
  const auto with_gap = chart_svg(c, small());
  c.series[0].values[1] = 600.0;
  const auto whole = chart_svg(c, small());
  EXPECT_EQ(count(whole, "<rect"), count(with_gap, "<rect") + 1);
}

TEST(ReportDocument, CurvesHaveBandsReferencesAndTheirSystemsColour) {
  for (const auto scale : {Scale::linear, Scale::log}) {
    const auto svg = chart_svg(xy(scale), small());
    EXPECT_EQ(count(svg, "<polygon"), 1u);
    EXPECT_EQ(count(svg, "<circle"), 2u);
    EXPECT_NE(svg.find("stroke-dasharray"), std::string::npos);
    EXPECT_NE(svg.find(std::string(kPalette[1])), std::string::npos);
  }
}

TEST(ReportDocument, TornadosHaveTwoBarsARow) {
  Chart c;
  c.kind = ChartKind::tornado;
  c.x = {"output", "tok/s", Scale::linear, {}};
  c.centre = 10;
  c.rows = {{"bandwidth", "1", "2", 8, 13}, {"peak", "1", "2", 9.5, 10.2}};
  EXPECT_EQ(count(chart_svg(c, small()), "<rect"), 1u + 4u);  // the ground too
}

TEST(ReportDocument, EmptyChartsAreDrawn) {
  for (const auto kind : {ChartKind::xy, ChartKind::bars, ChartKind::stack, ChartKind::tornado}) {
    Chart c;
    c.kind = kind;
    c.title = "Nothing";
    EXPECT_NE(chart_svg(c, small()).find("</svg>"), std::string::npos);
  }
}

TEST(ReportRuler, PutsDecadesAtEqualDistance) {
  Ruler r(Scale::log, 1, 1000);
  r.span(0, 300);
  EXPECT_NEAR(r.at(100) - r.at(10), r.at(10) - r.at(1), 1e-9);
  for (const double t : r.ticks()) EXPECT_GT(t, 0);
}

TEST(ReportRuler, ReachesAllDataAndStartsAtZeroWhereTheyAreNear) {
  Ruler near(Scale::linear, 2, 97);
  EXPECT_EQ(near.ticks().front(), 0);
  EXPECT_GE(near.ticks().back(), 97);
  Ruler far(Scale::linear, 90, 97);
  EXPECT_GT(far.ticks().front(), 0);
  EXPECT_LE(far.ticks().front(), 90);
  Ruler same(Scale::linear, 5, 5);
  EXPECT_LT(same.ticks().front(), same.ticks().back());
}

}  // namespace
}  // namespace perfmodel::report
