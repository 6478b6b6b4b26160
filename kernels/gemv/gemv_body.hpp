// GEMV over the vectors of one tier (`Simd`). No include guard: Highway compiles it once per
// target.

/// FP32 sums of 4 rows at a time. Rows under one scale throughout are scaled at the end; otherwise
/// each block of columns is summed by itself and joins the total through one FMA with its scale.
template <Format F, Step S>
struct GemvBody {
  using V = Simd::V;
  static constexpr int kVectors = 32 / Simd::kLanes;
  static constexpr int kSums =
      kVectors < 2 ? kVectors : 2;  // per row: 8 chains hide the FMA latency
  static constexpr std::int64_t kChunk = S == Step::mx32 ? 32 : 128;
  static constexpr std::int64_t kChunkBytes = kChunk * kBits<F> / 8;

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
    const auto* x = static_cast<const float*>(t.x);
    const std::int64_t chunks = t.columns / kChunk;
    for (std::int64_t c = 0; c < chunks; ++c) {
      for (int r = 0; r < R; ++r) {
        for (std::int64_t b = 0; b < kChunkBytes; b += 64) {
          if (kChunkBytes >= 64 || c % (64 / kChunkBytes) == 0) Simd::prefetch(row[r] + kAhead + b);
        }
      }
      for (int i = 0; i < kChunk / 32; ++i, x += 32) {
        for (int r = 0; r < R; ++r) {
          V w[kVectors];
          Simd::template decode<F>(row[r] + i * 4 * kBits<F>, w);
          for (int j = 0; j < kVectors; ++j)
            sum[r][j % kSums] =
                Simd::fma(w[j], Simd::load(x + Simd::kLanes * j), sum[r][j % kSums]);
        }
      }
      for (int r = 0; r < R; ++r) {
        row[r] += kChunkBytes;
        if constexpr (S != Step::whole) {
          const float s = S == Step::mx32 ? t.powers[exponent[r][c]] : scale[r][c];
          V block = sum[r][0];
          for (int j = 1; j < kSums; ++j) block = Simd::add(block, sum[r][j]);
          total[r] = Simd::fma(block, Simd::set(s), total[r]);
          for (int j = 0; j < kSums; ++j) sum[r][j] = Simd::zero();
        }
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

  static void rows(const Rows& t) noexcept {
    // Four rows a quarter of the piece apart: four streams that each run through memory in order.
    const std::int64_t quarter = (t.last - t.first) / 4;
    for (std::int64_t n = t.first; n < t.first + quarter; ++n) group<4>(t, n, quarter);
    for (std::int64_t n = t.first + 4 * quarter; n < t.last; ++n) group<1>(t, n, 1);
  }
};

template <Format A>
void prepare(const std::uint16_t* x, std::int64_t columns, void* out) noexcept {
  auto* f = static_cast<float*>(out);
  for (std::int64_t i = 0; i < columns; i += 32) {
    Simd::V v[32 / Simd::kLanes];
    Simd::template decode<A>(reinterpret_cast<const std::uint8_t*>(x + i), v);
    for (int j = 0; j < 32 / Simd::kLanes; ++j) Simd::store(f + i + Simd::kLanes * j, v[j]);
  }
}

template <Format F>
RowsFn rows_of(Step step) {
  switch (step) {
    case Step::whole:
      return GemvBody<F, Step::whole>::rows;
    case Step::block128:
      return GemvBody<F, Step::block128>::rows;
    case Step::mx32:
      break;
  }
  return GemvBody<F, Step::mx32>::rows;
}

inline Functions find(Format weights, Step step, Format activations) {
  Functions f{};
  if (activations == Format::bf16) f.prepare = prepare<Format::bf16>;
  if (activations == Format::fp16) f.prepare = prepare<Format::fp16>;
  switch (weights) {
    case Format::e4m3:
      f.rows = rows_of<Format::e4m3>(step);
      break;
    case Format::e5m2:
      f.rows = rows_of<Format::e5m2>(step);
      break;
    case Format::int8:
      f.rows = rows_of<Format::int8>(step);
      break;
    case Format::e2m1:
      f.rows = rows_of<Format::e2m1>(step);
      break;
    case Format::bf16:
      f.rows = rows_of<Format::bf16>(Step::whole);
      break;
    case Format::fp16:
      f.rows = rows_of<Format::fp16>(Step::whole);
      break;
    case Format::fp32:
      break;
  }
  return f;
}
