// Codes to BF16 for GEMM: weights as pairs, activations in order. For units compiled with AVX-512
// VBMI and BF16 only.
#pragma once

#include "kernels/gemm/gemm_tile.hpp"
#include "kernels/simd/bf16_pairs.hpp"

namespace perfmodel::kernels::gemm_detail {
namespace {

template <Format F>
void widen_pairs(const std::uint8_t* codes, std::int64_t count, void* out) noexcept {
  constexpr int kVectors = Bf16Decoder<F>::kVectors;
  const Bf16Decoder<F> decoder;
  auto* o = static_cast<std::uint8_t*>(out);
  for (std::int64_t i = 0; i < count; i += 32 * kVectors) {
    __m512i w[kVectors];
    decoder.decode64(codes + i * kBits<F> / 8, w);
    for (int v = 0; v < kVectors; ++v) _mm512_storeu_si512(o + 2 * i + 64 * v, w[v]);
  }
}

/// In order: what unpacking splits within lanes is put back.
template <Format F>
void widen_in_order(const std::uint8_t* codes, std::int64_t count, void* out) noexcept {
  const Bf16Decoder<F> decoder;
  const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
  const __m512i second = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
  auto* o = static_cast<std::uint8_t*>(out);
  for (std::int64_t i = 0; i < count; i += 64) {
    __m512i w[2];
    decoder.decode64(codes + i, w);
    _mm512_storeu_si512(o + 2 * i, _mm512_permutex2var_epi64(w[0], first, w[1]));
    _mm512_storeu_si512(o + 2 * i + 64, _mm512_permutex2var_epi64(w[0], second, w[1]));
  }
}

inline void copy(const std::uint8_t* codes, std::int64_t count, void* out) noexcept {
  auto* o = static_cast<std::uint8_t*>(out);
  for (std::int64_t i = 0; i < 2 * count; i += 64)
    _mm512_storeu_si512(o + i, _mm512_loadu_si512(codes + i));
}

/// nullptr for formats that one BF16 number does not hold, and for BF16, which needs none.
inline WidenFn widen_weights(Format f) {
  switch (f) {
    case Format::e4m3:
      return widen_pairs<Format::e4m3>;
    case Format::e5m2:
      return widen_pairs<Format::e5m2>;
    case Format::int8:
      return widen_pairs<Format::int8>;
    case Format::e2m1:
      return widen_pairs<Format::e2m1>;
    default:
      return nullptr;
  }
}

/// nullptr for formats that one BF16 number does not hold.
inline WidenFn widen_activations(Format f) {
  switch (f) {
    case Format::bf16:
      return copy;
    case Format::e4m3:
      return widen_in_order<Format::e4m3>;
    case Format::e5m2:
      return widen_in_order<Format::e5m2>;
    default:
      return nullptr;
  }
}

}  // namespace
}  // namespace perfmodel::kernels::gemm_detail
