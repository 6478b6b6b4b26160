// FP32 vectors of AVX-512. For translation units compiled with -mavx512f/bw/dq/vl only; everything
// is local to the unit, so that the linker cannot lend a function to code for lesser machines.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "kernels/formats/codes.hpp"

namespace perfmodel::kernels {
namespace {

struct Simd {
  using V = __m512;
  static constexpr int kLanes = 16;
  static constexpr int kTileRows = 12;    // 12 x 2 sums, 2 weights: 26 of 32 registers
  static constexpr int kTileVectors = 2;  // vectors of a tile row

  static V zero() { return _mm512_setzero_ps(); }
  static V set(float x) { return _mm512_set1_ps(x); }
  static V load(const float* p) { return _mm512_loadu_ps(p); }
  /// Into a register even where several operations could each load it for themselves.
  static V load_once(const float* p) {
    V v = load(p);
    asm("" : "+v"(v));
    return v;
  }
  static void store(float* p, V v) { _mm512_storeu_ps(p, v); }
  /// Past the caches; `p` on a boundary of the vector.
  static void stream(float* p, V v) { _mm512_stream_ps(p, v); }
  static void finish_streams() { _mm_sfence(); }
  static V add(V a, V b) { return _mm512_add_ps(a, b); }
  static V sub(V a, V b) { return _mm512_sub_ps(a, b); }
  static V mul(V a, V b) { return _mm512_mul_ps(a, b); }
  static V div(V a, V b) { return _mm512_div_ps(a, b); }
  static V max(V a, V b) { return _mm512_max_ps(a, b); }
  static V min(V a, V b) { return _mm512_min_ps(a, b); }
  static V fma(V a, V b, V c) { return _mm512_fmadd_ps(a, b, c); }
  static V abs(V a) { return _mm512_abs_ps(a); }
  static float sum(V v) { return _mm512_reduce_add_ps(v); }
  /// The sums of sixteen vectors: four rounds that each add halves of two and leave half as many.
  template <int N>
  static void sums(const V* v, float* out) {
    static_assert(N == 16);
    V eight[8], four[4], two[2];
    for (int i = 0; i < 8; ++i)
      eight[i] = add(_mm512_shuffle_f32x4(v[i], v[i + 8], 0x44),
                     _mm512_shuffle_f32x4(v[i], v[i + 8], 0xEE));
    for (int i = 0; i < 4; ++i)
      four[i] = add(_mm512_shuffle_f32x4(eight[i], eight[i + 4], 0x88),
                    _mm512_shuffle_f32x4(eight[i], eight[i + 4], 0xDD));
    for (int i = 0; i < 2; ++i)
      two[i] =
          add(_mm512_unpacklo_ps(four[i], four[i + 2]), _mm512_unpackhi_ps(four[i], four[i + 2]));
    const V one = add(_mm512_unpacklo_ps(two[0], two[1]), _mm512_unpackhi_ps(two[0], two[1]));
    const __m512i order = _mm512_setr_epi32(0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15);
    _mm512_storeu_ps(out, _mm512_permutexvar_ps(order, one));
  }
  static float largest(V v) { return _mm512_reduce_max_ps(v); }
  static void prefetch(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0); }
  static V round(V v) {
    return _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  /// v * 2^n for integral n; saturates to 0 and infinity.
  static V scale_by_power(V v, V n) { return _mm512_scalef_ps(v, n); }

  /// What decode<F> leaves out: the values are to be multiplied by this.
  template <Format F>
  static constexpr float kGain = F == Format::e4m3 ? 256.0F : 1.0F;

  /// kLanes values in BF16, in the upper halves, to nearest even; NaN stays NaN.
  static __m512i to_bf16(V v) {
    const __m512i bits = _mm512_castps_si512(v);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i r = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7FFF)), odd);
    const __mmask16 nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
    return _mm512_mask_or_epi32(r, nan, bits, _mm512_set1_epi32(0x400000));
  }
  /// The upper halves of the elements of both, in order.
  static __m512i upper_halves(__m512i a, __m512i b) {
    const __m512i odd =
        _mm512_set_epi16(63, 61, 59, 57, 55, 53, 51, 49, 47, 45, 43, 41, 39, 37, 35, 33, 31, 29, 27,
                         25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
    return _mm512_permutex2var_epi16(a, odd, b);
  }
  /// 32 values; past the caches only on a cache line.
  static void store_bf16(std::uint16_t* p, const V* v, bool past_caches) {
    const __m512i words = upper_halves(to_bf16(v[0]), to_bf16(v[1]));
    if (past_caches) {
      _mm512_stream_si512(reinterpret_cast<__m512i*>(p), words);
    } else {
      _mm512_storeu_si512(p, words);
    }
  }
  /// kLanes values in E4M3, to nearest even, saturated; NaN stays NaN.
  static void store_e4m3(std::uint8_t* p, V v) {
    const __m512i bits = _mm512_castps_si512(v);
    const __m512i magnitude = _mm512_and_si512(bits, _mm512_set1_epi32(0x7FFFFFFF));
    // Normal numbers: round at bit 20, and take 120 off the exponent (127 - 7).
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(magnitude, 20), _mm512_set1_epi32(1));
    __m512i r = _mm512_add_epi32(_mm512_add_epi32(magnitude, _mm512_set1_epi32(0x7FFFF)), odd);
    r = _mm512_sub_epi32(_mm512_srli_epi32(r, 20), _mm512_set1_epi32(120 << 3));
    // Below 2^-6 the step is 2^-9, the last place of 2^14: adding that rounds to it.
    const __m512 shift = _mm512_set1_ps(16384.0F);
    const __m512i small =
        _mm512_sub_epi32(_mm512_castps_si512(_mm512_add_ps(_mm512_castsi512_ps(magnitude), shift)),
                         _mm512_castps_si512(shift));
    const __mmask16 is_small = _mm512_cmplt_epi32_mask(magnitude, _mm512_set1_epi32(121 << 23));
    r = _mm512_mask_mov_epi32(r, is_small, small);
    r = _mm512_min_epi32(r, _mm512_set1_epi32(0x7E));
    const __mmask16 nan = _mm512_cmpgt_epi32_mask(magnitude, _mm512_set1_epi32(0x7F800000));
    r = _mm512_mask_mov_epi32(r, nan, _mm512_set1_epi32(0x7F));
    const __m512i sign = _mm512_and_si512(_mm512_srli_epi32(bits, 24), _mm512_set1_epi32(0x80));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(_mm512_or_si512(r, sign)));
  }

  /// Scales below this leave room for 2^-8 beside their inverse, and are those of finite values.
  static constexpr float kMostBounded = 0x1p100F;
  /// A faster way for values whose largest magnitude is 448 times the scale; false where it is
  /// closed. `count` is a multiple of 32.
  static bool store_e4m3_of(const float* values, std::int64_t count, float scale,
                            std::uint8_t* codes) {
    if (!(scale < kMostBounded)) return false;
    const V factor = set(1.0F / scale * 0x1p-8F);
    for (std::int64_t i = 0; i < count; i += 32) {
      _mm256_storeu_si256(
          reinterpret_cast<__m256i*>(codes + i),
          bounded_e4m3(mul(load(values + i), factor), mul(load(values + i + 16), factor)));
    }
    return true;
  }
  /// 32 values times 2^-8 in E4M3, to nearest even; they were at most 448, or NaN, which stays.
  static __m256i bounded_e4m3(V a, V b) {
    // Times 2^-8, E4M3 lies on the fields of FP16, subnormals included.
    const __m512i words =
        _mm512_inserti64x4(_mm512_castsi256_si512(rounded_to_fp16(a)), rounded_to_fp16(b), 1);
    const __m512i magnitude = _mm512_min_epu16(_mm512_and_si512(words, _mm512_set1_epi16(0x7FFF)),
                                               _mm512_set1_epi16(0x7F << 7));
    // magnitude << 1 | (words & 0x8000): the code is the upper byte.
    const __m512i codes =
        _mm512_ternarylogic_epi32(_mm512_slli_epi16(magnitude, 1), words,
                                  _mm512_set1_epi16(static_cast<short>(0x8000)), 0xF8);
    return _mm512_cvtepi16_epi8(_mm512_srli_epi16(codes, 8));
  }
  /// Rounded to four significant bits, or to 2^-17, by adding and taking away 2^20 times the power
  /// of two below the value: then FP16 holds it.
  static __m256i rounded_to_fp16(V v) {
    const __m512 power = _mm512_and_ps(v, _mm512_castsi512_ps(_mm512_set1_epi32(-(1 << 23))));
    // The larger magnitude, with the sign of the first.
    const __m512 least = _mm512_range_ps(power, _mm512_set1_ps(0x1p-14F), 3);
    const __m512 shift = _mm512_set1_ps(0x1p20F);
    __m512 r = _mm512_fnmadd_ps(least, shift, _mm512_fmadd_ps(least, shift, v));
    // Zeros keep their sign: r | (v & sign).
    r = _mm512_castsi512_ps(_mm512_ternarylogic_epi32(
        _mm512_castps_si512(r), _mm512_castps_si512(v), _mm512_set1_epi32(1 << 31), 0xF8));
    return _mm512_cvtps_ph(r, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }

  static __m512i load16(const std::uint8_t* p) { return _mm512_loadu_si512(p); }
  static __m256i load8(const std::uint8_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static void from_fp16(__m512i h, V* out) {
    out[0] = _mm512_cvtph_ps(_mm512_castsi512_si256(h));
    out[1] = _mm512_cvtph_ps(_mm512_extracti64x4_epi64(h, 1));
  }

  /// 32 elements of a format, in order, divided by kGain. E4M3 does not see its NaN.
  template <Format F>
  static void decode(const std::uint8_t* p, V* out) {
    if constexpr (F == Format::fp32) {
      const auto* f = reinterpret_cast<const float*>(p);
      out[0] = load(f);
      out[1] = load(f + 16);
    } else if constexpr (F == Format::bf16) {
      out[0] = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(load8(p)), 16));
      out[1] = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(load8(p + 32)), 16));
    } else if constexpr (F == Format::fp16) {
      from_fp16(load16(p), out);
    } else if constexpr (F == Format::e5m2) {
      // The upper half of FP16.
      from_fp16(_mm512_slli_epi16(_mm512_cvtepu8_epi16(load8(p)), 8), out);
    } else if constexpr (F == Format::e4m3) {
      // One place to the right, E4M3 lies on the fields of FP16 with the bias 8 too small: exactly
      // value / 2^8, subnormals included, once the doubled sign bit is masked off.
      const __m512i high = _mm512_slli_epi16(_mm512_cvtepu8_epi16(load8(p)), 8);
      const __m512i fields = _mm512_and_si512(_mm512_srai_epi16(high, 1),
                                              _mm512_set1_epi16(static_cast<short>(0xBF80)));
      from_fp16(fields, out);
    } else if constexpr (F == Format::int8) {
      for (int i = 0; i < 2; ++i) {
        const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * i));
        out[i] = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(b));
      }
    } else if constexpr (F == Format::e2m1) {
      const __m512 table = _mm512_setr_ps(0.0F, 0.5F, 1.0F, 1.5F, 2.0F, 3.0F, 4.0F, 6.0F, -0.0F,
                                          -0.5F, -1.0F, -1.5F, -2.0F, -3.0F, -4.0F, -6.0F);
      const __m512i pairs =
          _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
      const __m512 even = _mm512_permutexvar_ps(pairs, table);
      const __m512 odd = _mm512_permutexvar_ps(_mm512_srli_epi32(pairs, 4), table);
      const __m512i low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      out[0] = _mm512_permutex2var_ps(even, low, odd);
      out[1] = _mm512_permutex2var_ps(even, _mm512_add_epi32(low, _mm512_set1_epi32(8)), odd);
    }
  }
};

}  // namespace
}  // namespace perfmodel::kernels
