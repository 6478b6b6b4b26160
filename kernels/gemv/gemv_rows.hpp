// What the tiers of GEMV have in common: one call computes some rows. Plain data only, as this
// header goes into units compiled for one instruction set.
#pragma once

#include <cstdint>

#include "kernels/formats/codes.hpp"

namespace perfmodel::kernels::gemv_detail {

/// How far ahead, in bytes, of each of its four rows a tier prefetches: about what it takes to
/// cover the latency of memory where the hardware prefetchers stop, at the end of a page, and what
/// decoding takes out of the reach of the processor's own window. Measured: 2 KiB beats 0, 0.5, 1,
/// 4 and 8 KiB by 5 to 20 % with FP8 weights of 4096 columns; half a KiB more is some 5 % for MX,
/// and as much less for 16 bits.
template <Format F>
inline constexpr std::int64_t kAhead = kBits<F> == 16 ? 2048 : 2560;
/// The same for the exponents of MX, of which there is one for 16 or 32 bytes of weights.
inline constexpr std::int64_t kExponentsAhead = 256;

/// Columns under one scale.
enum class Step : std::uint8_t { whole, block128, mx32 };

struct Rows {
  const std::uint8_t* codes;  // of row 0
  std::int64_t row_bytes;
  std::int64_t columns;  // padded: a multiple of 128
  // Step whole and block128: scale of (row, column) at scales[row / rows_per_scale * scale_stride +
  // column / 128], or without the column. Step mx32: exponents[row * scale_stride + column / 32],
  // whose value is in `powers`.
  const float* scales;
  std::int64_t rows_per_scale;
  std::int64_t scale_stride;
  const std::uint8_t* exponents;
  const float* powers;  // 256 values of UE8M0
  const void* x;        // as `Prepare` left it
  float* y;
  std::int64_t first, last;  // rows to compute
};
using RowsFn = void (*)(const Rows&) noexcept;

/// Brings `columns` activations into the form that the tier wants; `out` has room for as many
/// floats.
using PrepareFn = void (*)(const std::uint16_t* x, std::int64_t columns, void* out) noexcept;

// Without initialisers, whose constructor the linker could take from a unit of a higher tier.
struct Functions {
  RowsFn rows;
  PrepareFn prepare;
};

/// nullptrs where the tier does not have the combination.
Functions find_scalar(Format weights, Step step, Format activations);
Functions find_portable(Format weights, Step step, Format activations);
Functions find_avx2(Format weights, Step step, Format activations);
Functions find_avx512(Format weights, Step step, Format activations);
Functions find_avx512bf16(Format weights, Step step, Format activations);
Functions find_avx512fp16(Format weights, Step step, Format activations);

}  // namespace perfmodel::kernels::gemv_detail
