#include "cli/host_table.hpp"

#include <fmt/format.h>

#include "cli/columns.hpp"
#include "cli/host_yaml.hpp"
#include "report/format.hpp"

namespace perfmodel::cli {
namespace {

/// A quiet machine takes one or two percent for itself.
constexpr double kMuchTaken = 0.05;

constexpr std::string_view kTaken =
    "of the processors' time others had while all threads were sampled";

}  // namespace

std::string caches_text(const ThisMachine& machine) {
  return fmt::format("{:.4g} KiB L1d and {:.4g} KiB L2 of a core, {:.4g} MiB L3",
                     machine.l1d.base() / 0x1p10, machine.l2.base() / 0x1p10,
                     machine.l3.base() / 0x1p20);
}

std::string pages_text(const ThisMachine& machine) {
  return fmt::format("{:.4g} KiB, huge pages: {}", machine.page.base() / 0x1p10,
                     machine.huge_pages.empty() ? "not known" : machine.huge_pages);
}

double noise_of(const kernels::HostRoofs& roofs) {
  return roofs.canary.low > 0 ? roofs.canary.high / roofs.canary.low - 1.0 : 0.0;
}

std::vector<std::string> host_warnings(const kernels::HostRoofs& roofs) {
  std::vector<std::string> all;
  if (roofs.taken > kMuchTaken) {
    // The time of a single thread is its processor's.
    const auto* harm = roofs.threads == 1
                           ? "its times leave that out, but not what became of caches and memory"
                           : "figures may be too low, times too long";
    all.push_back(
        fmt::format("other processes took {:.0f} % of the processor{}; {}; run again on a "
                    "quiet machine",
                    roofs.taken * 100, roofs.threads == 1 ? "" : "s", harm));
  }
  if (roofs.scales_poorly())
    all.push_back(
        fmt::format("{} threads multiply only {:.2f} times as much as one: they share "
                    "cores, or the machine is a virtual one that did not get them; run "
                    "again, or with fewer --threads",
                    roofs.threads, roofs.scaling()));
  return all;
}

std::string host_table(const kernels::HostRoofs& roofs, const ThisMachine& machine,
                       const std::string& written) {
  std::vector<std::vector<std::string>> rows = {
      {"roof", "value", "median", "quartiles", "best", "what"}};
  for (const auto& r : roofs.all)
    rows.push_back({r.name, roof_text(r.kind, r.undisturbed()), roof_text(r.kind, r.spread.median),
                    roof_text(r.kind, r.spread.low) + " .. " + roof_text(r.kind, r.spread.high),
                    roof_text(r.kind, r.best), r.what});
  auto s = in_columns(rows, report::Align::left);
  s += fmt::format("\n{}; {}; pages of {}\n", machine.cpu, caches_text(machine),
                   pages_text(machine));
  const auto* all = roofs.threads == 1 ? "" : " together";
  s += fmt::format("{} thread{}{} of {}, {} round{}; value: the quartile at the better end\n",
                   roofs.threads, roofs.threads == 1 ? "" : "s", all, machine.threads, roofs.rounds,
                   roofs.rounds == 1 ? "" : "s");
  if (roofs.threads > 1)
    s += fmt::format("{} threads multiply {:.2f} times as much as one\n", roofs.threads,
                     roofs.scaling());
  s += fmt::format(
      "noise {:.0f} %: distance of the quartiles of one small kernel between the "
      "samples\ntaken {:.0f} %: {}\n",
      noise_of(roofs) * 100, roofs.taken * 100, kTaken);
  return s +
         (written.empty() ? "not written (-o configs/chips/host.yaml)" : "written to " + written) +
         "\n";
}

std::string host_csv(const kernels::HostRoofs& roofs, const ThisMachine& machine) {
  std::string s = "roof,value,median,q1,q3,best,unit,threads,rounds,cpu,compiler,what\r\n";
  const auto add = [&](std::string_view name, const std::string& figures, std::string_view unit,
                       std::string_view what) {
    s += fmt::format("{},{},{},{},{},{},{},{}\r\n", name, figures, unit, roofs.threads,
                     roofs.rounds, report::csv_field(machine.cpu),
                     report::csv_field(machine.compiler), report::csv_field(what));
  };
  for (const auto& r : roofs.all) {
    const auto text = [&](double v) { return roof_text(r.kind, v); };
    const auto number = [&](double v) { return text(v).substr(0, text(v).find(' ')); };
    add(r.name,
        fmt::format("{},{},{},{},{}", number(r.undisturbed()), number(r.spread.median),
                    number(r.spread.low), number(r.spread.high), number(r.best)),
        text(0).substr(text(0).find(' ') + 1), r.what);
  }
  // One figure of the whole run.
  add("taken", fmt::format("{0:.3g},{0:.3g},{0:.3g},{0:.3g},{0:.3g}", roofs.taken * 100), "%",
      kTaken);
  return s;
}

}  // namespace perfmodel::cli
