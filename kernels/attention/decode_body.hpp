// Decode attention over the vectors of one tier (`Simd`), with the online softmax of FlashAttention
// (arXiv 2205.14135). No include guard: Highway compiles it once per target.

/// Tokens that are taken together; keys and values of those that come next, each line of which is
/// asked for when the same line of this chunk is read.
struct Chunk {
  const std::uint8_t* keys;
  const std::uint8_t* values;
  const std::uint8_t* next_keys;
  const std::uint8_t* next_values;
  const float* key_scales;  // nullptr for BF16
  const float* value_scales;
  std::int64_t count;
};

SIMD_INLINE Chunk chunk_at(const Task& t, std::int64_t at) {
  const std::int64_t next = at + kTokens < t.tokens ? at + kTokens : at;
  const std::int64_t page = t.pages[at / t.page_tokens], row = at % t.page_tokens;
  const std::int64_t next_page = t.pages[next / t.page_tokens], next_row = next % t.page_tokens;
  const std::int64_t scale = page * t.scale_page + row;
  Chunk c;
  c.keys = t.keys + page * t.key_page_bytes + row * t.key_row_bytes;
  c.values = t.values + page * t.value_page_bytes + row * t.value_row_bytes;
  c.next_keys = t.keys + next_page * t.key_page_bytes + next_row * t.key_row_bytes;
  c.next_values = t.values + next_page * t.value_page_bytes + next_row * t.value_row_bytes;
  c.key_scales = t.key_scales == nullptr ? nullptr : t.key_scales + scale;
  c.value_scales = t.value_scales == nullptr ? nullptr : t.value_scales + scale;
  c.count = t.tokens - at < kTokens ? t.tokens - at : kTokens;
  return c;
}

template <Format F, int R>
struct DecodeBody {
  using V = Simd::V;
  static constexpr std::int64_t kLanes = Simd::kLanes;
  static constexpr int kVectors = 32 / Simd::kLanes;
  static constexpr std::int64_t kGroupBytes = 4 * kBits<F>;  // of 32 codes
  static constexpr float kGain = Simd::template kGain<F>;
  static constexpr int kAtOnce = kLanes >= 16 ? 4 : 2;  // vectors that are worked on together

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

  /// What is known of the tokens so far. Lane l is of head l % R, which has several where there are
  /// fewer heads than lanes.
  struct Sums {
    alignas(64) float largest[Simd::kLanes];  // the same in all lanes of a head
    alignas(64) float shrink[Simd::kLanes];   // what older sums shrink by
    alignas(64) float total[Simd::kLanes];    // to be added up
    float of(int r) const {
      float sum = 0.0F;
      for (int l = r; l < Simd::kLanes; l += R) sum += total[l];
      return sum;
    }
  };

  /// Scores to weights, for all heads at once.
  static SIMD_INLINE void weigh(const Chunk& chunk, float* score, Sums& sums) {
    constexpr std::int64_t kStep = kLanes / R;  // tokens of a vector
    for (std::int64_t i = 0; chunk.key_scales != nullptr && i < kTokens; i += kStep) {
      const V scale = Simd::mul(Simd::template each<R>(chunk.key_scales + i), Simd::set(kGain));
      Simd::store(score + i * R, Simd::mul(Simd::load(score + i * R), scale));
    }
    for (std::int64_t i = chunk.count * R; i < kTokens * R; ++i) score[i] = -1e30F;
    V most = Simd::load(sums.largest);
    for (std::int64_t i = 0; i < kTokens * R; i += kLanes)
      most = Simd::max(most, Simd::load(score + i));
    alignas(64) float lanes[Simd::kLanes];
    Simd::store(lanes, most);
    for (std::int64_t l = R; l < kLanes; ++l)
      lanes[l % R] = lanes[l] > lanes[l % R] ? lanes[l] : lanes[l % R];
    for (std::int64_t l = R; l < kLanes; ++l) lanes[l] = lanes[l % R];
    most = Simd::load(lanes);
    const V shrink = vector_exp(Simd::sub(Simd::load(sums.largest), most));
    V sum = Simd::zero();  // of this chunk by itself, which rounds less
    for (std::int64_t i = 0; i < kTokens; i += kAtOnce * kStep) {
      V p[kAtOnce];
      for (int v = 0; v < kAtOnce; ++v)
        p[v] = Simd::sub(Simd::load(score + i * R + v * kLanes), most);
      vector_exps<kAtOnce>(p);
      for (int v = 0; v < kAtOnce; ++v) {
        sum = Simd::add(sum, p[v]);
        if (chunk.value_scales != nullptr)
          p[v] =
              Simd::mul(p[v], Simd::mul(Simd::template each<R>(chunk.value_scales + i + v * kStep),
                                        Simd::set(kGain)));
        Simd::store(score + i * R + v * kLanes, p[v]);
      }
    }
    Simd::store(sums.largest, most);
    Simd::store(sums.shrink, shrink);
    Simd::store(sums.total, Simd::fma(Simd::load(sums.total), shrink, sum));
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

  static SIMD_INLINE void heads(const Task& t, std::int64_t first) {
    const float* q = t.q + first * t.key_columns;
    float* out = t.out + first * t.value_columns;
    alignas(64) float weight[kTokens * R];
    Sums sums;
    Simd::store(sums.largest, Simd::set(-1e30F));
    Simd::store(sums.total, Simd::zero());
    for (std::int64_t i = 0; i < R * t.value_columns; ++i) out[i] = 0.0F;
    for (std::int64_t at = 0; at < t.tokens; at += kTokens) {
      const Chunk chunk = chunk_at(t, at);
      scores(t, q, chunk, weight);
      weigh(chunk, weight, sums);
      add_values(t, chunk, weight, sums.shrink, out);
    }
    for (int r = 0; r < R; ++r) {
      const V inverse = Simd::set(t.tokens > 0 ? 1.0F / sums.of(r) : 0.0F);
      for (std::int64_t c = 0; c < t.value_columns; c += kLanes) {
        float* o = out + r * t.value_columns + c;
        Simd::store(o, Simd::mul(Simd::load(o), inverse));
      }
    }
  }
};

template <Format F>
void decode_task(const Task& t) noexcept {
  std::int64_t h = 0;
  // Keys and values are decoded once for eight heads where the registers allow it.
  if constexpr (Simd::kLanes >= 16) {
    for (; h + 8 <= t.heads; h += 8) DecodeBody<F, 8>::heads(t, h);
  }
  for (; h < t.heads; h += kHeads) DecodeBody<F, kHeads>::heads(t, h);
}

inline TaskFn find(Format cache) {
  if (cache == Format::bf16) return decode_task<Format::bf16>;
  if (cache == Format::e4m3) return decode_task<Format::e4m3>;
  return nullptr;
}
