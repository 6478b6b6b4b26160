#include "mapping/precision.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace perfmodel::mapping {
namespace {

using spec::Compute;
using spec::Storage;

bool has(const hw::Chip& chip, Compute c) {
  return chip.peak(c).has_value();
}

/// The 16-bit type that the chip multiplies in, preferring `wanted`.
std::optional<Compute> sixteen_bit(const hw::Chip& chip, Compute wanted) {
  const auto other = wanted == Compute::bf16 ? Compute::fp16 : Compute::bf16;
  if (has(chip, wanted)) return wanted;
  if (has(chip, other)) return other;
  return std::nullopt;
}

void apply_weights(Precision& p, Storage weights, const llm::LlmSpec& llm) {
  p.ffn = weights;
  p.experts = weights;
  const bool four_bit = spec::info(weights).bits <= 4;
  if (!(four_bit && llm.is_moe())) p.attention = weights;
  if (spec::info(weights).bits >= 16) {
    p.embedding = weights;
    p.head = weights;
  }
}

std::string list_of_types(const hw::Chip& chip) {
  std::string s;
  for (const auto& [name, type] : spec::compute_options()) {
    if (!has(chip, type)) continue;
    if (!s.empty()) s += ", ";
    s += name;
  }
  return s;
}

spec::Infeasible no_peak(const hw::Chip& chip) {
  return {spec::Why::missing_figure,
          fmt::format("no 16-bit matrix peak of {} is published (chip.matrix.fp16)", chip.id),
          "--assume to use the value of its family"};
}

}  // namespace

std::optional<ComputeChoice> compute_for(Storage s, const hw::Chip& chip, Fallback fallback) {
  const auto native = spec::info(s).native;
  if (native == Compute::int4) {
    // 4-bit integers are a weight-only format: activations stay in 16 bits.
    if (auto wide = sixteen_bit(chip, Compute::bf16))
      return ComputeChoice{*wide, fmt::format("weights widened to {}", name_of(*wide))};
    return std::nullopt;
  }
  if (has(chip, native)) return ComputeChoice{native, ""};
  if (native == Compute::fp4 && has(chip, Compute::fp8) && fallback != Fallback::widen)
    return ComputeChoice{Compute::fp8, "weights widened to fp8"};
  if (native == Compute::fp8 && has(chip, Compute::int8) && fallback != Fallback::widen)
    return ComputeChoice{Compute::int8, "requantised to int8"};
  const auto wanted = native == Compute::fp16 ? Compute::fp16 : Compute::bf16;
  if (auto wide = sixteen_bit(chip, wanted)) {
    const bool narrow = spec::info(s).bits < 16;
    return ComputeChoice{
        *wide, fmt::format("{} {}", narrow ? "weights widened to" : "computed in", name_of(*wide))};
  }
  return std::nullopt;
}

spec::Outcome<Precision> resolve(const PrecisionRequest& request, const llm::LlmSpec& llm,
                                 const hw::Chip& chip) {
  Precision p;
  p.attention = llm.native.attention;
  p.ffn = llm.native.ffn;
  p.experts = llm.native.experts;
  p.embedding = llm.native.embedding;
  p.head = llm.native.head;
  p.kv = request.kv.value_or(llm.native.kv);
  if (request.weights) apply_weights(p, *request.weights, llm);

  if (request.compute && !has(chip, *request.compute)) {
    return spec::Infeasible{
        spec::Why::unsupported_type,
        fmt::format("{} has no {} matrix unit{}", chip.id, name_of(*request.compute),
                    chip.absent[spec::index(*request.compute)] ? "" : " that is known"),
        fmt::format("--compute one of {}", list_of_types(chip))};
  }
  const auto core = sixteen_bit(chip, Compute::bf16);
  if (!core) return no_peak(chip);
  p.core = *core;
  p.indexer = has(chip, Compute::fp8) ? Compute::fp8 : *core;

  const auto set = [&](Storage s, Compute& out) {
    // Wide tensors stay wide when a narrow compute type is asked for.
    if (request.compute && spec::info(s).bits < 16) {
      out = *request.compute;
      return true;
    }
    const auto c = compute_for(s, chip, request.fallback);
    if (!c) return false;
    out = c->compute;
    if (c->how.empty()) return true;
    auto line = fmt::format("{} {} on {}", name_of(s), c->how, chip.id);
    if (std::find(p.fallbacks.begin(), p.fallbacks.end(), line) == p.fallbacks.end())
      p.fallbacks.push_back(std::move(line));
    return true;
  };
  if (!set(p.attention, p.attention_gemm) || !set(p.ffn, p.ffn_gemm) ||
      !set(p.experts, p.expert_gemm) || !set(p.head, p.head_gemm)) {
    return no_peak(chip);
  }
  return p;
}

}  // namespace perfmodel::mapping
