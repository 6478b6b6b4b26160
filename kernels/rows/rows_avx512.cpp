#include "kernels/rows/row_ops.hpp"
#include "kernels/simd/avx512.hpp"

#define SIMD_INLINE inline

namespace perfmodel::kernels::rows_detail {
namespace {
#include "kernels/simd/exp.hpp"
//
#include "kernels/rows/rows_body.hpp"

/// Largest magnitude of 128 BF16 words, as a word: of NaN it is the largest.
std::uint16_t largest_word(const std::uint16_t* in) {
  const __m512i mask = _mm512_set1_epi16(0x7FFF);
  __m512i most = _mm512_and_si512(_mm512_loadu_si512(in), mask);
  for (int i = 32; i < 128; i += 32)
    most = _mm512_max_epu16(most, _mm512_and_si512(_mm512_loadu_si512(in + i), mask));
  const __m256i half =
      _mm256_max_epu16(_mm512_castsi512_si256(most), _mm512_extracti64x4_epi64(most, 1));
  const __m128i eight =
      _mm_max_epu16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
  const __m128i least = _mm_minpos_epu16(_mm_xor_si128(eight, _mm_set1_epi16(-1)));
  return static_cast<std::uint16_t>(~_mm_cvtsi128_si32(least));
}

/// `quantise` of the body, sixteen blocks at a time: largest values on words, scales in one vector,
/// so that no block waits for a division of its own.
void quantise_sixteen(const Work& w) noexcept {
  constexpr std::int64_t kBlocks = 16;
  const std::int64_t first = w.first * w.columns / 128, last = w.last * w.columns / 128;
  const bool past = w.past_caches && reinterpret_cast<std::uintptr_t>(w.codes) % 64 == 0;
  std::int64_t b = first;
  for (; b + kBlocks <= last; b += kBlocks) {
    alignas(64) std::uint16_t words[32] = {};
    alignas(64) float factors[kBlocks];
    const std::uint16_t* in = w.in + b * 128;
    for (int i = 0; i < kBlocks; ++i) words[i] = largest_word(in + i * 128);
    const __m512 most = _mm512_castsi512_ps(_mm512_slli_epi32(
        _mm512_cvtepu16_epi32(_mm256_load_si256(reinterpret_cast<const __m256i*>(words))), 16));
    const __m512 scale =
        _mm512_max_ps(_mm512_div_ps(most, _mm512_set1_ps(448.0F)), _mm512_set1_ps(1.17549435e-38F));
    // NaN does not compare.
    if (_mm512_cmp_ps_mask(_mm512_max_ps(scale, most), _mm512_set1_ps(Simd::kMostBounded),
                           _CMP_NLT_UQ) != 0) {
      Work rest = w;
      rest.columns = 128;
      rest.first = b;
      rest.last = b + kBlocks;
      quantise(rest);
      continue;
    }
    _mm512_storeu_ps(w.scales + b, scale);
    _mm512_store_ps(factors, _mm512_mul_ps(_mm512_div_ps(_mm512_set1_ps(1.0F), scale),
                                           _mm512_set1_ps(0x1p-8F)));
    for (std::int64_t i = 0; i < kBlocks; ++i) {
      const V factor = Simd::set(factors[i]);
      std::uint8_t* codes = w.codes + (b + i) * 128;
      for (int c = 0; c < 128; c += 64) {
        __m256i half[2];
        for (int j = 0; j < 2; ++j) {
          V x[2];
          load_bf16(in + i * 128 + c + 32 * j, x);
          half[j] = Simd::bounded_e4m3(Simd::mul(x[0], factor), Simd::mul(x[1], factor));
        }
        const __m512i all = _mm512_inserti64x4(_mm512_castsi256_si512(half[0]), half[1], 1);
        if (past) {
          _mm512_stream_si512(reinterpret_cast<__m512i*>(codes + c), all);
        } else {
          _mm512_storeu_si512(codes + c, all);
        }
      }
    }
  }
  Work rest = w;
  rest.columns = 128;
  rest.first = b;
  rest.last = last;
  quantise(rest);
  if (past) Simd::finish_streams();
}
}  // namespace

Fn find_avx512(Op op) {
  return op == Op::quantise ? quantise_sixteen : find(op);
}

}  // namespace perfmodel::kernels::rows_detail
