// What the tiers of the row-wise kernels have in common. Plain data only, as this header goes into
// units compiled for one instruction set.
#pragma once

#include <cstdint>

#include "kernels/formats/codes.hpp"

namespace perfmodel::kernels::rows_detail {

enum class Op : std::uint8_t {
  rmsnorm,           // out = in / rms(in) * weight
  rmsnorm_quantise,  // the same into E4M3 with 1x128 scales
  softmax,           // FP32 to FP32
  swiglu,            // out = in / (1 + e^-in) * other
  rope,              // pairs (c, c + columns / 2) turned by an angle of their row
  quantise,          // BF16 to E4M3 with 1x128 scales
  dequantise         // the reverse
};

/// Rows of `columns`, a multiple of 128 (rope: of 64), one after the other.
struct Work {
  const std::uint16_t* in;     // BF16
  const std::uint16_t* other;  // BF16: the second factor of swiglu
  const float* in_fp32;        // softmax
  const float* weight;  // rmsnorm: [columns]; rope: [row][columns / 2] cosines, sines after all
  const float* sines;   // rope
  std::uint16_t* out;   // BF16
  float* out_fp32;      // softmax
  std::uint8_t* codes;  // E4M3, in or out
  float* scales;        // [row][columns / 128], in or out
  const std::uint8_t* e4m3_of_bf16;  // quantise: the table of formats/e4m3_table.hpp
  std::int64_t columns;
  std::int64_t first, last;  // rows to work on
  float* scratch;            // softmax: of softmax_scratch(columns) floats
  bool past_caches;          // results are too large to stay in a cache, and lie on cache lines
  float epsilon;             // added to the mean square of rmsnorm
};
using Fn = void (*)(const Work&) noexcept;

/// Columns of softmax that share a maximum, in a vector, each lane its own.
inline constexpr std::int64_t kSoftmaxBlock = 512;
/// A row, and two vectors of at most sixteen lanes for each block of it.
constexpr std::int64_t softmax_scratch(std::int64_t columns) {
  return columns + 2 * 16 * ((columns + kSoftmaxBlock - 1) / kSoftmaxBlock);
}

Fn find_scalar(Op op);
Fn find_portable(Op op);
Fn find_avx2(Op op);
Fn find_avx512(Op op);
Fn find_avx512bf16(Op op);

}  // namespace perfmodel::kernels::rows_detail
