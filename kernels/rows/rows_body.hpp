// Row-wise kernels over the vectors of one tier (`Simd`). No include guard: Highway compiles it
// once per target.

inline constexpr std::int64_t kLanes = Simd::kLanes;
inline constexpr int kVectors = 32 / Simd::kLanes;
using V = Simd::V;

SIMD_INLINE void load_bf16(const std::uint16_t* p, V* out) {
  Simd::template decode<Format::bf16>(reinterpret_cast<const std::uint8_t*>(p), out);
}

SIMD_INLINE float root(float x) {
  return __builtin_sqrtf(x);
}

/// The scale of 128 values, as `quantise` of kernels/formats chooses it.
SIMD_INLINE float block_scale(const float* values) {
  V most = Simd::zero();
  // The new value first: where it is NaN, the maximum so far stays.
  for (std::int64_t i = 0; i < 128; i += kLanes)
    most = Simd::max(Simd::abs(Simd::load(values + i)), most);
  const float amax = Simd::largest(most);
  constexpr float kMax = 3.40282347e38F, kMin = 1.17549435e-38F;
  const float s = (amax < kMax ? amax : kMax) / 448.0F;
  return s > kMin ? s : kMin;
}

/// Scale and code up to kAtOnce blocks of 128 values. All scales first: each waits for a maximum
/// and a division, and they can wait together.
inline constexpr std::int64_t kAtOnce = 4;
SIMD_INLINE void quantise_blocks(const float* values, std::int64_t blocks, std::uint8_t* codes,
                                 float* scales) {
  for (std::int64_t b = 0; b < blocks; ++b) scales[b] = block_scale(values + b * 128);
  for (std::int64_t b = 0; b < blocks; ++b) {
    const float* from = values + b * 128;
    std::uint8_t* to = codes + b * 128;
    if (Simd::store_e4m3_of(from, 128, scales[b], to)) continue;
    const V inverse = Simd::set(1.0F / scales[b]);
    for (std::int64_t i = 0; i < 128; i += kLanes)
      Simd::store_e4m3(to + i, Simd::mul(Simd::load(from + i), inverse));
  }
}

SIMD_INLINE float inverse_rms(const Work& w, const std::uint16_t* in) {
  V sum[2] = {Simd::zero(), Simd::zero()};
  for (std::int64_t c = 0; c < w.columns; c += 32) {
    V x[kVectors];
    load_bf16(in + c, x);
    for (int v = 0; v < kVectors; ++v) sum[v % 2] = Simd::fma(x[v], x[v], sum[v % 2]);
  }
  const float mean = Simd::sum(Simd::add(sum[0], sum[1])) / static_cast<float>(w.columns);
  return 1.0F / root(mean + w.epsilon);
}

template <bool Quantise>
void rmsnorm(const Work& w) noexcept {
  for (std::int64_t r = w.first; r < w.last; ++r) {
    const std::uint16_t* in = w.in + r * w.columns;
    const V factor = Simd::set(inverse_rms(w, in));
    // This pass reads from L1; meanwhile the next row comes from memory.
    alignas(64) float blocks[kAtOnce * 128];
    for (std::int64_t c = 0, start = 0; c < w.columns; c += 32) {
      V x[kVectors];
      load_bf16(in + c, x);
      Simd::prefetch(in + w.columns + c);
      for (int v = 0; v < kVectors; ++v) {
        x[v] = Simd::mul(Simd::mul(x[v], factor), Simd::load(w.weight + c + kLanes * v));
        if constexpr (Quantise) Simd::store(blocks + (c - start) + kLanes * v, x[v]);
      }
      if constexpr (!Quantise) Simd::store_bf16(w.out + r * w.columns + c, x, w.past_caches);
      const std::int64_t done = c + 32 - start;
      if (Quantise && (done == kAtOnce * 128 || c + 32 == w.columns)) {
        const std::int64_t at = r * w.columns + start;
        quantise_blocks(blocks, done / 128, w.codes + at, w.scales + at / 128);
        start = c + 32;
      }
    }
  }
  if (w.past_caches) Simd::finish_streams();
}

inline void quantise(const Work& w) noexcept {
  for (std::int64_t at = w.first * w.columns; at < w.last * w.columns; at += 128) {
    alignas(64) float block[128];
    for (std::int64_t c = 0; c < 128; c += 32) {
      V x[kVectors];
      load_bf16(w.in + at + c, x);
      for (int v = 0; v < kVectors; ++v) Simd::store(block + c + kLanes * v, x[v]);
    }
    quantise_blocks(block, 1, w.codes + at, w.scales + at / 128);
  }
}

inline void dequantise(const Work& w) noexcept {
  for (std::int64_t at = w.first * w.columns; at < w.last * w.columns; at += 128) {
    const V scale = Simd::set(w.scales[at / 128] * Simd::template kGain<Format::e4m3>);
    for (std::int64_t c = at; c < at + 128; c += 32) {
      V x[kVectors];
      Simd::template decode<Format::e4m3>(w.codes + c, x);
      for (auto& v : x) v = Simd::mul(v, scale);
      Simd::store_bf16(w.out + c, x, w.past_caches);
    }
  }
  if (w.past_caches) Simd::finish_streams();
}

inline void softmax(const Work& w) noexcept {
  for (std::int64_t r = w.first; r < w.last; ++r) {
    const float* in = w.in_fp32 + r * w.columns;
    float* out = w.out_fp32 + r * w.columns;
    // What leaves the caches is written once, and until then kept in a row that stays.
    float* kept = w.past_caches ? w.scratch : out;
    V most = Simd::load(in);
    for (std::int64_t c = kLanes; c < w.columns; c += kLanes)
      most = Simd::max(most, Simd::load(in + c));
    const V largest = Simd::set(Simd::largest(most));
    V sum = Simd::zero();
    for (std::int64_t c = 0; c < w.columns; c += kLanes) {
      const V e = vector_exp(Simd::sub(Simd::load(in + c), largest));
      Simd::store(kept + c, e);
      Simd::prefetch(in + w.columns + c);  // the next row
      sum = Simd::add(sum, e);
    }
    const V inverse = Simd::set(1.0F / Simd::sum(sum));
    if (w.past_caches) {
      for (std::int64_t c = 0; c < w.columns; c += kLanes)
        Simd::stream(out + c, Simd::mul(Simd::load(kept + c), inverse));
    } else {
      for (std::int64_t c = 0; c < w.columns; c += kLanes)
        Simd::store(out + c, Simd::mul(Simd::load(out + c), inverse));
    }
  }
  if (w.past_caches) Simd::finish_streams();
}

inline void swiglu(const Work& w) noexcept {
  for (std::int64_t c = w.first * w.columns; c < w.last * w.columns; c += 32) {
    V gate[kVectors], up[kVectors];
    load_bf16(w.in + c, gate);
    load_bf16(w.other + c, up);
    for (int v = 0; v < kVectors; ++v) {
      const V e = vector_exp(Simd::sub(Simd::zero(), gate[v]));
      const V silu = Simd::div(gate[v], Simd::add(Simd::set(1.0F), e));
      up[v] = Simd::mul(silu, up[v]);
    }
    Simd::store_bf16(w.out + c, up, w.past_caches);
  }
  if (w.past_caches) Simd::finish_streams();
}

inline void rope(const Work& w) noexcept {
  const std::int64_t half = w.columns / 2;
  for (std::int64_t r = w.first; r < w.last; ++r) {
    for (std::int64_t c = 0; c < half; c += 32) {
      V a[kVectors], b[kVectors];
      load_bf16(w.in + r * w.columns + c, a);
      load_bf16(w.in + r * w.columns + half + c, b);
      for (int v = 0; v < kVectors; ++v) {
        const std::int64_t i = r * half + c + kLanes * v;
        const V cosine = Simd::load(w.weight + i), sine = Simd::load(w.sines + i);
        const V minus = Simd::sub(Simd::zero(), sine), first = a[v];
        a[v] = Simd::fma(first, cosine, Simd::mul(b[v], minus));
        b[v] = Simd::fma(b[v], cosine, Simd::mul(first, sine));
      }
      Simd::store_bf16(w.out + r * w.columns + c, a, w.past_caches);
      Simd::store_bf16(w.out + r * w.columns + half + c, b, w.past_caches);
    }
  }
  if (w.past_caches) Simd::finish_streams();
}

inline Fn find(Op op) {
  switch (op) {
    case Op::rmsnorm:
      return rmsnorm<false>;
    case Op::rmsnorm_quantise:
      return rmsnorm<true>;
    case Op::softmax:
      return softmax;
    case Op::swiglu:
      return swiglu;
    case Op::rope:
      return rope;
    case Op::quantise:
      return quantise;
    case Op::dequantise:
      break;
  }
  return dequantise;
}
