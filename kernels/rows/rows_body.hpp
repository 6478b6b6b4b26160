// Row-wise kernels over the vectors of one tier (`Simd`). No include guard: Highway compiles it
// once per target.

inline constexpr std::int64_t kLanes = Simd::kLanes;
inline constexpr int kVectors = 32 / Simd::kLanes;
using V = Simd::V;
/// Vectors that are worked on together.
inline constexpr int kAtOnce = Simd::kLanes >= 16 ? 4 : 32 / Simd::kLanes;

SIMD_INLINE void load_bf16(const std::uint16_t* p, V* out) {
  Simd::template decode<Format::bf16>(reinterpret_cast<const std::uint8_t*>(p), out);
}

SIMD_INLINE float root(float x) {
  return __builtin_sqrtf(x);
}

/// How far ahead of where it reads, in bytes, a kernel asks for memory. Measured: 8 KiB beats 2, 4,
/// 16 and 32 KiB, and the hardware's own prefetching alone, which the stores past the caches slow.
inline constexpr std::int64_t kAhead = 8192;
SIMD_INLINE void prefetch_ahead(const void* p) {
  Simd::prefetch(static_cast<const std::uint8_t*>(p) + kAhead);
}

/// Blocks of 128 values that are quantised together: each scale waits for a maximum and a division,
/// and they can wait together.
inline constexpr std::int64_t kBlocks = 16;

/// Scales of kLanes blocks, given their largest magnitudes.
SIMD_INLINE V scales_of(V amax) {
  const V s = Simd::div(Simd::min(amax, Simd::set(3.40282347e38F)), Simd::set(448.0F));
  return Simd::max(s, Simd::set(1.17549435e-38F));
}

/// The scale of a block in which those that are no numbers do not count.
template <Format F>
SIMD_INLINE float block_scale(const std::uint8_t* values) {
  V x[kVectors], most = Simd::zero();
  for (std::int64_t i = 0; i < 4; ++i) {
    Simd::template decode<F>(values + 4 * kBits<F> * i, x);
    // The new value first: where it is NaN, the maximum so far stays.
    for (const V& v : x) most = Simd::max(Simd::abs(v), most);
  }
  return Simd::largest(scales_of(Simd::set(Simd::largest(most))));
}

/// Codes of a block with any values.
template <Format F>
SIMD_INLINE void encode_block(const std::uint8_t* values, float scale, std::uint8_t* codes) {
  const V inverse = Simd::div(Simd::set(1.0F), Simd::set(scale));
  for (std::int64_t i = 0; i < 4; ++i) {
    V x[kVectors];
    Simd::template decode<F>(values + 4 * kBits<F> * i, x);
    for (int v = 0; v < kVectors; ++v)
      Simd::store_e4m3(codes + i * 32 + kLanes * v, Simd::mul(x[v], inverse));
  }
}

/// Codes and scale of a block: `scale`, `factor` being kBoundedGain over it, if there is no NaN.
template <Format F>
SIMD_INLINE void quantise_block(const std::uint8_t* values, float scale, float factor,
                                std::uint8_t* codes, float* scale_out, bool past_caches) {
  *scale_out = scale;
  if (scale < Simd::kMostBounded &&
      Simd::template store_bounded_e4m3<F>(values, 128, factor, codes, past_caches))
    return;
  if constexpr (Simd::kMostBounded > 0.0F) *scale_out = block_scale<F>(values);
  encode_block<F>(values, *scale_out, codes);
}

/// Codes and scales of `count` blocks, as `quantise` of kernels/formats chooses them. most[b] has
/// the largest magnitude of block b, spread over the lanes; where there is NaN in it, only in tiers
/// without a faster way to E4M3.
template <Format F>
SIMD_INLINE void quantise_blocks(const void* values, const V* most, std::int64_t count,
                                 std::uint8_t* codes, float* scales, bool past_caches) {
  alignas(64) float scale[kBlocks], factor[kBlocks];
  Simd::template largests<kBlocks>(most, scale);
  for (std::int64_t b = 0; b < kBlocks; b += kLanes) {
    const V s = scales_of(Simd::load(scale + b));
    Simd::store(scale + b, s);
    Simd::store(factor + b, Simd::div(Simd::set(Simd::kBoundedGain), s));
  }
  const auto* from = static_cast<const std::uint8_t*>(values);
  for (std::int64_t b = 0; b < count; ++b, from += 16 * kBits<F>, codes += 128)
    quantise_block<F>(from, scale[b], factor[b], codes, scales + b, past_caches);
}

SIMD_INLINE float inverse_rms(const Work& w, V squares) {
  const float mean = Simd::sum(squares) / static_cast<float>(w.columns);
  return 1.0F / root(mean + w.epsilon);
}

/// Squares of kRows rows while those before them, which the caches still have, are scaled and
/// written: so that memory is read and written all the time, as by a copy.
template <int kRows>
void rmsnorm_rows(const Work& w, std::int64_t begin, std::int64_t end) noexcept {
  // What is asked for is of the same row, or of the one that comes after it.
  const std::int64_t same = w.columns - kAhead / 2, other = (kRows - 1) * w.columns + kAhead / 2;
  V factor[kRows];
  for (V& f : factor) f = Simd::zero();
  for (std::int64_t r = begin; r <= end; r += kRows) {
    V sum[kRows][2];
    for (auto& s : sum) s[0] = s[1] = Simd::zero();
    for (std::int64_t block = 0; block < w.columns; block += 128) {
      const std::int64_t ahead = block < same ? kAhead / 2 : other;
      for (int j = 0; r < end && j < kRows; ++j) {
        const std::uint16_t* in = w.in + (r + j) * w.columns;
        for (std::int64_t c = block; c < block + 128; c += 32) {
          V x[kVectors];
          Simd::load_bf16_split(in + c, x);
          Simd::prefetch(in + c + ahead);
          for (int v = 0; v < kVectors; ++v) sum[j][v % 2] = Simd::fma(x[v], x[v], sum[j][v % 2]);
        }
      }
      for (int j = 0; r > begin && j < kRows; ++j) {
        const std::int64_t row = (r - kRows + j) * w.columns;
        for (std::int64_t c = block; c < block + 128; c += 32) {
          V x[kVectors];
          load_bf16(w.in + row + c, x);
          for (int v = 0; v < kVectors; ++v)
            x[v] = Simd::mul(Simd::mul(x[v], factor[j]), Simd::load(w.weight + c + kLanes * v));
          Simd::store_bf16(w.out + row + c, x, w.past_caches);
        }
      }
    }
    for (int j = 0; j < kRows; ++j)
      factor[j] = Simd::set(inverse_rms(w, Simd::add(sum[j][0], sum[j][1])));
  }
}

/// From memory four rows at a time, each of which has its own hardware prefetcher, and which share
/// the weights; not where twice four would leave a cache of 512 KiB. From a cache one row is
/// faster.
inline void rmsnorm(const Work& work) noexcept {
  const Work w = work;
  constexpr int kRows = 4;
  const bool fours = w.past_caches && w.columns <= 16384;
  const std::int64_t together = w.first + (fours ? (w.last - w.first) / kRows * kRows : 0);
  if (together > w.first) rmsnorm_rows<kRows>(w, w.first, together);
  if (together < w.last) rmsnorm_rows<1>(w, together, w.last);
  if (w.past_caches) Simd::finish_streams();
}

/// Codes do not depend on the root mean square, as each block is scaled by its largest value: they
/// are those of in * weight, and only the scales wait for the end of the row.
inline void rmsnorm_quantise(const Work& work) noexcept {
  const Work w = work;
  const std::int64_t blocks = w.columns / 128;
  alignas(64) float values[kBlocks * 128];
  V most[kBlocks];
  for (auto& m : most) m = Simd::zero();
  for (std::int64_t r = w.first; r < w.last; ++r) {
    const std::uint16_t* in = w.in + r * w.columns;
    float* scales = w.scales + r * blocks;
    V sum[2] = {Simd::zero(), Simd::zero()};
    for (std::int64_t first = 0; first < blocks; first += kBlocks) {
      const std::int64_t count = blocks - first < kBlocks ? blocks - first : kBlocks;
      for (std::int64_t b = 0; b < count; ++b) {
        most[b] = Simd::zero();
        for (std::int64_t c = b * 128; c < b * 128 + 128; c += 32) {
          V x[kVectors];
          load_bf16(in + first * 128 + c, x);
          prefetch_ahead(in + first * 128 + c);
          for (int v = 0; v < kVectors; ++v) {
            sum[v % 2] = Simd::fma(x[v], x[v], sum[v % 2]);
            x[v] = Simd::mul(x[v], Simd::load(w.weight + first * 128 + c + kLanes * v));
            Simd::store(values + c + kLanes * v, x[v]);
            most[b] = Simd::max(most[b], Simd::abs(x[v]));
          }
        }
      }
      quantise_blocks<Format::fp32>(values, most, count, w.codes + r * w.columns + first * 128,
                                    scales + first, w.past_caches);
    }
    const float factor = inverse_rms(w, Simd::add(sum[0], sum[1]));
    for (std::int64_t b = 0; b < blocks; ++b) scales[b] *= factor;
  }
  if (w.past_caches) Simd::finish_streams();
}

SIMD_INLINE void quantise_some(const Work& w, std::int64_t first, std::int64_t count) {
  const std::uint16_t* in = w.in + first * 128;
  V most[kBlocks];
  for (std::int64_t b = 0; b < count; ++b) {
    for (std::int64_t c = b * 128; c < b * 128 + 128; c += 32) prefetch_ahead(in + c);
    most[b] = Simd::largest_of_128(in + b * 128);
  }
  for (std::int64_t b = count; b < kBlocks; ++b) most[b] = Simd::zero();
  quantise_blocks<Format::bf16>(in, most, count, w.codes + first * 128, w.scales + first,
                                w.past_caches);
}

/// kSome(w, first, count) for all blocks, at most kBlocks at a time.
template <void (*kSome)(const Work&, std::int64_t, std::int64_t)>
inline void quantise(const Work& work) noexcept {
  const Work w = work;
  const std::int64_t last = w.last * w.columns / 128;
  for (std::int64_t first = w.first * w.columns / 128; first < last; first += kBlocks)
    kSome(w, first, last - first < kBlocks ? last - first : kBlocks);
  if (w.past_caches) Simd::finish_streams();
}

SIMD_INLINE void dequantise_block(const Work& w, std::int64_t block) {
  const V scale = Simd::set(w.scales[block] * Simd::template kGain<Format::e4m3>);
  for (std::int64_t c = block * 128; c < block * 128 + 128; c += 32) {
    V x[kVectors];
    Simd::template decode<Format::e4m3>(w.codes + c, x);
    if (c % 64 == 0) prefetch_ahead(w.codes + c);
    for (auto& v : x) v = Simd::mul(v, scale);
    Simd::store_bf16(w.out + c, x, w.past_caches);
  }
}

/// kBlock(w, block) for all blocks.
template <void (*kBlock)(const Work&, std::int64_t)>
inline void dequantise(const Work& work) noexcept {
  const Work w = work;
  const std::int64_t last = w.last * w.columns / 128;
  for (std::int64_t b = w.first * w.columns / 128; b < last; ++b) kBlock(w, b);
  if (w.past_caches) Simd::finish_streams();
}

/// e^(x - largest so far) of `count` values and their sum; raises the largest, to within a half.
SIMD_INLINE V exponentials(const float* in, std::int64_t count, V& largest, float* kept) {
  V most[kAtOnce];
  for (auto& m : most) m = largest;
  for (std::int64_t c = 0; c < count; c += kAtOnce * kLanes) {
    for (int v = 0; v < kAtOnce; ++v) most[v] = Simd::max(most[v], Simd::load(in + c + kLanes * v));
  }
  for (const auto& m : most) largest = Simd::max(largest, m);
  // To a whole number, so that the largest values of blocks differ by one, without rounding.
  const V shift = Simd::set(0x1.8p23F);
  largest = Simd::sub(Simd::add(largest, shift), shift);
  V sum = Simd::zero();
  for (std::int64_t c = 0; c < count; c += kAtOnce * kLanes) {
    V e[kAtOnce];
    for (int v = 0; v < kAtOnce; ++v) {
      if (v * kLanes % 16 == 0) prefetch_ahead(in + c + kLanes * v);
      e[v] = Simd::sub(Simd::load(in + c + kLanes * v), largest);
    }
    vector_exps<kAtOnce>(e);
    for (int v = 0; v < kAtOnce; ++v) {
      Simd::store(kept + c + kLanes * v, e[v]);
      sum = Simd::add(sum, e[v]);
    }
  }
  return sum;
}

/// Exponentials of a row while the one before it is scaled and written: so that memory is read and
/// written all the time, as by a copy. Blocks are relative to the largest value up to their end,
/// which is put right when all are known.
inline void softmax(const Work& work) noexcept {
  const Work w = work;
  const std::int64_t blocks = (w.columns + kSoftmaxBlock - 1) / kSoftmaxBlock;
  float* factors = w.scratch + w.columns;  // [block][lane], first the largest values
  float* sums = factors + blocks * kLanes;
  for (std::int64_t r = w.first; r <= w.last; ++r) {
    V largest = Simd::set(-3.40282347e38F);
    for (std::int64_t b = 0; b < blocks; ++b) {
      const std::int64_t at = b * kSoftmaxBlock;
      const std::int64_t count = w.columns - at < kSoftmaxBlock ? w.columns - at : kSoftmaxBlock;
      float* kept = w.scratch + at;
      if (r > w.first) {
        const V factor = Simd::load(factors + b * kLanes);
        float* out = w.out_fp32 + (r - 1) * w.columns + at;
        for (std::int64_t c = 0; c < count; c += kLanes) {
          const V p = Simd::mul(Simd::load(kept + c), factor);
          if (w.past_caches) {
            Simd::stream(out + c, p);
          } else {
            Simd::store(out + c, p);
          }
        }
      }
      if (r < w.last) {
        Simd::store(sums + b * kLanes,
                    exponentials(w.in_fp32 + r * w.columns + at, count, largest, kept));
        Simd::store(factors + b * kLanes, largest);
      }
    }
    if (r == w.last) break;
    const V most = Simd::set(Simd::largest(largest));
    V sum = Simd::zero();
    for (std::int64_t i = 0; i < blocks * kLanes; i += kLanes) {
      const V factor = vector_exp(Simd::sub(Simd::load(factors + i), most));
      Simd::store(factors + i, factor);
      sum = Simd::fma(factor, Simd::load(sums + i), sum);
    }
    const V inverse = Simd::set(1.0F / Simd::sum(sum));
    for (std::int64_t i = 0; i < blocks * kLanes; i += kLanes)
      Simd::store(factors + i, Simd::mul(Simd::load(factors + i), inverse));
  }
  if (w.past_caches) Simd::finish_streams();
}

inline void swiglu(const Work& work) noexcept {
  const Work w = work;
  for (std::int64_t c = w.first * w.columns; c < w.last * w.columns; c += kAtOnce * kLanes) {
    V gate[kAtOnce], up[kAtOnce], part[kAtOnce];
    for (int v = 0; v < kAtOnce; v += kVectors) {
      Simd::load_bf16_split(w.in + c + v * kLanes, gate + v);
      Simd::load_bf16_split(w.other + c + v * kLanes, up + v);
      prefetch_ahead(w.in + c + v * kLanes);
      prefetch_ahead(w.other + c + v * kLanes);
    }
    for (int v = 0; v < kAtOnce; ++v) part[v] = gate[v];
    inverse_exps<kAtOnce>(part);
    for (V& p : part) p = Simd::reciprocal(Simd::add(Simd::set(1.0F), p));
    for (int v = 0; v < kAtOnce; ++v) up[v] = Simd::mul(Simd::mul(gate[v], up[v]), part[v]);
    for (int v = 0; v < kAtOnce; v += kVectors)
      Simd::store_bf16_split(w.out + c + v * kLanes, up + v, w.past_caches);
  }
  if (w.past_caches) Simd::finish_streams();
}

inline void rope(const Work& work) noexcept {
  const Work w = work;
  const std::int64_t half = w.columns / 2;
  for (std::int64_t r = w.first; r < w.last; ++r) {
    for (std::int64_t c = 0; c < half; c += 32) {
      V a[kVectors], b[kVectors];
      const std::uint16_t* in = w.in + r * w.columns + c;
      load_bf16(in, a);
      load_bf16(in + half, b);
      prefetch_ahead(in);
      prefetch_ahead(in + half);
      for (std::int64_t i = r * half + c; i < r * half + c + 32; i += 16) {
        prefetch_ahead(w.weight + i);
        prefetch_ahead(w.sines + i);
      }
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
      return rmsnorm;
    case Op::rmsnorm_quantise:
      return rmsnorm_quantise;
    case Op::softmax:
      return softmax;
    case Op::swiglu:
      return swiglu;
    case Op::rope:
      return rope;
    case Op::quantise:
      return quantise<quantise_some>;
    case Op::dequantise:
      break;
  }
  return dequantise<dequantise_block>;
}
