// What the tiers of GEMM have in common. Plain data only, as this header goes into units compiled
// for one instruction set.
//
// Weights are packed in panels of 32 output channels, so that a tile of C is a few rows by 32
// columns. A panel is decoded once, into a buffer that stays in L1, and multiplied with all rows.
#pragma once

#include <cstdint>

#include "kernels/formats/codes.hpp"

namespace perfmodel::kernels::gemm_detail {

inline constexpr std::int64_t kPanel = 32;

/// One tile of C, over the columns of one chunk.
struct Tile {
  // FP32 [k][tile_rows], BF16 pairs [k / 2][tile_rows][2], or BF16 tiles [k /
  // 32][part][tile_rows][32]
  const void* a;
  // FP32 [k][32], BF16 pairs [k / 2][32][2], or BF16 tiles [k / 32][part][16][32][2]
  const void* b;
  std::int64_t rows;           // of the tile that exist, 1 .. tile_rows
  std::int64_t blocks;         // of the chunk
  std::int64_t block_columns;  // of a block, all under the same scales
  const float* scales;         // [block][32]
  const float* row_scales;     // [block][tile_rows], or nullptr for 1
  float* c;
  std::int64_t c_stride;
  bool first;  // C is set, otherwise added to
  // Packed weights that come next: a tier may prefetch `ahead_bytes` of them with each two columns.
  const void* ahead;
  std::int64_t ahead_bytes;
};
using TileFn = void (*)(const Tile&) noexcept;

/// `count` codes, a multiple of 128, to FP32 or BF16. The values of weights come without `gain`.
using WidenFn = void (*)(const std::uint8_t* codes, std::int64_t count, void* out) noexcept;

/// Multiplies pairs of BF16 weights [columns / 2][32][2] by powers of two, one for each channel.
using FoldFn = void (*)(void* pairs, std::int64_t columns, const float* scales) noexcept;

/// How weights lie within a panel, and what the multiplication reads.
enum class Layout : std::uint8_t {
  plain,  // [k][32]
  // [k / 2][64]: pairs along k. 16-bit codes: [32][2]. 8-bit codes: in each 16-byte lane l four
  // pairs of columns 4 l .. 4 l + 3, then four of 16 + 4 l .. 19 + 4 l: the order in which
  // unpacking bytes to BF16 within lanes gives columns 0 .. 15 in one register and 16 .. 31 in
  // another. 4-bit codes: two pairs along k at a time, in each 16-bit word the codes of columns l
  // and 16 + l of the first pair, then of the second: the order in which shifting words gives them.
  pairs,
  // Weights packed like pairs. What is multiplied are tiles of 16 rows by 64 bytes, 32 columns at a
  // time: pairs along k for weights, rows in order for activations. A format that BF16 does not
  // hold is the sum of two parts that it does.
  tiles
};
inline constexpr std::int64_t kTileColumns = 32;

/// Of `Functions::fused_tiles`: weights are decoded in registers however many rows there are.
inline constexpr std::int64_t kAllTiles = INT64_MAX;

// Without initialisers, whose constructor the linker could take from a unit of a higher tier.
struct Functions {
  TileFn tile;
  WidenFn activations;
  WidenFn weights;  // nullptr: the packed codes are the BF16 values already
  std::int64_t tile_rows;
  Layout layout;
  float gain;  // the product of the tile is to be multiplied by this
  // The same as `tile` to the bit, with the packed codes for `b`, which it decodes in registers:
  // for a matrix that is multiplied with no more than so many tiles. Or nullptr.
  TileFn fused;
  std::int64_t fused_tiles;
  // Of `tiles` only:
  std::int64_t weight_parts, activation_parts;
  FoldFn fold;  // nullptr where weights have no room for the exponents of their scales
  // Called by each thread around its multiplications.
  void (*enter)() noexcept;
  void (*leave)() noexcept;
};

/// `tile` is nullptr where the tier does not have the combination.
Functions find_scalar(Format weights, Format activations);
Functions find_portable(Format weights, Format activations);
Functions find_avx2(Format weights, Format activations);
Functions find_avx512(Format weights, Format activations);
Functions find_avx512bf16(Format weights, Format activations);
Functions find_amx(Format weights, Format activations);

}  // namespace perfmodel::kernels::gemm_detail
