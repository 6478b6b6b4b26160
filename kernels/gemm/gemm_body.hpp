// GEMM in FP32 over the vectors of one tier (`Simd`). No include guard: Highway compiles it once
// per target.

inline constexpr int kColumns = Simd::kTileVectors * Simd::kLanes;  // of one pass; 32 is a multiple

/// Bytes of packed weights of one column, as they are stored or decoded to FP32.
template <Format F>
inline constexpr std::int64_t kColumnBytes = kPanel * kBits<F> / 8;

/// kColumns weights of a column: FP32, or codes that are decoded here.
template <Format F>
SIMD_INLINE void weights_of(const std::uint8_t* b, Simd::V* w) {
  if constexpr (F == Format::fp32) {
    const auto* f = reinterpret_cast<const float*>(b);
    for (int v = 0; v < Simd::kTileVectors; ++v) w[v] = Simd::load(f + Simd::kLanes * v);
  } else {
    static_assert(F != Format::fp32 && kColumns == kPanel);
    Simd::template decode<F>(b, w);
  }
}

/// Sums of R rows by kColumns over one block, scaled, into `total`. Of the weights that come next
/// it prefetches `ahead_bytes` with each column.
template <Format F, int R>
SIMD_INLINE void block_pass(const float* a, const std::uint8_t* b, std::int64_t columns,
                            const float* scale, const float* row_scale, bool first, float* total,
                            std::int64_t stride, const char* ahead, std::int64_t ahead_bytes) {
  constexpr int kV = Simd::kTileVectors;
  Simd::V sum[R][kV];
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < kV; ++v) sum[r][v] = Simd::zero();
  }
  for (std::int64_t k = 0; k < columns; ++k) {
    Simd::V w[kV];
    weights_of<F>(b, w);
    __builtin_prefetch(ahead, 0, 2);
    for (int r = 0; r < R; ++r) {
      const Simd::V x = Simd::set(a[r]);
      for (int v = 0; v < kV; ++v) sum[r][v] = Simd::fma(x, w[v], sum[r][v]);
    }
    a += Simd::kTileRows;
    b += kColumnBytes<F>;
    ahead += ahead_bytes;
  }
  Simd::V s[kV];
  for (int v = 0; v < kV; ++v) s[v] = Simd::load(scale + Simd::kLanes * v);
  // Loops without conditions inside, which the compiler unrolls, so that the sums stay in
  // registers.
  if (row_scale != nullptr) {
    for (int r = 0; r < R; ++r) {
      for (int v = 0; v < kV; ++v) sum[r][v] = Simd::mul(sum[r][v], Simd::set(row_scale[r]));
    }
  }
  if (first) {
    for (int r = 0; r < R; ++r) {
      for (int v = 0; v < kV; ++v)
        Simd::store(total + r * stride + Simd::kLanes * v, Simd::mul(sum[r][v], s[v]));
    }
  } else {
    for (int r = 0; r < R; ++r) {
      for (int v = 0; v < kV; ++v) {
        float* t = total + r * stride + Simd::kLanes * v;
        Simd::store(t, Simd::fma(sum[r][v], s[v], Simd::load(t)));
      }
    }
  }
}

template <Format F, int R>
void tile_of(const Tile& t) noexcept {
  for (std::int64_t column = 0; column < kPanel; column += kColumns) {
    const auto* a = static_cast<const float*>(t.a);
    const auto* b = static_cast<const std::uint8_t*>(t.b) + column * kBits<F> / 8;
    const auto* ahead = static_cast<const char*>(t.ahead);
    const std::int64_t ahead_bytes = column == 0 ? t.ahead_bytes / 2 : 0;
    for (std::int64_t i = 0; i < t.blocks; ++i) {
      block_pass<F, R>(a, b, t.block_columns, t.scales + i * kPanel + column,
                       t.row_scales == nullptr ? nullptr : t.row_scales + i * Simd::kTileRows,
                       t.first && i == 0, t.c + column, t.c_stride, ahead, ahead_bytes);
      a += t.block_columns * Simd::kTileRows;
      b += t.block_columns * kColumnBytes<F>;
      ahead += t.block_columns * ahead_bytes;
    }
  }
}

template <Format F, int R>
SIMD_INLINE void tile_up_to(const Tile& t) noexcept {
  if (t.rows == R) {
    tile_of<F, R>(t);
  } else if constexpr (R > 1) {
    tile_up_to<F, R - 1>(t);
  }
}

template <Format F>
void tile(const Tile& t) noexcept {
  tile_up_to<F, Simd::kTileRows>(t);
}

template <Format F>
void widen(const std::uint8_t* codes, std::int64_t count, void* out) noexcept {
  auto* f = static_cast<float*>(out);
  for (std::int64_t i = 0; i < count; i += 32) {
    Simd::V v[32 / Simd::kLanes];
    Simd::template decode<F>(codes, v);
    for (int j = 0; j < 32 / Simd::kLanes; ++j) Simd::store(f + i + Simd::kLanes * j, v[j]);
    codes += 4 * kBits<F>;
  }
}

inline WidenFn widen_of(Format f) {
  switch (f) {
    case Format::e4m3:
      return widen<Format::e4m3>;
    case Format::e5m2:
      return widen<Format::e5m2>;
    case Format::int8:
      return widen<Format::int8>;
    case Format::e2m1:
      return widen<Format::e2m1>;
    case Format::bf16:
      return widen<Format::bf16>;
    case Format::fp16:
      return widen<Format::fp16>;
    case Format::fp32:
      break;
  }
  return nullptr;
}

inline float gain_of(Format f) {
  return f == Format::e4m3 ? Simd::template kGain<Format::e4m3> : 1.0F;
}

inline Functions find(Format weights, Format activations) {
  Functions f{};
  f.tile = tile<Format::fp32>;
  f.weights = widen_of(weights);
  f.activations = widen_of(activations);
  f.tile_rows = Simd::kTileRows;
  f.gain = gain_of(weights) * gain_of(activations);
  return f;
}
