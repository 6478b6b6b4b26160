// FP8 to BF16 for VDPBF16PS, by table. For units compiled with AVX-512 VBMI and BF16 only.
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

/// Turns 64 codes into 2 x 32 BF16 values: out[0] holds, for each 16-byte lane, the first eight of
/// its codes, out[1] the other eight. Those who choose the order of the codes can put this to use.
template <Format F>
class Bf16Decoder {
 public:
  Bf16Decoder()
      : low0_(load(kBf16Bytes<F>.low)),
        low1_(load(kBf16Bytes<F>.low + 64)),
        high0_(load(kBf16Bytes<F>.high)),
        high1_(load(kBf16Bytes<F>.high + 64)) {}

  void decode64(const std::uint8_t* p, __m512i* out) const {
    decode64(_mm512_loadu_si512(p), out);
  }
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

}  // namespace
}  // namespace perfmodel::kernels
