// Prefill attention over the vectors of one tier (`Simd`), with the online softmax of
// FlashAttention (arXiv 2205.14135). No include guard: Highway compiles it once per target.
//
// Scores are computed with the rows of queries along the vectors, so that neither keys nor values
// are ever transposed: keys and weights are broadcast, queries and values are loaded. The softmax
// is element-wise that way too.

template <Format F>
struct PrefillBody {
  using V = Simd::V;
  static constexpr std::int64_t kLanes = Simd::kLanes;
  static constexpr int kVectors = 32 / Simd::kLanes;  // of 32 decoded values
  static constexpr int kTile = Simd::kTileRows;
  static constexpr int kTileVectors = Simd::kTileVectors;
  static constexpr std::int64_t kWide = kTileVectors * kLanes;
  static constexpr std::int64_t kGroupBytes = 4 * kBits<F>;  // of 32 codes
  static constexpr float kGain = Simd::template kGain<F>;

  /// What the tokens of a block share.
  struct Block {
    std::int64_t first, count, end;  // end: of all blocks
    float largest[kPrefillRows], total[kPrefillRows], shrink[kPrefillRows];
    float key_scale[kPrefillTokens], value_scale[kPrefillTokens];
  };

  /// Rows that do not see token `i` of the block: those before this one.
  static SIMD_INLINE std::int64_t masked(const PrefillTask& t, const Block& b, std::int64_t i) {
    const std::int64_t r = (b.first + i - t.first_position) * t.group - t.first_row;
    return r < 0 ? 0 : r < t.row_stride ? r : t.row_stride;
  }

  static SIMD_INLINE void decode_rows(const PrefillTask& t, const Block& b,
                                      const std::uint8_t* codes, std::int64_t page_bytes,
                                      std::int64_t row_bytes, std::int64_t columns, float* out,
                                      std::int64_t stride) {
    for (std::int64_t i = 0; i < b.count; ++i) {
      const std::int64_t token = b.first + i;
      const std::uint8_t* row =
          codes + t.pages[token / t.page_tokens] * page_bytes + token % t.page_tokens * row_bytes;
      for (std::int64_t c = 0; c < columns; c += 32) {
        V x[kVectors];
        Simd::template decode<F>(row + c / 32 * kGroupBytes, x);
        for (int v = 0; v < kVectors; ++v) Simd::store(out + i * stride + c + kLanes * v, x[v]);
      }
    }
  }

  static SIMD_INLINE void load_scales(const PrefillTask& t, Block& b) {
    for (std::int64_t i = 0; i < b.count; ++i) {
      const std::int64_t token = b.first + i;
      const std::int64_t at = t.pages[token / t.page_tokens] * t.scale_page + token % t.page_tokens;
      b.key_scale[i] = t.key_scales == nullptr ? kGain : t.key_scales[at] * kGain;
      b.value_scale[i] = t.value_scales == nullptr ? kGain : t.value_scales[at] * kGain;
    }
  }

  /// Scores of kTile tokens by kWide rows.
  static SIMD_INLINE void score_tile(const PrefillTask& t, const float* keys, const float* queries,
                                     const float* scale, float* out) {
    const std::int64_t stride = t.key_columns + kPrefillPad;
    V sum[kTile][kTileVectors];
    for (auto& row : sum) {
      for (V& v : row) v = Simd::zero();
    }
    for (std::int64_t c = 0; c < t.key_columns; ++c) {
      V q[kTileVectors];
      for (int v = 0; v < kTileVectors; ++v) q[v] = Simd::load(queries + kLanes * v);
      for (int r = 0; r < kTile; ++r) {
        const V k = Simd::set(keys[r * stride]);
        for (int v = 0; v < kTileVectors; ++v) sum[r][v] = Simd::fma(k, q[v], sum[r][v]);
      }
      queries += t.row_stride;
      ++keys;
    }
    for (int r = 0; r < kTile; ++r) {
      for (int v = 0; v < kTileVectors; ++v)
        Simd::store(out + r * t.row_stride + kLanes * v, Simd::mul(sum[r][v], Simd::set(scale[r])));
    }
  }

  /// Keys and values of some tokens, which lie in other places of memory than those before them.
  static SIMD_INLINE void prefetch_rows(const PrefillTask& t, std::int64_t first,
                                        std::int64_t end) {
    for (std::int64_t token = first; token < end; ++token) {
      const std::int64_t page = t.pages[token / t.page_tokens], row = token % t.page_tokens;
      const std::uint8_t* key = t.keys + page * t.key_page_bytes + row * t.key_row_bytes;
      for (std::int64_t i = 0; i < t.key_row_bytes; i += 64) Simd::prefetch(key + i);
      if (t.value_rows == t.key_rows) continue;
      const std::uint8_t* value = t.values + page * t.value_page_bytes + row * t.value_row_bytes;
      for (std::int64_t i = 0; i < t.value_row_bytes; i += 64) Simd::prefetch(value + i);
    }
  }

  static SIMD_INLINE void scores(const PrefillTask& t, const Block& b) {
    for (std::int64_t r = 0; r < t.rows; r += kWide) {
      for (std::int64_t i = 0; i < b.count; i += kTile) {
        if (r == 0) {
          // The next block comes from memory while this one is multiplied.
          const std::int64_t next = b.first + kPrefillTokens + i;
          prefetch_rows(t, next, next + kTile < b.end ? next + kTile : b.end);
        }
        if (masked(t, b, i) >= r + kWide) break;  // and so are all later tokens
        score_tile(t, t.key_rows + i * (t.key_columns + kPrefillPad), t.queries + r,
                   b.key_scale + i, t.weights + i * t.row_stride + r);
      }
    }
  }

  /// Weights that nobody may see become `value`.
  static SIMD_INLINE void mask(const PrefillTask& t, const Block& b, float value) {
    for (std::int64_t i = 0; i < b.count; ++i) {
      const std::int64_t end = masked(t, b, i);
      for (std::int64_t r = 0; r < end; ++r) t.weights[i * t.row_stride + r] = value;
    }
  }

  /// Scores to weights, and what the sums so far shrink by.
  static SIMD_INLINE void weigh(const PrefillTask& t, Block& b) {
    for (std::int64_t r = 0; r < t.rows; r += kLanes) {
      const V before = Simd::load(b.largest + r);
      V most = before;
      for (std::int64_t i = 0; i < b.count; ++i)
        most = Simd::max(most, Simd::load(t.weights + i * t.row_stride + r));
      V sum = Simd::zero();
      for (std::int64_t i = 0; i < b.count; ++i) {
        float* w = t.weights + i * t.row_stride + r;
        const V p = vector_exp(Simd::sub(Simd::load(w), most));
        sum = Simd::add(sum, p);
        Simd::store(w, Simd::mul(p, Simd::set(b.value_scale[i])));
      }
      const V shrink = vector_exp(Simd::sub(before, most));
      Simd::store(b.shrink + r, shrink);
      Simd::store(b.total + r, Simd::fma(Simd::load(b.total + r), shrink, sum));
      Simd::store(b.largest + r, most);
    }
  }

  static SIMD_INLINE void value_tile(const PrefillTask& t, const float* weights,
                                     const float* values, std::int64_t count, const float* shrink,
                                     float* out) {
    V sum[kTile][kTileVectors];
    for (int r = 0; r < kTile; ++r) {
      for (int v = 0; v < kTileVectors; ++v)
        sum[r][v] =
            Simd::mul(Simd::load(out + r * t.value_columns + kLanes * v), Simd::set(shrink[r]));
    }
    for (std::int64_t i = 0; i < count; ++i) {
      V x[kTileVectors];
      for (int v = 0; v < kTileVectors; ++v) x[v] = Simd::load(values + kLanes * v);
      for (int r = 0; r < kTile; ++r) {
        const V w = Simd::set(weights[r]);
        for (int v = 0; v < kTileVectors; ++v) sum[r][v] = Simd::fma(w, x[v], sum[r][v]);
      }
      weights += t.row_stride;
      values += t.value_stride;
    }
    for (int r = 0; r < kTile; ++r) {
      for (int v = 0; v < kTileVectors; ++v)
        Simd::store(out + r * t.value_columns + kLanes * v, sum[r][v]);
    }
  }

  static SIMD_INLINE void add_values(const PrefillTask& t, const Block& b) {
    for (std::int64_t c = 0; c < t.value_columns; c += kWide) {
      for (std::int64_t r = 0; r < t.rows; r += kTile) {
        // Tokens that even the last row of the tile does not see have weights of zero.
        const std::int64_t seen =
            t.first_position + (t.first_row + r + kTile - 1) / t.group + 1 - b.first;
        value_tile(t, t.weights + r, t.value_rows + c, seen < b.count ? seen : b.count,
                   b.shrink + r, t.out + r * t.value_columns + c);
      }
    }
  }

  static SIMD_INLINE void run(const PrefillTask& t) {
    Block b;
    for (std::int64_t r = 0; r < t.row_stride; ++r) {
      b.largest[r] = -1e30F;
      b.total[r] = 0.0F;
      b.shrink[r] = 1.0F;
    }
    for (std::int64_t i = 0; i < t.row_stride * t.value_columns; ++i) t.out[i] = 0.0F;
    for (float& s : b.key_scale) s = 1.0F;
    const std::int64_t tokens = t.first_position + (t.first_row + t.rows - 1) / t.group + 1;
    b.end = tokens;
    for (b.first = 0; b.first < tokens; b.first += kPrefillTokens) {
      b.count = tokens - b.first < kPrefillTokens ? tokens - b.first : kPrefillTokens;
      load_scales(t, b);
      decode_rows(t, b, t.keys, t.key_page_bytes, t.key_row_bytes, t.key_columns, t.key_rows,
                  t.key_columns + kPrefillPad);
      if (t.value_rows != t.key_rows)
        decode_rows(t, b, t.values, t.value_page_bytes, t.value_row_bytes, t.value_columns,
                    t.value_rows, t.value_stride);
      scores(t, b);
      const bool partly_masked = masked(t, b, b.count - 1) > 0;
      // Every row sees token 0, so that its largest score is a real one from the first block on.
      if (partly_masked) mask(t, b, -1e30F);
      weigh(t, b);
      if (partly_masked) mask(t, b, 0.0F);
      add_values(t, b);
    }
    for (std::int64_t r = 0; r < t.rows; ++r) {
      const V inverse = Simd::set(1.0F / b.total[r]);
      for (std::int64_t c = 0; c < t.value_columns; c += kLanes) {
        float* o = t.out + r * t.value_columns + c;
        Simd::store(o, Simd::mul(Simd::load(o), inverse));
      }
    }
  }
};

template <Format F>
void prefill_task(const PrefillTask& t) noexcept {
  PrefillBody<F>::run(t);
}

inline PrefillFn find(Format cache) {
  if (cache == Format::bf16) return prefill_task<Format::bf16>;
  if (cache == Format::e4m3) return prefill_task<Format::e4m3>;
  return nullptr;
}
