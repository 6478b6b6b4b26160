#include "cli/report_parts.hpp"

#include <fmt/format.h>

#include "report/comparison_content.hpp"

namespace perfmodel::cli {

PartName part_name(const ReportGatherer& g, const ReportSection& s, const std::string& llm,
                   std::string_view id, std::string_view title) {
  PartName name{s.id, std::string(title)};
  if (id != s.kind->name) name.id += fmt::format("-{}", id);
  if (s.llms.size() < 2) return name;
  return {fmt::format("{}-{}", name.id, llm), fmt::format("{}, {}", title, g.llm_name(llm))};
}

std::string said_of(const ReportGatherer& g, const ReportSection& s, const std::string& llm,
                    const std::string& text) {
  return s.llms.size() < 2 ? text : fmt::format("**{}**: {}", g.llm_name(llm), text);
}

std::string system_name(const ReportComparison& c, std::size_t i) {
  const auto& s = c.result.record.systems[i];
  return s.answer.systems > 1 ? fmt::format("{} x {}", s.answer.systems, s.answer.system_name)
                              : s.answer.system_name;
}

void tell_infeasible(const ReportSection& s, const ReportGatherer& g, const ReportComparison& c,
                     report::Section& out) {
  for (const auto i : g.systems(s, c)) {
    const auto& one = c.result.record.systems[i];
    if (report::is_feasible(one)) continue;
    out.text.push_back(fmt::format("{} on {} has no answer: {}.", g.llm_name(c.llm),
                                   system_name(c, i), one.answer.infeasible));
  }
}

std::vector<report::ReferenceLine> agreement_lines(double low, double high) {
  constexpr double off = 0.25;
  const auto line = [&](std::string name, double by, bool dash) {
    return report::ReferenceLine{std::move(name), {{low, low * by}, {high, high * by}}, dash};
  };
  if (!(low <= high)) return {};
  return {line("1:1", 1, false), line("+25 %", 1 + off, true), line("-25 %", 1 - off, true)};
}

report::Chart xy_chart(PartName name, std::string table, report::Axis x, report::Axis y) {
  report::Chart c;
  c.id = std::move(name.id);
  c.title = std::move(name.title);
  c.table = std::move(table);
  c.x = std::move(x);
  c.y = std::move(y);
  return c;
}

report::Chart category_chart(report::ChartKind kind, PartName name, std::string table,
                             report::Axis x, std::string categories) {
  auto c = xy_chart(std::move(name), std::move(table), std::move(x), {});
  c.kind = kind;
  c.y.label = std::move(categories);
  return c;
}

report::Chart bar_chart(const PartName& name, const std::string& table, const std::string& label,
                        const std::string& unit, const std::vector<BarRow>& rows,
                        report::Scale scale) {
  auto c = category_chart(report::ChartKind::bars, name, table, {label, unit, scale, {}}, "system");
  report::Series s;
  s.name = label;
  bool spread = false;
  for (const auto& r : rows) {
    c.y.categories.push_back(r.name);
    s.values.push_back(r.value);
    s.low.push_back(r.low);
    s.high.push_back(r.high);
    spread = spread || r.low;
  }
  if (!spread) {
    s.low.clear();
    s.high.clear();
  }
  c.series.push_back(std::move(s));
  return c;
}

}  // namespace perfmodel::cli
