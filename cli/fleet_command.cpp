#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.hpp"
#include "cli/fleet.hpp"
#include "cli/output.hpp"
#include "report/fleet_format.hpp"

namespace perfmodel::cli {
namespace {

struct FleetArguments {
  FleetOptions options;
  std::string objective;
  std::string format = "table";
  std::string out;
};

std::string render(const report::FleetRecord& record, const std::string& format) {
  if (format == "csv") return report::fleet_csv(record);
  if (format == "json") return report::fleet_json(record);
  if (format == "md") return report::fleet_markdown(record);
  return report::fleet_table(record);
}

int run(const FleetArguments& words, const std::string& configs) {
  auto options = words.options;
  for (const auto o : {fleet::Objective::chips, fleet::Objective::power, fleet::Objective::cost})
    if (words.objective == fleet::name_of(o)) options.objective = o;
  check_writable(words.out);
  const Catalog catalog(Catalog::locate(configs));
  const auto result = run_fleet(catalog, options);
  emit(words.out, render(result.record, words.format));
  return result.status;
}

}  // namespace

void add_fleet(CLI::App& app, Chosen& chosen) {
  auto w = std::make_shared<FleetArguments>();
  auto* c =
      app.add_subcommand("fleet", "which chips of an inventory serve what, and what is short");
  c->footer("Example: perfmodel fleet mixed");
  c->add_option("file", w->options.file, "a fleet file, or the id of one (perfmodel list fleets)")
      ->required();
  c->add_option(
       "--objective", w->objective,
       "what to spend least of once the demands are met: chips, power or cost; default the "
       "file's")
      ->check(CLI::IsMember({"chips", "power", "cost"}));
  // Fewer have no tenth, more would take minutes.
  c->add_option("--samples", w->options.samples,
                "draws behind p10, p50 and p90 of a supply; 0 for none")
      ->check(CLI::Range(0L, 1'000'000L))
      ->capture_default_str();
  c->add_option("--seed", w->options.seed, "of the draws")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  c->add_option("--format", w->format, "table, csv, json or md")
      ->check(CLI::IsMember({"table", "csv", "json", "md"}))
      ->capture_default_str();
  c->add_option("-o,--out", w->out, "write to this file instead of standard output");
  c->callback([w, &chosen] { chosen.action = [w, &chosen] { return run(*w, chosen.configs); }; });
}

}  // namespace perfmodel::cli
