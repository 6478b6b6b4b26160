// GEMM by products of BF16 tiles. No include guard: it is compiled once over the tiles of the
// processor, and once over tiles in software for the tests.
//
// `Tiles` has eight tiles of 16 rows by 64 bytes: zero<T...>(), load<T>(from, stride in bytes),
// store<T>(to), which writes rows of 64 bytes one after the other, and dot<C, A, B>(), which adds
// to C the products of the BF16 pairs of A (16 rows by 32 columns) and B (16 pairs of columns by 16
// channels): TDPBF16PS, Intel SDM volume 2.

inline constexpr std::int64_t kHeight = 32;                    // rows of activations, two tiles
inline constexpr std::int64_t kTileBytes = 1024;               // 16 x 64
inline constexpr std::int64_t kRowBytes = 64;                  // of a tile
inline constexpr std::int64_t kPairRowBytes = 2 * kRowBytes;   // of 32 channels of weights
inline constexpr std::int64_t kStepBytes = 2 * kTileBytes;     // of one part, 32 columns
inline constexpr std::int64_t kPrefetches = kTileColumns / 2;  // Tile::ahead is for each two
inline constexpr std::int64_t kTileFloats = kTileBytes / 4;

/// Half a panel. Plain operators, so that all tiers run the same sums; no function takes or gives
/// one, as their calls would differ from tier to tier.
typedef float Vector __attribute__((vector_size(64)));  // NOLINT(modernize-use-using)
static_assert(sizeof(Vector) == kRowBytes);

inline void prefetch_ahead(const char*& ahead, std::int64_t bytes) {
  if (bytes == 0) return;
  bytes *= kPrefetches;
  for (std::int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(ahead + i, 0, 2);
  ahead += bytes;
}

/// Whether the products of two parts count. Those of two low ones do not: low parts are at most
/// 2^-8 of their numbers, so what is left out is 2^-16 of a product, and of either sign; a quarter
/// of the time is saved.
template <int PA, int PB>
constexpr bool counts(int pa, int pb) {
  return PA + PB < 4 || pa + pb < 2;
}

/// More than 16 rows: tiles 0 .. 3 are C, two by two. With parts, the products of them that count.
template <int PA, int PB>
void products_tall(const std::uint8_t*& a, const std::uint8_t*& b, std::int64_t steps,
                   const char*& ahead, std::int64_t ahead_bytes) {
  Tiles::zero<0, 1, 2, 3>();
  for (std::int64_t i = 0; i < steps; ++i) {
    for (int pa = 0; pa < PA; ++pa) {
      Tiles::load<4>(a, kRowBytes);
      Tiles::load<5>(a + kTileBytes, kRowBytes);
      a += kStepBytes;
      for (int pb = 0; pb < PB && counts<PA, PB>(pa, pb); ++pb) {
        const std::uint8_t* w = b + pb * kStepBytes;
        Tiles::load<6>(w, kPairRowBytes);
        Tiles::dot<0, 4, 6>();
        Tiles::load<7>(w + kRowBytes, kPairRowBytes);
        Tiles::dot<2, 5, 6>();
        Tiles::dot<1, 4, 7>();
        Tiles::dot<3, 5, 7>();
      }
    }
    prefetch_ahead(ahead, ahead_bytes);
    b += PB * kStepBytes;
  }
}

/// Up to 16 rows, of one block or two, which lie one after the other: tiles 0 and 1 are C of the
/// first, 2 and 3 of the second. Sums of two blocks need not wait for each other (a product has a
/// latency of 52 cycles and is issued every 16), and are those of a tall tile to the bit.
template <int PA, int PB, int Blocks>
void products_flat(const std::uint8_t*& a, const std::uint8_t*& b, std::int64_t steps,
                   const char*& ahead, std::int64_t ahead_bytes) {
  Tiles::zero<0, 1, 2, 3>();
  for (std::int64_t i = 0; i < steps; ++i) {
    for (int pa = 0; pa < PA; ++pa) {
      const std::uint8_t* second_a = a + steps * PA * kStepBytes;
      Tiles::load<4>(a, kRowBytes);
      if (Blocks == 2) Tiles::load<5>(second_a, kRowBytes);
      a += kStepBytes;
      for (int pb = 0; pb < PB && counts<PA, PB>(pa, pb); ++pb) {
        const std::uint8_t* w = b + pb * kStepBytes;
        Tiles::load<6>(w, kPairRowBytes);
        Tiles::dot<0, 4, 6>();
        Tiles::load<7>(w + kRowBytes, kPairRowBytes);
        Tiles::dot<1, 4, 7>();
        if (Blocks == 1) continue;
        w += steps * PB * kStepBytes;
        Tiles::load<6>(w, kPairRowBytes);
        Tiles::dot<2, 5, 6>();
        Tiles::load<7>(w + kRowBytes, kPairRowBytes);
        Tiles::dot<3, 5, 7>();
      }
    }
    for (int block = 0; block < Blocks; ++block) prefetch_ahead(ahead, ahead_bytes);
    b += PB * kStepBytes;
  }
  a += (Blocks - 1) * steps * PA * kStepBytes;
  b += (Blocks - 1) * steps * PB * kStepBytes;
}

/// Where the sums of a row are among the tiles that were stored, for its 16 channels `half`.
inline const float* sums_of(const float* stored, std::int64_t row, std::int64_t half) {
  return stored + (row / 16 * 2 + half) * kTileFloats + row % 16 * 16;
}

/// Block i, stored as tiles, scaled and added to the totals; the last one goes on to C.
inline void promote(const Tile& t, const float* stored, std::int64_t i, float* totals) {
  const bool last = i + 1 == t.blocks;
  for (std::int64_t r = 0; r < t.rows; ++r) {
    const float row_scale = t.row_scales == nullptr ? 1.0F : t.row_scales[i * kHeight + r];
    for (std::int64_t half = 0; half < 2; ++half) {
      Vector sum, scale, more;
      __builtin_memcpy(&sum, sums_of(stored, r, half), sizeof sum);
      __builtin_memcpy(&scale, t.scales + i * kPanel + half * 16, sizeof scale);
      sum *= scale * row_scale;
      float* total = totals + r * kPanel + half * 16;
      if (i > 0) {
        __builtin_memcpy(&more, total, sizeof more);
        sum += more;
      }
      if (last) {
        total = t.c + r * t.c_stride + half * 16;
        if (!t.first) {
          __builtin_memcpy(&more, total, sizeof more);
          sum += more;
        }
      }
      __builtin_memcpy(total, &sum, sizeof sum);
    }
  }
}

template <int PA, int PB>
void tile(const Tile& t) noexcept {
  // Tiles are stored close together: rows of C are often a power of two apart and then share one
  // set of the cache, where a tile store takes nine times as long.
  alignas(64) float stored[2][4 * kTileFloats];
  alignas(64) float totals[kHeight * kPanel];
  const auto* a = static_cast<const std::uint8_t*>(t.a);
  const auto* b = static_cast<const std::uint8_t*>(t.b);
  const auto* ahead = static_cast<const char*>(t.ahead);
  for (std::int64_t r = 0; r < t.rows; ++r) {
    __builtin_prefetch(t.c + r * t.c_stride, 1, 3);
    __builtin_prefetch(t.c + r * t.c_stride + 16, 1, 3);
  }
  const std::int64_t steps = t.block_columns / kTileColumns;
  const bool tall = t.rows > 16;
  const std::int64_t at_once = tall ? 1 : 2;  // blocks that there are tiles for
  const auto promote_from = [&](std::int64_t first) {
    const float* from = stored[first / at_once % 2];
    for (std::int64_t i = first; i < first + at_once && i < t.blocks; ++i) {
      promote(t, from, i, totals);
      from += 2 * kTileFloats;
    }
  };
  for (std::int64_t i = 0; i < t.blocks; i += at_once) {
    if (tall) {
      products_tall<PA, PB>(a, b, steps, ahead, t.ahead_bytes);
    } else if (i + 1 < t.blocks) {
      products_flat<PA, PB, 2>(a, b, steps, ahead, t.ahead_bytes);
    } else {
      products_flat<PA, PB, 1>(a, b, steps, ahead, t.ahead_bytes);
    }
    // The blocks before are scaled here, so that vectors have work while the tiles multiply.
    if (i > 0) promote_from(i - at_once);
    float* to = stored[i / at_once % 2];
    Tiles::store<0>(to);
    Tiles::store<1>(to + kTileFloats);
    Tiles::store<2>(to + 2 * kTileFloats);
    Tiles::store<3>(to + 3 * kTileFloats);
  }
  promote_from((t.blocks - 1) / at_once * at_once);
}

inline TileFn tile_of(std::int64_t activation_parts, std::int64_t weight_parts) {
  if (activation_parts == 1) return weight_parts == 1 ? tile<1, 1> : tile<1, 2>;
  return weight_parts == 1 ? tile<2, 1> : tile<2, 2>;
}

// Of whoever includes this.
void fold(void* pairs, std::int64_t columns, const float* scales) noexcept;
void enter() noexcept;
void leave() noexcept;

/// The tier's functions for two formats and what makes BF16 of their codes; nullptr is for formats
/// that the tier does not have, and for weights that are BF16 already.
inline Functions with_widening(Format weights, Format activations, WidenFn from_weights,
                               WidenFn from_activations) {
  if ((from_weights == nullptr && weights != Format::bf16) || from_activations == nullptr)
    return {};
  Functions f{};
  f.weight_parts = weights == Format::fp16 ? 2 : 1;
  f.activation_parts = activations == Format::fp16 ? 2 : 1;
  f.weights = from_weights;
  f.activations = from_activations;
  // Not E5M2, whose infinities are exponents that nothing may be added to.
  const bool room = weights == Format::e4m3 || weights == Format::e2m1;
  f.fold = room ? fold : nullptr;
  f.tile = tile_of(f.activation_parts, f.weight_parts);
  f.tile_rows = kHeight;
  f.layout = Layout::tiles;
  f.gain = 1.0F;
  f.enter = enter;
  f.leave = leave;
  return f;
}
