#include "cli/fleet_load.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "cli/errors.hpp"
#include "search/exchange.hpp"

namespace perfmodel::cli {
namespace {

using fleet::Demand;
using fleet::Fleet;
using fleet::Hardware;
using fleet::Supply;
using fleet::Word;

/// Systems that a block spans unless the file says otherwise: as many as hold so many chips, the
/// eight servers of common deployments of large mixtures of experts.
constexpr long kJoinedChips = 64;
constexpr double kMostChips = 1e8;

class Loader {
 public:
  Loader(const Catalog& catalog, std::string file, spec::Diagnostics& diagnostics)
      : catalog_(catalog), file_(std::move(file)), diagnostics_(diagnostics) {}

  FleetSite hardware(const Fleet& f, const Hardware& h) {
    auto site = machine(h.path, h.mark, h.chip, h.system, h.stack, f.assume);
    const int per_system = site.setup.system.chip_count();
    const double chips = static_cast<double>(h.count) * (h.chip.text.empty() ? per_system : 1.0);
    if (chips > kMostChips)
      complain(h.mark, h.path, fmt::format("{:.3g} chips are more than {:.0e}", chips, kMostChips));
    site.chips = static_cast<long>(std::min(chips, kMostChips));
    if (h.join && *h.join > 1 && !site.setup.system.id.empty() && !site.setup.system.scale_out)
      complain(h.mark, h.path + ".join",
               fmt::format("{} has no scale-out network in its file to join several",
                           site.setup.system.id));
    site.join = joined(site, h.join);
    if (h.tdp) site.setup.chip.tdp = h.tdp;
    if (h.power) site.setup.system.power = h.power;
    if (h.price) site.setup.system.price_usd = h.price;
    return site;
  }

  FleetSite supply(const Fleet& f, const Supply& s) {
    auto site = machine(s.path, s.mark, s.chip, s.system, s.stack, f.assume);
    site.join = joined(site, {});
    if (s.stacks && !s.stacks_per_package && !site.setup.chip.memory_stacks)
      complain(s.mark, s.path,
               fmt::format("how many stacks {} has is not in its file", site.setup.chip.id),
               "add stacks_per_package: NUMBER");
    return site;
  }

  void question(const Demand& d) {
    attempt(d.mark, d.path, [&] { fleet_question(catalog_, d, "typical"); });
  }

  void training(const Fleet& f, const std::vector<FleetSite>& sites) {
    const auto all = std::accumulate(sites.begin(), sites.end(), 0L,
                                     [](long n, const FleetSite& s) { return n + s.chips; });
    if (f.training.chips > all)
      complain(f.training.mark, "training.chips",
               fmt::format("{} are more than the {} there are", f.training.chips, all));
  }

 private:
  void complain(spec::Mark mark, const std::string& path, std::string what, std::string hint = "") {
    diagnostics_.add({file_, mark, path, std::move(what), std::move(hint)});
  }

  template <class Act>
  bool attempt(spec::Mark mark, const std::string& path, Act act) {
    try {
      act();
      return true;
    } catch (const UsageError& e) {
      complain(mark, path, e.what());
      return false;
    }
  }

  FleetSite machine(const std::string& path, spec::Mark mark, const Word& chip, const Word& system,
                    const Word& stack, bool assume) {
    FleetSite site;
    site.stack = stack.text;
    bool named = true;
    const auto resolve = [&](std::string_view kind, const Word& w) {
      if (w.text.empty()) return;
      named = attempt(w.mark, fmt::format("{}.{}", path, kind),
                      [&] { catalog_.resolve(*find_kind(kind), w.text); }) &&
              named;
    };
    resolve("chip", chip);
    resolve("system", system);
    resolve("stack", stack);
    if (!named) return site;
    EstimateOptions o;
    o.words.chip = chip.text;
    o.words.system = system.text;
    o.words.assume = assume;
    attempt(mark, path, [&] { site.setup = load_setup(catalog_, o); });
    return site;
  }

  static long joined(const FleetSite& site, std::optional<long> asked) {
    if (!site.setup.system.scale_out) return 1;
    return asked.value_or(std::max(1L, kJoinedChips / std::max(1, site.setup.system.chip_count())));
  }

  const Catalog& catalog_;
  std::string file_;
  spec::Diagnostics& diagnostics_;
};

/// Training takes whole chips of the highest dense rate in 16 bits; of equal ones those that come
/// first in the file; chips without that figure last.
void reserve(const Fleet& f, std::vector<FleetSite>& sites) {
  const auto all = std::accumulate(sites.begin(), sites.end(), 0L,
                                   [](long n, const FleetSite& s) { return n + s.chips; });
  auto wanted = f.training.chips;
  if (f.training.share > 0)
    wanted = std::lround(std::ceil(f.training.share * static_cast<double>(all)));
  const auto rate = [](const FleetSite* s) {
    const auto* peak = search::sixteen_bit_rate(s->setup.chip);
    return peak == nullptr ? 0.0 : peak->value.base();
  };
  std::vector<FleetSite*> best;
  for (auto& s : sites) best.push_back(&s);
  std::stable_sort(best.begin(), best.end(),
                   [&](const FleetSite* a, const FleetSite* b) { return rate(a) > rate(b); });
  for (auto* s : best) {
    s->reserved = std::min(wanted, s->chips);
    wanted -= s->reserved;
  }
}

/// Loads everything; the result is of use only without diagnostics.
LoadedFleet load_all(const Catalog& catalog, Fleet fleet, const std::string& file,
                     spec::Diagnostics& diagnostics) {
  LoadedFleet r;
  Loader loader(catalog, file, diagnostics);
  for (const auto& h : fleet.inventory) r.hardware.push_back(loader.hardware(fleet, h));
  for (const auto& d : fleet.workloads) loader.question(d);
  for (const auto& s : fleet.supply) r.supplied.push_back(loader.supply(fleet, s));
  if (diagnostics.empty()) loader.training(fleet, r.hardware);
  reserve(fleet, r.hardware);
  r.path = file;
  r.fleet = std::move(fleet);
  return r;
}

/// The question of a workload, as options; it is of no machine in particular.
EstimateOptions question_options(const Demand& d, const std::string& stack) {
  EstimateArguments w;
  w.system = "any";
  w.llm = d.llm.text;
  w.workload = d.workload.text;
  w.stack = stack;
  w.input = d.input;
  w.output = d.output;
  w.prefix_hit = d.prefix_hit;
  if (d.weights) w.weights = std::string(name_of(*d.weights));
  auto options = check_arguments(w);
  options.slo = d.slo;
  return options;
}

std::filesystem::path find_fleet(const Catalog& catalog, const std::string& word) {
  std::error_code error;
  if (std::filesystem::is_regular_file(word, error)) return word;
  if (word.find('/') != std::string::npos || word.ends_with(".yaml"))
    throw UsageError(fmt::format("no such file: '{}'", word));
  const auto& kind = *find_kind("fleet");
  return catalog.path_of(kind, catalog.resolve(kind, word));
}

}  // namespace

LoadedFleet load_fleet(const Catalog& catalog, const std::string& word) {
  const auto path = find_fleet(catalog, word);
  const auto text = read_file(path);
  if (!text) throw UsageError("cannot read " + path.string());
  spec::Diagnostics diagnostics;
  const auto document = spec::parse_document(*text, path.string(), diagnostics);
  if (!diagnostics.empty()) throw UsageError(diagnostics.to_string());
  auto fleet = fleet::read_fleet(document, diagnostics);
  if (!fleet) throw UsageError(diagnostics.to_string());
  auto loaded = load_all(catalog, std::move(*fleet), path.string(), diagnostics);
  if (!diagnostics.empty()) throw UsageError(diagnostics.to_string());
  return loaded;
}

void check_fleet(const Catalog& catalog, const fleet::Fleet& fleet, const std::string& file,
                 spec::Diagnostics& diagnostics) {
  load_all(catalog, fleet, file, diagnostics);
}

Question fleet_question(const Catalog& catalog, const Demand& d, const std::string& stack) {
  return load_question(catalog, question_options(d, stack));
}

}  // namespace perfmodel::cli
