// Decode attention by AMX: TDPBF16PS on tiles of BF16, fed by AVX-512.
#include <immintrin.h>

#include "kernels/attention/decode_task.hpp"
#include "kernels/simd/amx_tiles.hpp"
#include "kernels/simd/avx512.hpp"
#include "kernels/simd/bf16_pairs.hpp"

#define SIMD_INLINE inline

namespace perfmodel::kernels::attention_detail {
namespace {
#include "kernels/simd/exp.hpp"
//
#include "kernels/attention/decode_softmax.hpp"
//
#include "kernels/attention/decode_pairs.hpp"
//
#include "kernels/attention/decode_pair_rows.hpp"

/// Pairs of tokens of all heads, transposed as 16 by 16 numbers of 32 bits.
inline void transpose_weights(float* weight, std::uint16_t* out) {
  alignas(64) std::uint32_t pairs[16 * 16];
  pair_weights<16, 32>(weight, 32, pairs);
  __m512i a[16], b[16];
  for (int i = 0; i < 16; ++i) a[i] = _mm512_load_si512(pairs + 16 * i);
  // Of each four vectors those of a head by four, within the lanes of 16 bytes; then the lanes.
  for (int i = 0; i < 16; i += 4) {
    const __m512i low0 = _mm512_unpacklo_epi32(a[i], a[i + 1]);
    const __m512i low1 = _mm512_unpacklo_epi32(a[i + 2], a[i + 3]);
    const __m512i high0 = _mm512_unpackhi_epi32(a[i], a[i + 1]);
    const __m512i high1 = _mm512_unpackhi_epi32(a[i + 2], a[i + 3]);
    b[i] = _mm512_unpacklo_epi64(low0, low1);
    b[i + 1] = _mm512_unpackhi_epi64(low0, low1);
    b[i + 2] = _mm512_unpacklo_epi64(high0, high1);
    b[i + 3] = _mm512_unpackhi_epi64(high0, high1);
  }
  // b[4 i + j], lane l: pairs 4 i .. 4 i + 3 of head 4 l + j.
  for (int j = 0; j < 4; ++j) {
    const __m512i even0 = _mm512_shuffle_i32x4(b[j], b[j + 4], 0x88);
    const __m512i even1 = _mm512_shuffle_i32x4(b[j + 8], b[j + 12], 0x88);
    const __m512i odd0 = _mm512_shuffle_i32x4(b[j], b[j + 4], 0xDD);
    const __m512i odd1 = _mm512_shuffle_i32x4(b[j + 8], b[j + 12], 0xDD);
    _mm512_storeu_si512(out + 32 * j, _mm512_shuffle_i32x4(even0, even1, 0x88));
    _mm512_storeu_si512(out + 32 * (j + 8), _mm512_shuffle_i32x4(even0, even1, 0xDD));
    _mm512_storeu_si512(out + 32 * (j + 4), _mm512_shuffle_i32x4(odd0, odd1, 0x88));
    _mm512_storeu_si512(out + 32 * (j + 12), _mm512_shuffle_i32x4(odd0, odd1, 0xDD));
  }
}

#include "kernels/attention/decode_amx_body.hpp"

}  // namespace

PairTier find_amx(Format cache) {
  return tier_of_tiles(cache);
}

}  // namespace perfmodel::kernels::attention_detail
