// Chunks of tokens, and the online softmax of FlashAttention (arXiv 2205.14135) over them, for the
// vectors of one tier (`Simd`). No include guard: Highway compiles it once per target.

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
  bool first, last;  // of the sequence
};

/// `count` tokens from `at` on of a KV head, before those of KV head `next_head` from `next` on.
SIMD_INLINE Chunk chunk_at(const KvRows& t, std::int64_t head, std::int64_t at, std::int64_t count,
                           std::int64_t next_head, std::int64_t next) {
  const std::int64_t page = t.pages[at / t.page_tokens];
  const std::int64_t next_page = t.pages[next / t.page_tokens];
  // Rows of a page: those of its first KV head, then those of the next.
  const std::int64_t row = head * t.page_tokens + at % t.page_tokens;
  const std::int64_t next_row = next_head * t.page_tokens + next % t.page_tokens;
  const std::int64_t scale = page * t.scale_page + row;
  Chunk c;
  c.keys = t.keys + page * t.key_page_bytes + row * t.key_row_bytes;
  c.values = t.values + page * t.value_page_bytes + row * t.value_row_bytes;
  c.next_keys = t.keys + next_page * t.key_page_bytes + next_row * t.key_row_bytes;
  c.next_values = t.values + next_page * t.value_page_bytes + next_row * t.value_row_bytes;
  c.key_scales = t.key_scales == nullptr ? nullptr : t.key_scales + scale;
  c.value_scales = t.value_scales == nullptr ? nullptr : t.value_scales + scale;
  c.count = count;
  return c;
}

/// Body::chunk(t, chunk, KV head) for all chunks of Body::kTokens, in the order in which they lie
/// in a page.
template <class Body, class Task>
SIMD_INLINE void for_chunks(const Task& t) {
  for (std::int64_t page = 0; page < t.tokens; page += t.page_tokens) {
    const std::int64_t end = page + t.page_tokens < t.tokens ? page + t.page_tokens : t.tokens;
    for (std::int64_t h = 0; h < t.kv_heads; ++h) {
      for (std::int64_t at = page; at < end; at += Body::kTokens) {
        std::int64_t next_head = h, next = at + Body::kTokens;
        if (next >= end) {
          next_head = h + 1 < t.kv_heads ? h + 1 : 0;
          next = next_head > 0 || end == t.tokens ? page : end;
        }
        const std::int64_t count = end - at < Body::kTokens ? end - at : Body::kTokens;
        Chunk c = chunk_at(t, h, at, count, next_head, next);
        c.first = at == 0;
        c.last = at + count == t.tokens;
        Body::chunk(t, c, h);
      }
    }
  }
}

/// What is known of the tokens so far, for R heads. Lane l is of head l % R, which has several
/// where there are fewer heads than lanes.
struct Sums {
  alignas(64) float largest[Simd::kLanes];  // the same in all lanes of a head
  alignas(64) float shrink[Simd::kLanes];   // what older sums shrink by
  alignas(64) float total[Simd::kLanes];    // to be added up
};

SIMD_INLINE void clear(Sums& sums) {
  Simd::store(sums.largest, Simd::set(-1e30F));
  Simd::store(sums.total, Simd::zero());
}

SIMD_INLINE float total_of(const Sums& sums, std::int64_t heads, std::int64_t head) {
  float sum = 0.0F;
  for (std::int64_t l = head; l < Simd::kLanes; l += heads) sum += sums.total[l];
  return sum;
}

/// Scores to weights, for R heads at once: score [token][head], of a whole chunk of kTokens; there
/// may be anything for tokens that do not exist. Scores are first multiplied by `key_factor`,
/// weights in the end by `value_factor`, each with the scale of its token.
template <int R, std::int64_t kTokens>
SIMD_INLINE void weigh(const Chunk& chunk, float key_factor, float value_factor, float* score,
                       Sums& sums) {
  using V = Simd::V;
  constexpr std::int64_t kLanes = Simd::kLanes;
  constexpr int kAtOnce = kLanes >= 16 ? 4 : 2;  // vectors that are worked on together
  constexpr std::int64_t kStep = kLanes / R;     // tokens of a vector
  const V key_gain = Simd::set(key_factor), value_gain = Simd::set(value_factor);
  if (chunk.key_scales != nullptr || key_factor != 1.0F) {
    for (std::int64_t i = 0; i < kTokens; i += kStep) {
      const V scale = chunk.key_scales == nullptr
                          ? key_gain
                          : Simd::mul(Simd::template each<R>(chunk.key_scales + i), key_gain);
      Simd::store(score + i * R, Simd::mul(Simd::load(score + i * R), scale));
    }
  }
  for (std::int64_t i = chunk.count * R; i < kTokens * R; ++i) score[i] = -1e30F;
  V most = Simd::load(sums.largest);
  for (std::int64_t i = 0; i < kTokens * R; i += kLanes)
    most = Simd::max(most, Simd::load(score + i));
  if constexpr (R < kLanes) {
    alignas(64) float lanes[Simd::kLanes];
    Simd::store(lanes, most);
    for (std::int64_t l = R; l < kLanes; ++l)
      lanes[l % R] = lanes[l] > lanes[l % R] ? lanes[l] : lanes[l % R];
    for (std::int64_t l = R; l < kLanes; ++l) lanes[l] = lanes[l % R];
    most = Simd::load(lanes);
  }
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
        p[v] = Simd::mul(p[v], Simd::mul(Simd::template each<R>(chunk.value_scales + i + v * kStep),
                                         value_gain));
      Simd::store(score + i * R + v * kLanes, p[v]);
    }
  }
  Simd::store(sums.largest, most);
  Simd::store(sums.shrink, shrink);
  Simd::store(sums.total, Simd::fma(Simd::load(sums.total), shrink, sum));
}
