#include "cli/report_load.hpp"

#include <fmt/format.h>

#include "cli/compare.hpp"
#include "cli/errors.hpp"
#include "cli/setup.hpp"

namespace perfmodel::cli {
namespace {

bool is_path(const std::string& word) {
  return word.ends_with(".yaml") || word.find('/') != std::string::npos;
}

}  // namespace

Report load_report(const Catalog& catalog, const std::string& word,
                   const std::vector<Override>& sets) {
  const auto& kind = kReportKind;
  std::filesystem::path path = word;
  std::string shown = word;
  if (!is_path(word)) {
    path = catalog.path_of(kind, catalog.resolve(kind, word));
    shown = (catalog.root().filename() / kind.folder / path.filename()).string();
  }
  const auto text = read_file(path);
  if (!text) throw UsageError(fmt::format("cannot read '{}'", path.string()));
  spec::Diagnostics diagnostics;
  auto document = spec::parse_document(*text, shown, diagnostics);
  std::optional<Report> report;
  if (diagnostics.empty()) {
    for (const auto& s : sets) spec::apply_override(document, s.path, s.value, diagnostics);
    report = read_report(document, diagnostics);
  }
  if (!diagnostics.empty()) throw UsageError(diagnostics.to_string());
  for (const auto& s : sets) report->sets.push_back(fmt::format("{} = {}", s.path, s.value));
  return *report;
}

EstimateArguments question_of(const Report& report, const std::string& llm) {
  EstimateArguments w;
  w.llm = llm;
  w.workload = report.workload;
  w.input = report.input;
  w.output = report.output;
  w.stack = report.stack;
  w.samples = report.samples;
  w.no_compare = true;
  w.nearest = 0;
  // Digits that read back as the same number.
  const auto add = [&](std::string_view name, const std::optional<Time>& t) {
    if (t) w.slo += fmt::format("{}{}={} s", w.slo.empty() ? "" : ",", name, t->base());
  };
  add("ttft", report.slo.ttft);
  add("tpot", report.slo.tpot);
  return w;
}

CompareArguments comparison_of(const Report& report, const std::string& llm) {
  CompareArguments words;
  words.question = question_of(report, llm);
  for (const auto& s : report.systems) words.systems += (words.systems.empty() ? "" : ",") + s;
  words.baseline = report.baseline;
  return words;
}

void check_report(const Catalog& catalog, const Report& report) {
  std::string problems;
  const auto collect = [&](const auto& look) {
    try {
      look();
    } catch (const UsageError& e) {
      problems += (problems.empty() ? "" : "\nperfmodel: ") + std::string(e.what());
    }
  };
  for (const auto& llm : report.llms) {
    if (report.systems.size() > 1)
      collect([&] { check_names(catalog, check_compare(comparison_of(report, llm))); });
    auto words = question_of(report, llm);
    // Of chips and systems these options are no matter: any chip will do where there is none.
    words.chip = report.chip.empty() ? catalog.ids(kKinds[0]).front() : report.chip;
    if (!report.chip.empty()) collect([&] { catalog.chip(report.chip); });
    collect([&] { load_question(catalog, check_arguments(words)); });
    for (const auto& w : report.weights) {
      words.weights = w;
      collect([&] { check_arguments(words); });
    }
    words.weights.clear();
    for (const auto& m : report.memories) {
      if (m == "own" || report.chip.empty()) continue;
      words.memory = m;
      collect([&] { load_setup(catalog, check_arguments(words)); });
    }
  }
  if (!problems.empty()) throw UsageError(problems);
}

}  // namespace perfmodel::cli
