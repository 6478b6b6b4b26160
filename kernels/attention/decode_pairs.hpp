// Decode attention by products of BF16 pairs: what a task keeps, the order of queries, and where
// the results are among the sums. In plain code, as it also goes with tiles in software. No include
// guard: it belongs in the unnamed namespace of a unit, after decode_softmax.hpp.

constexpr std::int64_t round_up(std::int64_t n, std::int64_t to) {
  return (n + to - 1) / to * to;
}

/// What a task keeps in its scratch memory; all on cache lines.
struct Room {
  std::uint16_t* queries;  // by `pack_queries`, for each group of heads
  std::uint16_t* keys;     // [token][slot], by `widen_keys`
  std::uint16_t* values;   // [32 slots][pair of tokens][slot][token], by `pair_values`
  float* out;              // sums so far, for each group of heads
  Sums* sums;              // of each group of heads, at its first head over four
};

/// Of a tier with chunks of kTokens and groups of at least kLeastHeads.
template <std::int64_t kTokens, std::int64_t kLeastHeads>
Room room_of(const PairTask& t) {
  const std::int64_t padded = t.kv_heads * pair_heads(t.heads, kLeastHeads);
  Room r;
  r.sums = reinterpret_cast<Sums*>(t.scratch);
  r.out = reinterpret_cast<float*>(t.scratch + 4 * kStateFloats * padded / kHeads);
  r.queries = reinterpret_cast<std::uint16_t*>(r.out + padded * t.value_columns);
  r.keys = r.queries + padded * t.key_columns;
  r.values = r.keys + kTokens * t.key_columns;
  return r;
}

/// Column at a place of a widened row: Bf16Decoder gives the first eight of each sixteen codes, and
/// then the others.
template <Format F>
std::int64_t column_of(std::int64_t slot) {
  if constexpr (F == Format::bf16) return slot;
  return slot / 64 * 64 + slot % 32 / 8 * 16 + slot % 64 / 32 * 8 + slot % 8;
}

/// Queries of a KV head's heads `first` .. first + H - 1 in the order in which scores meet them:
/// for each 32 / H slots, these of each head.
template <Format F, int H>
void pack_queries(const PairTask& t, std::int64_t kv_head, std::int64_t first, std::uint16_t* out) {
  constexpr std::int64_t kStep = 32 / H;  // at most eight, which lie together
  const std::uint16_t* q = t.q + kv_head * t.heads * t.key_columns;
  for (std::int64_t s = 0; s < t.key_columns; s += kStep) {
    const std::int64_t c = column_of<F>(s);
    for (std::int64_t h = first; h < first + H; ++h, out += kStep) {
      if (h < t.heads) {
        __builtin_memcpy(out, q + h * t.key_columns + c, 2 * kStep);
      } else {
        __builtin_memset(out, 0, 2 * kStep);
      }
    }
  }
}

/// Column of the first of four slots of `pair_values`: unpacking goes by lanes of 16 bytes. The
/// same whether codes are unpacked and then widened, or rows of `widen_keys` unpacked.
template <Format F>
std::int64_t value_column(std::int64_t slot) {
  const std::int64_t vector = slot % 32 / 16, lane = slot % 16 / 4;
  if constexpr (F == Format::bf16) return slot / 32 * 32 + 8 * lane + 4 * vector;
  return slot / 64 * 64 + 16 * lane + slot % 64 / 32 * 8 + 4 * vector;
}

/// Results: the sums of a head over the sum of its weights. Sums of 16 slots lie together, those of
/// the next 16 are `stride` floats on.
template <Format F>
void finish(const PairTask& t, const float* sums, std::int64_t stride, float total, float* out) {
  const float inverse = 1.0F / total;
  for (std::int64_t s = 0; s < t.value_columns; s += 4) {
    const float* from = sums + s / 16 * stride + s % 16;
    float* to = out + value_column<F>(s);
    for (int i = 0; i < 4; ++i) to[i] = from[i] * inverse;
  }
}
