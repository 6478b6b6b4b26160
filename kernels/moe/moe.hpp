// What a mixture of experts does around its grouped GEMM: choose experts, bring rows together,
// exchange them between partitions, send them back, add them up.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/registry/descriptor.hpp"

namespace perfmodel::kernels {

/// Tiers that move rows; the scalar one has no stores past the caches and moves them all the same.
std::vector<Tier> shuffle_tiers();

/// Rows are of `row_floats` 32-bit words, a multiple of 32, whatever they hold; outputs start on a
/// cache line. gather: out[i] = in[index[i]]. scatter: out[index[i]] = in[i], no index twice.
/// Throws std::invalid_argument for sizes that do not fit and indices beyond the rows.
void gather_rows(std::span<const float> in, std::int64_t row_floats,
                 std::span<const std::int32_t> index, std::span<float> out, const Exec& exec);
void scatter_rows(std::span<const float> in, std::int64_t row_floats,
                  std::span<const std::int32_t> index, std::span<float> out, const Exec& exec);

/// All-to-all: partition p of `in` has counts[p * partitions] rows for partition 0, then
/// counts[p * partitions + 1] for partition 1, and so on; partition q of `out` has what partition 0
/// sent it, then what partition 1 did. Partitions follow one another. Each thread fetches what its
/// partitions (those whose number it is, modulo the threads) receive. Rows as above.
void shuffle_rows(std::span<const float> in, std::int64_t row_floats, std::int64_t partitions,
                  std::span<const std::int64_t> counts, std::span<float> out, const Exec& exec);

/// out[t] += sum over i < top of weights[t][i] * in[index[t][i]], in FP32 and in that order, where
/// top = index.size() / rows of out. Rows are of `columns` values. One tier, plain C++: it waits
/// for memory.
void combine_rows(std::span<const float> in, std::int64_t columns,
                  std::span<const std::int32_t> index, std::span<const float> weights,
                  std::span<float> out, const Exec& exec);

/// The `top` experts of each token by logit, largest first, lower number first among equals; and
/// their softmax weights, renormalised to sum up to one (as Mixtral and Qwen3 route). Outputs
/// [token][top]. One tier, plain C++: a few hundred logits per token are nothing beside the
/// experts.
void route(std::span<const float> logits, std::int64_t experts, std::int64_t top,
           std::span<std::int32_t> ids, std::span<float> weights, const Exec& exec);

}  // namespace perfmodel::kernels
