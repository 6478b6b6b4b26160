// Decode attention over the vectors of one tier (`Simd`), with the online softmax of FlashAttention
// (arXiv 2205.14135). No include guard: Highway compiles it once per target.

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

  /// score[r][t] for the tokens of a chunk; those beyond `count` get what e^x turns into nothing.
  static SIMD_INLINE void scores(const Task& t, const float* q, const std::uint8_t* keys,
                                 const std::uint8_t* values, const float* scales,
                                 std::int64_t count, float (*score)[kTokens]) {
    for (std::int64_t i = 0; i < kTokens; i += kTogether) {
      if (i >= count) {
        for (std::int64_t j = i; j < i + kTogether; ++j)
          for (int r = 0; r < R; ++r) score[r][j] = -1e30F;
        continue;
      }
      // Pages hold whole chunks: there is something at the place of a token that does not exist
      // yet.
      const std::uint8_t* key = keys + i * t.key_row_bytes;
      V sum[kTogether * R];
      for (auto& s : sum) s = Simd::zero();
      // The values of this chunk are read next, the keys of the next chunk after that.
      for (std::int64_t b = 0; b < kTogether * t.value_row_bytes; b += 64)
        Simd::prefetch(values + i * t.value_row_bytes + b);
      for (std::int64_t b = 0; b < kTogether * t.key_row_bytes; b += 64)
        Simd::prefetch(key + kTokens * t.key_row_bytes + b);
      for (std::int64_t c = 0; c < t.key_columns / 32; ++c) {
        V k[kTogether][kVectors];
        for (std::int64_t j = 0; j < kTogether; ++j)
          Simd::template decode<F>(key + j * t.key_row_bytes + c * kGroupBytes, k[j]);
        for (int r = 0; r < R; ++r) {
          for (int v = 0; v < kVectors; ++v) {
            const V x = Simd::load_once(q + r * t.key_columns + c * 32 + kLanes * v);
            for (std::int64_t j = 0; j < kTogether; ++j)
              sum[j * R + r] = Simd::fma(k[j][v], x, sum[j * R + r]);
          }
        }
      }
      alignas(64) float total[kTogether * R];
      Simd::template sums<kTogether * R>(sum, total);
      for (std::int64_t j = 0; j < kTogether; ++j) {
        const float scale = scales == nullptr ? kGain : scales[i + j] * kGain;
        for (int r = 0; r < R; ++r)
          score[r][i + j] = i + j < count ? total[j * R + r] * scale : -1e30F;
      }
    }
  }

  /// Scores to weights; returns what the sums so far shrink by.
  static SIMD_INLINE float weigh(float* score, float& largest, float& total) {
    V most = Simd::load(score);
    for (std::int64_t i = kLanes; i < kTokens; i += kLanes)
      most = Simd::max(most, Simd::load(score + i));
    const float chunk = Simd::largest(most);
    const float next = chunk > largest ? chunk : largest;
    float shrink[Simd::kLanes];
    Simd::store(shrink, vector_exp(Simd::set(largest - next)));
    V sum = Simd::zero();
    for (std::int64_t i = 0; i < kTokens; i += kLanes) {
      const V p = vector_exp(Simd::sub(Simd::load(score + i), Simd::set(next)));
      Simd::store(score + i, p);
      sum = Simd::add(sum, p);
    }
    total = total * shrink[0] + Simd::sum(sum);
    largest = next;
    return shrink[0];
  }

  static SIMD_INLINE void add_values(const Task& t, const std::uint8_t* values, std::int64_t count,
                                     const float (*weight)[kTokens], const float* shrink,
                                     float* out) {
    for (std::int64_t c = 0; c < t.value_columns / 32; ++c) {
      V sum[R][kVectors];
      for (int r = 0; r < R; ++r) {
        for (int v = 0; v < kVectors; ++v) {
          const float* o = out + r * t.value_columns + c * 32 + kLanes * v;
          sum[r][v] = Simd::mul(Simd::load(o), Simd::set(shrink[r]));
        }
      }
      for (std::int64_t i = 0; i < count; ++i) {
        V x[kVectors];
        Simd::template decode<F>(values + i * t.value_row_bytes + c * kGroupBytes, x);
        for (int r = 0; r < R; ++r) {
          const V w = Simd::set(weight[r][i]);
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
    alignas(64) float weight[R][kTokens];
    float largest[R], total[R], shrink[R];
    for (int r = 0; r < R; ++r) {
      largest[r] = -1e30F;
      total[r] = 0.0F;
    }
    for (std::int64_t i = 0; i < R * t.value_columns; ++i) out[i] = 0.0F;
    for (std::int64_t at = 0; at < t.tokens; at += kTokens) {
      const std::int64_t page = t.pages[at / t.page_tokens], row = at % t.page_tokens;
      const std::int64_t count = t.tokens - at < kTokens ? t.tokens - at : kTokens;
      const std::uint8_t* keys = t.keys + page * t.key_page_bytes + row * t.key_row_bytes;
      const std::uint8_t* values = t.values + page * t.value_page_bytes + row * t.value_row_bytes;
      const std::int64_t scale = page * t.scale_page + row;
      scores(t, q, keys, values, t.key_scales == nullptr ? nullptr : t.key_scales + scale, count,
             weight);
      for (int r = 0; r < R; ++r) {
        shrink[r] = weigh(weight[r], largest[r], total[r]);
        for (std::int64_t i = 0; i < count; ++i)
          weight[r][i] *= t.value_scales == nullptr ? kGain : t.value_scales[scale + i] * kGain;
      }
      add_values(t, values, count, weight, shrink, out);
    }
    for (int r = 0; r < R; ++r) {
      const V inverse = Simd::set(t.tokens > 0 ? 1.0F / total[r] : 0.0F);
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
  if (Simd::kLanes >= 16) {
    for (; h + 8 <= t.heads; h += 8) DecodeBody<F, 8>::heads(t, h);
  }
  for (; h < t.heads; h += kHeads) DecodeBody<F, kHeads>::heads(t, h);
}

inline TaskFn find(Format cache) {
  if (cache == Format::bf16) return decode_task<Format::bf16>;
  if (cache == Format::e4m3) return decode_task<Format::e4m3>;
  return nullptr;
}
