// GEMV over the vectors of one tier (`Simd`). No include guard: Highway compiles it once per
// target.

/// FP32 sums of 4 rows at a time. Rows under one scale throughout are scaled at the end; otherwise
/// each block of columns is summed by itself and joins the total through one FMA with its scale.
template <Format F, Step S, Format A>
struct GemvBody {
  using V = Simd::V;
  static constexpr int kVectors = 32 / Simd::kLanes;
  static constexpr int kSums =
      kVectors < 2 ? kVectors : 2;                        // per row: 8 chains hide the FMA latency
  static constexpr std::int64_t kPieces = 16 / kBits<F>;  // of 32 columns, in 64 bytes

  template <int R>
  static SIMD_INLINE void group(const Rows& t, std::int64_t n, std::int64_t stride) {
    const std::uint8_t* row[R];
    const float* scale[R];
    const std::uint8_t* exponent[R];
    V total[R], sum[R][kSums];
    for (int r = 0; r < R; ++r) {
      row[r] = t.codes + (n + r * stride) * t.row_bytes;
      scale[r] = S == Step::mx32 ? nullptr
                                 : t.scales + (n + r * stride) / t.rows_per_scale * t.scale_stride;
      exponent[r] = S == Step::mx32 ? t.exponents + (n + r * stride) * t.scale_stride : nullptr;
      total[r] = Simd::zero();
      for (int j = 0; j < kSums; ++j) sum[r][j] = Simd::zero();
    }
    const auto* x = static_cast<const std::uint8_t*>(t.x);
    for (std::int64_t c = 0; c < t.columns / 128; ++c) {
      if (S == Step::mx32 && c % 4 == 0) {
        for (int r = 0; r < R; ++r) Simd::prefetch(exponent[r] + kExponentsAhead);
      }
      for (int i = 0; i < 4; ++i, x += 4 * kBits<A>) {
        if (i % kPieces == 0) {
          for (int r = 0; r < R; ++r) Simd::prefetch(row[r] + kAhead<F>);
        }
        V a[kVectors];
        Simd::template decode<A>(x, a);
        for (int r = 0; r < R; ++r) {
          V w[kVectors];
          Simd::template decode<F>(row[r], w);
          row[r] += 4 * kBits<F>;
          for (int j = 0; j < kVectors; ++j)
            sum[r][j % kSums] = Simd::fma(w[j], a[j], sum[r][j % kSums]);
        }
        if (S == Step::mx32) {
          for (int r = 0; r < R; ++r) join(t.powers[*exponent[r]++], sum[r], total[r]);
        }
      }
      if (S == Step::block128) {
        for (int r = 0; r < R; ++r) join(scale[r][c], sum[r], total[r]);
      }
    }
    for (int r = 0; r < R; ++r) {
      float y = 0.0F;
      if constexpr (S == Step::whole) {
        V v = sum[r][0];
        for (int j = 1; j < kSums; ++j) v = Simd::add(v, sum[r][j]);
        y = Simd::sum(v) * *scale[r];
      } else {
        y = Simd::sum(total[r]);
      }
      t.y[n + r * stride] = y * Simd::template kGain<F>;
    }
  }

  /// The sums of a block, to be zero for the next one.
  static SIMD_INLINE void join(float scale, V* sum, V& total) {
    V block = sum[0];
    for (int j = 1; j < kSums; ++j) block = Simd::add(block, sum[j]);
    total = Simd::fma(block, Simd::set(scale), total);
    for (int j = 0; j < kSums; ++j) sum[j] = Simd::zero();
  }

  static void rows(const Rows& t) noexcept {
    // Four rows a quarter of the piece apart: four streams that each run through memory in order.
    const std::int64_t quarter = (t.last - t.first) / 4;
    for (std::int64_t n = t.first; n < t.first + quarter; ++n) group<4>(t, n, quarter);
    for (std::int64_t n = t.first + 4 * quarter; n < t.last; ++n) group<1>(t, n, 1);
  }
};

/// How activations are held: as the codes that they are, which take half of the cache, or as FP32
/// where registers are few or widening two vectors for four rows costs more than that.
template <Format F, Format A>
inline constexpr Format kHeld =
    (kBits<F> == 16 && Simd::kLanes >= 8) ||
            (F == Format::int8 && A == Format::bf16 && Simd::kLanes >= 16)
        ? A
        : Format::fp32;

template <Format A>
void widen(const std::uint16_t* x, std::int64_t columns, void* out) noexcept {
  auto* f = static_cast<float*>(out);
  for (std::int64_t i = 0; i < columns; i += 32) {
    Simd::V v[32 / Simd::kLanes];
    Simd::template decode<A>(reinterpret_cast<const std::uint8_t*>(x + i), v);
    for (int j = 0; j < 32 / Simd::kLanes; ++j) Simd::store(f + i + Simd::kLanes * j, v[j]);
  }
}

inline void copy(const std::uint16_t* x, std::int64_t columns, void* out) noexcept {
  auto* o = static_cast<std::uint16_t*>(out);
  for (std::int64_t i = 0; i < columns; ++i) o[i] = x[i];
}

template <Format F, Format A>
RowsFn rows_of(Step step) {
  if constexpr (kBits<F> == 16) {
    return GemvBody<F, Step::whole, A>::rows;
  } else {
    switch (step) {
      case Step::whole:
        return GemvBody<F, Step::whole, A>::rows;
      case Step::block128:
        return GemvBody<F, Step::block128, A>::rows;
      case Step::mx32:
        break;
    }
    return GemvBody<F, Step::mx32, A>::rows;
  }
}

template <Format F, Format A>
Functions functions_of(Step step) {
  constexpr Format kAs = kHeld<F, A>;
  return {rows_of<F, kAs>(step), kAs == A ? copy : widen<A>};
}

template <Format A>
Functions functions_of(Format weights, Step step) {
  switch (weights) {
    case Format::e4m3:
      return functions_of<Format::e4m3, A>(step);
    case Format::e5m2:
      return functions_of<Format::e5m2, A>(step);
    case Format::int8:
      return functions_of<Format::int8, A>(step);
    case Format::e2m1:
      return functions_of<Format::e2m1, A>(step);
    case Format::bf16:
      return functions_of<Format::bf16, A>(step);
    case Format::fp16:
      return functions_of<Format::fp16, A>(step);
    case Format::fp32:
      break;
  }
  return {};
}

inline Functions find(Format weights, Step step, Format activations) {
  if (activations == Format::bf16) return functions_of<Format::bf16>(weights, step);
  if (activations == Format::fp16) return functions_of<Format::fp16>(weights, step);
  return {};
}
