#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "cli/bench_table.hpp"
#include "cli/format_answer.hpp"
#include "cli/measurements.hpp"
#include "cli/setup.hpp"
#include "phase/weight_product.hpp"

namespace perfmodel::cli {
namespace {

using kernels::Format;
using kernels::QuantSpec;
using kernels::ScaleScheme;
using kernels::ScaleType;
using spec::Storage;

/// Of a datasheet's kind: without FP8, with FP8 at twice the rate of 16 bits, little arithmetic for
/// much bandwidth, much of both, and with FP4 as well.
constexpr std::array<std::string_view, 5> kChips = {"ascend910c", "ascend950dt", "h20", "h200",
                                                    "b200"};

/// A decode step of a small batch reads weights; a prefill pass multiplies.
constexpr std::array<phase::ProductSize, 2> kProducts = {
    {{.rows = 8, .columns = 8192, .depth = 8192}, {.rows = 4096, .columns = 8192, .depth = 8192}}};

/// The same on the host, where files of both exist.
struct HostProduct {
  std::string_view family;
  std::string_view shape;
};
constexpr std::array<HostProduct, 2> kHostProducts = {
    {{"gemv", "m1n4096k4096"}, {"gemm", "m512n4096k4096"}}};

/// What the models know such weights as; none for E5M2 in blocks, which nobody serves.
struct Stored {
  QuantSpec format;
  std::optional<Storage> storage;
};
std::vector<Stored> weight_formats() {
  using enum ScaleScheme;
  return {{{Format::bf16, none}, Storage::bf16},
          {{Format::fp16, none}, Storage::fp16},
          {{Format::e4m3, per_tensor}, Storage::fp8},
          {{Format::e4m3, per_channel}, Storage::fp8},
          {{Format::e4m3, block_128x128}, Storage::fp8_block},
          {{Format::e4m3, block_128x128, ScaleType::ue8m0}, Storage::fp8_ue8m0},
          {{Format::e4m3, mx_32, ScaleType::ue8m0}, Storage::mxfp8},
          {{Format::e5m2, block_128x128}, std::nullopt},
          {{Format::int8, per_channel}, Storage::int8},
          {{Format::e2m1, mx_32, ScaleType::ue8m0}, Storage::mxfp4}};
}

std::string name_of_product(const phase::ProductSize& p) {
  return fmt::format("m{:.0f}n{:.0f}k{:.0f}", p.rows, p.columns, p.depth);
}

/// Rows of the files that exist: an installed program may have none beside it.
std::vector<BenchRow> host_rows(const Catalog& catalog) {
  std::vector<std::string> files;
  for (const auto* name : {"gemv.csv", "gemm.csv"}) {
    const auto path = results_folder(catalog) / "host" / name;
    if (std::filesystem::exists(path)) files.push_back(path.string());
  }
  return read_bench_rows(files);
}

/// The fastest of those of one thread; nullptr where there is none.
const BenchRow* measured(const std::vector<BenchRow>& rows, const HostProduct& p,
                         const QuantSpec& f) {
  const auto kernel =
      fmt::format("{}/{}/{}", p.family, name_of(f), f.format == Format::fp16 ? "fp16" : "bf16");
  const BenchRow* best = nullptr;
  for (const auto& r : rows) {
    if (r.kernel->name != kernel || to_string(r.shape) != p.shape || r.threads != 1) continue;
    if (best == nullptr || r.time < best->time) best = &r;
  }
  return best;
}

FormatSpeed host_speed(const std::vector<BenchRow>& rows, const HostProduct& p,
                       const QuantSpec& f) {
  FormatSpeed s{f, "host", std::string(p.shape), true, {}, {}, {}, ""};
  const auto* row = measured(rows, p, f);
  if (row == nullptr) {
    s.note = "not measured";
    return s;
  }
  s.time = row->time;
  s.bandwidth = row->kernel->cost(row->shape).memory / row->time;
  return s;
}

FormatSpeed chip_speed(const Setup& setup, const cost::Machine& machine,
                       const phase::ProductSize& p, const Stored& f) {
  FormatSpeed s{f.format, setup.chip.id, name_of_product(p), false, {}, {}, {}, ""};
  if (!f.storage) {
    s.note = "not modelled";
    return s;
  }
  const auto t = phase::weight_product(machine, setup.chip, *f.storage, p);
  if (!t) {
    s.note = t.error().reason;
    return s;
  }
  s.time = t->time;
  s.note = t->fallback;
  return s;
}

void relate(std::vector<FormatSpeed>& speeds) {
  for (auto& s : speeds) {
    const auto base = std::find_if(speeds.begin(), speeds.end(), [&](const FormatSpeed& x) {
      return x.format.format == Format::bf16 && x.chip == s.chip && x.product == s.product;
    });
    if (s.time && base != speeds.end() && base->time) s.over_bf16 = *s.time / *base->time;
  }
}

}  // namespace

std::vector<FormatSpeed> format_speeds(const Catalog& catalog) {
  const auto formats = weight_formats();
  const auto rows = host_rows(catalog);
  std::vector<FormatSpeed> all;
  for (const auto& p : kHostProducts)
    for (const auto& f : formats) all.push_back(host_speed(rows, p, f.format));
  const auto stack = catalog.stack("typical");
  for (const auto chip : kChips) {
    const auto setup = load_comparison(catalog, std::string(chip), "", true);
    const auto machine = setup.machine(stack);
    for (const auto& p : kProducts)
      for (const auto& f : formats) all.push_back(chip_speed(setup, machine, p, f));
  }
  relate(all);
  return all;
}

}  // namespace perfmodel::cli
