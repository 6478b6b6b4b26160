// Which formats a deployment stores and computes in, and what stands in where a chip lacks a type.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hw/chip.hpp"
#include "llm/llm_spec.hpp"
#include "spec/outcome.hpp"

namespace perfmodel::mapping {

/// What to do with 8-bit floats on a chip without FP8 units.
enum class Fallback : std::uint8_t { automatic, int8, widen };
inline std::vector<std::pair<std::string_view, Fallback>> fallback_options() {
  return {{"auto", Fallback::automatic}, {"int8", Fallback::int8}, {"widen", Fallback::widen}};
}

/// What the user may ask for; unset means as the model was released.
struct PrecisionRequest {
  std::optional<spec::Storage> weights;
  std::optional<spec::Storage> kv;
  std::optional<spec::Compute> compute;  // strict: no fallback
  Fallback fallback = Fallback::automatic;
};

/// What a chip multiplies weights in.
struct ComputeChoice {
  spec::Compute compute = spec::Compute::bf16;
  std::string how;  // empty when native, else for example "requantised to int8"
};
/// Empty where the chip has no type, of those published, that could stand in.
std::optional<ComputeChoice> compute_for(spec::Storage weights, const hw::Chip& chip,
                                         Fallback fallback);

struct Precision {
  spec::Storage attention = spec::Storage::bf16;
  spec::Storage ffn = spec::Storage::bf16;
  spec::Storage experts = spec::Storage::bf16;
  spec::Storage embedding = spec::Storage::bf16;
  spec::Storage head = spec::Storage::bf16;
  spec::Storage kv = spec::Storage::bf16;
  spec::Compute attention_gemm = spec::Compute::bf16;
  spec::Compute ffn_gemm = spec::Compute::bf16;
  spec::Compute expert_gemm = spec::Compute::bf16;
  spec::Compute head_gemm = spec::Compute::bf16;
  spec::Compute core = spec::Compute::bf16;  // scores and values, router
  spec::Compute indexer = spec::Compute::bf16;
  std::vector<std::string> fallbacks;  // named, for the answer
};

/// 4-bit weight formats of MoE models leave attention as released, as published 4-bit checkpoints
/// do.
spec::Outcome<Precision> resolve(const PrecisionRequest& request, const llm::LlmSpec& llm,
                                 const hw::Chip& chip);

}  // namespace perfmodel::mapping
