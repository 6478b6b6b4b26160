#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "cli/diff_report.hpp"
#include "report/format.hpp"

namespace perfmodel::cli {
namespace {

constexpr std::array<std::string_view, 25> kColumns = {"what",
                                                       "name",
                                                       "key",
                                                       "better",
                                                       "counts",
                                                       "rows",
                                                       "old",
                                                       "new",
                                                       "ratio",
                                                       "lowest_ratio",
                                                       "lowest_key",
                                                       "highest_ratio",
                                                       "highest_key",
                                                       "tolerance_percent",
                                                       "worse",
                                                       "improved",
                                                       "insignificant",
                                                       "changed",
                                                       "only_old",
                                                       "only_new",
                                                       "old_values",
                                                       "new_values",
                                                       "p",
                                                       "rank_biserial",
                                                       "failing"};

/// A record from the fields that its line has; the others are empty.
std::string record(const std::vector<std::pair<std::string_view, std::string>>& fields) {
  std::vector<std::string> all(kColumns.size());
  for (const auto& [name, value] : fields)
    all.at(static_cast<std::size_t>(std::find(kColumns.begin(), kColumns.end(), name) -
                                    kColumns.begin())) = value;
  return report::csv_record(all);
}

/// A ratio can be infinite, which is no missing number.
std::string ratio(double r) {
  if (std::isfinite(r)) return report::csv_number(r);
  return r > 0 ? "inf" : "-inf";
}

std::string count(std::size_t n) {
  return fmt::format("{}", n);
}

std::string yes(bool b) {
  return b ? "yes" : "no";
}

std::string metric_record(const diff::MetricResult& m) {
  std::vector<std::pair<std::string_view, std::string>> fields = {
      {"what", "metric"},
      {"name", m.name},
      {"better", std::string(diff::name_of(m.better))},
      {"counts", yes(m.counts)},
      {"rows", count(m.rows)},
      {"tolerance_percent", report::csv_number(m.tolerance * 100)},
      {"worse", count(m.worse)},
      {"improved", count(m.improved)},
      {"insignificant", count(m.insignificant)},
      {"changed", count(m.changed)},
      {"failing", count(m.failing + m.failing_changed)}};
  if (m.rows > 0) {
    fields.insert(fields.end(), {{"ratio", ratio(m.median)},
                                 {"lowest_ratio", ratio(m.lowest.ratio)},
                                 {"lowest_key", m.lowest.place.key},
                                 {"highest_ratio", ratio(m.highest.ratio)},
                                 {"highest_key", m.highest.place.key}});
  }
  return record(fields);
}

std::string test_record(const diff::TestResult& t) {
  std::vector<std::pair<std::string_view, std::string>> fields = {
      {"what", "test"},
      {"name", t.metric},
      {"key", t.moved.place.key},
      {"rows", "1"},
      {"old", report::csv_number(t.moved.before)},
      {"new", report::csv_number(t.moved.now)},
      {"ratio", ratio(t.moved.ratio)},
      {"old_values", count(t.old_count)},
      {"new_values", count(t.new_count)},
      {"failing", count(t.failing ? 1 : 0)}};
  if (t.tested) {
    fields.insert(fields.end(), {{"p", report::csv_number(t.test.p)},
                                 {"rank_biserial", report::csv_number(t.test.effect)}});
  }
  return record(fields);
}

}  // namespace

std::string diff_csv(const diff::Comparison& c) {
  auto s = report::csv_record({kColumns.begin(), kColumns.end()});
  std::string keys;
  for (const auto& k : c.layout.keys()) keys += (keys.empty() ? "" : ", ") + k;
  s += record({{"what", "rows"},
               {"name", keys},
               {"counts", "yes"},
               {"rows", count(c.joined)},
               {"only_old", count(c.only_old.count)},
               {"only_new", count(c.only_new.count)},
               {"failing", count(c.only_old.count)}});
  for (const auto& m : c.metrics) s += metric_record(m);
  for (const auto& t : c.tests) s += test_record(t);
  for (const auto& t : c.texts) {
    s += record({{"what", "text"},
                 {"name", t.name},
                 {"counts", yes(t.counts)},
                 {"rows", count(c.joined)},
                 {"changed", count(t.changed)},
                 {"failing", count(t.failing)}});
  }
  return s + record({{"what", "verdict"},
                     {"name", diff_verdict(c)},
                     {"failing", count(c.failures.empty() ? 0 : 1)}});
}

}  // namespace perfmodel::cli
