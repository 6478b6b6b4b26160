// Decode attention in FP32 over the vectors of one tier (`Simd`), after decode_softmax.hpp. No
// include guard: Highway compiles it once per target.

template <Format F, int R>
struct DecodeBody {
  using V = Simd::V;
  static constexpr std::int64_t kLanes = Simd::kLanes;
  static constexpr int kVectors = 32 / Simd::kLanes;
  static constexpr std::int64_t kGroupBytes = 4 * kBits<F>;  // of 32 codes
  static constexpr float kGain = Simd::template kGain<F>;

  /// Tokens whose scores are summed together, so that queries are loaded once for all of them and
  /// the sums over lanes, which cost as much as a short key, are made together.
  static constexpr std::int64_t kTogether = Simd::kLanes >= 16 ? 16 / R : 1;

  /// Score of each token of a chunk and each head: [token][head], without scales. There may be
  /// anything for those beyond the last token.
  static SIMD_INLINE void scores(const Task& t, const float* q, const Chunk& chunk, float* score) {
    for (std::int64_t i = 0; i < chunk.count; i += kTogether) {
      // Pages hold whole chunks: there is something at the place of a token that does not exist
      // yet.
      const std::uint8_t* key = chunk.keys + i * t.key_row_bytes;
      V sum[kTogether * R];
      for (auto& s : sum) s = Simd::zero();
      const std::uint8_t* next = chunk.next_keys + i * t.key_row_bytes;
      for (std::int64_t c = 0; c < t.key_columns / 32; ++c) {
        V k[kTogether][kVectors];
        for (std::int64_t j = 0; j < kTogether; ++j) {
          Simd::template decode<F>(key + j * t.key_row_bytes + c * kGroupBytes, k[j]);
          if (c * kGroupBytes % 64 == 0)
            Simd::prefetch(next + j * t.key_row_bytes + c * kGroupBytes);
        }
        for (int r = 0; r < R; ++r) {
          for (int v = 0; v < kVectors; ++v) {
            const V x = Simd::load_once(q + r * t.key_columns + c * 32 + kLanes * v);
            for (std::int64_t j = 0; j < kTogether; ++j)
              sum[j * R + r] = Simd::fma(k[j][v], x, sum[j * R + r]);
          }
        }
      }
      Simd::template sums<kTogether * R>(sum, score + i * R);
    }
  }

  static SIMD_INLINE void add_values(const Task& t, const Chunk& chunk, const float* weight,
                                     const float* shrink, float* out) {
    const bool ahead = t.values != t.keys;
    for (std::int64_t c = 0; c < t.value_columns / 32; ++c) {
      V sum[R][kVectors];
      for (int r = 0; r < R; ++r) {
        for (int v = 0; v < kVectors; ++v) {
          const float* o = out + r * t.value_columns + c * 32 + kLanes * v;
          sum[r][v] = Simd::mul(Simd::load(o), Simd::set(shrink[r]));
        }
      }
      for (std::int64_t i = 0; i < chunk.count; ++i) {
        const std::int64_t at = i * t.value_row_bytes + c * kGroupBytes;
        V x[kVectors];
        Simd::template decode<F>(chunk.values + at, x);
        if (ahead && c * kGroupBytes % 64 == 0) Simd::prefetch(chunk.next_values + at);
        for (int r = 0; r < R; ++r) {
          const V w = Simd::set(weight[i * R + r]);
          for (int v = 0; v < kVectors; ++v) sum[r][v] = Simd::fma(w, x[v], sum[r][v]);
        }
      }
      for (int r = 0; r < R; ++r) {
        for (int v = 0; v < kVectors; ++v)
          Simd::store(out + r * t.value_columns + c * 32 + kLanes * v, sum[r][v]);
      }
    }
  }

  /// A chunk for R heads.
  static SIMD_INLINE void heads(const Task& t, const Chunk& c, std::int64_t first) {
    alignas(64) float weight[kTokens * R];
    float* out = t.out + first * t.value_columns;
    Sums& sums = reinterpret_cast<Sums*>(t.state)[first / kHeads];
    if (c.first) {
      clear(sums);
      for (std::int64_t i = 0; i < R * t.value_columns; ++i) out[i] = 0.0F;
    }
    scores(t, t.q + first * t.key_columns, c, weight);
    weigh<R, kTokens>(c, kGain, kGain, weight, sums);
    add_values(t, c, weight, sums.shrink, out);
    for (int r = 0; c.last && r < R; ++r) {
      const V inverse = Simd::set(1.0F / total_of(sums, R, r));
      for (std::int64_t i = r * t.value_columns; i < (r + 1) * t.value_columns; i += kLanes)
        Simd::store(out + i, Simd::mul(Simd::load(out + i), inverse));
    }
  }
};

template <Format F>
struct DecodeChunk {
  static constexpr std::int64_t kTokens = attention_detail::kTokens;

  static SIMD_INLINE void chunk(const Task& t, const Chunk& c, std::int64_t kv_head) {
    std::int64_t h = kv_head * t.heads;
    const std::int64_t end = h + t.heads;
    // Keys and values are decoded once for eight heads where the registers allow it.
    if constexpr (Simd::kLanes >= 16) {
      for (; h + 8 <= end; h += 8) DecodeBody<F, 8>::heads(t, c, h);
    }
    for (; h < end; h += kHeads) DecodeBody<F, kHeads>::heads(t, c, h);
  }
};

template <Format F>
void decode_task(const Task& t) noexcept {
  for_chunks<DecodeChunk<F>>(t);
}

inline TaskFn find(Format cache) {
  if (cache == Format::bf16) return decode_task<Format::bf16>;
  if (cache == Format::e4m3) return decode_task<Format::e4m3>;
  return nullptr;
}
