#include "cli/host_yaml.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/host_table.hpp"

namespace perfmodel::cli {
namespace {

using kernels::HostRoof;
using kernels::RoofKind;

struct Unit {
  double scale;
  std::string_view name;
};
Unit unit_of(RoofKind kind) {
  switch (kind) {
    case RoofKind::ops_per_second:
      return {1e9, "GFLOP/s"};
    case RoofKind::bytes_per_second:
      return {1e9, "GB/s"};
    case RoofKind::seconds:
      return {1e-9, "ns"};
    case RoofKind::cycles_per_second:
      break;
  }
  return {1e9, "GHz"};
}

std::string digits(double v) {
  return fmt::format("{:.4g}", v);
}

/// A rate of the chip from a roof. Where others had a share of the processors, the range goes on to
/// what the whole would have given.
std::string figure(const HostRoof& roof, const std::string& note) {
  const auto unit = unit_of(roof.kind);
  const double value = roof.undisturbed();
  const double low = std::min(roof.spread.low, value);
  const double high = std::max({roof.best, value, roof.whole});
  return fmt::format(
      "{{value: {} {}, range: [{}, {}], grade: measured, source: host, note: \"{}\"}}",
      digits(value / unit.scale), unit.name, digits(low / unit.scale), digits(high / unit.scale),
      note);
}

std::string plain(double value, std::string_view unit) {
  return fmt::format("{{value: {} {}, grade: measured, source: host}}", digits(value), unit);
}

std::string note_of(const HostRoof& r) {
  return fmt::format("{}: {} (median {}, quartiles {} and {}, best {}); {}", r.name,
                     roof_text(r.kind, r.undisturbed()), roof_text(r.kind, r.spread.median),
                     roof_text(r.kind, r.spread.low), roof_text(r.kind, r.spread.high),
                     roof_text(r.kind, r.best), r.what);
}

}  // namespace

std::string roof_text(RoofKind kind, double value) {
  const auto unit = unit_of(kind);
  return fmt::format("{} {}", digits(value / unit.scale), unit.name);
}

std::string host_yaml(const std::string& id, const kernels::HostRoofs& roofs,
                      const ThisMachine& machine, const std::string& date) {
  const auto& fp32 = *roofs.named("flops_fp32");
  const auto* bf16 = roofs.named("flops_bf16");
  const auto& read = *roofs.named("read_dram");
  std::string s = fmt::format(
      "schema: 1\nchip: {}\nname: \"{}, {} thread{}, measured\"\nvendor: \"{}\"\nfamily: host\n"
      "status: shipping\n",
      id, machine.cpu, roofs.threads, roofs.threads == 1 ? "" : "s", machine.vendor);
  s += fmt::format(
      "cores: {{value: {}, grade: measured, source: host, note: \"threads that the roofs were "
      "measured with\"}}\nmatrix:\n",
      roofs.threads);
  const auto fp32_figure = figure(fp32, "dense, " + fp32.what);
  s += "  fp32: " + fp32_figure + "\n";
  // Without instructions of their own, BF16 values are widened and multiplied in FP32.
  s += "  bf16: " +
       (bf16 != nullptr ? figure(*bf16, "dense, " + bf16->what)
                        : figure(fp32, "widened to FP32 in registers")) +
       "\n";
  const auto* fp16 = roofs.named("flops_fp16");
  if (fp16 != nullptr) s += "  fp16: " + figure(*fp16, "dense, " + fp16->what) + "\n";
  std::vector<std::string> absent = {"tf32", "fp8", "fp6", "fp4", "int4"};
  if (fp16 == nullptr) absent.emplace_back("fp16");
  s += fmt::format("absent: [{}]\n", fmt::join(absent, ", "));
  s += "vector: {fp32: " + figure(fp32, "the same units") + "}\n";
  s += "block_scales: false\nmemory:\n  kind: dram\n";
  s += "  capacity: " + plain(machine.memory.base() / 0x1p30, "GiB") + "\n";
  s += "  bandwidth: " + figure(read, "read by all threads, " + read.what) + "\n";
  if (machine.l3 > Bytes())
    s += fmt::format(
        "cache: {{value: {} MiB, grade: measured, source: host, note: \"as the system reports it; "
        "a "
        "virtual machine may share it\"}}\n",
        digits(machine.l3.base() / 0x1p20));
  s += "system: generic-1\nnotes:\n";
  s += fmt::format(
      "  - \"Measured in {} rounds, all roofs in turn; values are the quartile at the better end. "
      "Noise: one small kernel between the samples differed by {:.0f} % between its quartiles.\"\n",
      roofs.rounds, noise_of(roofs) * 100);
  s += fmt::format(
      "  - \"While all threads were sampled other processes had {:.0f} % of the processors.\"\n",
      roofs.taken * 100);
  if (roofs.threads > 1)
    s += fmt::format("  - \"{} threads multiply {:.2f} times as much as one.\"\n", roofs.threads,
                     roofs.scaling());
  for (const auto& warning : host_warnings(roofs))
    s += fmt::format("  - \"Take care: {}.\"\n", warning);
  s += fmt::format("  - \"Features: {}. Built by {}. Pages of {}.\"\n",
                   machine.features.empty() ? "none" : machine.features, machine.compiler,
                   pages_text(machine));
  s += fmt::format("  - \"Caches: {}.\"\n", caches_text(machine));
  for (const auto& r : roofs.all) s += fmt::format("  - \"{}\"\n", note_of(r));
  s += fmt::format(
      "sources:\n  host: {{title: \"perfmodel host, run on the machine\", date: {}}}\n", date);
  return s;
}

}  // namespace perfmodel::cli
