// FP8, E2M1 and INT8 to BF16 for VDPBF16PS, most by table. For units compiled with AVX-512 VBMI and
// BF16 only.
//
// VDPBF16PS takes BF16 subnormals for zero, so a shift of FP8 into the BF16 fields, which makes
// subnormals of FP8's own, would lose them without a word. A table of 128 magnitudes has no such
// corner, knows NaN, and costs two byte permutations for 64 codes.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "kernels/formats/codes.hpp"

namespace perfmodel::kernels {
namespace {

inline __m512 dot_pairs(__m512 sum, __m512i a, __m512i b) {
  return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
}

/// clang 16 dies of a segmentation fault where it folds a broadcast into VDPBF16PS, so it must not
/// see where the operand comes from.
inline __m512i of_unknown_origin(__m512i x) {
#if defined(__clang__)
  asm("" : "+v"(x));
#endif
  return x;
}

/// A pair in all lanes.
inline __m512i broadcast_pair(std::int32_t pair) {
  return of_unknown_origin(_mm512_set1_epi32(pair));
}
/// Two pairs by turns.
inline __m512i broadcast_two_pairs(std::int64_t pairs) {
  return of_unknown_origin(_mm512_set1_epi64(pairs));
}

/// The bytes of the BF16 values of codes 0..127.
struct alignas(64) Bf16Bytes {
  std::uint8_t low[128];
  std::uint8_t high[128];
};

template <Format F>
constexpr Bf16Bytes make_bf16_bytes() {
  Bf16Bytes t{};
  for (unsigned code = 0; code < 128; ++code) {
    const std::uint16_t value = float_to_bf16(decode(F, static_cast<std::uint16_t>(code)));
    t.low[code] = static_cast<std::uint8_t>(value & 0xFF);
    t.high[code] = static_cast<std::uint8_t>(value >> 8);
  }
  return t;
}
template <Format F>
constexpr Bf16Bytes kBf16Bytes = make_bf16_bytes<F>();

/// Turns kVectors x 32 codes, 64 bytes of FP8 and E2M1, into as many BF16 values. For FP8
/// out[0] holds, for each 16-byte lane, the first eight of its codes, out[1] the other eight. Those
/// who choose the order of the codes can put this to use.
template <Format F>
class Bf16Decoder {
 public:
  static constexpr int kVectors = 2;
  /// Which of the values code i becomes.
  static constexpr std::int64_t place_of(std::int64_t i) {
    return i % 16 / 8 * 32 + i / 16 * 8 + i % 8;
  }

  Bf16Decoder()
      : low0_(load(kBf16Bytes<F>.low)),
        low1_(load(kBf16Bytes<F>.low + 64)),
        high0_(load(kBf16Bytes<F>.high)),
        high1_(load(kBf16Bytes<F>.high + 64)) {}

  void decode64(const std::uint8_t* p, __m512i* out) const { decode64(_mm512_loadu_si512(p), out); }
  void decode64(__m512i codes, __m512i* out) const {
    const __m512i low = _mm512_permutex2var_epi8(low0_, codes, low1_);
    const __m512i magnitude = _mm512_permutex2var_epi8(high0_, codes, high1_);
    // high = magnitude | (codes & 0x80); the index ignored the sign bit.
    const __m512i high = _mm512_ternarylogic_epi32(magnitude, codes,
                                                   _mm512_set1_epi8(static_cast<char>(0x80)), 0xF8);
    out[0] = _mm512_unpacklo_epi8(low, high);
    out[1] = _mm512_unpackhi_epi8(low, high);
  }

 private:
  static __m512i load(const std::uint8_t* p) { return _mm512_load_si512(p); }
  __m512i low0_, low1_, high0_, high1_;
};

/// The values of codes 0 .. 15, twice: a permutation of words reads five bits of an index, the
/// fifth of which belongs to the next code.
struct alignas(64) E2m1Words {
  std::uint16_t value[32];
};
constexpr E2m1Words make_e2m1_words() {
  E2m1Words t{};
  for (unsigned i = 0; i < 32; ++i)
    t.value[i] = float_to_bf16(decode(Format::e2m1, static_cast<std::uint16_t>(i % 16)));
  return t;
}
inline constexpr E2m1Words kE2m1Words = make_e2m1_words();

/// Out[j] holds the j-th code of each of the 32 words.
template <>
class Bf16Decoder<Format::e2m1> {
 public:
  static constexpr int kVectors = 4;
  static constexpr std::int64_t place_of(std::int64_t i) { return i % 4 * 32 + i / 4; }

  Bf16Decoder() : values_(_mm512_load_si512(kE2m1Words.value)) {}

  void decode64(const std::uint8_t* p, __m512i* out) const {
    const __m512i codes = _mm512_loadu_si512(p);
    out[0] = _mm512_permutexvar_epi16(codes, values_);
    out[1] = _mm512_permutexvar_epi16(_mm512_srli_epi16(codes, 4), values_);
    out[2] = _mm512_permutexvar_epi16(_mm512_srli_epi16(codes, 8), values_);
    out[3] = _mm512_permutexvar_epi16(_mm512_srli_epi16(codes, 12), values_);
  }

 private:
  __m512i values_;
};

/// The values themselves, two lines of them.
template <>
class Bf16Decoder<Format::bf16> {
 public:
  static constexpr int kVectors = 2;
  static constexpr std::int64_t place_of(std::int64_t i) { return i; }

  void decode64(const std::uint8_t* p, __m512i* out) const {
    out[0] = _mm512_loadu_si512(p);
    out[1] = _mm512_loadu_si512(p + 64);
  }
};

/// INT8 through FP32: all 256 values are BF16 numbers. In the order of FP8.
template <>
class Bf16Decoder<Format::int8> {
 public:
  static constexpr int kVectors = 2;
  static constexpr std::int64_t place_of(std::int64_t i) {
    return Bf16Decoder<Format::e4m3>::place_of(i);
  }

  void decode64(const std::uint8_t* p, __m512i* out) const {
    const __m512i c = _mm512_loadu_si512(p);
    out[0] = bf16_of(_mm512_srai_epi16(_mm512_unpacklo_epi8(c, c), 8));
    out[1] = bf16_of(_mm512_srai_epi16(_mm512_unpackhi_epi8(c, c), 8));
  }

 private:
  static __m512i bf16_of(__m512i words) {
    const __m512 low = _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(_mm512_castsi512_si256(words)));
    const __m512 high =
        _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(_mm512_extracti64x4_epi64(words, 1)));
    return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
  }
};

}  // namespace
}  // namespace perfmodel::kernels
