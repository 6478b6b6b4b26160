#include "hw/family.hpp"

#include "spec/config_file.hpp"

namespace perfmodel::hw {

using spec::Compute;
using spec::Need;

std::optional<Family> read_family(const spec::Document& document, spec::Diagnostics& diagnostics) {
  spec::ConfigFile file(document, "family", diagnostics);
  auto& root = file.root();
  auto f = file.begin<Family>();
  f.parent = root.text("parent", Need::optional).value_or("");
  if (auto tile = root.map("tile", Need::required)) {
    f.tile_m = static_cast<double>(tile->integer("m", Need::required, 1, 1024).value_or(128));
    f.tile_n = static_cast<double>(tile->integer("n", Need::required, 1, 1024).value_or(128));
    tile->finish();
  }
  if (auto assumed = root.map("assumed", Need::optional)) {
    f.memory_bandwidth = assumed->figure<Bandwidth>("memory_bandwidth", Need::optional);
    f.memory_capacity =
        assumed->figure<Bytes>("memory_capacity", Need::optional, {.prefixes = Prefixes::either});
    f.scale_up = assumed->figure<Bandwidth>("scale_up", Need::optional);
    f.tdp = assumed->figure<Power>("tdp", Need::optional);
    for (const auto& [name, type] : spec::compute_options()) {
      f.matrix[spec::index(type)] =
          assumed->figure<OpRate>("matrix_" + std::string(name), Need::optional);
    }
    assumed->finish();
  }
  if (auto kernels = root.map("kernels", Need::optional)) {
    f.kernels = read_kernel_curves(*kernels);
    kernels->finish();
  }
  f.sharpness = root.number("sharpness", Need::optional, 1, 64);
  if (auto scale = root.map("scale", Need::optional)) {
    f.scale_matrix = scale->figure<Count>("matrix", Need::optional);
    f.scale_memory = scale->figure<Count>("memory", Need::optional);
    f.scale_software = scale->figure<Count>("software", Need::optional);
    scale->finish();
  }
  return file.end(std::move(f));
}

Chip with_assumed(const Chip& chip, const Family& family) {
  Chip c = chip;
  if (!c.memory_bandwidth) c.memory_bandwidth = family.memory_bandwidth;
  if (!c.memory_capacity) c.memory_capacity = family.memory_capacity;
  if (!c.link_scale_up) c.link_scale_up = family.scale_up;
  if (!c.tdp) c.tdp = family.tdp;
  if (!c.peak(Compute::fp16) && !c.peak(Compute::bf16)) {
    auto& peak = c.matrix[spec::index(Compute::fp16)];
    if (!c.absent[spec::index(Compute::fp16)]) peak = family.matrix[spec::index(Compute::fp16)];
  }
  return c;
}

}  // namespace perfmodel::hw
