// FP8, MXFP4 and BF16 weights times BF16 activations by VDPBF16PS: exact products, sums in FP32.
#include <immintrin.h>

#include "kernels/gemv/gemv_rows.hpp"
#include "kernels/simd/bf16_pairs.hpp"

namespace perfmodel::kernels::gemv_detail {

namespace {

/// As many codes of each of R rows as the decoder takes, whose products with `x` join the sums.
/// Inlined, or the sums would be in memory.
template <Format F, int R>
[[gnu::always_inline]] inline void add_products(const Bf16Decoder<F>& decoder,
                                                const std::uint8_t** row, const std::uint8_t* x,
                                                __m512 (*sum)[2]) {
  constexpr int kVectors = Bf16Decoder<F>::kVectors, kBytes = 4 * kVectors * kBits<F>;
  __m512i a[kVectors], w[kVectors];
  for (int v = 0; v < kVectors; ++v) a[v] = _mm512_loadu_si512(x + 64 * v);
  for (int r = 0; r < R; ++r) {
    for (int i = 0; i < kBytes; i += 64) {
      const std::uint8_t* line = row[r] + kAhead<F> + i;
      // BF16 is faster where the compiler moves prefetches among the loads, the others where not.
      if constexpr (F == Format::bf16) {
        _mm_prefetch(reinterpret_cast<const char*>(line), _MM_HINT_T0);
      } else {
        asm volatile("prefetcht0 %0" : : "m"(*line));
      }
    }
  }
  for (int r = 0; r < R; ++r) {
    decoder.decode64(row[r], w);
    row[r] += kBytes;
    for (int v = 0; v < kVectors; ++v) sum[r][v % 2] = dot_pairs(sum[r][v % 2], w[v], a[v]);
  }
}

/// R rows whose scales change every 128 columns or not at all.
template <Format F, Step S, int R>
void group(const Rows& t, std::int64_t n, std::int64_t stride) {
  constexpr int kVectors = Bf16Decoder<F>::kVectors, kSteps = 4 / kVectors;
  const Bf16Decoder<F> decoder;
  const std::uint8_t* row[R];
  const float* scale[R];
  __m512 total[R], sum[R][2];
  for (int r = 0; r < R; ++r) {
    row[r] = t.codes + (n + r * stride) * t.row_bytes;
    scale[r] = t.scales + (n + r * stride) / t.rows_per_scale * t.scale_stride;
    total[r] = sum[r][0] = sum[r][1] = _mm512_setzero_ps();
  }
  const auto* x = static_cast<const std::uint8_t*>(t.x);
  for (std::int64_t c = 0; c < t.columns / 128; ++c) {
    for (int i = 0; i < kSteps; ++i, x += 64 * kVectors) add_products<F, R>(decoder, row, x, sum);
    if constexpr (S == Step::block128) {
      for (int r = 0; r < R; ++r) {
        const __m512 block = _mm512_add_ps(sum[r][0], sum[r][1]);
        total[r] = _mm512_fmadd_ps(block, _mm512_set1_ps(scale[r][c]), total[r]);
        sum[r][0] = sum[r][1] = _mm512_setzero_ps();
      }
    }
  }
  for (int r = 0; r < R; ++r) {
    if constexpr (S == Step::block128) {
      t.y[n + r * stride] = _mm512_reduce_add_ps(total[r]);
    } else {
      t.y[n + r * stride] = _mm512_reduce_add_ps(_mm512_add_ps(sum[r][0], sum[r][1])) * *scale[r];
    }
  }
}

/// The values of 16 exponents, as in `Rows::powers`. 0 and 255, for 2^-127 and NaN, are a zero and
/// an infinity but for the upper bit of the fraction.
__m512 powers_of_two(__m128i exponents) {
  const __m512i e = _mm512_cvtepu8_epi32(exponents);
  const __m512i next = _mm512_add_epi32(e, _mm512_set1_epi32(1));
  const __mmask16 ends = _mm512_testn_epi32_mask(next, _mm512_set1_epi32(0xFE));
  const __m512i bits = _mm512_slli_epi32(e, 23);
  return _mm512_castsi512_ps(_mm512_mask_or_epi32(bits, ends, bits, _mm512_set1_epi32(0x00400000)));
}

/// R rows with a scale per 32 columns. Whichever vector a pair of codes comes to, its lane tells
/// the block: a line of 64 bytes of FP8 has two, of E2M1 four, in as many equal parts of the lanes.
/// So all products of a line are summed first, and scaled by one FMA.
template <Format F, int R>
void group_mx(const Rows& t, std::int64_t n, std::int64_t stride) {
  constexpr int kVectors = Bf16Decoder<F>::kVectors;  // and blocks of a line
  constexpr std::int64_t kExponents = 16;             // taken at a time
  const Bf16Decoder<F> decoder;
  const std::uint8_t* row[R];
  const std::uint8_t* exponent[R];
  __m512 total[R], power[R];
  for (int r = 0; r < R; ++r) {
    row[r] = t.codes + (n + r * stride) * t.row_bytes;
    exponent[r] = t.exponents + (n + r * stride) * t.scale_stride;
    total[r] = _mm512_setzero_ps();
  }
  const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const auto* x = static_cast<const std::uint8_t*>(t.x);
  for (std::int64_t rest = t.columns / 32; rest > 0; rest -= kExponents) {
    const std::int64_t blocks = rest < kExponents ? rest : kExponents;
    const auto some = static_cast<__mmask16>((1U << blocks) - 1);
    for (int r = 0; r < R; ++r) {
      // Without it, rows wait for each line of their few exponents as long as for memory.
      _mm_prefetch(reinterpret_cast<const char*>(exponent[r] + kExponentsAhead), _MM_HINT_T0);
      power[r] = powers_of_two(_mm_maskz_loadu_epi8(some, exponent[r]));
      exponent[r] += kExponents;
    }
    __m512i block = _mm512_srli_epi32(lane, kVectors == 2 ? 3 : 2);  // of the lanes of this line
    for (std::int64_t b = 0; b < blocks; b += kVectors, x += 64 * kVectors) {
      __m512 sum[R][2];
      for (int r = 0; r < R; ++r) sum[r][0] = sum[r][1] = _mm512_setzero_ps();
      add_products<F, R>(decoder, row, x, sum);
      for (int r = 0; r < R; ++r) {
        const __m512 scale = _mm512_permutexvar_ps(block, power[r]);
        total[r] = _mm512_fmadd_ps(_mm512_add_ps(sum[r][0], sum[r][1]), scale, total[r]);
      }
      block = _mm512_add_epi32(block, _mm512_set1_epi32(kVectors));
    }
  }
  for (int r = 0; r < R; ++r) t.y[n + r * stride] = _mm512_reduce_add_ps(total[r]);
}

template <Format F, Step S, int R>
void group_of(const Rows& t, std::int64_t n, std::int64_t stride) {
  if constexpr (S == Step::mx32) {
    group_mx<F, R>(t, n, stride);
  } else {
    group<F, S, R>(t, n, stride);
  }
}

/// Rows as far apart as they can be within a piece: streams that each run through memory in order.
/// Two bring BF16 at the rate of one long read, where four lose 3 to 5 % of it; codes that are
/// decoded need four, for what the rows share.
template <Format F, Step S>
void rows(const Rows& t) noexcept {
  constexpr int R = F == Format::bf16 ? 2 : 4;
  const std::int64_t part = (t.last - t.first) / R;
  for (std::int64_t n = t.first; n < t.first + part; ++n) group_of<F, S, R>(t, n, part);
  for (std::int64_t n = t.first + R * part; n < t.last; ++n) group_of<F, S, 1>(t, n, 1);
}

/// The order in which the decoder gives the values of a line.
template <Format F>
void prepare(const std::uint16_t* x, std::int64_t columns, void* out) noexcept {
  constexpr std::int64_t kLine = 32 * Bf16Decoder<F>::kVectors;
  auto* o = static_cast<std::uint16_t*>(out);
  for (std::int64_t i = 0; i < columns; i += kLine) {
    for (std::int64_t j = 0; j < kLine; ++j) o[i + Bf16Decoder<F>::place_of(j)] = x[i + j];
  }
}

template <Format F>
RowsFn rows_of(Step step) {
  switch (step) {
    case Step::whole:
      return rows<F, Step::whole>;
    case Step::block128:
      return rows<F, Step::block128>;
    case Step::mx32:
      break;
  }
  return rows<F, Step::mx32>;
}

}  // namespace

Functions find_avx512bf16(Format weights, Step step, Format activations) {
  if (activations != Format::bf16) return {};
  switch (weights) {
    case Format::e4m3:
      return {rows_of<Format::e4m3>(step), prepare<Format::e4m3>};
    case Format::e5m2:
      return {rows_of<Format::e5m2>(step), prepare<Format::e5m2>};
    case Format::e2m1:
      if (step != Step::mx32) return {};
      return {rows<Format::e2m1, Step::mx32>, prepare<Format::e2m1>};
    case Format::bf16:
      return {rows<Format::bf16, Step::whole>, prepare<Format::bf16>};
    default:
      return {};
  }
}

}  // namespace perfmodel::kernels::gemv_detail
