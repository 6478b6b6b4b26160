// FP32 vectors of AVX2 with FMA and F16C. For translation units compiled with those only;
// everything is local to the unit, so that the linker cannot lend a function to code for lesser
// machines.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "kernels/formats/codes.hpp"

namespace perfmodel::kernels {
namespace {

struct Simd {
  using V = __m256;
  static constexpr int kLanes = 8;
  static constexpr int kTileRows = 6;     // 6 x 2 sums, 2 weights, 1 activation: 15 of 16 registers
  static constexpr int kTileVectors = 2;  // vectors of a tile row

  static V zero() { return _mm256_setzero_ps(); }
  static V set(float x) { return _mm256_set1_ps(x); }
  static V load(const float* p) { return _mm256_loadu_ps(p); }
  static V load_once(const float* p) { return load(p); }
  static void store(float* p, V v) { _mm256_storeu_ps(p, v); }
  /// Past the caches; `p` on a boundary of the vector.
  static void stream(float* p, V v) { _mm256_stream_ps(p, v); }
  static void finish_streams() { _mm_sfence(); }
  static V add(V a, V b) { return _mm256_add_ps(a, b); }
  static V sub(V a, V b) { return _mm256_sub_ps(a, b); }
  static V mul(V a, V b) { return _mm256_mul_ps(a, b); }
  static V div(V a, V b) { return _mm256_div_ps(a, b); }
  static V reciprocal(V v) { return div(set(1.0F), v); }
  static V max(V a, V b) { return _mm256_max_ps(a, b); }
  static V min(V a, V b) { return _mm256_min_ps(a, b); }
  static V fma(V a, V b, V c) { return _mm256_fmadd_ps(a, b, c); }
  static V abs(V a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0F), a); }
  static float sum(V v) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
  }
  template <int N>
  static void sums(const V* v, float* out) {
    for (int i = 0; i < N; ++i) out[i] = sum(v[i]);
  }
  /// p[0] R times, p[1] R times, and so on.
  template <int R>
  static V each(const float* p) {
    static_assert(R == 4);
    return _mm256_set_m128(_mm_set1_ps(p[1]), _mm_set1_ps(p[0]));
  }
  static float largest(V v) {
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
  }
  template <int N>
  static void largests(const V* v, float* out) {
    for (int i = 0; i < N; ++i) out[i] = largest(v[i]);
  }
  /// Not by the intrinsic: g++ drops calls of functions that do nothing but prefetch.
  static void prefetch(const void* p) {
    asm volatile("prefetcht0 %0" : : "m"(*static_cast<const char*>(p)));
  }
  /// At least `low`, at most `high`; of NaN either.
  static V within(V v, float low, float high) { return min(max(v, set(low)), set(high)); }
  /// v * 2^n for the integer n in the lower bits of `bits`; v and the result are normal numbers.
  static V raise_exponent(V v, V bits) {
    return _mm256_castsi256_ps(
        _mm256_add_epi32(_mm256_castps_si256(v), _mm256_slli_epi32(_mm256_castps_si256(bits), 23)));
  }

  /// What decode<F> leaves out: the values are to be multiplied by this.
  template <Format F>
  static constexpr float kGain = F == Format::e4m3 ? 256.0F : 1.0F;

  /// BF16 in 32-bit lanes, to nearest even; NaN stays NaN.
  static __m256i to_bf16(V v) {
    const __m256i bits = _mm256_castps_si256(v);
    const __m256i high = _mm256_srli_epi32(bits, 16);
    const __m256i odd = _mm256_and_si256(high, _mm256_set1_epi32(1));
    __m256i r = _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7FFF)), odd);
    r = _mm256_srli_epi32(r, 16);
    const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
    return _mm256_blendv_epi8(r, _mm256_or_si256(high, _mm256_set1_epi32(0x40)), nan);
  }
  /// 32 values; past the caches only on a cache line.
  static void store_bf16(std::uint16_t* p, const V* v, bool past_caches) {
    for (int i = 0; i < 2; ++i) {
      const __m256i packed = _mm256_packus_epi32(to_bf16(v[2 * i]), to_bf16(v[2 * i + 1]));
      const __m256i words = _mm256_permute4x64_epi64(packed, 0xD8);
      auto* to = reinterpret_cast<__m256i*>(p + 16 * i);
      if (past_caches) {
        _mm256_stream_si256(to, words);
      } else {
        _mm256_storeu_si256(to, words);
      }
    }
  }
  /// 32 values, in whatever order loading and storing agree on.
  static void load_bf16_split(const std::uint16_t* p, V* out) {
    decode<Format::bf16>(reinterpret_cast<const std::uint8_t*>(p), out);
  }
  static void store_bf16_split(std::uint16_t* p, const V* v, bool past_caches) {
    store_bf16(p, v, past_caches);
  }
  /// No faster way to E4M3 for values that are known to fit.
  static constexpr float kMostBounded = 0.0F, kBoundedGain = 1.0F;
  template <Format F>
  static bool store_bounded_e4m3(const std::uint8_t*, std::int64_t, float, std::uint8_t*, bool) {
    return false;
  }
  /// The largest magnitudes of 128 BF16 values, NaN left out.
  static V largest_of_128(const std::uint16_t* p) {
    V most = zero(), x[32 / kLanes];
    for (int i = 0; i < 128; i += 32) {
      load_bf16_split(p + i, x);
      // The new value first: where it is NaN, the maximum so far stays.
      for (const V& v : x) most = max(abs(v), most);
    }
    return most;
  }
  /// kLanes values in E4M3, to nearest even, saturated; NaN stays NaN.
  static void store_e4m3(std::uint8_t* p, V v) {
    const __m256i bits = _mm256_castps_si256(v);
    const __m256i magnitude = _mm256_and_si256(bits, _mm256_set1_epi32(0x7FFFFFFF));
    // Normal numbers: round at bit 20, and take 120 off the exponent (127 - 7).
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(magnitude, 20), _mm256_set1_epi32(1));
    __m256i r = _mm256_add_epi32(_mm256_add_epi32(magnitude, _mm256_set1_epi32(0x7FFFF)), odd);
    r = _mm256_sub_epi32(_mm256_srli_epi32(r, 20), _mm256_set1_epi32(120 << 3));
    // Below 2^-6 the step is 2^-9, the last place of 2^14: adding that rounds to it.
    const __m256 shift = _mm256_set1_ps(16384.0F);
    const __m256i small =
        _mm256_sub_epi32(_mm256_castps_si256(_mm256_add_ps(_mm256_castsi256_ps(magnitude), shift)),
                         _mm256_castps_si256(shift));
    r = _mm256_blendv_epi8(r, small, _mm256_cmpgt_epi32(_mm256_set1_epi32(121 << 23), magnitude));
    r = _mm256_min_epi32(r, _mm256_set1_epi32(0x7E));
    const __m256i nan = _mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(0x7F800000));
    r = _mm256_blendv_epi8(r, _mm256_set1_epi32(0x7F), nan);
    r = _mm256_or_si256(r, _mm256_and_si256(_mm256_srli_epi32(bits, 24), _mm256_set1_epi32(0x80)));
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packus_epi32(r, r), 0x08);
    const __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm_setzero_si128());
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), bytes);
  }

  static __m128i load8(const std::uint8_t* p) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  }
  static void from_fp16(__m256i h, V* out) {
    out[0] = _mm256_cvtph_ps(_mm256_castsi256_si128(h));
    out[1] = _mm256_cvtph_ps(_mm256_extracti128_si256(h, 1));
  }

  /// 32 elements of a format, in order, divided by kGain. E4M3 does not see its NaN.
  template <Format F>
  static void decode(const std::uint8_t* p, V* out) {
    if constexpr (F == Format::fp32) {
      const auto* f = reinterpret_cast<const float*>(p);
      for (int i = 0; i < 4; ++i) out[i] = load(f + 8 * i);
    } else if constexpr (F == Format::bf16) {
      for (int i = 0; i < 4; ++i) {
        const __m256i w = _mm256_cvtepu16_epi32(load8(p + 16 * i));
        out[i] = _mm256_castsi256_ps(_mm256_slli_epi32(w, 16));
      }
    } else if constexpr (F == Format::fp16) {
      for (int i = 0; i < 4; ++i) out[i] = _mm256_cvtph_ps(load8(p + 16 * i));
    } else if constexpr (F == Format::e5m2) {
      // The upper half of FP16.
      for (int i = 0; i < 2; ++i)
        from_fp16(_mm256_slli_epi16(_mm256_cvtepu8_epi16(load8(p + 16 * i)), 8), out + 2 * i);
    } else if constexpr (F == Format::e4m3) {
      // One place to the right, E4M3 lies on the fields of FP16 with the bias 8 too small: exactly
      // value / 2^8, subnormals included, once the doubled sign bit is masked off.
      const __m256i mask = _mm256_set1_epi16(static_cast<short>(0xBF80));
      for (int i = 0; i < 2; ++i) {
        const __m256i high = _mm256_slli_epi16(_mm256_cvtepu8_epi16(load8(p + 16 * i)), 8);
        from_fp16(_mm256_and_si256(_mm256_srai_epi16(high, 1), mask), out + 2 * i);
      }
    } else if constexpr (F == Format::int8) {
      for (int i = 0; i < 4; ++i) {
        const __m128i b = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p + 8 * i));
        out[i] = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(b));
      }
    } else if constexpr (F == Format::e2m1) {
      const __m256 table = _mm256_setr_ps(0.0F, 0.5F, 1.0F, 1.5F, 2.0F, 3.0F, 4.0F, 6.0F);
      const __m256i sign = _mm256_set1_epi32(8);
      for (int i = 0; i < 2; ++i) {
        const __m128i b = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p + 8 * i));
        __m256 value[2];
        __m256i pairs = _mm256_cvtepu8_epi32(b);
        for (__m256& v : value) {
          const __m256i s = _mm256_slli_epi32(_mm256_and_si256(pairs, sign), 28);
          v = _mm256_or_ps(_mm256_permutevar8x32_ps(table, pairs), _mm256_castsi256_ps(s));
          pairs = _mm256_srli_epi32(pairs, 4);
        }
        const __m256 low = _mm256_unpacklo_ps(value[0], value[1]);
        const __m256 high = _mm256_unpackhi_ps(value[0], value[1]);
        out[2 * i] = _mm256_permute2f128_ps(low, high, 0x20);
        out[2 * i + 1] = _mm256_permute2f128_ps(low, high, 0x31);
      }
    }
  }
};

}  // namespace
}  // namespace perfmodel::kernels
