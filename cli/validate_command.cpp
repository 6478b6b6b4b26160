#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "cli/accuracy.hpp"
#include "cli/commands.hpp"
#include "cli/coverage.hpp"
#include "cli/cross_validation.hpp"
#include "cli/errors.hpp"
#include "cli/output.hpp"
#include "cli/validation_report.hpp"

namespace perfmodel::cli {
namespace {

struct Words {
  std::vector<std::string> data;
  std::string by = "metric";
  std::string format = "table";
  std::string stack;
  CrossValidation cross;
  std::string summary;
  bool intervals = false;
  std::string out;
};

std::vector<Line> lines_of(const Words& w, const Catalog& catalog,
                           const std::vector<calibrate::Measurement>& rows) {
  if (w.cross.by.empty()) {
    const StackShelf shelf(catalog, w.stack);
    CatalogLibrary library(catalog);
    return predict_all(rows, shelf, library);
  }
  auto how = w.cross;
  how.progress = [&](const std::string& group, std::size_t number, std::size_t of) {
    fmt::print(stderr, "perfmodel: fit without {} {} ({} of {})\n", how.by, group, number, of);
  };
  return cross_validate(catalog, rows, how);
}

int run(const Words& w, const Chosen& chosen) {
  const auto by = groupings_of(w.by);
  for (const auto* file : {&w.out, &w.summary}) check_writable(*file);
  const Catalog catalog(Catalog::locate(chosen.configs));
  const auto rows = load_measurements(w.data.empty() ? published_files(catalog) : w.data);
  const auto lines = lines_of(w, catalog, rows);
  if (!w.summary.empty()) write_file(w.summary, accuracy_csv(accuracy_of(lines)));
  std::string text;
  if (!w.cross.by.empty() && w.format == "table")
    text = fmt::format("each number predicted by a fit without its own {}\n", w.cross.by);
  if (w.intervals) {
    const auto intervals = intervals_of(lines);
    if (w.cross.by.empty() && w.format == "table")
      text = "predictions and errors in sample: coverage of what was fitted, not of what is new\n";
    text += w.format == "csv" ? coverage_csv(intervals) : coverage_tables(intervals, by);
  } else {
    text += w.format == "csv" ? validation_csv(lines) : validation_table(lines, by);
  }
  emit(w.out, text);
  return kExitDone;
}

}  // namespace

void add_validate(CLI::App& app, Chosen& chosen) {
  auto w = std::make_shared<Words>();
  auto* c = app.add_subcommand("validate", "predictions against published measurements");
  c->footer(
      "Example: perfmodel validate --cross-validate chip --by kind,chip\n"
      "Predicts every chip by a fit that did not see it; minutes for the published measurements.");
  c->add_option("--data", w->data, "measurement files; default results/published");
  c->add_option("--by", w->by, "groups, several by commas: " + grouping_words())
      ->capture_default_str();
  auto* stack = c->add_option("--stack", w->stack,
                              "one software profile for all rows instead of each row's own");
  auto* cross = c->add_option("--cross-validate", w->cross.by,
                              "refit leaving out each chip, llm or stack in turn, and predict it")
                    ->check(CLI::IsMember({"chip", "llm", "stack"}))
                    ->excludes(stack);
  c->add_option("--leave-out", w->cross.groups, "only these of them, as in --leave-out h100")
      ->needs(cross);
  c->add_option("--iterations", w->cross.fit.max_iterations, "most iterations of each fit")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str()
      ->needs(cross);
  c->add_option("--format", w->format, "table or csv (one line per row)")
      ->check(CLI::IsMember({"table", "csv"}))
      ->capture_default_str();
  c->add_flag("--intervals", w->intervals,
              "how many numbers lie inside the intervals predicted for them");
  c->add_option("--summary", w->summary,
                "also write the errors by kind of number and profile to this CSV file");
  c->add_option("-o,--out", w->out, "write to this file instead of standard output");
  c->callback([w, &chosen] { chosen.action = [w, &chosen] { return run(*w, chosen); }; });
}

}  // namespace perfmodel::cli
