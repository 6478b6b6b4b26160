// FP8 and BF16 weights times BF16 activations by VDPBF16PS: exact products, sums in FP32.
#include <immintrin.h>

#include "kernels/gemv/gemv_rows.hpp"
#include "kernels/simd/bf16_pairs.hpp"

namespace perfmodel::kernels::gemv_detail {

namespace {

template <Format F>
struct Decoder : Bf16Decoder<F> {};
template <>
struct Decoder<Format::bf16> {
  void decode64(const std::uint8_t* p, __m512i* out) const {
    out[0] = _mm512_loadu_si512(p);
    out[1] = _mm512_loadu_si512(p + 64);
  }
};

__m512 dot(__m512 sum, __m512i a, __m512i b) {
  return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
}

template <Format F, Step S, int R>
void group(const Rows& t, std::int64_t n, std::int64_t stride) {
  constexpr std::int64_t kChunkBytes = 128 * (F == Format::bf16 ? 2 : 1);
  const Decoder<F> decoder;
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
    for (int r = 0; r < R; ++r) {
      for (std::int64_t b = 0; b < kChunkBytes; b += 64)
        _mm_prefetch(reinterpret_cast<const char*>(row[r] + kAhead + b), _MM_HINT_T0);
    }
    for (int i = 0; i < 2; ++i, x += 128) {
      const __m512i x0 = _mm512_loadu_si512(x);
      const __m512i x1 = _mm512_loadu_si512(x + 64);
      for (int r = 0; r < R; ++r) {
        __m512i w[2];
        decoder.decode64(row[r] + i * kChunkBytes / 2, w);
        sum[r][0] = dot(sum[r][0], w[0], x0);
        sum[r][1] = dot(sum[r][1], w[1], x1);
      }
    }
    for (int r = 0; r < R; ++r) {
      row[r] += kChunkBytes;
      if constexpr (S == Step::block128) {
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

template <Format F, Step S>
void rows(const Rows& t) noexcept {
  const std::int64_t quarter = (t.last - t.first) / 4;
  for (std::int64_t n = t.first; n < t.first + quarter; ++n) group<F, S, 4>(t, n, quarter);
  for (std::int64_t n = t.first + 4 * quarter; n < t.last; ++n) group<F, S, 1>(t, n, 1);
}

/// The order in which Bf16Decoder gives the values of 64 codes.
void prepare_for_fp8(const std::uint16_t* x, std::int64_t columns, void* out) noexcept {
  auto* o = static_cast<std::uint16_t*>(out);
  for (std::int64_t i = 0; i < columns; i += 64) {
    for (std::int64_t j = 0; j < 64; ++j) o[i + j % 16 / 8 * 32 + j / 16 * 8 + j % 8] = x[i + j];
  }
}

void prepare_for_bf16(const std::uint16_t* x, std::int64_t columns, void* out) noexcept {
  auto* o = static_cast<std::uint16_t*>(out);
  for (std::int64_t i = 0; i < columns; ++i) o[i] = x[i];
}

template <Format F>
RowsFn rows_of(Step step) {
  if (step == Step::whole) return rows<F, Step::whole>;
  if (step == Step::block128) return rows<F, Step::block128>;
  return nullptr;  // a scale per 32 columns leaves one product per sum: the AVX-512 tier does as
                   // well
}

}  // namespace

Functions find_avx512bf16(Format weights, Step step, Format activations) {
  if (activations != Format::bf16) return {};
  switch (weights) {
    case Format::e4m3:
      return {rows_of<Format::e4m3>(step), prepare_for_fp8};
    case Format::e5m2:
      return {rows_of<Format::e5m2>(step), prepare_for_fp8};
    case Format::bf16:
      return {rows<Format::bf16, Step::whole>, prepare_for_bf16};
    default:
      return {};
  }
}

}  // namespace perfmodel::kernels::gemv_detail
