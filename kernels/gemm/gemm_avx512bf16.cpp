// GEMM by VDPBF16PS: weights and activations that BF16 holds exactly, sums in FP32.
//
// Twice the FP32 rate where a unit for it exists (AMD Zen 5), half of it elsewhere (Intel Sapphire
// Rapids, where AMX is what BF16 is for).
#include <immintrin.h>

#include "kernels/gemm/gemm_tile.hpp"
#include "kernels/gemm/widen_pairs.hpp"

namespace perfmodel::kernels::gemm_detail {

namespace {

constexpr int kTileRows = 12;  // 12 x 2 sums, 2 weights: 26 of 32 registers

/// `t.b` holds codes of F as they are packed: BF16, or what is decoded in registers.
template <Format F, int R>
void tile_of(const Tile& t) noexcept {
  constexpr int kVectors = Bf16Decoder<F>::kVectors, kBytes = 4 * kVectors * kBits<F>;
  const Bf16Decoder<F> decoder;
  const auto* a = static_cast<const std::int32_t*>(t.a);
  const auto* b = static_cast<const std::uint8_t*>(t.b);
  const auto* ahead = static_cast<const char*>(t.ahead);
  const std::int64_t ahead_step = t.ahead_bytes;
  for (int r = 0; r < R; ++r) {
    _mm_prefetch(reinterpret_cast<const char*>(t.c + r * t.c_stride), _MM_HINT_T0);
    _mm_prefetch(reinterpret_cast<const char*>(t.c + r * t.c_stride + 16), _MM_HINT_T0);
  }
  // With several blocks the totals stay here, on neighbouring lines: rows of C are often a power of
  // two apart and then share one set of the cache.
  alignas(64) float totals[R * kPanel];
  for (std::int64_t i = 0; i < t.blocks; ++i) {
    __m512 sum[R][2];
    for (int r = 0; r < R; ++r) sum[r][0] = sum[r][1] = _mm512_setzero_ps();
    for (std::int64_t k = 0; k < t.block_columns; k += kVectors) {
      __m512i w[kVectors];
      decoder.decode64(b, w);
      b += kBytes;
      for (int v = 0; v < kVectors; v += 2) {
        _mm_prefetch(ahead, _MM_HINT_T1);
        _mm_prefetch(ahead + ahead_step / 2, _MM_HINT_T1);  // another line where codes have 16 bits
        for (int r = 0; r < R; ++r) {
          const __m512i x = broadcast_pair(a[r]);
          sum[r][0] = dot_pairs(sum[r][0], w[v], x);
          sum[r][1] = dot_pairs(sum[r][1], w[v + 1], x);
        }
        a += kTileRows;
        ahead += ahead_step;
      }
    }
    const __m512 scale[2] = {_mm512_loadu_ps(t.scales + i * kPanel),
                             _mm512_loadu_ps(t.scales + i * kPanel + 16)};
    // Loops without conditions inside, which the compiler unrolls, so that the sums stay in
    // registers.
    if (t.row_scales != nullptr) {
      for (int r = 0; r < R; ++r) {
        const __m512 s = _mm512_set1_ps(t.row_scales[i * kTileRows + r]);
        for (int v = 0; v < 2; ++v) sum[r][v] = _mm512_mul_ps(sum[r][v], s);
      }
    }
    if (i == 0) {
      for (int r = 0; r < R; ++r) {
        for (int v = 0; v < 2; ++v)
          _mm512_store_ps(totals + r * kPanel + 16 * v, _mm512_mul_ps(sum[r][v], scale[v]));
      }
    } else {
      for (int r = 0; r < R; ++r) {
        for (int v = 0; v < 2; ++v) {
          float* total = totals + r * kPanel + 16 * v;
          _mm512_store_ps(total, _mm512_fmadd_ps(sum[r][v], scale[v], _mm512_load_ps(total)));
        }
      }
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < 2; ++v) {
      float* c = t.c + r * t.c_stride + 16 * v;
      const __m512 total = _mm512_load_ps(totals + r * kPanel + 16 * v);
      _mm512_storeu_ps(c, t.first ? total : _mm512_add_ps(total, _mm512_loadu_ps(c)));
    }
  }
}

template <Format F, int R>
void tile_up_to(const Tile& t) noexcept {
  if (t.rows == R) {
    tile_of<F, R>(t);
  } else if constexpr (R > 1) {
    tile_up_to<F, R - 1>(t);
  }
}

template <Format F, int R>
void tile(const Tile& t) noexcept {
  tile_up_to<F, R>(t);
}

TileFn fused_tile(Format weights) {
  switch (weights) {
    case Format::e4m3:
      return tile<Format::e4m3, kTileRows>;
    case Format::e5m2:
      return tile<Format::e5m2, kTileRows>;
    case Format::int8:
      return tile<Format::int8, kTileRows>;
    case Format::e2m1:
      return tile<Format::e2m1, kTileRows>;
    default:
      return nullptr;
  }
}

}  // namespace

Functions find_avx512bf16(Format weights, Format activations) {
  Functions f{};
  f.weights = weights == Format::bf16 ? nullptr : widen_weights(weights);
  f.activations = widen_activations(activations);
  if ((f.weights == nullptr && weights != Format::bf16) || f.activations == nullptr) return {};
  f.tile = tile<Format::bf16, kTileRows>;
  f.fused = fused_tile(weights);
  // Decoding once for each tile beats a buffer, whose filling waits for memory, for so many; INT8
  // takes more than a look into tables.
  f.fused_tiles = weights == Format::int8 ? 1 : 4;
  f.tile_rows = kTileRows;
  f.gain = 1.0F;
  f.layout = Layout::pairs;
  return f;
}

}  // namespace perfmodel::kernels::gemm_detail
