#include "cli/compare.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cli/compare_parts.hpp"
#include "cli/economy.hpp"
#include "cli/errors.hpp"
#include "cli/intervals.hpp"
#include "cli/provenance.hpp"
#include "cli/published_index.hpp"
#include "cli/record.hpp"
#include "cli/version.hpp"
#include "search/crossover.hpp"
#include "spec/wording.hpp"

namespace perfmodel::cli {
namespace {

using report::ComparedSystem;
using report::ComparisonRecord;
using report::Performance;
using report::Ratio;
using Found = std::vector<spec::Outcome<search::Deployment>>;

constexpr int kPointsPerDecade = 12;  // of interactivity: steps of 1.2, between which to halve

EstimateOptions options_of(const CompareOptions& all, const ComparedWord& word) {
  auto o = all.question;
  o.words.system = word.system;
  o.words.chip = word.chip;
  o.words.count = word.count;
  if (!word.stack.empty()) o.words.stack = word.stack;
  if (!word.change.empty()) o.what_if = word.what_if;
  return o;
}

std::string label_of(const Catalog& catalog, const Contender& c, const ComparedWord& word) {
  std::string label = c.setup.systems > 1 ? fmt::format("{}x", c.setup.systems) : "";
  label += c.setup.system.id;
  if (catalog.system(c.setup.system.id).chip != c.setup.chip.id) label += "@" + c.setup.chip.id;
  if (!word.stack.empty()) label += "/" + c.question.stack.id;
  return word.change.empty() ? label : label + "+" + word.change;
}

bool names(const Catalog& catalog, std::string_view kind, const std::string& word) {
  try {
    catalog.resolve(*find_kind(kind), word);
    return true;
  } catch (const UsageError&) {
    return false;
  }
}

Contender load_one(const Catalog& catalog, const CompareOptions& options,
                   const ComparedWord& word) {
  const auto o = options_of(options, word);
  if (!word.system.empty() && !names(catalog, "system", word.system) &&
      names(catalog, "chip", word.system))
    throw UsageError(fmt::format("a chip: name it with --chips, or as SYSTEM@{}", word.system));
  if (word.chip.empty() && catalog.system(word.system, o.overrides).chip == "any")
    throw UsageError(fmt::format("a template: name its chip, as in {}@h200", word.word));
  Contender c{"", load_setup(catalog, o), load_question(catalog, o)};
  c.label = label_of(catalog, c, word);
  return c;
}

/// All that is named, or all that is wrong with the names.
std::vector<Contender> load(const Catalog& catalog, const CompareOptions& options) {
  load_question(catalog,
                options.question);  // what is wrong with it is wrong for none in particular
  std::vector<Contender> all;
  std::vector<std::string> problems;
  for (const auto& word : options.systems) {
    try {
      all.push_back(load_one(catalog, options, word));
    } catch (const UsageError& e) {
      problems.push_back(fmt::format("'{}': {}", word.word, e.what()));
    }
  }
  if (!problems.empty()) throw UsageError(fmt::format("{}", fmt::join(problems, "\nperfmodel: ")));
  return all;
}

/// As asked, else the first that has an answer.
std::size_t baseline_of(const std::vector<Contender>& all, const CompareOptions& options,
                        const std::vector<ComparedSystem>& answers) {
  if (options.baseline.empty()) {
    const auto first = std::find_if(answers.begin(), answers.end(),
                                    [](const auto& s) { return s.answer.infeasible.empty(); });
    return first == answers.end() ? 0 : static_cast<std::size_t>(first - answers.begin());
  }
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& c = all[i];
    for (const auto& name :
         {std::string_view(options.systems[i].word), std::string_view(c.label),
          std::string_view(c.setup.system.id), std::string_view(c.setup.chip.id)})
      if (name == options.baseline) return i;
    names.emplace_back(c.label);
  }
  throw UsageError(
      fmt::format("--baseline: '{}' is not one of those compared ({})", options.baseline,
                  spec::nearest_hint(options.baseline, names,
                                     fmt::format("one of: {}", fmt::join(names, ", ")))));
}

std::optional<report::PowerFigure> power(const hw::Figure<Power>& each, int count) {
  if (!each) return std::nullopt;
  return report::PowerFigure{each->value * count, std::string(spec::name_of(each->grade))};
}

ComparedSystem answer_of(const Contender& c, const EstimateOptions& options,
                         const spec::Outcome<search::Deployment>& found) {
  ComparedSystem s;
  s.label = c.label;
  fill_asked(s.answer, c.setup, c.question, options);
  if (found)
    fill_answer(s.answer, c.setup, c.question, *found);
  else
    s.answer.infeasible = found.error().reason;
  s.power = power(c.setup.system.power, c.setup.systems);
  s.chip_power = power(c.setup.chip.tdp, c.setup.chips());
  return s;
}

using Rate = Frequency Performance::*;

Ratio ratio(const ComparedSystem& s, const ComparedSystem& base, Rate rate) {
  return {s.answer.expected.*rate / base.answer.expected.*rate,
          s.answer.ceiling.*rate / base.answer.ceiling.*rate};
}

/// Power of whole systems where both are known, else of the accelerators alone.
void compare_power(ComparedSystem& s, const ComparedSystem& base) {
  const auto set = [&](const auto& mine, const auto& theirs, const char* scope) {
    if (s.per_joule || !mine || !theirs) return;
    s.per_joule = s.system.output.expected / (mine->value / theirs->value);
    s.per_joule_scope = scope;
    s.per_joule_grade = mine->grade == theirs->grade
                            ? mine->grade
                            : fmt::format("{} over {}", theirs->grade, mine->grade);
  };
  set(s.power, base.power, "system");
  set(s.chip_power, base.chip_power, "chips");
}

void set_against(ComparedSystem& s, const ComparedSystem& base) {
  s.compared = true;
  s.per_chip = {ratio(s, base, &Performance::output_per_chip),
                ratio(s, base, &Performance::decode_per_chip),
                ratio(s, base, &Performance::prefill_per_chip)};
  s.system = {ratio(s, base, &Performance::output_system),
              ratio(s, base, &Performance::decode_system),
              ratio(s, base, &Performance::prefill_system)};
  s.ttft = s.answer.expected.ttft / base.answer.expected.ttft;
  s.tpot = s.answer.expected.tpot / base.answer.expected.tpot;
  compare_power(s, base);
}

uncertainty::Metric metric_of(const std::string& metric) {
  using uncertainty::Metric;
  return metric == "decode"    ? Metric::decode_only
         : metric == "prefill" ? Metric::prefill_only
                               : Metric::output_rate;
}

/// Draws of each system that serves, and its intervals; draws of what they share are the same.
std::vector<uncertainty::Samples> draws_of(ComparisonRecord& r, const Catalog& catalog,
                                           const std::vector<Contender>& all, const Found& found,
                                           const EstimateArguments& words) {
  const uncertainty::Sampling how{static_cast<std::size_t>(words.samples),
                                  static_cast<std::uint64_t>(words.seed)};
  std::vector<uncertainty::Samples> drawn(all.size());
  if (how.samples == 0) return drawn;
  const auto index = load_index(catalog);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!found[i]) continue;
    const auto& c = all[i];
    drawn[i] = samples_of(catalog, index.runs, c.setup, c.question, *found[i], how);
    fill_spread(r.systems[i].answer, index.runs, c.setup, c.question, drawn[i]);
  }
  return drawn;
}

/// Chances that systems are above the baseline.
void fill_chances(ComparisonRecord& r, const std::vector<Contender>& all, const Found& found,
                  const std::vector<uncertainty::Samples>& drawn) {
  const auto rate = [&](std::size_t i) {
    return rate_per_chip(r.metric, all[i].setup, *found[i]).base();
  };
  for (std::size_t i = 0; i < all.size(); ++i)
    if (i != r.baseline && r.systems[i].compared)
      r.systems[i].chance_above = uncertainty::chance_above(drawn[i], rate(i), drawn[r.baseline],
                                                            rate(r.baseline), metric_of(r.metric));
}

void fill_sources(ComparisonRecord& r, const Catalog& catalog, const std::vector<Contender>& all,
                  const std::vector<spec::Outcome<search::Deployment>>& found,
                  const EstimateArguments& words) {
  r.sources = words.sources;
  r.provenance = provenance_of(catalog, words.command);
  for (std::size_t i = 0; i < all.size(); ++i) {
    r.systems[i].answer.provenance = r.provenance;
    if (words.sources && found[i])
      fill_pulls_of(r.systems[i].answer, all[i].setup, all[i].question, *found[i]);
  }
}

spec::Outcome<search::Deployment> at_interactivity(const Contender& c, Frequency f,
                                                   const search::Shapes& shapes = {}) {
  auto request = c.question.request;
  request.shapes = shapes;
  request.slo.tpot = 1.0 / f;
  return solve(c.setup, c.question, c.question.precision, request);
}

/// Adds the shapes of the deployment's engines to those to look at.
void add_shapes(search::Shapes& shapes, const search::Deployment& d) {
  const auto add = [&](const mapping::Parallelism& p) {
    shapes.stages.push_back(p.pp);
    shapes.cuts.push_back(p.moe_tp);
    shapes.contexts.push_back(p.cp);
  };
  add(d.plan.parallelism);
  if (d.prefill) add(d.prefill->plan.parallelism);
}

report::InteractivityPoint point(const Contender& c, Frequency f,
                                 const spec::Outcome<search::Deployment>& found) {
  report::InteractivityPoint p;
  p.interactivity = f;
  if (!found) {
    p.infeasible = found.error().reason;
    return p;
  }
  const auto got = performance("", c.setup, *found);
  p.output_per_chip = got.output_per_chip;
  p.ttft = got.ttft;
  p.tpot = got.tpot;
  p.deployment = mapping::to_string(found->plan.parallelism);
  if (found->prefill)
    p.deployment = mapping::to_string(found->prefill->plan.parallelism) + " feeds " + p.deployment;
  if (!c.question.request.speculations.empty())
    p.deployment += fmt::format(", {} drafted", found->draft_tokens);
  return p;
}

/// Rates per chip at the levels asked for, how far each reaches, and where the lead changes.
/// `shapes`: of the engines that serve best at the promise. The curves between the levels look at
/// these and the levels' own alone.
void fill_interactivity(CompareResult& result, std::vector<search::Shapes> shapes) {
  auto& r = result.record;
  const auto& all = result.contenders;
  r.scanned_from = Frequency::from_base(kSlowestUser);
  r.scanned_to = Frequency::from_base(kFastestUser);
  std::vector<search::RateCurve> curves;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& c = all[i];
    auto& at_levels = result.at_levels.emplace_back();
    for (const auto f : r.levels) {
      at_levels.push_back(at_interactivity(c, f));
      if (at_levels.back()) add_shapes(shapes[i], *at_levels.back());
      r.systems[i].points.push_back(point(c, f, at_levels.back()));
    }
    const auto rate = [&c, &mine = shapes[i]](Frequency f) -> std::optional<Frequency> {
      const auto found = at_interactivity(c, f, mine);
      if (!found) return std::nullopt;
      return rate_per_chip("output", c.setup, *found);
    };
    curves.push_back(search::rate_curve(rate, r.scanned_from, r.scanned_to, kPointsPerDecade));
    r.systems[i].reach = search::reach(curves.back());
  }
  const auto& base = r.base();
  for (auto& s : r.systems)
    for (std::size_t i = 0; i < s.points.size(); ++i)
      if (s.points[i].infeasible.empty() && base.points[i].infeasible.empty())
        s.points[i].ratio = s.points[i].output_per_chip / base.points[i].output_per_chip;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = i + 1; j < all.size(); ++j)
      for (const auto& x : search::crossings(curves[i], curves[j]))
        r.crossings.push_back(
            {all[x.first ? i : j].label, all[x.first ? j : i].label, x.at, x.by_reach});
  std::stable_sort(r.crossings.begin(), r.crossings.end(),
                   [](const auto& a, const auto& b) { return a.at < b.at; });
}

}  // namespace

void check_names(const Catalog& catalog, const CompareOptions& options) {
  load(catalog, options);
}

CompareResult run_compare(const Catalog& catalog, const CompareOptions& options) {
  CompareResult result;
  result.contenders = load(catalog, options);
  const auto& all = result.contenders;
  auto& found = result.found;
  auto& r = result.record;
  r.metric = options.metric;
  r.levels = options.levels;
  r.version = version();
  result.status = kExitNo;
  std::vector<search::Shapes> shapes(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& q = all[i].question;
    found.push_back(solve(all[i].setup, q, q.precision, q.request));
    if (found[i]) {
      result.status = kExitDone;
      add_shapes(shapes[i], *found[i]);
    }
    r.systems.push_back(answer_of(all[i], options.question, found[i]));
  }
  r.baseline = baseline_of(all, options, r.systems);
  const auto base = r.systems[r.baseline];  // a copy: rows of the list are filled beside it
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto& s = r.systems[i];
    if (!s.answer.infeasible.empty() || !base.answer.infeasible.empty()) continue;
    set_against(s, base);
    // An end's own best is among the shapes of both ends, and there are far fewer to look at.
    auto both = shapes[r.baseline];
    both.stages.insert(both.stages.end(), shapes[i].stages.begin(), shapes[i].stages.end());
    both.cuts.insert(both.cuts.end(), shapes[i].cuts.begin(), shapes[i].cuts.end());
    both.contexts.insert(both.contexts.end(), shapes[i].contexts.begin(), shapes[i].contexts.end());
    take_apart(options.metric, all[r.baseline], base, all[i], both, s);
  }
  const auto& words = options.question.words;
  const auto drawn = draws_of(r, catalog, all, found, words);
  if (words.samples > 0 && found[r.baseline]) fill_chances(r, all, found, drawn);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!found[i]) continue;
    fill_economy(r.systems[i].answer, all[i].setup, all[i].question, *found[i],
                 drawn[i].log_ratio[uncertainty::index(uncertainty::Metric::output_rate)],
                 words.seed);
  }
  fill_interactivity(result, std::move(shapes));
  fill_sources(r, catalog, all, found, options.question.words);
  return result;
}

}  // namespace perfmodel::cli
