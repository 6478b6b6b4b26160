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
  /// 1 / v within 2^-22 for 2^-126 < v < 2^126: one step of Newton's from an estimate of 14 bits.
  static V reciprocal(V v) {
    const V estimate = _mm512_rcp14_ps(v);
    return mul(estimate, _mm512_fnmadd_ps(v, estimate, set(2.0F)));
  }
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
  /// p[0] R times, p[1] R times, and so on.
  template <int R>
  static V each(const float* p) {
    static_assert(R == 4 || R == 8 || R == 16);
    if constexpr (R == 16) return set(p[0]);
    if constexpr (R == 8) return _mm512_mask_blend_ps(0xFF00, set(p[0]), set(p[1]));
    const __m512i order = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    return _mm512_permutexvar_ps(order, _mm512_castps128_ps512(_mm_loadu_ps(p)));
  }
  static float largest(V v) { return _mm512_reduce_max_ps(v); }
  /// The largest of each of sixteen vectors; in rounds, as `sums`.
  template <int N>
  static void largests(const V* v, float* out) {
    static_assert(N == 16);
    V eight[8], four[4], two[2];
    for (int i = 0; i < 8; ++i)
      eight[i] = max(_mm512_shuffle_f32x4(v[i], v[i + 8], 0x44),
                     _mm512_shuffle_f32x4(v[i], v[i + 8], 0xEE));
    for (int i = 0; i < 4; ++i)
      four[i] = max(_mm512_shuffle_f32x4(eight[i], eight[i + 4], 0x88),
                    _mm512_shuffle_f32x4(eight[i], eight[i + 4], 0xDD));
    for (int i = 0; i < 2; ++i)
      two[i] =
          max(_mm512_unpacklo_ps(four[i], four[i + 2]), _mm512_unpackhi_ps(four[i], four[i + 2]));
    const V one = max(_mm512_unpacklo_ps(two[0], two[1]), _mm512_unpackhi_ps(two[0], two[1]));
    const __m512i order = _mm512_setr_epi32(0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15);
    _mm512_storeu_ps(out, _mm512_permutexvar_ps(order, one));
  }
  /// Not by the intrinsic: g++ drops calls of functions that do nothing but prefetch.
  static void prefetch(const void* p) {
    asm volatile("prefetcht0 %0" : : "m"(*static_cast<const char*>(p)));
  }
  /// At least `low` < 0, at most `high` > 0; of NaN either. By integers, which more units compare.
  static V within(V v, float low, float high) {
    // Among positive numbers, and among negative ones, the larger magnitude has the larger bits.
    __m512i bits = _mm512_min_epi32(_mm512_castps_si512(v), _mm512_castps_si512(set(high)));
    bits = _mm512_min_epu32(bits, _mm512_castps_si512(set(low)));
    return _mm512_castsi512_ps(bits);
  }
  /// v * 2^n for the integer n in the lower bits of `bits`; v and the result are normal numbers.
  static V raise_exponent(V v, V bits) {
    return _mm512_castsi512_ps(
        _mm512_add_epi32(_mm512_castps_si512(v), _mm512_slli_epi32(_mm512_castps_si512(bits), 23)));
  }

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
  static __m512i lower_halves(__m512i a, __m512i b) {
    const __m512i even =
        _mm512_set_epi16(62, 60, 58, 56, 54, 52, 50, 48, 46, 44, 42, 40, 38, 36, 34, 32, 30, 28, 26,
                         24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
    return _mm512_permutex2var_epi16(a, even, b);
  }
  /// 32 values; past the caches only on a cache line.
  static void store_bf16(std::uint16_t* p, const V* v, bool past_caches) {
    const __m512i a = _mm512_castps_si512(v[0]), b = _mm512_castps_si512(v[1]);
    __m512i words = rounded_halves(lower_halves(a, b), upper_halves(a, b));
    if (__builtin_expect(_mm512_cmp_ps_mask(v[0], v[1], _CMP_UNORD_Q) != 0, 0))
      words = upper_halves(to_bf16(v[0]), to_bf16(v[1]));
    store_words(p, words, past_caches);
  }
  /// 32 values in the order of the vectors: the even ones, the odd ones. Cheaper than in order.
  static void load_bf16_split(const std::uint16_t* p, V* out) {
    const __m512i words = _mm512_loadu_si512(p);
    out[0] = _mm512_castsi512_ps(_mm512_slli_epi32(words, 16));
    out[1] = _mm512_castsi512_ps(_mm512_and_si512(words, _mm512_set1_epi32(-0x10000)));
  }
  static void store_bf16_split(std::uint16_t* p, const V* v, bool past_caches) {
    const __m512i even = _mm512_castps_si512(v[0]), odd = _mm512_castps_si512(v[1]);
    __m512i words = rounded_halves(halves(even, _mm512_slli_epi32(odd, 16)),
                                   halves(_mm512_srli_epi32(even, 16), odd));
    if (__builtin_expect(_mm512_cmp_ps_mask(v[0], v[1], _CMP_UNORD_Q) != 0, 0))
      words = halves(_mm512_srli_epi32(to_bf16(v[0]), 16), to_bf16(v[1]));
    store_words(p, words, past_caches);
  }
  /// The lower halves of the elements of one, the upper halves of those of the other.
  static __m512i halves(__m512i low, __m512i high) {
    return _mm512_ternarylogic_epi32(_mm512_set1_epi32(0xFFFF), low, high, 0xCA);
  }
  /// Numbers of 32 bits, given by their halves, rounded to the upper half, to nearest even.
  static __m512i rounded_halves(__m512i low, __m512i high) {
    // Up where more than half is cut off, or half of an odd number: low | (high & 1) > 2^15.
    const __m512i cut = _mm512_ternarylogic_epi32(low, high, _mm512_set1_epi16(1), 0xF8);
    const __mmask32 up = _mm512_cmpgt_epu16_mask(cut, _mm512_set1_epi16(-0x8000));
    return _mm512_mask_sub_epi16(high, up, high, _mm512_set1_epi16(-1));
  }
  static void store_words(std::uint16_t* p, __m512i words, bool past_caches) {
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

  /// A faster way to E4M3 for values whose largest magnitude is 448 times their scale, if that is
  /// below kMostBounded: `factor` is kBoundedGain over the scale. False where there is a NaN among
  /// them. `count` is a multiple of 32; past the caches only of 64 and on a cache line.
  static constexpr float kMostBounded = 0x1p100F, kBoundedGain = 0x1p-13F;
  template <Format F>
  static bool store_bounded_e4m3(const std::uint8_t* values, std::int64_t count, float factor,
                                 std::uint8_t* codes, bool past_caches) {
    const V f = set(factor);
    __m512i seen = _mm512_setzero_si512();
    std::int64_t i = 0;
    for (; i + 64 <= count; i += 64) {
      __m512i words[2];
      for (int j = 0; j < 2; ++j)
        words[j] = bounded_e4m3<F>(values + (i + 32 * j) * kBits<F> / 8, f, seen);
      // Packing goes by lanes of sixteen bytes.
      const __m512i packed = _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7),
                                                      _mm512_packus_epi16(words[0], words[1]));
      if (past_caches) {
        _mm512_stream_si512(reinterpret_cast<__m512i*>(codes + i), packed);
      } else {
        _mm512_storeu_si512(codes + i, packed);
      }
    }
    if (i < count) {
      const __m512i words = bounded_e4m3<F>(values + i * kBits<F> / 8, f, seen);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(codes + i), _mm512_cvtepi16_epi8(words));
    }
    // No number has this bit in its exponent by now.
    return _mm512_test_epi16_mask(seen, _mm512_set1_epi16(0x2000)) == 0;
  }
  /// The largest magnitudes of 128 BF16 values; of NaN, anything.
  static V largest_of_128(const std::uint16_t* p) {
    const __m512i mask = _mm512_set1_epi16(0x7FFF);
    __m512i most = _mm512_and_si512(_mm512_loadu_si512(p), mask);
    for (int i = 32; i < 128; i += 32)
      most = _mm512_max_epu16(most, _mm512_and_si512(_mm512_loadu_si512(p + i), mask));
    most = _mm512_max_epu16(most, _mm512_slli_epi32(most, 16));
    return _mm512_castsi512_ps(_mm512_and_si512(most, _mm512_set1_epi32(-0x10000)));
  }
  /// 32 values in E4M3, to nearest even, in words, of values times `factor`, which are at most 448
  /// * kBoundedGain. Of NaN no sense comes out; it is to be found in `seen`.
  ///
  /// Adding 2^20 times the power of two below a value, or below the least normal number, leaves
  /// four of its bits, rounded, at the lower end, and its exponent eight times 2^20 above them: a
  /// code is the sum of both. The exponent is off by 127 then, which is one less than 2^7: that
  /// takes away the leading bit, and does not reach the lower seven otherwise.
  template <Format F>
  static __m512i bounded_e4m3(const std::uint8_t* values, V factor, __m512i& seen) {
    V v[2];
    __m512i low, high;
    if constexpr (F == Format::bf16) {
      load_bf16_split(reinterpret_cast<const std::uint16_t*>(values), v);
    } else {
      decode<F>(values, v);
    }
    const __m512i a = _mm512_castps_si512(with_bits_shifted(mul(v[0], factor)));
    const __m512i b = _mm512_castps_si512(with_bits_shifted(mul(v[1], factor)));
    if constexpr (F == Format::bf16) {
      low = halves(a, _mm512_slli_epi32(b, 16));
      high = halves(_mm512_srli_epi32(a, 16), b);
    } else {
      low = lower_halves(a, b);
      high = upper_halves(a, b);
    }
    seen = _mm512_or_si512(seen, high);
    const __m512i magnitude = _mm512_add_epi16(_mm512_srli_epi16(high, 4), low);
    // The lower seven bits of the one, the sign above them from the other.
    return _mm512_ternarylogic_epi32(_mm512_set1_epi16(0x7F), magnitude, _mm512_srli_epi16(high, 8),
                                     0xCA);
  }
  static V with_bits_shifted(V v) {
    const __m512 power = _mm512_and_ps(v, _mm512_castsi512_ps(_mm512_set1_epi32(-(1 << 23))));
    // The larger magnitude, with the sign of the first.
    const __m512 least = _mm512_range_ps(power, _mm512_set1_ps(0x1p-19F), 3);
    return fma(least, _mm512_set1_ps(0x1p20F), v);
  }

  static __m256i load32(const std::uint8_t* p) {
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
      out[0] = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(load32(p)), 16));
      out[1] = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(load32(p + 32)), 16));
    } else if constexpr (F == Format::fp16) {
      out[0] = _mm512_cvtph_ps(load32(p));
      out[1] = _mm512_cvtph_ps(load32(p + 32));
    } else if constexpr (F == Format::e5m2) {
      // The upper half of FP16.
      from_fp16(_mm512_slli_epi16(_mm512_cvtepu8_epi16(load32(p)), 8), out);
    } else if constexpr (F == Format::e4m3) {
      // One place to the right of the upper end, E4M3 lies on the fields of FP16 with the bias 8
      // too small: exactly value / 2^8, subnormals included, once the second of the sign bits
      // is masked off.
      const __m512i fields = _mm512_and_si512(_mm512_slli_epi16(_mm512_cvtepi8_epi16(load32(p)), 7),
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
