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

std::string share(std::optional<double> of_variance) {
  return of_variance ? fmt::format("{:.0f} %", 100.0 * *of_variance) : std::string(kNoNumber);
}

}  // namespace

std::string bins_text(const EstimateRecord& record) {
  if (record.bins.empty()) return "";
  std::vector<std::string> bins;
  for (const BinRow& b : record.bins)
    bins.push_back(fmt::format("{} in {:.0f} % of the draws: {} .. {} .. {} tok/s per chip", b.chip,
                               100.0 * b.share, number(b.p10.base(), kFewDigits),
                               number(b.p50.base(), kFewDigits), number(b.p90.base(), kFewDigits)));
  return "chips of unlike speed go by this name, and which is at hand is not known (p10 .. p50 .. "
         "p90): " +
         joined(bins);
}

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
  add(out, "bins", bins_text(record));
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
                  {"total"},
                  {"grade", Align::left},
                  {"range", Align::left}};
  for (const SwingRow& s : record.swings)
    grid.rows.push_back({{s.path, change(s.rate_at_low), change(s.rate_at_high),
                          share(s.variance_share), share(s.total_share), s.grade, s.range},
                         ""});
  return grid;
}

}  // namespace perfmodel::report
