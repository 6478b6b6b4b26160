#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "calibrate/run.hpp"
#include "units/number.hpp"

namespace perfmodel::calibrate {
namespace {

using spec::Infeasible;
using spec::Why;

Infeasible cannot(std::string reason) {
  return {Why::invalid_mapping, std::move(reason), ""};
}

/// Published words for formats. "fp8" means the model's own FP8 where it was released in one, "fp4"
/// NVFP4 for the large products with attention as released.
std::optional<spec::Storage> storage_of(const std::string& word, const llm::LlmSpec& llm) {
  using spec::Storage;
  if (word == "fp8")
    return spec::info(llm.native.ffn).native == spec::Compute::fp8 ? llm.native.ffn : Storage::fp8;
  if (word == "fp4") return Storage::nvfp4;
  for (const auto& [name, storage] : spec::storage_options())
    if (word == name) return storage;
  // "int4 (MoE), int8 (rest)", "int8 (non-rope part)": the first word covers most of it.
  for (const auto& [name, storage] : spec::storage_options())
    if (word.starts_with(std::string(name) + " ")) return storage;
  return std::nullopt;
}

std::optional<spec::Compute> compute_of(const std::string& word) {
  for (const auto& [name, compute] : spec::compute_options())
    if (word == name) return compute;
  return std::nullopt;
}

spec::Outcome<mapping::Precision> precision_of(const Measurement& m, const llm::LlmSpec& llm,
                                               const hw::Chip& chip) {
  mapping::PrecisionRequest r;
  if (!m.weights.empty()) {
    r.weights = storage_of(m.weights, llm);
    if (!r.weights) return cannot(fmt::format("weight format '{}' is not known", m.weights));
    // The format as released is not a change of it: parts that stay wide do so.
    if (*r.weights == llm.native.experts) r.weights.reset();
  }
  if (!m.kv.empty()) {
    r.kv = storage_of(m.kv, llm);
    if (!r.kv) return cannot(fmt::format("cache format '{}' is not known", m.kv));
  } else if (m.activations == "fp8" || m.activations == "fp4") {
    // Where the cache's format is not published it is taken to be as wide as the activations allow:
    // engines that quantise activations to 8 bits or fewer keep 8-bit caches by default or in every
    // published recipe.
    r.kv = spec::Storage::fp8;
  }
  // Narrow weights multiplied by wider activations are widened first, unless the chip multiplies
  // the weights' own format: its kernels then narrow the activations to 8 bits on the way, whatever
  // the checkpoint calls them (MXFP4 on Blackwell).
  const auto activations = compute_of(m.activations);
  if (activations && m.activations != m.weights && chip.peak(*activations)) {
    const auto native = spec::info(r.weights.value_or(llm.native.experts)).native;
    const bool mixed =
        native == spec::Compute::fp4 && chip.peak(native) && chip.peak(spec::Compute::fp8);
    r.compute = mixed ? spec::Compute::fp8 : *activations;
  }
  return mapping::resolve(r, llm, chip);
}

/// Degrees with the gaps filled. Two conventions are about: tp as the size of an attention group
/// beside attn_dp, and tp as the size of the whole engine of which attn_dp is a part; the number of
/// devices tells which.
mapping::Parallelism parallelism_of(const Degrees& d, double devices, const llm::LlmSpec& llm) {
  mapping::Parallelism p;
  const double per_worker = devices / d.workers.value_or(1);
  p.pp = d.pp.value_or(1);
  p.dp = d.attn_dp.value_or(1);
  p.tp = d.tp.value_or(1);
  if (!d.tp && !d.attn_dp) {
    // Only expert parallelism is stated: attention is data-parallel over the same devices.
    const int size = d.moe_ep.value_or(static_cast<int>(std::max(1.0, std::floor(per_worker))));
    if (llm.is_moe())
      p.dp = size;
    else
      p.tp = mapping::nearest_tp(size, llm);
  } else if (d.attn_dp && p.tp % p.dp == 0 && p.dp > 1 && p.tp * p.dp * p.pp > per_worker) {
    p.tp /= p.dp;
  }
  const int stage = p.stage_devices();
  if (llm.is_moe()) {
    p.ep = d.moe_ep.value_or(d.moe_tp ? std::max(1, stage / *d.moe_tp) : stage);
    if (p.ep > stage || stage % p.ep != 0) p.ep = stage;
    p.moe_tp = stage / p.ep;
  }
  return p;
}

class Expresser {
 public:
  Expresser(const Measurement& m, Library& library, const cost::Stack& stack)
      : m_(m), library_(library), stack_(stack) {}

  spec::Outcome<Run> run() {
    if (!m_.mode)
      return cannot(fmt::format("mode '{}' is not one of those modelled", m_.mode_text));
    Run r;
    r.mode = *m_.mode;
    r.chips = m_.n_chips.value_or(0);
    const auto llm = library_.llm(m_.model);
    if (!llm) return llm.error();
    r.llm = *llm;
    if (beyond_any_machine(m_.prefill) || beyond_any_machine(m_.decode) || r.chips > kMostDevices)
      return cannot("more devices than any machine has");
    const auto first = library_.site(m_.chip, 1);
    if (!first) return first.error();
    if (r.chips <= 0) r.chips = chips_from_degrees(**first);
    const auto site = library_.site(m_.chip, r.chips);
    if (!site) return site.error();
    r.site = *site;
    if (auto bad = lengths(r)) return *bad;
    if (auto bad = load(r)) return *bad;
    const auto precision = precision_of(m_, *r.llm, r.site->chip);
    if (!precision) return precision.error();
    if (auto bad = pools(r, *precision)) return *bad;
    return r;
  }

 private:
  static constexpr double kMostDevices = 1e6;
  /// Drafted tokens of runs that only say that they speculate: the depth that SGLang's and
  /// TensorRT-LLM's recipes for models with a draft layer use.
  static constexpr int kUsualDepth = 3;
  static bool beyond_any_machine(const Degrees& d) {
    return 1.0 * d.workers.value_or(1) * d.tp.value_or(1) * d.pp.value_or(1) *
               d.attn_dp.value_or(1) >
           kMostDevices;
  }

  /// Runs that do not say how many chips took part say at least how wide the experts were spread.
  double chips_from_degrees(const Site& site) const {
    const auto& d = *m_.mode == Mode::prefill_only && m_.prefill.moe_ep ? m_.prefill : m_.decode;
    if (d.moe_ep) return static_cast<double>(*d.moe_ep) / site.chip.devices;
    if (d.tp)
      return static_cast<double>(*d.tp * d.attn_dp.value_or(1) * d.pp.value_or(1)) /
             site.chip.devices;
    // One server's worth for a dense model or a small one; the expert-parallel sizes that operators
    // publish for the rest.
    return *m_.mode == Mode::prefill_only ? 32.0 : 128.0;
  }

  std::optional<Infeasible> lengths(Run& r) const {
    auto& w = r.workload;
    w.input = m_.input.value_or(0);
    w.output = m_.output.value_or(0);
    w.spread = std::clamp(m_.jitter.value_or(0), 0.0, 1.0);
    w.prefix_hit = std::clamp(m_.prefix_hit.value_or(0), 0.0, 0.999);
    if (w.input < 1 && r.mode != Mode::decode_only)
      return cannot("the input length is not published");
    if (w.input < 1) return cannot("the cache length is not published");
    if (w.output < 1) w.output = 1;
    const bool needs_output = r.mode == Mode::aggregated || r.mode == Mode::disaggregated ||
                              r.mode == Mode::static_batch || r.mode == Mode::offline_max;
    if (needs_output && m_.output.value_or(0) < 1)
      return cannot("the output length is not published");
    if (w.input > r.llm->max_context) return cannot("the input is longer than the model's context");
    if (r.mode == Mode::decode_only) r.fixed_context = w.input;
    return std::nullopt;
  }

  std::optional<Infeasible> load(Run& r) const {
    r.concurrency = m_.concurrency.value_or(0);
    r.batch_per_chip = m_.batch_per_chip.value_or(0);
    const bool unknown_depth = m_.notes.find("depth not published") != std::string::npos;
    r.drafted = unknown_depth
                    ? kUsualDepth
                    : static_cast<int>(std::clamp(m_.draft_tokens.value_or(0), 0.0, 64.0));
    r.balanced = note_balanced();
    if (m_.accepted) r.accepted = std::clamp(*m_.accepted, 0.0, 64.0);
    const bool loaded = r.concurrency > 0 || r.batch_per_chip > 0;
    if (r.mode == Mode::static_batch || r.mode == Mode::aggregated ||
        r.mode == Mode::disaggregated || r.mode == Mode::decode_only) {
      if (!loaded) {
        const auto in_flight = note_in_flight();
        if (!in_flight) return cannot("neither concurrency nor batch is published");
        r.concurrency = *in_flight;
      }
    }
    return std::nullopt;
  }

  /// Runs whose routing was replaced by an even one, to show what perfect balancing of experts
  /// would give, say so in their notes, in these words.
  bool note_balanced() const {
    const auto notes = lower(m_.notes);
    const auto has = [&](std::string_view words) { return notes.find(words) != std::string::npos; };
    if (has("perfect eplb") || has("(perfect) eplb")) return true;
    return has("simulated") && (has("balanced") || has("simulated balance"));
  }

  /// Open-loop runs state the mean number in flight in their notes.
  std::optional<double> note_in_flight() const {
    for (std::string_view key : {"in-flight about ", "mean in-flight "}) {
      const auto at = m_.notes.find(key);
      if (at == std::string::npos) continue;
      const double v = std::strtod(m_.notes.c_str() + at + key.size(), nullptr);
      if (v > 0) return v;
    }
    return std::nullopt;
  }

  spec::Outcome<Pool> pool(const Run& r, const Degrees& degrees, double chips,
                           const mapping::Precision& precision) const {
    Pool p;
    const double devices = std::max(1.0, chips * r.site->chip.devices);
    const auto parallelism = parallelism_of(degrees, devices, *r.llm);
    p.chips = chips;
    p.workers = degrees.workers.value_or(
        static_cast<int>(std::max(1.0, std::floor(devices / parallelism.devices()))));
    p.systems = static_cast<int>(std::ceil(
        std::max(chips, static_cast<double>(parallelism.devices()) / r.site->chip.devices) /
        r.site->system.chip_count()));
    const auto machine =
        cost::make_machine(r.site->chip, r.site->system, p.systems, &r.site->family, stack_);
    auto plan = phase::compile(*r.llm, parallelism, precision, machine, r.drafted);
    if (!plan) return plan.error();
    p.plan = std::move(*plan);
    return p;
  }

  std::optional<Infeasible> pools(Run& r, const mapping::Precision& precision) const {
    if (r.mode == Mode::disaggregated) {
      double prefill_chips = m_.note_number("prefill_chips").value_or(0);
      double decode_chips = m_.note_number("decode_chips").value_or(0);
      if (prefill_chips <= 0 || decode_chips <= 0) {
        prefill_chips = engine_chips(m_.prefill, r);
        decode_chips = engine_chips(m_.decode, r);
      }
      auto prefill = pool(r, m_.prefill, prefill_chips, precision);
      if (!prefill) return prefill.error();
      r.prefill = std::move(*prefill);
      auto decode = pool(r, m_.decode, decode_chips, precision);
      if (!decode) return decode.error();
      r.decode = std::move(*decode);
      if (!m_.n_chips) r.chips = prefill_chips + decode_chips;
      // A batch is what decodes.
      if (r.concurrency <= 0) r.concurrency = r.batch_per_chip * decode_chips;
      return std::nullopt;
    }
    const bool prefill_degrees =
        r.mode == Mode::prefill_only && (m_.prefill.tp || m_.prefill.moe_ep || m_.prefill.attn_dp);
    auto one = pool(r, prefill_degrees ? m_.prefill : m_.decode, r.chips, precision);
    if (!one) return one.error();
    r.decode = std::move(*one);
    return std::nullopt;
  }

  static double engine_chips(const Degrees& d, const Run& r) {
    const double devices =
        static_cast<double>(d.tp.value_or(1)) * d.pp.value_or(1) * d.attn_dp.value_or(1);
    return d.workers.value_or(1) * devices / r.site->chip.devices;
  }

  const Measurement& m_;
  Library& library_;
  const cost::Stack& stack_;
};

}  // namespace

spec::Outcome<Run> express(const Measurement& m, Library& library, const cost::Stack& stack) {
  return Expresser(m, library, stack).run();
}

}  // namespace perfmodel::calibrate
