// Decode attention by VDPBF16PS: products of BF16 pairs, summed in FP32.
//
// Scores have heads along the lanes of a vector, sixteen, eight or four of them, and columns in
// what lanes are left: keys are broadcast as they lie in the cache, and neither transposed nor
// summed over lanes. Values meet the weights of the softmax in pairs of tokens, with columns along
// the lanes.
#include <immintrin.h>

#include "kernels/attention/decode_task.hpp"
#include "kernels/simd/avx512.hpp"
#include "kernels/simd/bf16_pairs.hpp"

#define SIMD_INLINE inline

namespace perfmodel::kernels::attention_detail {
namespace {
#include "kernels/simd/exp.hpp"
//
#include "kernels/attention/decode_softmax.hpp"
//
#include "kernels/attention/decode_pairs.hpp"
//
#include "kernels/attention/decode_pair_rows.hpp"

constexpr std::int64_t kLeastHeads = 4;  // of a group

/// The next 32 / H slots of a key for each of H heads.
template <int H>
__m512i for_heads(const std::uint8_t* p) {
  if constexpr (H == 16) {
    std::int32_t pair = 0;
    __builtin_memcpy(&pair, p, 4);
    return broadcast_pair(pair);
  }
  if constexpr (H == 8) {
    std::int64_t pairs = 0;
    __builtin_memcpy(&pairs, p, 8);
    return broadcast_two_pairs(pairs);
  }
  return _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}

/// Sums of eight tokens over the lanes of each of H heads: [token][head].
template <int H>
void store_scores(const __m512* sum, float* score) {
  if constexpr (H == 16) {
    for (int j = 0; j < 8; ++j) _mm512_storeu_ps(score + 16 * j, sum[j]);
  } else if constexpr (H == 8) {
    const __m512i even =
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_or_si512(even, _mm512_set1_epi32(1));
    for (int j = 0; j < 8; j += 2)
      _mm512_storeu_ps(score + 8 * j,
                       _mm512_add_ps(_mm512_permutex2var_ps(sum[j], even, sum[j + 1]),
                                     _mm512_permutex2var_ps(sum[j], odd, sum[j + 1])));
  } else {
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    for (int j = 0; j < 8; j += 4) {
      const __m512 a = _mm512_add_ps(_mm512_unpacklo_ps(sum[j], sum[j + 1]),
                                     _mm512_unpackhi_ps(sum[j], sum[j + 1]));
      const __m512 b = _mm512_add_ps(_mm512_unpacklo_ps(sum[j + 2], sum[j + 3]),
                                     _mm512_unpackhi_ps(sum[j + 2], sum[j + 3]));
      const __m512d c = _mm512_castps_pd(a), d = _mm512_castps_pd(b);
      const __m512 all = _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(c, d)),
                                       _mm512_castpd_ps(_mm512_unpackhi_pd(c, d)));
      _mm512_storeu_ps(score + 4 * j, _mm512_permutexvar_ps(order, all));
    }
  }
}

/// Scores of a chunk, without scales, for H heads: [token][head].
template <int H>
void scores(const std::uint8_t* keys, std::int64_t row_bytes, std::int64_t columns,
            const std::uint16_t* queries, const std::uint8_t* next, std::int64_t count,
            float* score) {
  constexpr std::int64_t kStepBytes = 64 / H;
  for (std::int64_t i = 0; i < count; i += 8) {
    const std::uint8_t* key = keys + i * row_bytes;
    __m512 sum[8][2];
    for (auto& s : sum) s[0] = s[1] = _mm512_setzero_ps();
    for (std::int64_t b = 0; b < 2 * columns; b += 2 * kStepBytes) {
      const std::uint16_t* q = queries + b * H / 2;
      const __m512i q0 = _mm512_loadu_si512(q), q1 = _mm512_loadu_si512(q + 32);
      for (int j = 0; j < 8; ++j) {
        const std::uint8_t* k = key + j * row_bytes + b;
        sum[j][0] = dot_pairs(sum[j][0], q0, for_heads<H>(k));
        sum[j][1] = dot_pairs(sum[j][1], q1, for_heads<H>(k + kStepBytes));
      }
      // As many lines as this step reads, of the same tokens of the next chunk.
      for (std::int64_t j = 0; j < 16 / H && next != nullptr; ++j)
        Simd::prefetch(next + i * row_bytes + 8 * b + 64 * j);
    }
    __m512 both[8];
    for (int j = 0; j < 8; ++j) both[j] = _mm512_add_ps(sum[j][0], sum[j][1]);
    store_scores<H>(both, score + i * H);
  }
}

/// Whether values are paired once for all heads; if not, as they are read.
inline bool staged(const PairTask& t, const Chunk& chunk) {
  return t.heads > 16 || chunk.count % 4 != 0;
}

/// Adds the values of a chunk, by weight, to the sums of R heads. `pairs` has those of H heads.
/// Staged: of `pair_values`, for many heads; if not, from the cache itself.
template <Format F, int R, std::int64_t T, bool kStaged>
void add_values(const PairTask& t, const Chunk& chunk, const std::uint16_t* values,
                const std::uint32_t* pairs, std::int64_t stride, const float* shrink, float* out) {
  const Pairs<F> decoder;
  constexpr int kSets = R >= 8 ? 1 : 8 / R;  // of sums, enough that none waits for the last product
  const bool ahead = !kStaged && t.values != t.keys;
  for (std::int64_t s = 0; s < t.value_columns; s += 32) {
    __m512 sum[kSets][R][2];
    for (int r = 0; r < R; ++r) {
      for (int v = 0; v < 2; ++v) {
        sum[0][r][v] = _mm512_mul_ps(_mm512_loadu_ps(out + r * t.value_columns + s + 16 * v),
                                     _mm512_set1_ps(shrink[r]));
        for (int k = 1; k < kSets; ++k) sum[k][r][v] = _mm512_setzero_ps();
      }
    }
    for (std::int64_t i = 0; i < chunk.count; i += 2 * kSets) {
      for (int k = 0; k < kSets; ++k) {
        const std::int64_t token = i + 2 * k;
        __m512i x[2];
        if constexpr (kStaged) {
          x[0] = _mm512_loadu_si512(values + s * T + token * 32);
          x[1] = _mm512_loadu_si512(values + s * T + token * 32 + 32);
        } else {
          const std::uint8_t* row = chunk.values + token * t.value_row_bytes;
          decoder.pairs_at(row, row + t.value_row_bytes, s, x);
          if (ahead) prefetch_values<F>(chunk.next_values, (s / 32 * T + token) / 2);
        }
        for (int r = 0; r < R; ++r) {
          const __m512i w =
              broadcast_pair(static_cast<std::int32_t>(pairs[token / 2 * stride + r]));
          for (int v = 0; v < 2; ++v) sum[k][r][v] = dot_pairs(sum[k][r][v], x[v], w);
        }
      }
    }
    for (int r = 0; r < R; ++r) {
      for (int v = 0; v < 2; ++v) {
        for (int k = 1; k < kSets; ++k) sum[0][r][v] = _mm512_add_ps(sum[0][r][v], sum[k][r][v]);
        _mm512_storeu_ps(out + r * t.value_columns + s + 16 * v, sum[0][r][v]);
      }
    }
  }
}

/// A chunk for H heads of a KV head.
template <Format F, int H, std::int64_t T>
void heads(const PairTask& t, const Chunk& chunk, const Room& room, std::int64_t kv_head,
           std::int64_t first) {
  alignas(64) float weight[T * H];
  alignas(64) std::uint32_t pairs[T * H / 2];
  const bool direct = F == Format::bf16;
  const std::int64_t at = kv_head * pair_heads(t.heads, kLeastHeads) + first;
  std::uint16_t* queries = room.queries + at * t.key_columns;
  float* out = room.out + at * t.value_columns;
  Sums& sums = room.sums[at / kHeads];
  if (chunk.first) {
    pack_queries<F, H>(t, kv_head, first, queries);
    clear(sums);
    for (std::int64_t i = 0; i < H * t.value_columns; ++i) out[i] = 0.0F;
  }
  scores<H>(direct ? chunk.keys : reinterpret_cast<const std::uint8_t*>(room.keys),
            2 * t.key_columns, t.key_columns, queries,
            direct && first == 0 ? chunk.next_keys : nullptr, chunk.count, weight);
  weigh<H, T>(chunk, t.scale, 1.0F, weight, sums);
  pair_weights<H, T>(weight, chunk.count, pairs);
  constexpr int kRows = H < 8 ? H : 8;
  for (int r = 0; r < H; r += kRows) {
    float* sums_of_values = out + r * t.value_columns;
    if (staged(t, chunk)) {
      add_values<F, kRows, T, true>(t, chunk, room.values, pairs + r, H, sums.shrink + r,
                                    sums_of_values);
    } else {
      add_values<F, kRows, T, false>(t, chunk, nullptr, pairs + r, H, sums.shrink + r,
                                     sums_of_values);
    }
  }
  for (int r = 0; chunk.last && r < H && first + r < t.heads; ++r)
    finish<F>(t, out + r * t.value_columns, 16, total_of(sums, H, r),
              t.out + (kv_head * t.heads + first + r) * t.value_columns);
}

template <Format F, std::int64_t T>
struct PairChunk {
  static constexpr std::int64_t kTokens = T;

  static void chunk(const PairTask& t, const Chunk& c, std::int64_t kv_head) {
    const Room room = room_of<attention_detail::kTokens, kLeastHeads>(t);
    if (F != Format::bf16)
      widen_keys<F>(c.keys, t.key_row_bytes, t.key_columns, c.count, c.next_keys, room.keys);
    if (staged(t, c))
      pair_values<F, T, 4>(c.values, t.value_row_bytes, t.value_columns, c.count,
                           t.values != t.keys ? c.next_values : nullptr, room.values);
    std::int64_t group = 0;
    for (std::int64_t h = 0; h < t.heads; h += group) {
      group = pair_group(t.heads - h, kLeastHeads);
      if (group == 16) heads<F, 16, T>(t, c, room, kv_head, h);
      if (group == 8) heads<F, 8, T>(t, c, room, kv_head, h);
      if (group == 4) heads<F, 4, T>(t, c, room, kv_head, h);
    }
  }
};

template <Format F>
void decode_task(const PairTask& t) noexcept {
  // Measured: where products take little time, memory is read more evenly by chunks of 4 KiB; with
  // more heads the sums, loaded and stored once per chunk, take more than that gives.
  if (F == Format::bf16 && t.heads <= 4) {
    for_chunks<PairChunk<F, kTokens / 2>>(t);
  } else {
    for_chunks<PairChunk<F, kTokens>>(t);
  }
}

}  // namespace

PairTier find_avx512bf16(Format cache) {
  PairTier tier{nullptr, kTokens, kLeastHeads};
  if (cache == Format::bf16) tier.task = decode_task<Format::bf16>;
  if (cache == Format::e4m3) tier.task = decode_task<Format::e4m3>;
  return tier;
}

}  // namespace perfmodel::kernels::attention_detail
