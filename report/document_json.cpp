// The document that the page reads (report/document.schema.json).
#include "report/document.hpp"
#include "report/json_parts.hpp"

namespace perfmodel::report {
namespace {

constexpr std::string_view kSchema = "perfmodel/report/1";
constexpr std::string_view kPlace =
    R"(<script type="application/json" id="report-document">{}</script>)";
constexpr std::string_view kEmpty = "{}</script>";

Json numbers(const std::vector<std::optional<double>>& all) {
  return array_of(all, [](const std::optional<double>& v) { return real(v); });
}

Json cell(const Cell& c) {
  if (const auto* v = std::get_if<double>(&c)) return real(*v);
  if (const auto* s = std::get_if<std::string>(&c)) return *s;
  return nullptr;
}

Json table_json(const Table& t) {
  const auto column = [](const TableColumn& c) {
    return Json{{"name", c.name},
                {"unit", text_or_null(c.unit)},
                {"kind", c.number ? "number" : "text"},
                {"digits", c.digits},
                {"csv_name", csv_name_of(c)}};
  };
  return {{"id", t.id},
          {"title", t.title},
          {"note", text_or_null(t.note)},
          {"columns", array_of(t.columns, column)},
          {"rows", array_of(t.rows, [](const auto& row) { return array_of(row, cell); })},
          {"csv", t.file()}};
}

Json axis_json(const Axis& a) {
  return {{"label", a.label},
          {"unit", text_or_null(a.unit)},
          {"scale", a.scale == Scale::log ? "log" : "linear"},
          {"categories", a.categories.empty() ? Json(nullptr) : Json(a.categories)}};
}

Json series_json(const Series& s, bool xy) {
  Json j = {{"name", s.name}, {"system", text_or_null(s.system)}};
  if (!xy) {
    j["values"] = numbers(s.values);
    j["low"] = s.low.empty() ? Json(nullptr) : numbers(s.low);
    j["high"] = s.high.empty() ? Json(nullptr) : numbers(s.high);
    return j;
  }
  j["mark"] = kMarkNames[static_cast<std::size_t>(s.mark)];
  j["dash"] = s.dash;
  j["points"] = array_of(s.points, [](const ChartPoint& p) {
    return Json{{"x", real(p.x)},
                {"y", real(p.y)},
                {"low", real(p.low)},
                {"high", real(p.high)},
                {"label", text_or_null(p.label)}};
  });
  return j;
}

Json chart_json(const Chart& c) {
  const bool xy = c.kind == ChartKind::xy;
  Json j = {{"id", c.id},
            {"kind", kChartKindNames[static_cast<std::size_t>(c.kind)]},
            {"title", c.title},
            {"note", text_or_null(c.note)},
            {"table", c.table},
            {"svg", c.file()},
            {"x", axis_json(c.x)},
            {"y", axis_json(c.y)},
            {"series", array_of(c.series, [&](const Series& s) { return series_json(s, xy); })},
            {"lines", array_of(c.lines, [](const ReferenceLine& l) {
               return Json{{"name", l.name},
                           {"points", array_of(l.points,
                                               [](const auto& p) {
                                                 return Json::array({p.first, p.second});
                                               })},
                           {"dash", l.dash}};
             })}};
  if (c.kind == ChartKind::tornado) {
    j["centre"] = real(c.centre);
    j["rows"] = array_of(c.rows, [](const TornadoRow& r) {
      return Json{{"name", r.name},
                  {"low_value", r.low_value},
                  {"high_value", r.high_value},
                  {"low", real(r.low)},
                  {"high", real(r.high)}};
    });
  }
  return j;
}

Json section_json(const Section& s) {
  const auto figure = [](const KeyFigure& f) {
    return Json{{"value", f.value},
                {"unit", text_or_null(f.unit)},
                {"label", f.label},
                {"note", text_or_null(f.note)}};
  };
  return {{"id", s.id},
          {"title", s.title},
          {"text", s.text},
          {"figures", array_of(s.figures, figure)},
          {"charts", array_of(s.charts, chart_json)},
          {"tables", array_of(s.tables, table_json)}};
}

Json source_json(const CitedSource& s) {
  return {{"title", s.title},
          {"url", text_or_null(s.url)},
          {"date", text_or_null(s.date)},
          {"grade", text_or_null(s.grade)},
          {"figures", s.figures}};
}

}  // namespace

const ReportSystem* Document::system(std::string_view id) const {
  for (const auto& s : systems)
    if (s.id == id) return &s;
  return nullptr;
}

std::string document_json(const Document& d) {
  const Json j = {
      {"schema", kSchema},
      {"name", d.name},
      {"title", d.title},
      {"subtitle", text_or_null(d.subtitle)},
      {"version", d.version},
      {"generated_from", d.generated_from},
      {"systems", array_of(d.systems,
                           [](const ReportSystem& s) {
                             return Json{{"id", s.id}, {"name", s.name}, {"color", s.color}};
                           })},
      {"sections", array_of(d.sections, section_json)},
      {"sources", array_of(d.sources, source_json)},
      {"whatif", d.what_if.empty() ? Json(nullptr) : Json::parse(d.what_if)}};
  // Texts come from files that were checked to be UTF-8; what is not would be replaced, not thrown.
  return json_text(j, -1);
}

std::string page_html(std::string_view page, const Document& document) {
  const auto at = page.find(kPlace);
  if (at == std::string_view::npos) return "";
  const auto empty = at + kPlace.size() - kEmpty.size();
  std::string html(page.substr(0, empty));
  auto text = document_json(document);
  // Nothing inside may end the element, or open a comment in it.
  for (std::size_t from = 0; (from = text.find('<', from)) != std::string::npos;)
    text.replace(from, 1, "\\u003c");
  html += text;
  html += page.substr(empty + 2);
  return html;
}

}  // namespace perfmodel::report
