// GEMM in FP32 over the vectors of one tier (`Simd`). No include guard: Highway compiles it once
// per target.

inline constexpr int kColumns = Simd::kTileVectors * Simd::kLanes;  // of one pass; 32 is a multiple

/// Sums of R rows by kColumns over one block, scaled, into `total`.
template <int R>
SIMD_INLINE void block_pass(const float* a, const float* b, std::int64_t columns,
                            const float* scale, const float* row_scale, bool first, float* total,
                            std::int64_t stride) {
  constexpr int kV = Simd::kTileVectors;
  Simd::V sum[R][kV];
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < kV; ++v) sum[r][v] = Simd::zero();
  }
  for (std::int64_t k = 0; k < columns; ++k) {
    Simd::V w[kV];
    for (int v = 0; v < kV; ++v) w[v] = Simd::load(b + Simd::kLanes * v);
    for (int r = 0; r < R; ++r) {
      const Simd::V x = Simd::set(a[r]);
      for (int v = 0; v < kV; ++v) sum[r][v] = Simd::fma(x, w[v], sum[r][v]);
    }
    a += Simd::kTileRows;
    b += kPanel;
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

template <int R>
void tile_of(const Tile& t) noexcept {
  for (std::int64_t column = 0; column < kPanel; column += kColumns) {
    const auto* a = static_cast<const float*>(t.a);
    const auto* b = static_cast<const float*>(t.b) + column;
    for (std::int64_t i = 0; i < t.blocks; ++i) {
      block_pass<R>(a, b, t.block_columns, t.scales + i * kPanel + column,
                    t.row_scales == nullptr ? nullptr : t.row_scales + i * Simd::kTileRows,
                    t.first && i == 0, t.c + column, t.c_stride);
      a += t.block_columns * Simd::kTileRows;
      b += t.block_columns * kPanel;
    }
  }
}

template <int R>
SIMD_INLINE void tile_up_to(const Tile& t) noexcept {
  if (t.rows == R) {
    tile_of<R>(t);
  } else if constexpr (R > 1) {
    tile_up_to<R - 1>(t);
  }
}

inline void tile(const Tile& t) noexcept {
  tile_up_to<Simd::kTileRows>(t);
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
  f.tile = tile;
  f.weights = widen_of(weights);
  f.activations = widen_of(activations);
  f.tile_rows = Simd::kTileRows;
  f.gain = gain_of(weights) * gain_of(activations);
  return f;
}
