// One row per figure of an answer.
#include "report/content.hpp"
#include "report/csv_table.hpp"

namespace perfmodel::report {
namespace {

using Field = std::string;

struct SourceColumn {
  std::string_view name;
  Field (*field)(const EstimateRecord&, const FigureRow&);
};

Field figure_number(const FigureRow& f, double value) {
  return f.unit.empty() && f.number == 0 ? Field() : csv_number(value);
}

using R = EstimateRecord;
using F = FigureRow;
constexpr SourceColumn kSource[] = {
    {"chip", [](const R& r, const F&) { return r.chip; }},
    {"system", [](const R& r, const F&) { return r.system; }},
    {"llm", [](const R& r, const F&) { return r.llm; }},
    {"stack", [](const R& r, const F&) { return r.expected.stack; }},
    {"path", [](const R&, const F& f) { return f.path; }},
    {"text", [](const R&, const F& f) { return f.value; }},
    {"value", [](const R&, const F& f) { return figure_number(f, f.number); }},
    {"low", [](const R&, const F& f) { return figure_number(f, f.low); }},
    {"high", [](const R&, const F& f) { return figure_number(f, f.high); }},
    {"unit", [](const R&, const F& f) { return f.unit; }},
    {"grade", [](const R&, const F& f) { return f.grade; }},
    {"overridden", [](const R&, const F& f) { return Field(f.overridden ? "true" : "false"); }},
    {"moves", [](const R&, const F& f) { return f.moves; }},
    {"output_rate_elasticity",
     [](const R&, const F& f) { return f.elasticity ? csv_number(*f.elasticity) : Field(); }},
    {"source", [](const R&, const F& f) { return f.source; }},
    {"url", [](const R&, const F& f) { return f.url; }},
    {"date", [](const R&, const F& f) { return f.date; }},
    {"file", [](const R&, const F& f) { return f.file; }},
    {"line", [](const R&, const F& f) { return f.line > 0 ? std::to_string(f.line) : Field(); }},
    {"claims", [](const R&, const F& f) { return f.claims; }},
    {"note", [](const R&, const F& f) { return f.note; }},
    {"version", [](const R& r, const F&) { return r.version; }},
    {"revision", [](const R& r, const F&) { return r.provenance.revision; }},
};

}  // namespace

std::string sources_csv_header() {
  return csv_header(column_names(kSource));
}

std::string sources_csv_rows(const EstimateRecord& record) {
  std::string out;
  for (const FigureRow& f : record.figures)
    put(out, kSource, [&](const SourceColumn& c) { return c.field(record, f); });
  return out;
}

}  // namespace perfmodel::report
