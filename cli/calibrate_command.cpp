#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/errors.hpp"
#include "cli/measurements.hpp"
#include "cli/operator_command.hpp"
#include "cli/output.hpp"
#include "cli/parameters.hpp"
#include "cli/power_calibration.hpp"
#include "cli/profiles.hpp"
#include "cli/validation_report.hpp"

namespace perfmodel::cli {
namespace {

using calibrate::Measurement;

struct Words {
  std::vector<std::string> data;
  std::string out;
  std::string folder;
  std::string families;
  std::string format = "table";
  int iterations = 40;
  bool keep = false;
  bool operators = false;
  bool report = false;
  bool host = false;
  bool power = false;
  std::string cross;
};

/// A fit takes a minute: a folder that cannot be written to is told before.
void check_folder(const std::string& folder) {
  if (!std::filesystem::is_directory(folder))
    throw UsageError(fmt::format("'{}' is not a folder", folder));
  check_writable(folder + "/typical.yaml");
}

int run(const Words& w, const Chosen& chosen) {
  if (w.power) {
    if (w.format == "markdown")
      throw UsageError("--format markdown goes with --operators --report");
    emit("", power_calibration(Catalog(Catalog::locate(chosen.configs)), w.data, w.format));
    return kExitDone;
  }
  if (w.operators) {
    if (!w.families.empty()) throw UsageError("--operators writes families with --out");
    if (!w.cross.empty() && !w.report) throw UsageError("--cross-validate goes with --report");
    if (!w.cross.empty() && (w.cross == "shape") != w.host)
      throw UsageError(w.host ? "--host is one chip: --cross-validate shape"
                              : "--cross-validate shape goes with --host");
    using calibrate::LeftOut;
    const auto left_out = w.cross.empty() ? LeftOut::nothing
                          : w.host        ? LeftOut::shape
                                          : LeftOut::chip;
    return calibrate_operators(
        {w.data, w.folder, w.format, w.out, w.report, w.host, left_out, w.iterations}, chosen);
  }
  if (w.format == "markdown") throw UsageError("--format markdown goes with --operators --report");
  for (const auto* folder : {&w.folder, &w.families})
    if (!folder->empty()) check_folder(*folder);
  if (!w.out.empty()) check_writable(w.out);
  const Catalog catalog(Catalog::locate(chosen.configs));
  const auto rows = load_measurements(w.data.empty() ? published_files(catalog) : w.data);
  if (w.keep) {
    auto residuals = residuals_of_configs(catalog, rows);
    if (w.data.empty()) add_left_out(residuals, catalog);
    write_residuals(catalog, w.folder, residuals);
    return kExitDone;
  }
  const auto base = catalog.stack("typical");
  CatalogLibrary library(catalog, true);
  const auto corpus = express_all(rows, base, library);
  calibrate::FitOptions options;
  options.max_iterations = w.iterations;
  const auto all = [](const Measurement&) { return true; };
  const auto begin = std::chrono::steady_clock::now();
  const auto f = calibrate::fit(observations_of(corpus, all), base, options);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const auto fitted = predict_fitted(corpus, f, base, all);
  if (w.format == "csv")
    emit("", parameter_csv(f));
  else
    emit("", fmt::format("{} rows, cost {:.0f} -> {:.0f} in {} iterations, {:.1f} s\n\n",
                         corpus.rows.size(), f.cost_before, f.cost_after, f.iterations, seconds) +
                 parameter_table(f) + "\nerrors in sample\n" +
                 error_tables(fitted, groupings_of("kind")));
  if (!w.families.empty()) write_families(catalog, w.families, f);
  if (!w.folder.empty()) {
    auto residuals = residuals_of_fit(corpus, f, base, fitted);
    // What is recorded is of the published rows, not of other ones.
    if (w.data.empty()) add_left_out(residuals, catalog);
    write_profiles(w.folder, corpus, f, base, fitted, residuals);
  }
  if (!w.out.empty()) write_file(w.out, validation_csv(fitted));
  return kExitDone;
}

}  // namespace

void add_calibrate(CLI::App& app, Chosen& chosen) {
  auto w = std::make_shared<Words>();
  auto* c =
      app.add_subcommand("calibrate", "fit software profiles and family scales to measurements");
  c->add_option("--data", w->data, "measurement files; default results/published");
  auto* folder = c->add_option(
      "-o,--out", w->folder,
      "write the profiles as YAML files into this folder; with --operators the families");
  auto* families =
      c->add_option("--families", w->families,
                    "write the family files with their fitted scales into this folder");
  auto* rows = c->add_option("--residuals", w->out,
                             "write measured and fitted value of every row to this CSV file");
  auto* iterations = c->add_option("--iterations", w->iterations, "most iterations of the solver")
                         ->check(CLI::Range(1, 10'000))
                         ->capture_default_str();
  auto* operators = c->add_flag("--operators", w->operators,
                                "fit the curves of architectures to timings of operators instead; "
                                "default data results/operators");
  c->add_flag("--report", w->report, "with --operators: errors by class of operator and chip")
      ->needs(operators);
  c->add_flag("--host", w->host,
              "with --operators: of this project's kernels on the host, measured by perfmodel "
              "bench; default data results/host")
      ->needs(operators);
  c->add_option("--cross-validate", w->cross,
                "with --operators: each chip by a fit without it; with --host each shape")
      ->check(CLI::IsMember({"chip", "shape"}))
      ->needs(operators);
  c->add_flag("--keep", w->keep,
              "no fit: the profiles as they are, with their residuals measured anew")
      ->needs(folder)
      ->excludes(families, rows, iterations, operators);
  c->add_flag(
       "--power", w->power,
       "fit the coefficients of power to measured power and published totals instead; prints "
       "them, every point and its error")
      ->excludes(folder, families, rows, iterations, operators);
  c->add_option("--format", w->format, "of the parameters or the report: table or csv")
      ->check(CLI::IsMember({"table", "csv", "markdown"}))
      ->capture_default_str();
  c->callback([w, &chosen] { chosen.action = [w, &chosen] { return run(*w, chosen); }; });
}

}  // namespace perfmodel::cli
