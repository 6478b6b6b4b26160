// Conversions over the vectors of one tier (`Simd`). No include guard: Highway compiles it once per
// target.

SIMD_INLINE std::int64_t place(const Places& p, std::int64_t row) {
  return row / p.inner * p.outer_stride + row % p.inner * p.inner_stride;
}

template <Op kOp>
void convert(const Work& w) noexcept {
  constexpr int kLanes = Simd::kLanes, kVectors = 32 / kLanes;
  constexpr Format kFrom = kOp == Op::widen ? Format::bf16 : Format::fp32;
  const auto* in = static_cast<const std::uint8_t*>(w.in);
  for (std::int64_t r = w.first; r < w.last; ++r) {
    const std::uint8_t* from = in + place(w.from, r) * kBits<kFrom> / 8;
    const std::int64_t to = place(w.to, r);
    for (std::int64_t c = 0; c < w.columns; c += 32) {
      Simd::V x[kVectors];
      Simd::template decode<kFrom>(from + c * kBits<kFrom> / 8, x);
      if constexpr (kOp == Op::widen) {
        for (int v = 0; v < kVectors; ++v)
          Simd::store(static_cast<float*>(w.out) + to + c + kLanes * v, x[v]);
      } else {
        auto* out = static_cast<std::uint16_t*>(w.out) + to + c;
        if constexpr (kOp == Op::add) {
          Simd::V y[kVectors];
          Simd::template decode<Format::bf16>(reinterpret_cast<const std::uint8_t*>(out), y);
          for (int v = 0; v < kVectors; ++v) x[v] = Simd::add(x[v], y[v]);
        }
        Simd::store_bf16(out, x, false);
      }
    }
  }
}

inline Fn find(Op op) {
  if (op == Op::narrow) return convert<Op::narrow>;
  return op == Op::widen ? convert<Op::widen> : convert<Op::add>;
}
