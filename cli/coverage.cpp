#include "cli/coverage.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include "calibrate/slices.hpp"
#include "calibrate/statistics.hpp"
#include "cli/columns.hpp"
#include "report/format.hpp"

namespace perfmodel::cli {
namespace {

constexpr double kShown = 0.8;
constexpr double kPenalty = 2.0 / (1.0 - kShown);
constexpr std::array<double, 3> kShares = {0.5, kShown, 0.95};
/// Fewer rows of other groups say nothing of a 90th percentile: all rows are taken.
constexpr std::size_t kFewest = 10;

std::optional<cost::Measured> kind_of(const calibrate::Measurement& m) {
  for (const auto& slice : calibrate::slices())
    if (calibrate::holds(slice, m)) return slice.of;
  return std::nullopt;
}

using Kept = std::vector<const Line*>;

template <class Keep>
cost::Residual residual_of(const Kept& lines, cost::Measured kind, const Keep& keep) {
  std::vector<calibrate::Pair> pairs;
  for (const auto* l : lines)
    if (keep(*l)) pairs.push_back({l->m->value, l->predicted});
  const auto e = calibrate::errors_of(pairs);
  return {cost::LeftOut::nothing, kind, static_cast<long>(e.count), e.median, e.p90, e.bias};
}

/// The discrepancy of the lines of one kind, group and profile.
uncertainty::Discrepancy discrepancy_for(const Kept& lines, cost::Measured kind,
                                         const std::string& group, const std::string& profile) {
  const auto others = static_cast<std::size_t>(std::count_if(
      lines.begin(), lines.end(), [&](const Line* l) { return l->left_out != group; }));
  // Lines of predictions that left nothing out are all of one group.
  const bool apart = others >= kFewest;
  const auto counts = [&](const Line& l) { return !apart || l.left_out != group; };
  const auto all = residual_of(lines, kind, counts);
  const auto own =
      residual_of(lines, kind, [&](const Line& l) { return counts(l) && l.profile == profile; });
  return uncertainty::discrepancy_of(own.rows > 0 ? &own : nullptr, &all);
}

double score(double error, double half) {
  return 2.0 * half + kPenalty * std::max(0.0, std::abs(error) - half);
}

std::string percent(double share) {
  return fmt::format("{:.1f} %", share * 100.0);
}

/// Half of the constant band that covers as many as the 80 % intervals do.
double constant_band(const std::vector<Interval>& all) {
  std::vector<double> errors;
  std::size_t inside = 0;
  for (const auto& i : all) {
    errors.push_back(std::abs(i.error));
    inside += i.inside(kShown) ? 1 : 0;
  }
  if (inside == 0) return 0;
  std::sort(errors.begin(), errors.end());
  return errors[inside - 1];
}

struct Sum {
  std::size_t count = 0;
  std::array<std::size_t, kShares.size()> inside{};
  std::size_t inside_constant = 0;
  double width = 0, score = 0, constant = 0;

  void add(const Interval& i, double band) {
    ++count;
    for (std::size_t s = 0; s < kShares.size(); ++s) inside[s] += i.inside(kShares[s]) ? 1 : 0;
    inside_constant += std::abs(i.error) <= band ? 1 : 0;
    width += std::exp(i.half) - std::exp(-i.half);
    score += cli::score(i.error, i.half);
    constant += cli::score(i.error, band);
  }
  std::vector<std::string> row(const std::string& name) const {
    const double n = static_cast<double>(count);
    std::vector<std::string> r = {name, std::to_string(count)};
    for (const auto k : inside) r.push_back(percent(static_cast<double>(k) / n));
    r.push_back(percent(width / n));
    r.push_back(fmt::format("{:.2f}", score / n));
    r.push_back(percent(static_cast<double>(inside_constant) / n));
    r.push_back(fmt::format("{:.2f}", constant / n));
    return r;
  }
};

}  // namespace

bool Interval::inside(double share) const {
  return std::abs(error) <= (share == kShown ? half : discrepancy.within(share));
}

std::vector<Interval> intervals_of(const std::vector<Line>& lines) {
  std::map<cost::Measured, Kept> by_kind;
  for (const auto& l : lines) {
    if (!l.skipped.empty()) continue;
    if (const auto kind = kind_of(*l.m)) by_kind[*kind].push_back(&l);
  }
  std::vector<Interval> all;
  for (const auto& [kind, kept] : by_kind) {
    std::map<std::pair<std::string, std::string>, uncertainty::Discrepancy> known;
    for (const auto* l : kept) {
      const auto key = std::pair(l->left_out, l->profile);
      auto at = known.find(key);
      if (at == known.end())
        at = known.emplace(key, discrepancy_for(kept, kind, l->left_out, l->profile)).first;
      const auto& d = at->second;
      all.push_back({l, kind, d, std::log(l->m->value / l->predicted), d.within(kShown)});
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return std::less<>()(a.line, b.line); });
  return all;
}

std::string coverage_tables(const std::vector<Interval>& all,
                            const std::vector<const Grouping*>& by) {
  if (all.empty()) return "no measured number has an interval\n";
  const double band = constant_band(all);
  const std::vector<std::string> titles = {
      "", "n", "in 50 %", "in 80 %", "in 95 %", "width", "score", "in const band", "const score"};
  Sum whole;
  for (const auto& i : all) whole.add(i, band);
  auto head = titles;
  head[0] = "all";
  std::string s = in_columns({head, whole.row("")}, report::Align::right);
  for (const auto* one : by) {
    std::map<std::string, Sum> groups;
    for (const auto& i : all) groups[one->of(*i.line)].add(i, band);
    std::vector<std::vector<std::string>> table = {titles};
    table[0][0] = std::string(one->word);
    for (const auto& [name, sum] : groups) table.push_back(sum.row(name));
    s += "\n" + in_columns(table, report::Align::right);
  }
  return s;
}

std::string coverage_csv(const std::vector<Interval>& all) {
  std::vector<std::string> head = {"id",     "source",  "chip",     "model",
                                   "stack",  "profile", "left_out", "mode",
                                   "metric", "kind",    "measured", "predicted"};
  for (const double share : kShares)
    for (const char* what : {"low", "high", "inside"})
      head.push_back(fmt::format("{}_{:.0f}", what, share * 100));
  std::string s = report::csv_record(head);
  for (const auto& i : all) {
    const auto& m = *i.line->m;
    std::vector<std::string> r = {m.id,
                                  m.source,
                                  m.chip,
                                  m.model,
                                  m.stack,
                                  i.line->profile,
                                  i.line->left_out,
                                  m.mode_text,
                                  m.metric_text,
                                  std::string(cost::name_of(i.kind)),
                                  report::csv_number(m.value),
                                  report::csv_number(i.line->predicted)};
    for (const double share : kShares) {
      const double half = i.discrepancy.within(share);
      r.push_back(report::csv_number(i.line->predicted * std::exp(-half)));
      r.push_back(report::csv_number(i.line->predicted * std::exp(half)));
      r.emplace_back(i.inside(share) ? "yes" : "no");
    }
    s += report::csv_record(r);
  }
  return s;
}

}  // namespace perfmodel::cli
