// Decode attention by products of BF16 tiles. No include guard: it is compiled once over the tiles
// of the processor, and once over tiles in software for the tests.
//
// `Tiles` is that of gemm_amx_body.hpp, with configure() and release(), and prefetch(address) into
// the cache that tiles are loaded from. Beside decode_pairs.hpp it needs `widen_keys` and
// `pair_values` of decode_pair_rows.hpp, and `transpose_weights`: of weights [32 tokens][16 heads]
// those in BF16, [16 heads][32 tokens].
//
// With 16 tokens as rows and 16 heads as columns, scores are K Q^T: keys are loaded as they lie in
// the cache, and the packed queries are pairs of columns already. Values in pairs of tokens are the
// second factor of P V. Sums stay in tiles, [16 slots][head][slot], since a tile store with a
// stride of a row of results takes nine times as long.

inline constexpr std::int64_t kTileTokens = 64;  // taken together
inline constexpr std::int64_t kTileHeads = 16;
inline constexpr std::int64_t kTileFloats = 256;
inline constexpr std::int64_t kTileRowBytes = 64;
inline constexpr std::int64_t kPairRowBytes = 128;            // of `pair_values`: 32 slots
inline constexpr std::int64_t kTilePairs = 32 * kTileTokens;  // values of 32 slots

/// Asks for memory little by little, so that it is read evenly while tiles are multiplied.
class Ahead {
 public:
  /// `lines` from `next` on over as many `units` of work.
  Ahead(const std::uint8_t* next, std::int64_t lines, std::int64_t units)
      : next_(next), rate_((lines << kShift) / units + 1) {}
  void worked(std::int64_t units) {
    due_ += units * rate_;
    for (; asked_ < due_ >> kShift; ++asked_) Tiles::prefetch(next_ + 64 * asked_);
  }

 private:
  static constexpr int kShift = 20;
  const std::uint8_t* next_;
  std::int64_t rate_, due_ = 0, asked_ = 0;
};

// Units of work, each about the time of two tile products: rows of keys to widen, 32 columns of
// scores, and 64 slots of values, whose sums are loaded and stored.
inline constexpr std::int64_t kWidenedRows = 4, kWidenUnits = 6, kScoreUnits = 2, kValueUnits = 6;

/// Scores of N times 16 tokens, without scales: [token][head]. Tiles 0 .. N - 1 are C.
template <int N>
void tile_scores(const std::uint8_t* keys, std::int64_t row_bytes, std::int64_t columns,
                 const std::uint16_t* queries, Ahead& ahead, float* score) {
  static_assert(N == 2 || N == 4);
  Tiles::zero<0, 1>();
  if constexpr (N == 4) Tiles::zero<2, 3>();
  for (std::int64_t c = 0; c < columns; c += 32) {
    const std::uint8_t* key = keys + 2 * c;
    Tiles::load<6>(queries + c * kTileHeads, kTileRowBytes);
    Tiles::load<4>(key, row_bytes);
    Tiles::dot<0, 4, 6>();
    Tiles::load<5>(key + 16 * row_bytes, row_bytes);
    Tiles::dot<1, 5, 6>();
    if constexpr (N == 4) {
      Tiles::load<4>(key + 32 * row_bytes, row_bytes);
      Tiles::dot<2, 4, 6>();
      Tiles::load<5>(key + 48 * row_bytes, row_bytes);
      Tiles::dot<3, 5, 6>();
    }
    ahead.worked(kScoreUnits);
  }
  Tiles::store<0>(score);
  Tiles::store<1>(score + kTileFloats);
  if constexpr (N == 4) {
    Tiles::store<2>(score + 2 * kTileFloats);
    Tiles::store<3>(score + 3 * kTileFloats);
  }
}

/// Adds 32 tokens to the sums in tiles 0 .. C - 1, by the weights in tile P.
template <int C, int P>
void tile_products(const std::uint16_t* values) {
  Tiles::load<6>(values, kPairRowBytes);
  Tiles::dot<0, P, 6>();
  Tiles::load<7>(values + 32, kPairRowBytes);
  Tiles::dot<1, P, 7>();
  if constexpr (C == 4) {
    Tiles::load<6>(values + kTilePairs, kPairRowBytes);
    Tiles::dot<2, P, 6>();
    Tiles::load<7>(values + kTilePairs + 32, kPairRowBytes);
    Tiles::dot<3, P, 7>();
  }
}

/// Adds N times 16 tokens to C tiles of sums. The weights are in tiles 4 and, of more than 32
/// tokens, 5.
template <int C, int N>
void tile_values(const std::uint16_t* values, float* out) {
  Tiles::load<0>(out, kTileRowBytes);
  Tiles::load<1>(out + kTileFloats, kTileRowBytes);
  if constexpr (C == 4) {
    Tiles::load<2>(out + 2 * kTileFloats, kTileRowBytes);
    Tiles::load<3>(out + 3 * kTileFloats, kTileRowBytes);
  }
  tile_products<C, 4>(values);
  if constexpr (N == 4) tile_products<C, 5>(values + 32 * 32);
  Tiles::store<0>(out);
  Tiles::store<1>(out + kTileFloats);
  if constexpr (C == 4) {
    Tiles::store<2>(out + 2 * kTileFloats);
    Tiles::store<3>(out + 3 * kTileFloats);
  }
}

/// Sums of the heads whose largest score has grown.
inline void shrink_sums(const Sums& sums, std::int64_t columns, float* out) {
  for (std::int64_t h = 0; h < kTileHeads; ++h) {
    if (sums.shrink[h] == 1.0F) continue;
    for (std::int64_t s = 0; s < columns; s += 16) {
      float* p = out + s * kTileHeads + h * 16;
      Simd::store(p, Simd::mul(Simd::load(p), Simd::set(sums.shrink[h])));
    }
  }
}

/// N times 16 tokens, or less, for 16 heads of a KV head.
template <Format F, int N>
void tile_heads(const PairTask& t, const Chunk& chunk, const Room& room, std::int64_t kv_head,
                std::int64_t first, Ahead& ahead) {
  constexpr std::int64_t kTokensHere = 16 * N;
  alignas(64) float weight[kTokensHere * kTileHeads];
  alignas(64) std::uint16_t rounded[N / 2][2 * kTileFloats];
  const std::int64_t at = kv_head * pair_heads(t.heads, kTileHeads) + first;
  std::uint16_t* queries = room.queries + at * t.key_columns;
  float* out = room.out + at * t.value_columns;
  Sums& sums = room.sums[at / kHeads];
  if (chunk.first) {
    pack_queries<F, kTileHeads>(t, kv_head, first, queries);
    clear(sums);
    for (std::int64_t i = 0; i < kTileHeads * t.value_columns; ++i) out[i] = 0.0F;
  }
  // Pages have room for all these tokens; what is left there of others stays in rows of its own.
  const auto* keys = F == Format::bf16 ? chunk.keys : reinterpret_cast<std::uint8_t*>(room.keys);
  tile_scores<N>(keys, 2 * t.key_columns, t.key_columns, queries, ahead, weight);
  // Of tokens that are missing the weights are finite, as all scales are, and the values zero.
  weigh<kTileHeads, kTokensHere>(chunk, t.scale, 1.0F, weight, sums);
  for (int k = 0; k < N / 2; ++k)
    transpose_weights(weight + std::int64_t{k} * 32 * kTileHeads, rounded[k]);
  shrink_sums(sums, t.value_columns, out);
  Tiles::load<4>(rounded[0], kTileRowBytes);
  if constexpr (N == 4) Tiles::load<5>(rounded[1], kTileRowBytes);
  std::int64_t s = 0;
  for (; s + 64 <= t.value_columns; s += 64) {
    tile_values<4, N>(room.values + s * kTileTokens, out + s * kTileHeads);
    ahead.worked(kValueUnits);
  }
  if (s < t.value_columns) tile_values<2, N>(room.values + s * kTileTokens, out + s * kTileHeads);
  for (std::int64_t h = 0; chunk.last && h < kTileHeads && first + h < t.heads; ++h)
    finish<F>(t, out + 16 * h, kTileFloats, total_of(sums, kTileHeads, h),
              t.out + (kv_head * t.heads + first + h) * t.value_columns);
}

template <Format F>
struct TileChunk {
  static constexpr std::int64_t kTokens = kTileTokens;

  static void chunk(const PairTask& t, const Chunk& c, std::int64_t kv_head) {
    const Room room = room_of<kTileTokens, kTileHeads>(t);
    const bool in_keys = t.values == t.keys;
    const std::int64_t groups = pair_heads(t.heads, kTileHeads) / kTileHeads;
    const std::int64_t units =
        groups * (t.key_columns / 32 * kScoreUnits + t.value_columns / 64 * kValueUnits) +
        (F == Format::bf16 ? 0 : round_up(c.count, kWidenedRows) / kWidenedRows * kWidenUnits);
    Ahead ahead(c.next_keys, c.count * t.key_row_bytes / 64, units);
    if constexpr (F != Format::bf16) {
      for (std::int64_t i = 0; i < c.count; i += kWidenedRows) {
        const std::int64_t rows = c.count - i < kWidenedRows ? c.count - i : kWidenedRows;
        widen_keys<F>(c.keys + i * t.key_row_bytes, t.key_row_bytes, t.key_columns, rows, nullptr,
                      room.keys + i * t.key_columns);
        ahead.worked(kWidenUnits);
      }
    }
    if (F != Format::bf16 && in_keys) {
      pair_values<Format::bf16, kTileTokens, 32>(reinterpret_cast<const std::uint8_t*>(room.keys),
                                                 2 * t.key_columns, t.value_columns, c.count,
                                                 nullptr, room.values);
    } else {
      pair_values<F, kTileTokens, 32>(c.values, t.value_row_bytes, t.value_columns, c.count,
                                      in_keys ? nullptr : c.next_values, room.values);
    }
    for (std::int64_t h = 0; h < t.heads; h += kTileHeads) {
      if (c.count > 32) {
        tile_heads<F, 4>(t, c, room, kv_head, h, ahead);
      } else {
        tile_heads<F, 2>(t, c, room, kv_head, h, ahead);
      }
    }
  }
};

template <Format F>
void tile_task(const PairTask& t) noexcept {
  Tiles::configure();
  for_chunks<TileChunk<F>>(t);
  Tiles::release();
}

inline PairTier tier_of_tiles(Format cache) {
  PairTier tier{nullptr, kTileTokens, kTileHeads};
  if (cache == Format::bf16) tier.task = tile_task<Format::bf16>;
  if (cache == Format::e4m3) tier.task = tile_task<Format::e4m3>;
  return tier;
}
