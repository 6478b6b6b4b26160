// `perfmodel host`: measures the roofs of this machine and writes it as a chip.
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/catalog.hpp"
#include "cli/columns.hpp"
#include "cli/commands.hpp"
#include "cli/errors.hpp"
#include "cli/host_yaml.hpp"
#include "cli/output.hpp"
#include "report/format.hpp"

namespace perfmodel::cli {
namespace {

struct Words {
  int threads = 0;
  int rounds = 61;
  std::string format = "table";
  std::string out;
};

std::string roofs_table(const kernels::HostRoofs& roofs) {
  std::vector<std::vector<std::string>> rows = {
      {"roof", "value", "median", "quartiles", "best", "what"}};
  for (const auto& r : roofs.all)
    rows.push_back({r.name, roof_text(r.kind, r.undisturbed()), roof_text(r.kind, r.spread.median),
                    roof_text(r.kind, r.spread.low) + " .. " + roof_text(r.kind, r.spread.high),
                    roof_text(r.kind, r.best), r.what});
  return in_columns(rows, report::Align::left);
}

std::string roofs_csv(const kernels::HostRoofs& roofs, const ThisMachine& machine) {
  std::string s = "roof,value,median,q1,q3,best,unit,threads,rounds,cpu,compiler,what\r\n";
  for (const auto& r : roofs.all) {
    const auto text = [&](double v) { return roof_text(r.kind, v); };
    const auto number = [&](double v) { return text(v).substr(0, text(v).find(' ')); };
    s += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\r\n", r.name, number(r.undisturbed()),
                     number(r.spread.median), number(r.spread.low), number(r.spread.high),
                     number(r.best), text(0).substr(text(0).find(' ') + 1), roofs.threads,
                     roofs.rounds, report::csv_field(machine.cpu),
                     report::csv_field(machine.compiler), report::csv_field(r.what));
  }
  return s;
}

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
  check_writable(w.out);
  const int threads = w.threads > 0 ? w.threads : machine.threads;
  const auto roofs = kernels::measure_host(
      {machine.l1d, machine.l2, machine.l3, machine.l3_threads}, threads, w.rounds);
  if (!w.out.empty()) {
    const auto text = host_yaml(id_of(w.out), roofs, machine, today());
    spec::Diagnostics problems;
    Catalog::lint(*find_kind("chip"), text, w.out, problems);
    if (!problems.empty()) throw UsageError(problems.to_string());
    write_file(w.out, text);
  }
  emit("", w.format == "csv" ? roofs_csv(roofs, machine) : roofs_table(roofs));
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
  c->add_option("-o,--out", w->out, "chip to write, such as configs/chips/host.yaml");
  c->callback([=, &chosen] { chosen.action = [=] { return run(*w); }; });
}

}  // namespace perfmodel::cli
