#include "cli/report_gather.hpp"

#include <algorithm>
#include <future>
#include <set>

#include <fmt/format.h>

#include "cli/errors.hpp"
#include "cli/intervals.hpp"
#include "cli/published_index.hpp"
#include "cli/report_load.hpp"
#include "cli/report_parts.hpp"
#include "cli/version.hpp"
#include "report/comparison_content.hpp"
#include "report/numbers.hpp"
#include "units/text.hpp"

namespace perfmodel::cli {
namespace {

/// On one thread: the models already run side by side.
uncertainty::Sampling sampling(long samples) {
  return {static_cast<std::size_t>(samples), 1, {}, 1};
}

/// What `compare` says of the report's systems under one model, with the interval of each answer.
/// On its own: a catalog is not to be shared between threads.
ReportComparison compare_one(const std::filesystem::path& root, const Report& report,
                             const CompareArguments& words) {
  const Catalog catalog(root);
  ReportComparison c;
  c.llm = words.question.llm;
  auto options = check_compare(words);
  options.levels.clear();
  for (const double f : report.interactivity) options.levels.push_back(Frequency::from_base(f));
  c.result = run_compare(catalog, options);
  auto& r = c.result;
  const auto index = load_index(catalog);
  for (std::size_t i = 0; i < r.contenders.size(); ++i) {
    const auto& one = r.contenders[i];
    auto& levels = c.bands.emplace_back(report.interactivity.size());
    if (!r.found[i]) continue;
    fill_why_of(r.record.systems[i].answer, catalog, index.runs, one.setup, one.question,
                *r.found[i], words.question);
    for (std::size_t k = 0; k < levels.size(); ++k) {
      if (!r.at_levels[i][k]) continue;
      const auto drawn = samples_of(catalog, index.runs, one.setup, one.question,
                                    *r.at_levels[i][k], sampling(report.curve_samples));
      levels[k] =
          uncertainty::intervals(drawn)[uncertainty::index(uncertainty::Metric::output_rate)];
    }
  }
  return c;
}

bool asks_for_systems(const Report& r) {
  return r.what_if || std::any_of(r.sections.begin(), r.sections.end(), [](const auto& s) {
           return s.kind->systems && !s.kind->weights;
         });
}

std::string words_of(const Time& t) {
  return format(t, report::kFewDigits);
}

}  // namespace

ReportGatherer::ReportGatherer(const Catalog& catalog, const Report& report)
    : catalog_(catalog), report_(report) {
  read_.push_back(report.file);
  fields_.set("report", report.name);
  fields_.set("stack", report.stack);
  fields_.set("samples", report::whole(static_cast<double>(report.samples)));
  fields_.set("curve_samples", report::whole(static_cast<double>(report.curve_samples)));
  if (!report.chip.empty()) fields_.set("chip", catalog.chip(report.chip).name);
  for (std::size_t i = 0; i < report.llms.size(); ++i) {
    fields_.set("llm." + report.llms[i], llm_name(report.llms[i]));
    if (i == 0) fields_.set("llm", llm_name(report.llms[i]));
  }
}

std::string ReportGatherer::llm_name(const std::string& id) const {
  return catalog_.llm(id).name;
}

EstimateArguments ReportGatherer::question(const std::string& llm) const {
  return question_of(report_, llm);
}

void ReportGatherer::compare_all() {
  std::vector<std::future<ReportComparison>> running;
  for (const auto& llm : report_.llms)
    running.push_back(std::async(std::launch::async, compare_one, catalog_.root(),
                                 std::cref(report_), comparison_of(report_, llm)));
  for (auto& r : running) comparisons_.push_back(r.get());
  for (std::size_t i = 0; i < comparisons_.size(); ++i) {
    set_fields(comparisons_[i], i == 0);
    for (const auto& s : comparisons_[i].result.record.systems) cite(s.answer.system, s.answer);
  }
}

void ReportGatherer::set_fields(const ReportComparison& c, bool first) {
  const auto& r = c.result.record;
  const auto& base = r.base().answer;
  const auto both = [&](const std::string& name, const std::string& value) {
    fields_.set(c.llm + "." + name, value);
    if (first) fields_.set(name, value);
  };
  both("input", report::whole(base.input));
  both("output", report::whole(base.output));
  both("slo.tpot", base.slo_tpot ? words_of(*base.slo_tpot) : "none");
  both("slo.ttft", base.slo_ttft ? words_of(*base.slo_ttft) : "none");
  both("baseline", base.system_name);
  for (std::size_t i = 0; i < r.systems.size(); ++i) {
    const auto& s = r.systems[i];
    const auto& a = s.answer;
    const auto own = [&](const std::string& name, const std::string& value) {
      both(id_of(i) + "." + name, report::is_feasible(s) ? value : "");
    };
    const auto rate = [](Frequency f) { return report::number(f.base(), report::kFewDigits); };
    both(id_of(i) + ".name", a.system_name);
    both(id_of(i) + ".chips", report::whole(a.chips));
    both(id_of(i) + ".verdict", report::is_feasible(s) ? "fits" : a.infeasible);
    own("output_per_chip", rate(a.expected.output_per_chip));
    own("output_per_chip.p10", rate(a.p10.output_per_chip));
    own("output_per_chip.p90", rate(a.p90.output_per_chip));
    own("output", rate(a.expected.output_system));
    own("ttft", words_of(a.expected.ttft));
    own("tpot", words_of(a.expected.tpot));
    own("concurrency", report::whole(a.concurrency));
    own("deployment", report::engines_text(a));
    own("limit", a.limit);
    own("why", a.why);
    own("weakest", a.weakest_grade);
    own("memory",
        report::number(a.memory.capacity.base() / report::kGiga, report::kFewDigits) + " GB");
    own("power",
        s.power ? report::number(s.power->value.base() / report::kKilo, report::kFewDigits) + " kW"
                : "");
    const auto against = [&](const std::string& name, double value) {
      own(name, s.compared ? report::number(value, report::kFewDigits) : "");
    };
    against("over_baseline.per_chip", s.per_chip.output.expected);
    against("over_baseline.system", s.system.output.expected);
    against("systems_for_baseline", 1.0 / s.system.output.expected);
    own("chance_above_baseline", s.chance_above ? report::percent(*s.chance_above) : "");
    own("per_joule", s.per_joule ? report::number(*s.per_joule, report::kFewDigits) : "");
  }
}

std::vector<const ReportComparison*> ReportGatherer::comparisons(const ReportSection& section) {
  std::vector<const ReportComparison*> all;
  for (const auto& c : comparisons_)
    if (std::find(section.llms.begin(), section.llms.end(), c.llm) != section.llms.end())
      all.push_back(&c);
  return all;
}

std::vector<std::size_t> ReportGatherer::systems(const ReportSection& section,
                                                 const ReportComparison& c) const {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < c.result.record.systems.size(); ++i)
    if (std::find(section.systems.begin(), section.systems.end(), id_of(i)) !=
        section.systems.end())
      all.push_back(i);
  return all;
}

const std::vector<Line>& ReportGatherer::validation() {
  if (measured_.empty()) {
    measured_ = load_measurements(published_files(catalog_));
    const StackShelf shelf(catalog_, "");
    CatalogLibrary library(catalog_);
    validation_ = predict_all(measured_, shelf, library);
  }
  return validation_;
}

void ReportGatherer::cite(report::CitedSource source, const std::string& figure) {
  const auto same = [&](const report::CitedSource& s) {
    return s.title == source.title && s.url == source.url && s.date == source.date;
  };
  auto at = std::find_if(sources_.begin(), sources_.end(), same);
  if (at == sources_.end()) at = sources_.insert(sources_.end(), std::move(source));
  if (std::find(at->figures.begin(), at->figures.end(), figure) == at->figures.end())
    at->figures.push_back(figure);
}

void ReportGatherer::cite(const std::string& subject, const report::EstimateRecord& answer) {
  // Answers join the titles of a figure's sources; the files of chip, system and memory have them
  // one by one.
  auto known = catalog_.chip(answer.chip).sources;
  const auto add = [&](const std::vector<spec::Source>& more) {
    known.insert(known.end(), more.begin(), more.end());
  };
  add(catalog_.system(answer.system).sources);
  for (const auto& m : report_.memories)
    if (const auto swap = hw::parse_memory_swap(m)) add(catalog_.memory(swap->kind).sources);
  for (const auto& f : answer.figures) {
    // The software's and the architecture's figures are fits of this project, the same for all.
    if (f.source.empty() || f.path.starts_with("stack.") || f.path.starts_with("family.") ||
        f.path.starts_with("llm."))
      continue;
    const auto figure =
        fmt::format("{} {} = {} ({})", f.path.starts_with("chip.") ? answer.chip : subject, f.path,
                    f.value, f.grade);
    bool told = false;
    for (const auto& s : known) {
      if (f.source.find(s.title) == std::string::npos) continue;
      cite({s.title, s.url, s.date, f.grade, {}}, figure);
      told = true;
    }
    if (!told) cite({f.source, f.url, f.date, f.grade, {}}, figure);
  }
}

std::string ReportGatherer::expand(const ReportText& text) {
  return fields_.expand(text, report_.file, problems_);
}

std::vector<std::string> ReportGatherer::expand(const std::vector<ReportText>& texts) {
  std::vector<std::string> all;
  for (const auto& t : texts) all.push_back(expand(t));
  return all;
}

int ReportGatherer::status() const {
  const auto none = [](const ReportComparison& c) { return c.result.status == kExitNo; };
  const bool all = std::all_of(comparisons_.begin(), comparisons_.end(), none);
  return all && !comparisons_.empty() ? kExitNo : kExitDone;
}

report::Document ReportGatherer::gather() {
  report::Document d;
  d.name = report_.id;
  d.version = version();
  if (asks_for_systems(report_)) compare_all();
  for (std::size_t i = 0; i < report_.systems.size(); ++i) {
    std::string name = report_.systems[i];
    if (!comparisons_.empty()) name = system_name(comparisons_[0], i);
    d.systems.push_back({id_of(i), name, i});
  }
  for (const auto& s : report_.sections) {
    report::Section section;
    section.id = s.id;
    section.title = s.title;
    filler_of(s.kind->name)(*this, s, section);
    d.sections.push_back(std::move(section));
  }
  return d;
}

report::Document ReportGatherer::document() {
  // Sections first: they fill fields too, which texts of any of them may use.
  auto d = gather();
  d.title = expand(report_.title);
  d.subtitle = expand(report_.subtitle);
  for (std::size_t i = 0; i < d.sections.size(); ++i) {
    auto text = expand(report_.sections[i].text);
    auto& own = d.sections[i].text;
    own.insert(own.begin(), std::make_move_iterator(text.begin()),
               std::make_move_iterator(text.end()));
  }
  if (report_.what_if && !comparisons_.empty())
    d.what_if =
        what_if_json(*this, report_.what_if->title, expand(report_.what_if->text), comparisons_[0]);
  if (!problems_.empty()) throw UsageError(problems_.to_string());
  d.generated_from = read_;
  for (const auto& set : report_.sets) d.generated_from.push_back("--set " + set);
  d.sources = sources_;
  return d;
}

}  // namespace perfmodel::cli
