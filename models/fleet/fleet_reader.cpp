#include <algorithm>

#include <fmt/format.h>

#include "fleet/fleet.hpp"
#include "fleet/supply.hpp"
#include "spec/config_file.hpp"
#include "spec/number_format.hpp"
#include "spec/wording.hpp"
#include "units/number.hpp"
#include "units/text.hpp"

namespace perfmodel::fleet {
namespace {

using spec::FigureRule;
using spec::MapReader;
using spec::Need;

constexpr long kMostChips = 10'000'000;
constexpr long kMostJoined = 1024;
constexpr long kMostTokens = 10'000'000;
constexpr double kMostRate = 1e12;  // a second
constexpr double kMostPrefixHit = 0.999;
constexpr long kMostPriority = 100;
constexpr long kMostMonths = 120;
constexpr long kMostPerPackage = 64;
constexpr FigureRule kCount = {};
constexpr FigureRule kShare = {.max = 1.0};

Word word(MapReader& map, std::string_view key, Need need, std::string_view otherwise = {}) {
  return {map.text(key, need).value_or(std::string(otherwise)), map.mark_of_value(key)};
}

void problem(MapReader& map, std::string_view key, std::string message, std::string hint) {
  map.context().problem(map.mark_of_value(key), map.child(key), std::move(message),
                        std::move(hint));
}

void problem(MapReader& map, std::string message, std::string hint) {
  map.context().problem(map.mark(), map.path(), std::move(message), std::move(hint));
}

/// A name that no other of the list has.
template <class T>
void check_name(MapReader& map, const T& entry, const std::vector<T>& before) {
  const auto same = [&](const T& other) { return other.name == entry.name; };
  if (!entry.name.empty() && std::any_of(before.begin(), before.end(), same))
    problem(map, fmt::format("{} is there twice", quoted(entry.name)),
            "give each a name of its own: name: WORD");
}

Hardware read_hardware(MapReader& map) {
  Hardware h;
  h.mark = map.mark();
  h.path = map.path();
  h.chip = word(map, "chip", Need::optional);
  h.system = word(map, "system", Need::optional);
  if (h.chip.text.empty() && h.system.text.empty() && !map.has("chip") && !map.has("system"))
    problem(map, "names neither a chip nor a system", "chip: h800, or system: cloudmatrix384");
  h.name =
      map.text("name", Need::optional).value_or(h.chip.text.empty() ? h.system.text : h.chip.text);
  h.count = map.integer("count", Need::required, 1, kMostChips).value_or(1);
  h.stack = word(map, "stack", Need::optional, "typical");
  h.join = map.integer("join", Need::optional, 1, kMostJoined);
  h.tdp = map.figure<Power>("tdp", Need::optional);
  h.power = map.figure<Power>("power", Need::optional);
  h.price = map.figure<Usd>("price", Need::optional);
  map.finish();
  return h;
}

void read_rate(MapReader& map, Demand& d) {
  // Smaller ones are slips: nothing at all is no workload.
  constexpr double kLeast = 1e-9;
  const auto requests = map.number("requests_per_s", Need::optional, kLeast, kMostRate);
  const auto tokens = map.number("output_tokens_per_s", Need::optional, kLeast, kMostRate);
  if (requests) d.requests = Frequency::from_base(*requests);
  if (tokens) d.tokens = Frequency::from_base(*tokens);
  const int given = static_cast<int>(map.has("requests_per_s")) +
                    static_cast<int>(map.has("output_tokens_per_s"));
  if (given != 1)
    problem(map, given == 0 ? "does not say how much is asked for" : "says twice how much is asked",
            "give one of requests_per_s and output_tokens_per_s");
}

Demand read_demand(MapReader& map) {
  Demand d;
  d.mark = map.mark();
  d.path = map.path();
  d.name = map.text("name", Need::required).value_or("");
  d.llm = word(map, "llm", Need::required);
  d.workload = word(map, "workload", Need::optional, "default");
  d.input = map.integer("input", Need::optional, 1, kMostTokens);
  d.output = map.integer("output", Need::optional, 1, kMostTokens);
  d.prefix_hit = map.number("prefix_hit", Need::optional, 0, kMostPrefixHit);
  d.weights = map.choice<spec::Storage>("weights", Need::optional, spec::storage_options());
  d.priority =
      static_cast<int>(map.integer("priority", Need::optional, 1, kMostPriority).value_or(1));
  read_rate(map, d);
  if (auto slo = map.map("slo", Need::optional)) {
    d.slo.ttft = slo->quantity<Time>("ttft", Need::optional);
    d.slo.tpot = slo->quantity<Time>("tpot", Need::optional);
    slo->finish();
  }
  const auto names = map.texts("on", Need::optional);
  const auto* list = map.has("on") ? map.value("on", Need::optional) : nullptr;
  for (std::size_t i = 0; i < names.size(); ++i)
    d.on.push_back({names[i], i < list->items.size() ? list->items[i].mark : list->mark});
  map.finish();
  return d;
}

Training read_training(MapReader& map) {
  Training t;
  t.mark = map.mark_of_value(map.has("chips") ? "chips" : "share");
  t.chips = map.integer("chips", Need::optional, 0, kMostChips).value_or(0);
  t.share = map.number("share", Need::optional, 0, 1).value_or(0);
  if (map.has("chips") == map.has("share"))
    problem(map, "takes chips or a share of them", "give one of chips: 512 and share: 0.25");
  map.finish();
  return t;
}

/// A factor of one where the case leaves it out.
spec::Sourced<Count> read_factor(MapReader& map, std::string_view key) {
  return map.figure<Count>(key, Need::optional, kCount).value_or(plain_case().wafers);
}

std::vector<SupplyCase> read_cases(MapReader& map) {
  std::vector<SupplyCase> all;
  for (auto& m : map.maps("cases", Need::optional)) {
    SupplyCase c;
    c.name = m.text("name", Need::required).value_or("");
    c.wafers = read_factor(m, "wafers");
    c.stacks = read_factor(m, "stacks");
    check_name(m, c, all);
    m.finish();
    all.push_back(std::move(c));
  }
  return all;
}

Supply read_supply(MapReader& map) {
  Supply s;
  s.mark = map.mark();
  s.path = map.path();
  s.name = map.text("name", Need::required).value_or("");
  s.chip = word(map, "chip", Need::required);
  s.system = word(map, "system", Need::optional);
  s.stack = word(map, "stack", Need::optional, "typical");
  s.months = map.integer("months", Need::optional, 1, kMostMonths).value_or(s.months);
  const auto required = [&](std::string_view key, const FigureRule& rule) {
    return map.figure<Count>(key, Need::required, rule).value_or(spec::Sourced<Count>{});
  };
  s.wafers = required("wafers_per_month", kCount);
  s.dies_per_wafer = required("dies_per_wafer", kCount);
  s.die_yield = required("die_yield", kShare);
  s.package_yield = required("package_yield", kShare);
  s.stacks = map.figure<Count>("stacks_per_month", Need::optional, kCount);
  s.dies_per_package = map.integer("dies_per_package", Need::optional, 1, kMostPerPackage);
  s.stacks_per_package = map.integer("stacks_per_package", Need::optional, 1, kMostPerPackage);
  s.cases = read_cases(map);
  map.finish();
  return s;
}

/// Names under `on` are those of the inventory.
void check_on(const Fleet& f, const spec::Context& context) {
  std::vector<std::string_view> names;
  for (const auto& h : f.inventory) names.push_back(h.name);
  for (const auto& d : f.workloads)
    for (const auto& w : d.on)
      if (std::find(names.begin(), names.end(), w.text) == names.end())
        context.problem(w.mark, d.path + ".on",
                        fmt::format("{} is not in the inventory", quoted(w.text)),
                        spec::nearest_hint(w.text, names));
}

}  // namespace

std::optional<Fleet> read_fleet(const spec::Document& document, spec::Diagnostics& diagnostics) {
  spec::ConfigFile file(document, "fleet", diagnostics);
  auto& root = file.root();
  auto f = file.begin<Fleet>();
  f.about = root.text("about", Need::required).value_or("");
  for (auto& m : root.maps("inventory", Need::optional)) {
    auto h = read_hardware(m);
    check_name(m, h, f.inventory);
    f.inventory.push_back(std::move(h));
  }
  for (auto& m : root.maps("workloads", Need::required)) {
    auto d = read_demand(m);
    check_name(m, d, f.workloads);
    f.workloads.push_back(std::move(d));
  }
  if (auto training = root.map("training", Need::optional)) f.training = read_training(*training);
  f.objective =
      root.choice<Objective>(
              "objective", Need::optional,
              {{"chips", Objective::chips}, {"power", Objective::power}, {"cost", Objective::cost}})
          .value_or(f.objective);
  f.utilisation = root.number("utilisation", Need::optional, 0.01, 1).value_or(f.utilisation);
  f.more = root.integer("more", Need::optional, 1, kMostChips).value_or(f.more);
  f.assume = root.boolean("assume", Need::optional).value_or(false);
  for (auto& m : root.maps("supply", Need::optional)) {
    auto s = read_supply(m);
    check_name(m, s, f.supply);
    f.supply.push_back(std::move(s));
  }
  if (!root.has("inventory") && !root.has("supply"))
    problem(root, "has neither an inventory nor a supply",
            "inventory: [{chip: h800, count: 2000}]");
  if (root.has("workloads") && f.workloads.empty())
    problem(root, "workloads", "nothing is asked for", "add {name: chat, llm: deepseek-r1, ...}");
  check_on(f, file.context());
  return file.end(std::move(f));
}

}  // namespace perfmodel::fleet
