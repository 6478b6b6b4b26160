// How wide an answer is, and which figures make it so.
#include <fmt/format.h>

#include <cmath>

#include "report/content.hpp"
#include "report/numbers.hpp"

namespace perfmodel::report {
namespace {

constexpr double kSurelyFits = 0.9995;  // shown as 100 %

std::string change(double by) {
  return fmt::format("{:+.1f} %", 100.0 * by);
}

}  // namespace

std::vector<Statement> interval_basis(const EstimateRecord& record) {
  std::vector<Statement> out;
  if (!is_feasible(record) || record.samples == 0) return out;
  std::string text =
      record.interval_basis + fmt::format("; {} draws", whole(static_cast<double>(record.samples)));
  if (record.slo_ttft || record.slo_tpot)
    text += fmt::format("; the SLO is kept in {:.0f} % of them", 100.0 * record.keeps);
  if (record.fits < kSurelyFits)
    text += fmt::format("; the batch has room in {} of them", percent(record.fits));
  add(out, "p10 .. p90", text);
  return out;
}

std::vector<Statement> why(const EstimateRecord& record) {
  std::vector<Statement> out;
  if (is_feasible(record)) add(out, "why", record.why);
  return out;
}

Grid swings(const EstimateRecord& record) {
  Grid grid;
  if (!is_feasible(record) || record.swings.empty()) return grid;
  grid.columns = {{"output rate moves with", Align::left},
                  {"low end"},
                  {"high end"},
                  {"variance"},
                  {"grade", Align::left},
                  {"range", Align::left}};
  for (const SwingRow& s : record.swings)
    grid.rows.push_back({{s.path, change(s.rate_at_low), change(s.rate_at_high),
                          fmt::format("{:.0f} %", 100.0 * s.variance_share), s.grade, s.range},
                         ""});
  return grid;
}

}  // namespace perfmodel::report
