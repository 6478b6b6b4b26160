// FP32 vectors of Google Highway. No include guard: Highway includes the unit once per target, and
// each time this must be compiled anew, after HWY_BEFORE_NAMESPACE and inside HWY_NAMESPACE.
struct Simd {
  using D = hn::ScalableTag<float>;
  using V = hn::Vec<D>;
  static constexpr int kLanes = HWY_LANES(float);
  static constexpr int kTileRows = kLanes >= 16 ? 12 : 6;
  static constexpr int kTileVectors = 2;

  static HWY_INLINE V zero() { return hn::Zero(D()); }
  static HWY_INLINE V set(float x) { return hn::Set(D(), x); }
  static HWY_INLINE V load(const float* p) { return hn::LoadU(D(), p); }
  static HWY_INLINE V load_once(const float* p) { return load(p); }
  static HWY_INLINE void store(float* p, V v) { hn::StoreU(v, D(), p); }
  /// Past the caches where the target can; `p` on a boundary of the vector.
  static HWY_INLINE void stream(float* p, V v) { hn::Stream(v, D(), p); }
  static HWY_INLINE void finish_streams() { hwy::FlushStream(); }
  static HWY_INLINE V add(V a, V b) { return hn::Add(a, b); }
  static HWY_INLINE V sub(V a, V b) { return hn::Sub(a, b); }
  static HWY_INLINE V mul(V a, V b) { return hn::Mul(a, b); }
  static HWY_INLINE V div(V a, V b) { return hn::Div(a, b); }
  static HWY_INLINE V reciprocal(V v) { return div(set(1.0F), v); }
  static HWY_INLINE V max(V a, V b) { return hn::Max(a, b); }
  static HWY_INLINE V min(V a, V b) { return hn::Min(a, b); }
  static HWY_INLINE V fma(V a, V b, V c) { return hn::MulAdd(a, b, c); }
  static HWY_INLINE V abs(V a) { return hn::Abs(a); }
  static HWY_INLINE float sum(V v) { return hn::GetLane(hn::SumOfLanes(D(), v)); }
  template <int N>
  static HWY_INLINE void sums(const V* v, float* out) {
    for (int i = 0; i < N; ++i) out[i] = sum(v[i]);
  }
  /// p[0] R times, p[1] R times, and so on.
  template <int R>
  static HWY_INLINE V each(const float* p) {
    HWY_ALIGN float lanes[kLanes];
    for (int i = 0; i < kLanes; ++i) lanes[i] = p[i / R];
    return hn::Load(D(), lanes);
  }
  static HWY_INLINE float largest(V v) { return hn::GetLane(hn::MaxOfLanes(D(), v)); }
  template <int N>
  static HWY_INLINE void largests(const V* v, float* out) {
    for (int i = 0; i < N; ++i) out[i] = largest(v[i]);
  }
  static HWY_INLINE void prefetch(const void* p) {
    hwy::Prefetch(static_cast<const std::uint8_t*>(p));
  }
  /// At least `low`, at most `high`; of NaN either.
  static HWY_INLINE V within(V v, float low, float high) {
    return min(max(v, set(low)), set(high));
  }
  /// v * 2^n for the integer n in the lower bits of `bits`; v and the result are normal numbers.
  static HWY_INLINE V raise_exponent(V v, V bits) {
    const hn::RebindToSigned<D> di{};
    return hn::BitCast(D(), hn::Add(hn::BitCast(di, v), hn::ShiftLeft<23>(hn::BitCast(di, bits))));
  }

  /// What decode<F> leaves out: the values are to be multiplied by this.
  template <Format F>
  static constexpr float kGain = F == Format::e4m3 ? 256.0F : 1.0F;

  /// 32 values; Highway has no stores of half vectors past the caches.
  static HWY_INLINE void store_bf16(std::uint16_t* p, const V* v, bool) {
    for (int i = 0; i < 32 / kLanes; ++i) store_bf16(p + kLanes * i, v[i]);
  }
  /// kLanes values in BF16, to nearest even; NaN stays NaN.
  static HWY_INLINE void store_bf16(std::uint16_t* p, V v) {
    const hn::RebindToUnsigned<D> du{};
    const hn::RebindToSigned<D> di{};
    const hn::Rebind<std::uint16_t, D> du16{};
    const auto bits = hn::BitCast(du, v);
    const auto high = hn::ShiftRight<16>(bits);
    const auto odd = hn::And(high, hn::Set(du, 1));
    const auto r = hn::ShiftRight<16>(hn::Add(hn::Add(bits, hn::Set(du, 0x7FFF)), odd));
    const auto number = hn::RebindMask(du, hn::Eq(v, v));
    const auto all = hn::IfThenElse(number, r, hn::Or(high, hn::Set(du, 0x40)));
    hn::StoreU(hn::DemoteTo(du16, hn::BitCast(di, all)), du16, p);
  }
  /// 32 values, in whatever order loading and storing agree on.
  static HWY_INLINE void load_bf16_split(const std::uint16_t* p, V* out) {
    decode<Format::bf16>(reinterpret_cast<const std::uint8_t*>(p), out);
  }
  static HWY_INLINE void store_bf16_split(std::uint16_t* p, const V* v, bool past_caches) {
    store_bf16(p, v, past_caches);
  }
  /// No faster way to E4M3 for values that are known to fit.
  static constexpr float kMostBounded = 0.0F, kBoundedGain = 1.0F;
  template <Format F>
  static HWY_INLINE bool store_bounded_e4m3(const std::uint8_t*, std::int64_t, float, std::uint8_t*,
                                            bool) {
    return false;
  }
  /// The largest magnitudes of 128 BF16 values, NaN left out.
  static HWY_INLINE V largest_of_128(const std::uint16_t* p) {
    V most = zero(), x[32 / kLanes];
    for (int i = 0; i < 128; i += 32) {
      load_bf16_split(p + i, x);
      // The new value first: where it is NaN, the maximum so far stays.
      for (const V& v : x) most = max(abs(v), most);
    }
    return most;
  }
  /// kLanes values in E4M3, to nearest even, saturated; NaN stays NaN.
  static HWY_INLINE void store_e4m3(std::uint8_t* p, V v) {
    const hn::RebindToSigned<D> di{};
    const hn::Rebind<std::uint8_t, D> du8{};
    const auto bits = hn::BitCast(di, v);
    const auto magnitude = hn::And(bits, hn::Set(di, 0x7FFFFFFF));
    // Normal numbers: round at bit 20, and take 120 off the exponent (127 - 7).
    const auto odd = hn::And(hn::ShiftRight<20>(magnitude), hn::Set(di, 1));
    const auto rounded = hn::Add(hn::Add(magnitude, hn::Set(di, 0x7FFFF)), odd);
    const auto normal = hn::Sub(hn::ShiftRight<20>(rounded), hn::Set(di, 120 << 3));
    // Below 2^-6 the step is 2^-9, the last place of 2^14: adding that rounds to it.
    const V shift = set(16384.0F);
    const auto small = hn::Sub(hn::BitCast(di, hn::Add(hn::BitCast(D(), magnitude), shift)),
                               hn::BitCast(di, shift));
    auto r = hn::IfThenElse(hn::Lt(magnitude, hn::Set(di, 121 << 23)), small, normal);
    r = hn::Min(r, hn::Set(di, 0x7E));
    r = hn::IfThenElse(hn::Gt(magnitude, hn::Set(di, 0x7F800000)), hn::Set(di, 0x7F), r);
    r = hn::Or(r, hn::And(hn::ShiftRight<24>(bits), hn::Set(di, 0x80)));
    hn::StoreU(hn::DemoteTo(du8, r), du8, p);
  }

  /// 32 elements of a format, in order, divided by kGain. E4M3 does not see its NaN.
  template <Format F>
  static HWY_INLINE void decode(const std::uint8_t* p, V* out) {
    const D d{};
    const hn::Rebind<std::uint8_t, D> d8{};
    const hn::Rebind<std::int16_t, D> di16{};
    const hn::Rebind<std::uint16_t, D> du16{};
    const hn::Rebind<hwy::float16_t, D> df16{};
    const hn::RebindToUnsigned<D> du32{};
    for (int i = 0; i < 32 / kLanes; ++i) {
      if constexpr (F == Format::fp32) {
        out[i] = load(reinterpret_cast<const float*>(p) + kLanes * i);
      } else if constexpr (F == Format::bf16 || F == Format::fp16) {
        const auto* h = reinterpret_cast<const std::uint16_t*>(p) + kLanes * i;
        const auto codes = hn::LoadU(du16, h);
        if constexpr (F == Format::fp16) {
          out[i] = hn::PromoteTo(d, hn::BitCast(df16, codes));
        } else {
          out[i] = hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(du32, codes)));
        }
      } else if constexpr (F == Format::e5m2 || F == Format::e4m3) {
        const auto codes = hn::LoadU(d8, p + kLanes * i);
        const auto high = hn::ShiftLeft<8>(hn::BitCast(di16, hn::PromoteTo(du16, codes)));
        if constexpr (F == Format::e5m2) {
          out[i] = hn::PromoteTo(d, hn::BitCast(df16, high));
        } else {
          // One place to the right, E4M3 lies on the fields of FP16 with the bias 8 too small.
          const auto mask = hn::Set(di16, static_cast<std::int16_t>(0xBF80));
          const auto fields = hn::And(hn::ShiftRight<1>(high), mask);
          out[i] = hn::PromoteTo(d, hn::BitCast(df16, fields));
        }
      } else if constexpr (F == Format::int8) {
        const hn::Rebind<std::int8_t, D> di8{};
        const hn::RebindToSigned<D> di32{};
        const auto codes = hn::LoadU(di8, reinterpret_cast<const std::int8_t*>(p) + kLanes * i);
        out[i] = hn::ConvertTo(d, hn::PromoteTo(di32, codes));
      } else if constexpr (F == Format::e2m1) {
        static constexpr float kTable[16] = {0.0F,  0.5F,  1.0F,  1.5F,  2.0F,  3.0F,
                                             4.0F,  6.0F,  -0.0F, -0.5F, -1.0F, -1.5F,
                                             -2.0F, -3.0F, -4.0F, -6.0F};
        HWY_ALIGN float values[kLanes];
        for (int j = 0; j < kLanes; ++j) {
          const int at = kLanes * i + j;
          values[j] = kTable[(p[at / 2] >> (4 * (at % 2))) & 0xF];
        }
        out[i] = hn::Load(d, values);
      }
    }
  }
};
