// Row-wise kernels of a transformer layer: norm, softmax, SwiGLU, rotary embedding, conversions.
//
// Matrices are row-major; `columns` is a multiple of 128, for rope of 64. BF16 results are rounded
// once, to nearest even. NaN in the input of a quantising kernel is for the caller to keep out:
// what scale its block gets depends on the tier. All throw std::invalid_argument for sizes that do
// not fit and for tiers that this machine cannot run.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/registry/descriptor.hpp"
#include "kernels/rows/row_ops.hpp"

namespace perfmodel::kernels {

using RowOp = rows_detail::Op;
using Bf16In = std::span<const std::uint16_t>;
using Bf16Out = std::span<std::uint16_t>;

/// The same for all operations.
std::vector<Tier> row_tiers();

/// out = in / sqrt(mean(in^2) + epsilon) * weight, for each row (RMSNorm, arXiv 1910.07467).
void rmsnorm(Bf16In in, std::span<const float> weight, float epsilon, Bf16Out out,
             const Exec& exec);

/// The same into E4M3 with one scale per 128 columns, without rounding to BF16 in between.
void rmsnorm_quantise(Bf16In in, std::span<const float> weight, float epsilon,
                      std::span<std::uint8_t> codes, std::span<float> scales, const Exec& exec);

/// FP32 in and out; `in` and `out` may be the same.
void softmax(std::span<const float> in, std::int64_t columns, std::span<float> out,
             const Exec& exec);

/// out = gate / (1 + e^-gate) * up (arXiv 2002.05202).
void swiglu(Bf16In gate, Bf16In up, Bf16Out out, const Exec& exec);

/// Turns columns c and c + columns / 2 of each row by its own angles, given as cosines and sines
/// [row][columns / 2] (RoPE in the layout of Llama, arXiv 2104.09864).
void rope(Bf16In in, std::int64_t columns, std::span<const float> cosines,
          std::span<const float> sines, Bf16Out out, const Exec& exec);

/// BF16 to E4M3 with one FP32 scale per 128 columns: the codes and scales of formats/quantised.hpp.
void quantise_rows(Bf16In in, std::span<std::uint8_t> codes, std::span<float> scales,
                   const Exec& exec);
void dequantise_rows(std::span<const std::uint8_t> codes, std::span<const float> scales,
                     Bf16Out out, const Exec& exec);

}  // namespace perfmodel::kernels
