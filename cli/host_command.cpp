// `perfmodel host`: measures the roofs of this machine and writes it as a chip.
#include <cstdio>
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/catalog.hpp"
#include "cli/commands.hpp"
#include "cli/errors.hpp"
#include "cli/host_table.hpp"
#include "cli/host_yaml.hpp"
#include "cli/output.hpp"
#include "spec/ids.hpp"

namespace perfmodel::cli {
namespace {

struct Words {
  int threads = 0;
  int rounds = 61;
  std::string format = "table";
  std::string out;
};

/// The name of the file is the chip's id, as for every chip.
std::string id_of(const std::string& out) {
  const bool file = !out.empty() && out != "-" && std::filesystem::path(out).extension() == ".yaml";
  return file ? std::filesystem::path(out).stem().string() : "host";
}

int run(const Words& w) {
  const auto machine = this_machine();
  if (w.threads > machine.threads)
    throw UsageError(fmt::format("--threads: {} is not between 1 and {}, which this machine lends",
                                 w.threads, machine.threads));
  const auto id = id_of(w.out);
  if (!spec::is_id(id))
    throw UsageError(fmt::format(
        "-o: '{}' is not the id of a chip, which the file is named after ({})", id, spec::kIdHint));
  check_writable(w.out);
  const int threads = w.threads > 0 ? w.threads : machine.threads;
  const auto roofs = kernels::measure_host(
      {machine.l1d, machine.l2, machine.l3, machine.l3_threads}, threads, w.rounds);
  if (!w.out.empty()) {
    const auto text = host_yaml(id, roofs, machine, today());
    spec::Diagnostics problems;
    Catalog::lint(*find_kind("chip"), text, w.out, problems);
    if (!problems.empty()) throw UsageError(problems.to_string());
    emit(w.out, text);
  }
  for (const auto& warning : host_warnings(roofs))
    std::fprintf(stderr, "perfmodel: warning: %s\n", warning.c_str());
  if (w.out == "-") return kExitDone;
  emit("", w.format == "csv" ? host_csv(roofs, machine) : host_table(roofs, machine, w.out));
  return kExitDone;
}

}  // namespace

void add_host(CLI::App& app, Chosen& chosen) {
  auto w = std::make_shared<Words>();
  auto* c = app.add_subcommand("host", "measure this machine's roofs and write it as a chip");
  c->add_option("--threads", w->threads, "threads to use; default: all that there are")
      ->check(CLI::Range(1, 4096));
  c->add_option("--rounds", w->rounds, "samples of each roof")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  c->add_option("--format", w->format, "of what is printed: table or csv")
      ->check(CLI::IsMember({"table", "csv"}))
      ->capture_default_str();
  c->add_option("-o,--out", w->out,
                "chip to write, such as configs/chips/host.yaml; without it nothing is written");
  c->callback([=, &chosen] { chosen.action = [=] { return run(*w); }; });
}

}  // namespace perfmodel::cli
