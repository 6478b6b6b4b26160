// Storing keys and values in E4M3 over the vectors of one tier (`Simd`). No include guard: Highway
// compiles it once per target.

inline bool largest(const float* values, std::int64_t columns, float* amax) noexcept {
  Simd::V most = Simd::zero(), none = Simd::zero();
  for (std::int64_t c = 0; c < columns; c += Simd::kLanes) {
    const Simd::V v = Simd::load(values + c);
    // The new value first: where it is NaN, the maximum so far stays.
    most = Simd::max(Simd::abs(v), most);
    none = Simd::add(none, Simd::sub(v, v));
  }
  *amax = Simd::largest(most);
  if (Simd::sum(none) == 0.0F) return true;
  // Infinity less itself is NaN as well.
  for (std::int64_t c = 0; c < columns; ++c) {
    if (values[c] != values[c]) return false;
  }
  return true;
}

inline void encode_row(const float* values, std::int64_t columns, float scale,
                       std::uint8_t* codes) noexcept {
  if (scale < Simd::kMostBounded && Simd::template store_bounded_e4m3<Format::fp32>(
                                        reinterpret_cast<const std::uint8_t*>(values), columns,
                                        Simd::kBoundedGain / scale, codes, false))
    return;
  const Simd::V inverse = Simd::set(1.0F / scale);
  for (std::int64_t c = 0; c < columns; c += Simd::kLanes)
    Simd::store_e4m3(codes + c, Simd::mul(Simd::load(values + c), inverse));
}

inline StoreFns find_store() {
  return {largest, encode_row};
}
