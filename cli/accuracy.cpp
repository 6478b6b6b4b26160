#include "cli/accuracy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "calibrate/slices.hpp"
#include "calibrate/table.hpp"
#include "cli/errors.hpp"
#include "report/format.hpp"
#include "spec/wording.hpp"
#include "units/number.hpp"

namespace perfmodel::cli {
namespace {

constexpr std::array<std::string_view, 10> kColumns = {"scope",  "name", "kind", "title", "rows",
                                                       "median", "mean", "p90",  "bias",  "rank"};

std::optional<cost::Measured> kind_of(const std::string& word) {
  const auto at = std::find(cost::kMeasuredNames.begin(), cost::kMeasuredNames.end(), word);
  if (at == cost::kMeasuredNames.end()) return std::nullopt;
  return static_cast<cost::Measured>(at - cost::kMeasuredNames.begin());
}

}  // namespace

std::vector<AccuracyRow> accuracy_of(const std::vector<Line>& lines) {
  std::set<std::string> profiles = {""};
  for (const auto& l : lines) profiles.insert(l.profile);
  std::vector<AccuracyRow> rows;
  for (const auto& profile : profiles)
    for (const auto& slice : calibrate::slices()) {
      const auto e = calibrate::errors_of(pairs_of(lines, [&](const Line& l) {
        return (profile.empty() || l.profile == profile) && calibrate::holds(slice, *l.m);
      }));
      if (e.count > 0) rows.push_back({profile, slice.of, e});
    }
  return rows;
}

std::string accuracy_csv(const std::vector<AccuracyRow>& rows) {
  auto s = fmt::format("{}\r\n", fmt::join(kColumns, ","));
  for (const auto& r : rows) {
    const auto& slice = calibrate::slices()[static_cast<std::size_t>(r.kind)];
    const auto& e = r.errors;
    s += fmt::format("{},{},{},{},{},{:.4f},{:.4f},{:.4f},{:.4f},{:.4f}\r\n",
                     r.profile.empty() ? "all" : "profile", report::csv_field(r.profile),
                     name_of(r.kind), report::csv_field(slice.title), e.count, e.median, e.mean,
                     e.p90, e.bias, e.rank);
  }
  return s;
}

std::vector<AccuracyRow> read_accuracy(const std::string& text, const std::string& file,
                                       spec::Diagnostics& diagnostics) {
  const auto before = diagnostics.size();
  const auto table = calibrate::parse_csv(text, file, diagnostics);
  if (diagnostics.size() != before) return {};
  if (!std::equal(kColumns.begin(), kColumns.end(), table.header.begin(), table.header.end())) {
    diagnostics.add({file,
                     {table.header_line, 1},
                     "",
                     "is no summary of accuracy",
                     fmt::format("columns: {}", fmt::join(kColumns, ","))});
    return {};
  }
  std::vector<AccuracyRow> rows;
  for (const auto& f : table.rows) {
    const auto problem = [&](std::string_view column, const std::string& word, std::string hint) {
      diagnostics.add({file,
                       {f.line, 1},
                       std::string(column),
                       fmt::format("'{}' is not understood", word),
                       std::move(hint)});
    };
    AccuracyRow r;
    r.profile = f.fields[1];
    if (const auto kind = kind_of(f.fields[2])) {
      r.kind = *kind;
    } else {
      problem("kind", f.fields[2],
              spec::nearest_hint(f.fields[2],
                                 {cost::kMeasuredNames.begin(), cost::kMeasuredNames.end()}, ""));
    }
    double rows_of = 0;
    constexpr std::size_t kFirst = 4;
    const std::array<double*, 6> values = {&rows_of,      &r.errors.median, &r.errors.mean,
                                           &r.errors.p90, &r.errors.bias,   &r.errors.rank};
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto v = entire_number<double>(f.fields[kFirst + i]);
      if (v)
        *values[i] = *v;
      else
        problem(kColumns[kFirst + i], f.fields[kFirst + i], "");
    }
    r.errors.count = rows_of >= 1 && rows_of < 1e9 ? static_cast<std::size_t>(rows_of) : 0;
    rows.push_back(std::move(r));
  }
  return rows;
}

std::vector<AccuracyRow> recorded_accuracy(const Catalog& catalog, cost::LeftOut left_out) {
  const auto file = catalog.root().parent_path() / "results" / "accuracy" /
                    fmt::format("{}.csv", name_of(left_out));
  const auto text = read_file(file);
  if (!text) return {};
  catalog.note_read(file, *text);
  spec::Diagnostics diagnostics;
  auto rows = read_accuracy(*text, file.string(), diagnostics);
  if (!diagnostics.empty()) throw UsageError(diagnostics.to_string());
  return rows;
}

}  // namespace perfmodel::cli
