#include "cli/setup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/errors.hpp"
#include "power/system_power.hpp"
#include "search/worth.hpp"
#include "tco/cost.hpp"
#include "units/text.hpp"

namespace perfmodel::cli {
namespace {

constexpr std::string_view kGenericSystem = "generic-8";
constexpr std::string_view kTypical = "typical";  // power and prices of no place in particular
/// Beyond any machine, and small enough that counts of devices stay whole numbers.
constexpr double kMaxDevices = 2e9;

template <class Q>
void offer(std::vector<std::string>& lines, std::string_view what, const hw::Figure<Q>& have,
           const hw::Figure<Q>& stand_in) {
  if (have || !stand_in) return;
  lines.push_back(fmt::format("{} {} (assumed, {} .. {})", what, format(stand_in->value),
                              format(stand_in->low), format(stand_in->high)));
}

void check_devices(std::string_view option, const hw::System& system, const hw::Chip& chip,
                   long systems) {
  const double devices = system.chips.value.base() * static_cast<double>(systems) * chip.devices;
  if (devices <= kMaxDevices) return;
  throw UsageError(
      fmt::format("{} {}: {:.3g} devices in all are beyond any machine (at most {:.3g})", option,
                  systems, devices, kMaxDevices));
}

/// Later figures win: overrides were applied to the file, the family fills gaps, then what-ifs
/// change what there is.
void adapt(Setup& s, bool assume) {
  if (assume) s.chip = hw::with_assumed(s.chip, s.family);
  s.system = hw::filled_for(s.system, s.chip);
}

/// The chips that may be at hand instead, with what was set for the chip set for them too.
void add_bins(Setup& s, const Catalog& catalog, const EstimateOptions& options) {
  auto overrides = options.overrides;
  std::erase_if(overrides, [](const Override& o) { return o.path.starts_with("chip.bins"); });
  for (const auto& bin : s.chip.bins) {
    auto chip = catalog.chip(bin.chip, overrides);
    if (auto problem = no_bin(s.chip, chip); !problem.empty()) throw UsageError(problem);
    s.bins.push_back({std::move(chip), bin.share});
  }
}

}  // namespace

void refuse(const spec::Infeasible& why) {
  throw UsageError(why.nearest.empty() ? why.reason
                                       : fmt::format("{} (nearest: {})", why.reason, why.nearest));
}

spec::Outcome<Setup> with_what_if(Setup setup, const Catalog& catalog,
                                  const EstimateOptions& options) {
  const auto made_of = [&](const hw::Chip& chip) {
    return hw::changed(chip, setup.system, options.what_if, [&](const std::string& kind) {
      return catalog.memory(kind, options.overrides);
    });
  };
  for (auto& bin : setup.bins) {
    auto changed = made_of(bin.chip);
    if (!changed) return changed.error();
    bin.chip = std::move(changed->chip);
  }
  auto changed = made_of(setup.chip);
  if (!changed) return changed.error();
  setup.chip = std::move(changed->chip);
  setup.system = std::move(changed->system);
  setup.changes = std::move(changed->lines);
  check_devices("--count", setup.system, setup.chip, options.words.count);
  return setup;
}

std::string no_bin(const hw::Chip& chip, const hw::Chip& bin) {
  const auto differs = [&](std::string_view what) {
    return fmt::format("{} cannot be a bin of {}: their {} differ", bin.id, chip.id, what);
  };
  if (bin.family != chip.family) return differs("families");
  if (bin.devices != chip.devices) return differs("devices");
  if (bin.absent != chip.absent) return differs("absent types");
  return "";
}

std::vector<std::string> stand_ins(const hw::Chip& chip, const hw::Family& family) {
  const auto filled = hw::with_assumed(chip, family);
  std::vector<std::string> lines;
  offer(lines, "memory bandwidth", chip.memory_bandwidth, filled.memory_bandwidth);
  offer(lines, "memory capacity", chip.memory_capacity, filled.memory_capacity);
  offer(lines, "link", chip.link_scale_up, filled.link_scale_up);
  offer(lines, "TDP", chip.tdp, filled.tdp);
  for (const auto& [name, type] : spec::compute_options())
    offer(lines, fmt::format("{} peak", name), chip.peak(type), filled.peak(type));
  return lines;
}

std::string default_system(const hw::Chip& chip) {
  return chip.system.empty() ? std::string(kGenericSystem) : chip.system;
}

Setup load_as_built(const Catalog& catalog, const EstimateOptions& options) {
  const auto& w = options.words;
  Setup s;
  std::string chip_word = w.chip;
  if (chip_word.empty()) {
    chip_word = catalog.system(w.system, options.overrides).chip;
    if (chip_word == "any")
      throw UsageError(
          fmt::format("system '{}' is a template: name the chip too, with --chip", w.system));
  }
  s.chip = catalog.chip(chip_word, options.overrides);
  s.system =
      catalog.system(w.system.empty() ? default_system(s.chip) : w.system, options.overrides);
  // A chip's own default system holds it even where the system's file names a sibling.
  const bool own = s.system.id == default_system(s.chip);
  if (s.system.chip != "any" && s.system.chip != s.chip.id && !own) {
    throw UsageError(
        fmt::format("--chip {} and --system {} contradict: that system is made of {} (leave one "
                    "out, or use --system {})",
                    s.chip.id, s.system.id, s.system.chip, kGenericSystem));
  }
  s.family = catalog.family(s.chip.family, options.overrides);
  s.systems = static_cast<int>(w.count);
  if (s.systems > 1 && !s.system.scale_out) {
    throw UsageError(
        fmt::format("--count {}: {} has no scale-out network in its file to join several",
                    s.systems, s.system.id));
  }
  for (const auto& o : options.overrides) {
    const bool up = o.path.starts_with("chip.link.scale_up") && s.system.tiers_from_chip.empty();
    const bool out = o.path.starts_with("chip.link.scale_out") &&
                     !(s.system.scale_out && !s.system.scale_out->bandwidth);
    if (!up && !out) continue;
    throw UsageError(fmt::format(
        "--set {}: changes nothing, {} states its own links (set {})", o.path, s.system.id,
        up ? fmt::format("system.tiers.{}.bandwidth", s.system.tiers.size() - 1)
           : std::string("system.scale_out.bandwidth")));
  }
  // A system that was named says which of the chips of one name it is made of.
  if (w.system.empty() || s.system.chip != s.chip.id) add_bins(s, catalog, options);
  adapt(s, w.assume);
  return s;
}

Setup load_setup(const Catalog& catalog, const EstimateOptions& options) {
  const auto& w = options.words;
  auto changed = with_what_if(load_as_built(catalog, options), catalog, options);
  if (!changed) refuse(changed.error());
  auto s = *std::move(changed);
  if (!w.prefill_system.empty()) {
    auto prefill = load_comparison(catalog, "", w.prefill_system, w.assume);
    prefill.systems = static_cast<int>(w.prefill_count);
    check_devices("--prefill-count", prefill.system, prefill.chip, w.prefill_count);
    s.prefill = std::make_shared<const Setup>(std::move(prefill));
  }
  return s;
}

Setup load_comparison(const Catalog& catalog, const std::string& chip, const std::string& system,
                      bool assume) {
  Setup s;
  if (chip.empty()) {
    s.system = catalog.system(system);
    s.chip = catalog.chip(s.system.chip);
  } else {
    s.chip = catalog.chip(chip);
    s.system = catalog.system(default_system(s.chip));
  }
  s.family = catalog.family(s.chip.family);
  adapt(s, assume);
  return s;
}

namespace {

/// The profiles as the software is run; what that asks of model and lengths.
void run_so(Question& q, const PolicyOptions& policy) {
  apply(policy, q.stack);
  apply(policy, q.ceiling);
  if (policy.prefix != cost::PrefixTier::free && q.workload.prefix_hit <= 0)
    throw UsageError(
        "--prefix-cache: no part of the input is found in the cache (give --prefix-hit too)");
  if (policy.balance && !q.llm.is_moe())
    throw UsageError(fmt::format("--expert-balance: {} has no experts", q.llm.id));
}

/// The link over which prefixes come that are not in device memory, where nobody published it.
std::optional<spec::Infeasible> missing_prefix_link(const cost::Machine& machine,
                                                    const Setup& setup, const Question& q) {
  if (!machine.reads_prefixes || machine.prefix_link.base() > 0) return std::nullopt;
  const bool host = q.stack.policy.prefix == cost::PrefixTier::host;
  return spec::Infeasible{
      spec::Why::missing_figure,
      fmt::format("the bandwidth of {} of {} is not published, over which prefixes are read",
                  host ? "the host link" : "the scale-out link", setup.system.id),
      host ? "--set system.host.link=\"...\"" : "--set system.scale_out.bandwidth=\"...\""};
}

}  // namespace

Question load_question(const Catalog& catalog, const EstimateOptions& options) {
  const auto& w = options.words;
  Question q;
  q.llm = catalog.llm(w.llm, options.overrides);
  q.workload = catalog.workload(w.workload, options.overrides);
  if (w.input) q.workload.input = static_cast<double>(*w.input);
  if (w.output) q.workload.output = static_cast<double>(*w.output);
  if (w.prefix_hit) q.workload.prefix_hit = *w.prefix_hit;
  if (w.spread) q.workload.spread = *w.spread;
  if (w.input || w.output || w.prefix_hit || w.spread) q.workload.id = "custom";
  if (w.slo == "none") q.workload.slo = {};
  if (options.slo.ttft) q.workload.slo.ttft = options.slo.ttft;
  if (options.slo.tpot) q.workload.slo.tpot = options.slo.tpot;
  // The default lengths are nobody's wish: they give way to a model that holds less.
  const bool default_lengths = w.workload == "default" && !w.input && !w.output;
  while (default_lengths && q.workload.input + q.workload.output > q.llm.max_context) {
    q.workload.input = std::floor(0.5 * q.workload.input);
    q.workload.output = std::floor(0.5 * q.workload.output);
    q.workload.id = "default, shortened to the model's context";
  }
  const double longest = q.workload.input + q.workload.output;
  if (longest > q.llm.max_context) {
    throw UsageError(
        fmt::format("input {} + output {} is longer than the {} tokens that {} can hold (nearest: "
                    "--input {})",
                    q.workload.input, q.workload.output, q.llm.max_context, q.llm.id,
                    std::max(1.0, q.llm.max_context - q.workload.output)));
  }
  q.stack = catalog.stack(w.stack, options.overrides);
  q.ceiling = catalog.stack("ceiling");
  run_so(q, options.policy);
  q.power = catalog.power(kTypical, options.overrides);
  q.prices = catalog.prices(kTypical, options.overrides);
  q.precision = options.precision;
  q.assume = w.assume;
  auto& r = q.request;
  r.slo = q.workload.slo;
  r.largest_batch = options.largest_batch;
  r.speculation = options.policy.speculation;
  if (options.policy.any_depth) r.speculations = depths(q.llm, q.stack.acceptance.value.base());
  r.concurrency = w.concurrency;
  r.batch = options.batch;
  if (w.rate) r.rate = Frequency::from_base(*w.rate);
  r.objective = options.objective;
  r.split = options.split;
  q.prefill_chips = options.prefill_chips;
  q.decode_chips = options.decode_chips;
  if (options.parallelism) r.parallelism = options.parallelism->of(q.llm);
  if (options.prefill_parallelism) r.prefill_parallelism = options.prefill_parallelism->of(q.llm);
  return q;
}

namespace {

/// The link that joins devices of two systems: the slower of their scale-out links.
std::optional<serving::PoolLink> link_between(const Setup& a, const Setup& b) {
  serving::PoolLink link{Bandwidth::infinity(), Time{}};
  for (const auto* s : {&a, &b}) {
    if (!s->system.scale_out || !s->system.scale_out->bandwidth) return std::nullopt;
    link.bandwidth =
        min(link.bandwidth, s->system.scale_out->bandwidth->value / (1.0 * s->chip.devices));
    link.latency = max(link.latency, s->system.scale_out->latency.value);
  }
  return link;
}

spec::Infeasible no_figure(std::string reason, std::string nearest) {
  return {spec::Why::missing_figure, std::move(reason), std::move(nearest)};
}

/// What a device of the setup costs by the objective; none where every device costs the same: for
/// other objectives, and where the chips' power is not published while what is asked for is.
spec::Outcome<std::optional<search::Upkeep>> upkeep_of(const Setup& s, const Question& q,
                                                       search::Objective objective) {
  const bool watts = objective == search::Objective::per_watt;
  if (!watts && objective != search::Objective::per_cost) return std::optional<search::Upkeep>{};
  const auto plate = power::nameplate(s.system, s.chip, s.systems, q.power);
  if (watts && !plate && !s.system.power)
    return no_figure(plate.error().reason, "--objective per-chip");
  search::Upkeep u;
  if (!watts) {
    const auto capital = tco::capital_of(s.system, s.chip, s.systems, q.prices);
    if (!capital) return no_figure(capital.error().reason, "--objective per-chip");
    u.fixed = (capital->value * tco::recovery_rate(q.prices)).base() / s.devices();
    u.by_watt = q.prices.electricity.value.base();
  }
  if (!plate) return std::optional<search::Upkeep>{};
  u.shares = q.power.chip;
  u.tdp = s.chip.tdp->value / (1.0 * s.chip.devices);
  u.around = plate->around / (1.0 * s.devices());
  u.steady = q.power.around.steady.value.base();
  u.pue = plate->pue;
  return std::optional(u);
}

}  // namespace

spec::Outcome<search::Deployment> solve(const Setup& setup, const Question& question,
                                        const mapping::PrecisionRequest& precision,
                                        const search::Request& request) {
  auto resolved = mapping::resolve(precision, question.llm, setup.chip);
  if (!resolved) return resolved.error();
  const auto machine = setup.machine(question.stack);
  search::Problem problem{question.llm, machine, *resolved, question.workload, setup.devices()};
  auto r = request;
  r.prefill_devices = question.prefill_chips * setup.chip.devices;
  r.decode_devices = question.decode_chips * setup.chip.devices;
  auto upkeep = upkeep_of(setup, question, r.objective);
  if (!upkeep) return upkeep.error();
  if (*upkeep) problem.upkeep = &**upkeep;
  if (!setup.prefill) {
    if (auto bad = missing_prefix_link(machine, setup, question)) return *bad;
    return search::find_deployment(problem, r);
  }
  auto prefill_precision = mapping::resolve(precision, question.llm, setup.prefill->chip);
  if (!prefill_precision) return prefill_precision.error();
  const auto prefill_machine = setup.prefill->machine(question.stack);
  if (auto bad = missing_prefix_link(prefill_machine, *setup.prefill, question)) return *bad;
  auto prefill_upkeep = upkeep_of(*setup.prefill, question, r.objective);
  if (!prefill_upkeep) return prefill_upkeep.error();
  search::PrefillSite site{prefill_machine, *prefill_precision, setup.prefill->devices()};
  if (*prefill_upkeep) site.upkeep = &**prefill_upkeep;
  problem.prefill = &site;
  problem.pool_link = link_between(setup, *setup.prefill);
  if (!problem.pool_link)
    return no_figure("the scale-out link between the two systems is not published", "");
  return search::find_deployment(problem, r);
}

}  // namespace perfmodel::cli
