#include "cli/cross_validation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "cli/errors.hpp"
#include "spec/diagnostics.hpp"
#include "spec/wording.hpp"

namespace perfmodel::cli {

using calibrate::Measurement;

namespace {

std::string group_of(const Measurement& m, const std::string& by) {
  if (by == "chip") return m.chip;
  if (by == "llm") return m.model;
  const auto profile = StackShelf::profile_name(m);
  return profile.substr(0, profile.rfind('-'));
}

std::set<std::string> asked_groups(const std::vector<Measurement>& rows,
                                   const CrossValidation& how) {
  std::set<std::string> known;
  for (const auto& m : rows) known.insert(group_of(m, how.by));
  if (how.groups.empty()) return known;
  std::set<std::string> asked;
  for (const auto& g : how.groups) {
    if (!known.contains(g)) {
      throw UsageError(fmt::format("--leave-out: no measurement of {} '{}' ({})", how.by, g,
                                   spec::nearest_hint(g, {known.begin(), known.end()})));
    }
    asked.insert(g);
  }
  return asked;
}

}  // namespace

std::vector<Line> cross_validate(const Catalog& catalog, const std::vector<Measurement>& rows,
                                 const CrossValidation& how) {
  const auto groups = asked_groups(rows, how);
  const auto base = catalog.stack("typical");
  // The scales in the family files come from a fit that saw every row.
  CatalogLibrary library(catalog, true);
  const auto corpus = express_all(rows, base, library);
  std::vector<Line> lines;
  std::size_t number = 0;
  for (const auto& group : groups) {
    const auto inside = [&](const Measurement& m) { return group_of(m, how.by) == group; };
    const bool expressed = std::any_of(corpus.rows.begin(), corpus.rows.end(),
                                       [&](const auto& r) { return inside(*r.m); });
    ++number;
    if (expressed) {
      if (how.progress) how.progress(group, number, groups.size());
      const auto fit = calibrate::fit(
          observations_of(corpus, [&](const Measurement& m) { return !inside(m); }), base, how.fit);
      for (auto& l : predict_fitted(corpus, fit, base, inside)) lines.push_back(std::move(l));
    }
    for (const auto& s : corpus.skipped)
      if (inside(*s.m))
        lines.push_back({s.m, StackShelf::profile_name(*s.m), 0, s.reason, false, ""});
    for (auto& l : lines)
      if (l.left_out.empty()) l.left_out = group;
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const Line& a, const Line& b) { return std::less<>()(a.m, b.m); });
  return lines;
}

}  // namespace perfmodel::cli
