#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/errors.hpp"
#include "cli/output.hpp"
#include "cli/published_index.hpp"

namespace perfmodel::cli {
namespace {

int run(const Chosen& chosen) {
  const Catalog catalog(Catalog::locate(chosen.configs));
  load_measurements(published_files(catalog));  // complains of what does not read
  const auto index = make_index(catalog);
  const auto path = index_path(catalog).string();
  write_file(path, calibrate::to_text(index));
  emit("", fmt::format("{}: {} runs\n", path, index.runs.size()));
  return kExitDone;
}

}  // namespace

void add_index(CLI::App& app, Chosen& chosen) {
  auto* c = app.add_subcommand(
      "index", "find the published runs anew, after a change of results/published or configs");
  c->footer("Writes results/published/index.tsv, from which estimate takes the nearest runs.");
  c->callback([&chosen] { chosen.action = [&chosen] { return run(chosen); }; });
}

}  // namespace perfmodel::cli
