// FP16 vectors of AVX512-FP16. For translation units compiled with -mavx512fp16 only.
//
// Of the extension itself only VMULPH and VFMADDPH are used, and VCVTPH2PSX where a compiler
// prefers it to VCVTPH2PS: these are what tests carry out in software where a processor lacks them
// (structure.fp16_objects). The rest is AVX-512 F and BW.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace perfmodel::kernels {
namespace {

struct Halves {
  using V = __m512h;

  static V load(const std::uint16_t* p) { return from_bits(_mm512_loadu_si512(p)); }
  static void store(std::uint16_t* p, V v) { _mm512_storeu_si512(p, bits(v)); }
  static V mul(V a, V b) { return _mm512_mul_ph(a, b); }
  static V fma(V a, V b, V c) { return _mm512_fmadd_ph(a, b, c); }
  static void prefetch(const std::uint8_t* p) {
    _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T0);
  }

  /// Sixteen of the values in FP32.
  static __m512 lower(V v) { return _mm512_cvtph_ps(_mm512_castsi512_si256(bits(v))); }
  static __m512 upper(V v) { return _mm512_cvtph_ps(_mm512_extracti64x4_epi64(bits(v), 1)); }
  /// Rounded to nearest even.
  static V narrow(__m512 low, __m512 high) {
    constexpr int kNearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
    const __m512i half = _mm512_castsi256_si512(_mm512_cvtps_ph(low, kNearest));
    return from_bits(_mm512_inserti64x4(half, _mm512_cvtps_ph(high, kNearest), 1));
  }

  /// 64 codes of E4M3, divided by 2^8: those at even places, those at odd ones. The fields of E4M3
  /// go onto those of FP16, whose bias is 8 more; of the sign bit, shifted in twice, one is masked
  /// off.
  static void decode64(const std::uint8_t* p, V* out) {
    const __m512i mask = _mm512_set1_epi16(static_cast<short>(0xBF80));
    const __m512i odd = _mm512_loadu_si512(p);
    const __m512i even = _mm512_slli_epi16(odd, 8);
    out[0] = from_bits(_mm512_and_si512(_mm512_srai_epi16(even, 1), mask));
    out[1] = from_bits(_mm512_and_si512(_mm512_srai_epi16(odd, 1), mask));
  }
  /// The order of decode64 for 64 values.
  static void split(V first, V second, V* out) {
    const __m512i even =
        _mm512_set_epi16(62, 60, 58, 56, 54, 52, 50, 48, 46, 44, 42, 40, 38, 36, 34, 32, 30, 28, 26,
                         24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
    const __m512i odd = _mm512_add_epi16(even, _mm512_set1_epi16(1));
    out[0] = from_bits(_mm512_permutex2var_epi16(bits(first), even, bits(second)));
    out[1] = from_bits(_mm512_permutex2var_epi16(bits(first), odd, bits(second)));
  }

 private:
  static __m512i bits(V v) { return reinterpret_cast<__m512i>(v); }
  static V from_bits(__m512i v) { return reinterpret_cast<V>(v); }
};

}  // namespace
}  // namespace perfmodel::kernels
