// FP32 vectors of AVX-512 that the processor itself rounds to BF16. For units compiled with AVX-512
// VBMI and BF16 only.
//
// VCVTNE2PS2BF16 takes FP32 subnormals for zero; where there are any, AVX-512 rounds by integers.
#pragma once

#include "kernels/simd/avx512.hpp"

namespace perfmodel::kernels {
namespace {

struct Bf16Simd : Simd {
  /// 32 values, the second vector after the first.
  static __m512i rounded(V first, V second) {
    return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(second, first));
  }
  static bool any_subnormal(const V* v) {
    constexpr int kSubnormal = 0x20;
    return (_mm512_fpclass_ps_mask(v[0], kSubnormal) | _mm512_fpclass_ps_mask(v[1], kSubnormal)) !=
           0;
  }
  static void store_bf16(std::uint16_t* p, const V* v, bool past_caches) {
    if (__builtin_expect(any_subnormal(v), 0)) return Simd::store_bf16(p, v, past_caches);
    store_words(p, rounded(v[0], v[1]), past_caches);
  }
  static void store_bf16_split(std::uint16_t* p, const V* v, bool past_caches) {
    if (__builtin_expect(any_subnormal(v), 0)) return Simd::store_bf16_split(p, v, past_caches);
    const __m512i by_turns =
        _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                         21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    store_words(p, _mm512_permutexvar_epi16(by_turns, rounded(v[0], v[1])), past_caches);
  }
};

}  // namespace
}  // namespace perfmodel::kernels
