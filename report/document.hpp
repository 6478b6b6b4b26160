// A report as data: what its sections say, show and list. Every format of a report (the page,
// Markdown, CSV, SVG) is a function over it; nothing here computes. docs/reports.md describes its
// JSON, report/document.schema.json checks it.
//
// Numbers are in the unit that their column or axis names, ready to be shown beside it.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace perfmodel::report {

using Cell = std::variant<std::monostate, double, std::string>;

struct TableColumn {
  std::string name;
  std::string unit;  // empty: none
  bool number = true;
  int digits = 4;  // significant ones, where people read it
  /// Header of the CSV; made of name and unit where empty.
  std::string csv_name;
};

struct Table {
  std::string id, title, note;
  std::vector<TableColumn> columns;
  std::vector<std::vector<Cell>> rows;

  std::string file() const { return id + ".csv"; }
};

enum class Scale { linear, log };

struct Axis {
  std::string label, unit;
  Scale scale = Scale::linear;
  std::vector<std::string> categories;  // of bars, stacks and tornados, on their y axis
};

struct ChartPoint {
  double x = 0, y = 0;
  std::optional<double> low, high;  // p10 and p90 of y
  std::string label;                // what it is
};

enum class Mark { line, points, both, step };
inline constexpr std::array<std::string_view, 4> kMarkNames = {"line", "points", "both", "step"};

struct Series {
  std::string name;
  std::string system;  // id of one of the document's; empty: none in particular
  Mark mark = Mark::both;
  bool dash = false;
  std::vector<ChartPoint> points;  // of an xy chart
  // Of bars and stacks, one for each category; low and high empty or as many.
  std::vector<std::optional<double>> values, low, high;
};

struct ReferenceLine {
  std::string name;
  std::vector<std::pair<double, double>> points;
  bool dash = true;
};

/// What the ends of one input's range make of the metric.
struct TornadoRow {
  std::string name;
  std::string low_value, high_value;  // of the input
  double low = 0, high = 0;           // of the metric
};

enum class ChartKind { xy, bars, stack, tornado };
inline constexpr std::array<std::string_view, 4> kChartKindNames = {"xy", "bars", "stack",
                                                                    "tornado"};

/// Bars, stacks and tornados lie on their side: categories along y, values along x.
struct Chart {
  std::string id;
  ChartKind kind = ChartKind::xy;
  std::string title, note;
  std::string table;  // id of that with its numbers
  Axis x, y;
  std::vector<Series> series;
  std::vector<ReferenceLine> lines;
  std::vector<TornadoRow> rows;
  double centre = 0;  // of a tornado

  std::string file() const { return id + ".svg"; }
};

/// One number to remember.
struct KeyFigure {
  std::string value, unit, label, note;
};

/// Texts may have **bold** and `code` in them.
struct Section {
  std::string id, title;
  std::vector<std::string> text;
  std::vector<KeyFigure> figures;
  std::vector<Chart> charts;
  std::vector<Table> tables;
};

struct CitedSource {
  std::string title, url, date, grade;
  std::vector<std::string> figures;  // "chip ascend910c memory.bandwidth = 3.2 TB/s"
};

struct ReportSystem {
  std::string id, name;
  std::size_t color = 0;  // index into the palette
};

struct Document {
  std::string name, title, subtitle, version;
  std::vector<std::string> generated_from;
  std::vector<ReportSystem> systems;
  std::vector<Section> sections;
  std::vector<CitedSource> sources;
  std::string what_if;  // JSON of the section for what-ifs; empty: none

  const ReportSystem* system(std::string_view id) const;
};

/// Blue, orange, green and so on in an order in which any first few stay apart for the colour-blind
/// (Okabe and Ito 2008), dark enough for a white ground.
inline constexpr std::array<std::string_view, 12> kPalette = {
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#b8860b",
    "#5e3c99", "#7f7f7f", "#8c3b3b", "#1b4f72", "#66a61e", "#222222"};

/// As JavaScript writes it: the shortest decimal text that reads back as the same double, without
/// an exponent from 1e-7 to 1e21. Empty for infinities and NaN.
std::string plain_number(double value);

std::string document_json(const Document& document);
std::string document_markdown(const Document& document);
/// RFC 4180: what the page's download gives too.
std::string table_csv(const Table& table);
/// Header of a column in it: "throughput_tok/s" and the like, blanks as underscores.
std::string csv_name_of(const TableColumn& column);
/// A picture that stands alone, on white.
std::string chart_svg(const Chart& chart, const Document& document);

/// The template with the document in the place of its empty one; the template as it is where it has
/// no such place is an error that the caller tells: then empty.
std::string page_html(std::string_view page, const Document& document);

}  // namespace perfmodel::report
