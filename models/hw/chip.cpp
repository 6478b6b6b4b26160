#include "hw/chip.hpp"

#include "hw/grades.hpp"
#include "spec/config_file.hpp"

namespace perfmodel::hw {
namespace {

using spec::FigureRule;
using spec::MapReader;
using spec::Need;

constexpr FigureRule kOnChip{.prefixes = Prefixes::binary};
constexpr FigureRule kDeviceMemory{.prefixes = Prefixes::either};

void read_matrix(MapReader& root, Chip& chip) {
  if (auto matrix = root.map("matrix", Need::optional)) {
    for (const auto& [name, type] : spec::compute_options())
      chip.matrix[spec::index(type)] = matrix->figure<OpRate>(name, Need::optional);
    matrix->finish();
  }
  for (const auto& word : root.texts("absent", Need::optional)) {
    bool known = false;
    for (const auto& [name, type] : spec::compute_options()) {
      if (word != name) continue;
      known = true;
      chip.absent[spec::index(type)] = true;
      if (chip.matrix[spec::index(type)])
        root.context().problem(root.mark_of_value("absent"), "absent",
                               word + " is listed as absent but has a peak");
    }
    if (!known) {
      const auto near =
          spec::nearest(word, {spec::kComputeNames.begin(), spec::kComputeNames.end()});
      root.context().problem(root.mark_of_value("absent"), "absent",
                             "unknown compute type '" + word + "'",
                             near.empty() ? "" : "did you mean '" + near + "'?");
    }
  }
}

void read_memory(MapReader& root, Chip& chip) {
  auto memory = root.map("memory", Need::required);
  if (!memory) return;
  chip.memory_kind = memory->text("kind", Need::optional).value_or("");
  if (auto n = memory->integer("stacks", Need::optional, 1, 64)) {
    chip.memory_stacks = static_cast<int>(*n);
  }
  chip.memory_capacity = memory->figure<Bytes>("capacity", Need::optional, kDeviceMemory);
  chip.memory_bandwidth = memory->figure<Bandwidth>("bandwidth", Need::optional);
  memory->finish();
}

void read_extras(MapReader& root, Chip& chip) {
  if (auto vector = root.map("vector", Need::optional)) {
    chip.vector_fp16 = vector->figure<OpRate>("fp16", Need::optional);
    chip.vector_fp32 = vector->figure<OpRate>("fp32", Need::optional);
    vector->finish();
  }
  chip.cache = root.figure<Bytes>("cache", Need::optional, kOnChip);
  if (auto link = root.map("link", Need::optional)) {
    chip.link_scale_up = link->figure<Bandwidth>("scale_up", Need::optional);
    chip.link_scale_out = link->figure<Bandwidth>("scale_out", Need::optional);
    link->finish();
  }
  if (auto power = root.map("power", Need::optional)) {
    chip.tdp = power->figure<Power>("tdp", Need::optional);
    power->finish();
  }
  if (auto price = root.map("price", Need::optional)) {
    chip.price_usd = price->figure<Usd>("usd", Need::optional);
    chip.price_cny = price->figure<Cny>("cny", Need::optional);
    chip.rental = price->figure<UsdRate>("rental", Need::optional);
    chip.owner_cost = price->figure<UsdRate>("owner_cost", Need::optional);
    price->finish();
  }
}

/// The rest, which is this chip's own, must be more than nothing: its figures are the answer's.
constexpr FigureRule kShareOfBin{.max = 0.99};

void read_bins(MapReader& root, Chip& chip) {
  double shares = 0;
  for (auto& r : root.maps("bins", Need::optional)) {
    Bin bin;
    bin.chip = r.text("chip", Need::required).value_or("");
    if (auto share = r.figure<Count>("share", Need::required, kShareOfBin)) {
      shares += share->value.base();
      bin.share = std::move(*share);
    }
    r.finish();
    if (bin.chip == chip.id)
      r.context().problem(r.mark(), r.path() + ".chip", "a chip is no other bin of itself");
    chip.bins.push_back(std::move(bin));
  }
  if (shares > kShareOfBin.max)
    root.context().problem(root.mark_of_value("bins"), "bins",
                           "the shares leave nothing for the chip itself");
}

}  // namespace

std::optional<Chip> read_chip(const spec::Document& document, spec::Diagnostics& diagnostics) {
  spec::ConfigFile file(document, "chip", diagnostics);
  auto& root = file.root();
  auto chip = file.begin<Chip>();
  chip.vendor = root.text("vendor", Need::required).value_or("");
  chip.family = root.text("family", Need::required).value_or("");
  chip.status =
      root.choice<Status>("status", Need::required, status_options()).value_or(Status::shipping);
  chip.released = root.text("released", Need::optional).value_or("");
  chip.banner = root.text("banner", Need::optional).value_or("");
  chip.dies = static_cast<int>(root.integer("dies", Need::optional, 1, 16).value_or(1));
  chip.devices = static_cast<int>(root.integer("devices", Need::optional, 1, 16).value_or(1));
  chip.cores = root.figure<Count>("cores", Need::optional);
  chip.clock = root.figure<Frequency>("clock", Need::optional);
  read_matrix(root, chip);
  chip.block_scales = root.boolean("block_scales", Need::optional);
  read_memory(root, chip);
  read_extras(root, chip);
  chip.system = root.text("system", Need::optional).value_or("");
  chip.alternatives = root.texts("alternatives", Need::optional);
  read_bins(root, chip);
  check_grades(file.context(), chip.status);
  return file.end(std::move(chip));
}

}  // namespace perfmodel::hw
