// Conversions over the vectors of one tier (`Simd`). No include guard: Highway compiles it once per
// target.

SIMD_INLINE std::int64_t place(const Places& p, std::int64_t row) {
  return row / p.inner * p.outer_stride + row % p.inner * p.inner_stride;
}

/// 32 values from place `from` to place `to`, while those at `ahead` are asked for.
template <Op kOp, bool kPastCaches>
SIMD_INLINE void convert_32(const Work& w, std::int64_t from, std::int64_t to, std::int64_t ahead) {
  constexpr int kLanes = Simd::kLanes, kVectors = 32 / kLanes;
  constexpr Format kFrom = kOp == Op::widen ? Format::bf16 : Format::fp32;
  const auto* in = static_cast<const std::uint8_t*>(w.in);
  for (int line = 0; line < kBits<kFrom> / 16; ++line)
    Simd::prefetch(in + ahead * kBits<kFrom> / 8 + 64 * line);
  Simd::V x[kVectors];
  Simd::template decode<kFrom>(in + from * kBits<kFrom> / 8, x);
  if constexpr (kOp == Op::widen) {
    for (int v = 0; v < kVectors; ++v) {
      float* out = static_cast<float*>(w.out) + to + kLanes * v;
      if constexpr (kPastCaches) {
        Simd::stream(out, x[v]);
      } else {
        Simd::store(out, x[v]);
      }
    }
  } else {
    auto* out = static_cast<std::uint16_t*>(w.out) + to;
    if constexpr (kOp == Op::add) {
      Simd::V y[kVectors];
      Simd::template decode<Format::bf16>(reinterpret_cast<const std::uint8_t*>(out), y);
      for (int v = 0; v < kVectors; ++v) x[v] = Simd::add(x[v], y[v]);
    }
    Simd::store_bf16(out, x, kPastCaches);
  }
}

template <Op kOp, bool kPastCaches>
void convert_rows(const Work& w) noexcept {
  // What is asked for is of the same row, or of one to come, as rows may lie apart: hardware does
  // not know where.
  constexpr std::int64_t kAhead = 1024;
  const std::int64_t same = w.columns - kAhead;
  const std::int64_t rows_ahead = same >= 0 ? 1 : (kAhead + w.columns - 1) / w.columns;
  for (std::int64_t r = w.first; r < w.last; ++r) {
    const std::int64_t from = place(w.from, r), to = place(w.to, r);
    const std::int64_t row = r + rows_ahead < w.last ? place(w.from, r + rows_ahead) : from;
    const std::int64_t other = same > 0 ? row - same : row;
    for (std::int64_t c = 0; c < w.columns; c += 32)
      convert_32<kOp, kPastCaches>(w, from + c, to + c, (c < same ? from + kAhead : other) + c);
  }
  if (kPastCaches) Simd::finish_streams();
}

template <Op kOp>
void convert(const Work& work) noexcept {
  const Work w = work;
  if (w.past_caches) {
    convert_rows<kOp, true>(w);
  } else {
    convert_rows<kOp, false>(w);
  }
}

inline Fn find(Op op) {
  if (op == Op::narrow) return convert<Op::narrow>;
  return op == Op::widen ? convert<Op::widen> : convert<Op::add>;
}
