#include "hw/system.hpp"

#include "hw/grades.hpp"
#include "spec/config_file.hpp"

namespace perfmodel::hw {
namespace {

using spec::MapReader;
using spec::Need;

constexpr int kMaxChips = 1'000'000;

struct TierText {
  Tier tier;
  bool from_chip = false;
};

TierText read_tier(MapReader& r, bool has_extent) {
  TierText t;
  t.tier.name = r.text("name", Need::required).value_or("");
  if (has_extent)
    t.tier.extent = static_cast<int>(r.integer("extent", Need::required, 1, kMaxChips).value_or(1));
  t.tier.shape = r.choice<Shape>("shape", Need::required,
                                 {{"switched", Shape::switched},
                                  {"mesh", Shape::mesh},
                                  {"ring", Shape::ring},
                                  {"torus", Shape::torus}})
                     .value_or(Shape::switched);
  t.tier.reduction = r.boolean("reduction", Need::optional).value_or(false);
  if (auto from = r.text("from", Need::optional)) {
    t.from_chip = true;
    if (*from != "chip")
      r.context().problem(r.mark(), r.path() + ".from", "only 'chip' can be drawn from", "chip");
  }
  t.tier.bandwidth = r.figure<Bandwidth>("bandwidth", Need::optional);
  if (t.from_chip && t.tier.bandwidth)
    r.context().problem(r.mark(), r.path(), "has both a bandwidth and 'from: chip'");
  if (auto f = r.figure<Time>("latency", Need::required, {.min = 0.0, .min_exclusive = false}))
    t.tier.latency = *f;
  r.finish();
  return t;
}

void read_tiers(MapReader& root, System& s) {
  int previous = 0;
  for (auto& r : root.maps("tiers", Need::required)) {
    auto t = read_tier(r, true);
    if (t.tier.extent <= previous) {
      root.context().problem(r.mark(), r.path() + ".extent",
                             "must be larger than the extent of the tier inside it");
    }
    previous = t.tier.extent;
    if (t.from_chip) s.tiers_from_chip.push_back(s.tiers.size());
    s.tiers.push_back(std::move(t.tier));
  }
  if (!s.tiers.empty() && s.tiers.back().extent != s.chip_count()) {
    root.context().problem(
        root.mark(), "tiers",
        "the last tier must reach all " + std::to_string(s.chip_count()) + " chips");
  }
}

}  // namespace

std::optional<System> read_system(const spec::Document& document, spec::Diagnostics& diagnostics) {
  spec::ConfigFile file(document, "system", diagnostics);
  auto& root = file.root();
  auto s = file.begin<System>();
  s.chip = root.text("chip", Need::required).value_or("");
  s.status =
      root.choice<Status>("status", Need::required, status_options()).value_or(Status::shipping);
  s.banner = root.text("banner", Need::optional).value_or("");
  if (auto f = root.figure<Count>("chips", Need::required,
                                  {.min = 1, .min_exclusive = false, .max = kMaxChips}))
    s.chips = *f;
  read_tiers(root, s);
  if (auto out = root.map("scale_out", Need::optional)) {
    s.scale_out = read_tier(*out, false).tier;
    s.scale_out->extent = kMaxChips;
  }
  if (auto host = root.map("host", Need::optional)) {
    s.host_cpus = host->figure<Count>("cpus", Need::optional);
    s.host_link = host->figure<Bandwidth>("link", Need::optional);
    host->finish();
  }
  if (auto power = root.map("power", Need::optional)) {
    s.power = power->figure<Power>("total", Need::optional);
    s.host_power = power->figure<Power>("host", Need::optional);
    s.network_power = power->figure<Power>("network", Need::optional);
    s.site_power = power->figure<Power>("site", Need::optional);
    s.pue =
        power->figure<Count>("pue", Need::optional, {.min = 1, .min_exclusive = false, .max = 4});
    const auto part = [](const Figure<Power>& f) { return f ? f->low : Power{}; };
    if (s.power && part(s.host_power) + part(s.network_power) > s.power->high)
      root.context().problem(power->mark(), "power",
                             "host and network draw more than the total that they are part of");
    power->finish();
  }
  if (auto price = root.map("price", Need::optional)) {
    s.price_usd = price->figure<Usd>("usd", Need::optional);
    s.price_cny = price->figure<Cny>("cny", Need::optional);
    price->finish();
  }
  check_grades(file.context(), s.status);
  return file.end(std::move(s));
}

System filled_for(const System& system, const Chip& chip) {
  System s = system;
  if (s.chip == "any") s.chip = chip.id;
  for (auto i : s.tiers_from_chip) s.tiers[i].bandwidth = chip.link_scale_up;
  if (s.scale_out && !s.scale_out->bandwidth) s.scale_out->bandwidth = chip.link_scale_out;
  return s;
}

}  // namespace perfmodel::hw
