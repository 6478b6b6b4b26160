// GEMM by AMX: TDPBF16PS on tiles of BF16, fed by AVX-512.
//
// FP16 is the sum of two BF16 numbers: itself, rounded to 8 of its 11 bits, and what is left, which
// has 3; BF16 has the smaller exponents. Products are three of BF16, each exact. Infinity has no
// such sum and becomes NaN.
#include <immintrin.h>

#include "kernels/gemm/gemm_tile.hpp"
#include "kernels/gemm/widen_pairs.hpp"
#include "kernels/simd/amx_tiles.hpp"

namespace perfmodel::kernels::gemm_detail {

namespace {

#include "kernels/gemm/gemm_amx_body.hpp"

/// 32 FP16 codes in two BF16 parts. Rounded, not cut off, so that the low part is small and has
/// either sign.
void split32(const std::uint8_t* codes, std::uint8_t* high, std::uint8_t* low) {
  const __m512i h = _mm512_loadu_si512(codes);
  const __m512 v0 = _mm512_cvtph_ps(_mm512_castsi512_si256(h));
  const __m512 v1 = _mm512_cvtph_ps(_mm512_extracti64x4_epi64(h, 1));
  const auto rounded = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(v1, v0));
  const __m512i wide0 = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(rounded));
  const __m512i wide1 = _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(rounded, 1));
  const __m512 l0 = _mm512_sub_ps(v0, reinterpret_cast<__m512>(_mm512_slli_epi32(wide0, 16)));
  const __m512 l1 = _mm512_sub_ps(v1, reinterpret_cast<__m512>(_mm512_slli_epi32(wide1, 16)));
  _mm512_storeu_si512(high, rounded);
  _mm512_storeu_si512(low, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(l1, l0)));
}

/// [count / group][part][group]: a group of activations is a row of a tile, one of weights a step.
template <std::int64_t Group>
void split(const std::uint8_t* codes, std::int64_t count, void* out) noexcept {
  auto* o = static_cast<std::uint8_t*>(out);
  for (std::int64_t i = 0; i < count; i += Group) {
    for (std::int64_t j = 0; j < Group; j += 32)
      split32(codes + 2 * (i + j), o + 4 * i + 2 * j, o + 4 * i + 2 * (Group + j));
  }
}

void fold(void* pairs, std::int64_t columns, const float* scales) noexcept {
  auto* p = static_cast<std::uint8_t*>(pairs);
  const __m512i magnitude = _mm512_set1_epi16(0x7FFF);
  __m512i exponent[2];
  for (int half = 0; half < 2; ++half) {
    const __m512i bits = _mm512_loadu_si512(scales + 16 * half);
    const __m512i e = _mm512_sub_epi32(_mm512_srli_epi32(bits, 23), _mm512_set1_epi32(127));
    const __m512i low = _mm512_and_si512(_mm512_slli_epi32(e, 7), _mm512_set1_epi32(0xFFFF));
    exponent[half] = _mm512_or_si512(low, _mm512_slli_epi32(low, 16));
  }
  for (std::int64_t k = 0; k < columns; k += 2) {
    for (int half = 0; half < 2; ++half, p += 64) {
      const __m512i w = _mm512_loadu_si512(p);
      const __mmask32 some = _mm512_test_epi16_mask(w, magnitude);
      _mm512_storeu_si512(p, _mm512_mask_add_epi16(w, some, w, exponent[half]));
    }
  }
}

void enter() noexcept {
  Tiles::configure();
}
void leave() noexcept {
  Tiles::release();
}

}  // namespace

Functions find_amx(Format weights, Format activations) {
  return with_widening(weights, activations,
                       weights == Format::fp16 ? split<1024> : widen_weights(weights),
                       activations == Format::fp16 ? split<32> : widen_activations(activations));
}

}  // namespace perfmodel::kernels::gemm_detail
