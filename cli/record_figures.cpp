#include "cli/record_figures.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "search/economy_figures.hpp"

namespace perfmodel::cli {
namespace {

using report::EstimateRecord;

/// What somebody set or assumed comes first, then the weakest of the others.
void put_weakest_first(std::vector<search::UsedFigure>& figures) {
  std::stable_sort(figures.begin(), figures.end(), [](const auto& a, const auto& b) {
    return a.overridden != b.overridden ? a.overridden : b.grade < a.grade;
  });
}

std::string joined(const std::vector<spec::Source>& sources, std::string spec::Source::*field) {
  std::string s;
  for (const auto& source : sources) {
    if ((source.*field).empty()) continue;
    if (!s.empty()) s += "; ";
    s += source.*field;
  }
  return s;
}

std::string with_value(const search::UsedFigure& f) {
  return f.path + " = " + f.value + (f.range.empty() ? "" : " in " + f.range);
}

/// The titles behind the hardware figures, the most used first.
std::string source_line(const std::vector<search::UsedFigure>& figures) {
  std::vector<std::pair<std::string, int>> titles;
  for (const auto& f : figures) {
    if (f.side != search::UsedFigure::Side::hardware) continue;
    for (const auto& s : f.sources) {
      const auto at = std::find_if(titles.begin(), titles.end(),
                                   [&](const auto& t) { return t.first == s.title; });
      if (at == titles.end())
        titles.emplace_back(s.title, 1);
      else
        ++at->second;
    }
  }
  if (titles.empty()) return "";
  std::stable_sort(titles.begin(), titles.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  auto line = "hardware figures after: " + titles.front().first;
  if (titles.size() > 1)
    line += fmt::format("; and {} more sources (--explain lists all)", titles.size() - 1);
  return line;
}

/// As Specs keys them (uncertainty/specs.hpp).
std::string key_of(const report::FigureRow& f) {
  constexpr std::string_view kOther = "prefill.";
  const auto path = f.path.starts_with(kOther) ? f.path.substr(kOther.size()) : f.path;
  return path + " " + f.file.substr(f.file.find_last_of('/') + 1);
}

/// What power and cost rest on.
std::vector<search::UsedFigure> economy_of(const Setup& setup, const Question& q) {
  if (!setup.prefill) return search::economy_figures(setup.site(), q.power, q.prices);
  const auto prefill = setup.prefill->site();
  return search::economy_figures(setup.site(), q.power, q.prices, &prefill);
}

}  // namespace

std::vector<search::UsedFigure> figures_of(const search::Deployment& d, const Setup& setup,
                                           const Question& q) {
  const auto objective = q.request.objective;
  if (!setup.prefill)
    return search::used_figures(d, setup.site(), q.llm, q.stack, nullptr, objective);
  const auto prefill = setup.prefill->site();
  return search::used_figures(d, setup.site(), q.llm, q.stack, &prefill, objective);
}

void fill_figures(EstimateRecord& r, const Setup& setup, const Question& q,
                  const search::Deployment& d) {
  using search::UsedFigure;
  const auto figures = figures_of(d, setup, q);
  auto sorted = figures;
  for (auto& f : economy_of(setup, q)) {
    const auto same = [&](const UsedFigure& g) { return g.path == f.path; };
    // An objective may have weighed it already.
    if (std::none_of(figures.begin(), figures.end(), same)) sorted.push_back(std::move(f));
  }
  put_weakest_first(sorted);
  for (const auto& f : sorted) {
    r.figures.push_back({f.path,
                         f.value,
                         f.range,
                         f.number,
                         f.low,
                         f.high,
                         f.unit,
                         std::string(spec::name_of(f.grade)),
                         joined(f.sources, &spec::Source::title),
                         joined(f.sources, &spec::Source::url),
                         joined(f.sources, &spec::Source::date),
                         f.origin.file,
                         f.origin.mark.line,
                         f.overridden,
                         f.side == UsedFigure::Side::economy,
                         f.note,
                         f.claims,
                         {},
                         ""});
  }
  if (const auto* w = search::weakest(figures, UsedFigure::Side::hardware)) {
    r.weakest_grade = std::string(spec::name_of(w->grade));
    if (auto line = source_line(figures); !line.empty()) r.assumptions.push_back(std::move(line));
    r.weakest_path = with_value(*w);
  }
  if (const auto* w = search::weakest(figures, UsedFigure::Side::software)) {
    r.weakest_stack_grade = std::string(spec::name_of(w->grade));
    r.weakest_stack_path = with_value(*w);
  }
}

void fill_pulls(EstimateRecord& r, const uncertainty::Answer& answer) {
  constexpr auto kRate = uncertainty::index(uncertainty::Metric::output_rate);
  constexpr double kSeen = 1e-6;  // per unit; below it the rate stands still
  const auto all = uncertainty::pulls(answer);
  for (auto& f : r.figures) {
    if (f.path.starts_with("chip.bins.")) f.moves = "the interval";
    const auto key = key_of(f);
    const auto at =
        std::find_if(all.begin(), all.end(), [&](const auto& p) { return p.key == key; });
    if (at == all.end()) {
      if (f.economy) f.moves = "power and cost";
      continue;
    }
    f.elasticity = at->elasticity[kRate];
    f.moves = std::abs(at->elasticity[kRate]) > kSeen ? "the output rate"
              : at->moves                             ? "other numbers"
              : at->room                              ? "what fits in memory"
                                                      : "nothing";
  }
}

}  // namespace perfmodel::cli
