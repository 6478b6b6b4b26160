// The stream set over the vectors of one tier (`Simd`). No include guard: Highway compiles it once
// per target.

inline constexpr std::int64_t kLanes = Simd::kLanes;

inline void read(Range& t) noexcept {
  // Four streams keep more lines in flight than one: each has its own prefetcher.
  const std::int64_t quarter = t.count / 4;
  Simd::V sum[8];
  for (auto& s : sum) s = Simd::zero();
  for (std::int64_t i = 0; i < quarter; i += 2 * kLanes) {
    for (int j = 0; j < 4; ++j) {
      const float* p = t.a + j * quarter + i;
      sum[2 * j] = Simd::add(sum[2 * j], Simd::load(p));
      sum[2 * j + 1] = Simd::add(sum[2 * j + 1], Simd::load(p + kLanes));
    }
  }
  t.result = 0.0F;
  for (auto& s : sum) t.result += Simd::sum(s);
}

template <bool Triad, bool PastCaches>
void write(Range& t) noexcept {
  const Simd::V s = Simd::set(t.s);
  for (std::int64_t i = 0; i < t.count; i += 2 * kLanes) {
    // Line by line between the stores: asked for in a bunch, lines wait for each other.
    if (!Triad && t.ahead != nullptr) {
      for (std::int64_t j = i; j < i + 2 * kLanes; j += 16) Simd::prefetch(t.ahead + j);
    }
    for (std::int64_t j = i; j < i + 2 * kLanes; j += kLanes) {
      Simd::V v = Simd::load(t.a + j);
      if constexpr (Triad) v = Simd::fma(s, Simd::load(t.b + j), v);
      if constexpr (PastCaches) {
        Simd::stream(t.c + j, v);
      } else {
        Simd::store(t.c + j, v);
      }
    }
  }
  if (PastCaches && !t.more) Simd::finish_streams();
}

inline void multiply_add(Range& t) noexcept {
  // Ten chains hide a latency of five cycles on two units, and fit the 16 registers of AVX2.
  constexpr int kChains = 10;
  Simd::V x[kChains];
  for (auto& v : x) v = Simd::set(t.s);
  const Simd::V factor = Simd::set(0.999F), term = Simd::set(0.001F);
  for (std::int64_t i = 0; i < t.count; i += kChains * kLanes) {
    for (auto& v : x) v = Simd::fma(v, factor, term);
  }
  t.result = 0.0F;
  for (auto& v : x) t.result += Simd::sum(v);
}

inline Fn find(Op op) {
  switch (op) {
    case Op::read:
      return read;
    case Op::copy:
      return write<false, false>;
    case Op::copy_nt:
      return write<false, true>;
    case Op::triad:
      return write<true, false>;
    case Op::triad_nt:
      return write<true, true>;
    case Op::multiply_add:
      break;
  }
  return multiply_add;
}
