// GEMV of E4M3 weights and FP16 activations whose products are summed in FP16 within each 128
// columns and in FP32 from block to block. Over `Halves`, vectors of 32 FP16 numbers, and `Simd`,
// vectors of 16 FP32 ones. No include guard: it is compiled once for the processor, and once over
// vectors in software for the tests.
//
// Range. A weight w comes as w / 2^8, exactly (see Simd::decode), at most 1.75. The activations of
// a block are multiplied by the power of two that brings the largest into [2^12, 2^13). A lane adds
// up four products, so its partial sums are at most 1, 2, 3 and 4 times 1.75 * 2^13, which are
// numbers of FP16 up to 57344: whatever the activations are, nothing finite overflows. Infinite
// and NaN activations give what they give in FP32.
//
// Error, with u = 2^-11. A product passes through four roundings at most: (1 + u)^4 - 1 < 1.955e-3
// of the sum of |w x|. What FP16 loses below its normal numbers is at most 2^-25 for each of 128
// operations; the power of two is exact but where it is below 1, for blocks with activations of
// 2^13 and more, and then moves one by 2^-25 at most, times 1.75. Together that is 1.05e-5 for a
// block, in its own unit, in which the product of the largest activation with the smallest weight
// but zero (2^-9) is 2^-5: below 3.4e-4 of the sum of |w x|, provided that this activation meets no
// weight of zero. Where it does, the loss is still below 2^-20 times scale and largest activation
// of the block. FP32 adds 2^-24 for each block of a row, 4.7e-5 up to 10^5 columns.

inline constexpr std::int64_t kBlockColumns = 128;

/// The FP32 number 2^exponent.
inline float two_to(int exponent) {
  return __builtin_bit_cast(float, static_cast<std::uint32_t>(127 + exponent) << 23);
}

template <Step S, int R>
void group(const Rows& t, std::int64_t n, std::int64_t stride) {
  const std::uint8_t* row[R];
  const float* scale[R];
  Simd::V total[R];
  for (int r = 0; r < R; ++r) {
    row[r] = t.codes + (n + r * stride) * t.row_bytes;
    scale[r] = t.scales + (n + r * stride) / t.rows_per_scale * t.scale_stride;
    total[r] = Simd::zero();
  }
  const auto* x = static_cast<const std::uint16_t*>(t.x);
  const auto* unit = reinterpret_cast<const float*>(x + t.columns);
  for (std::int64_t c = 0; c < t.columns / kBlockColumns; ++c, x += kBlockColumns) {
    const Halves::V x0 = Halves::load(x), x1 = Halves::load(x + 32);
    const Halves::V x2 = Halves::load(x + 64), x3 = Halves::load(x + 96);
    for (int r = 0; r < R; ++r) {
      // As for 16 bits: decoding is no more than a shift and a mask.
      Halves::prefetch(row[r] + kAhead<Format::fp16>);
      Halves::prefetch(row[r] + kAhead<Format::fp16> + 64);
      // One chain a row: those of four rows and of the next blocks overlap.
      Halves::V w[2];
      Halves::decode64(row[r], w);
      Halves::V sum = Halves::fma(w[1], x1, Halves::mul(w[0], x0));
      Halves::decode64(row[r] + 64, w);
      sum = Halves::fma(w[1], x3, Halves::fma(w[0], x2, sum));
      row[r] += kBlockColumns;
      // A power of two of its own, as its product with the scale could leave the range of FP32.
      const Simd::V block =
          Simd::mul(Simd::add(Halves::lower(sum), Halves::upper(sum)), Simd::set(unit[c]));
      if constexpr (S == Step::block128) {
        total[r] = Simd::fma(block, Simd::set(scale[r][c]), total[r]);
      } else {
        total[r] = Simd::add(block, total[r]);
      }
    }
  }
  for (int r = 0; r < R; ++r) {
    const float y = Simd::sum(total[r]);
    t.y[n + r * stride] = S == Step::block128 ? y : y * *scale[r];
  }
}

template <Step S>
void rows(const Rows& t) noexcept {
  const std::int64_t quarter = (t.last - t.first) / 4;
  for (std::int64_t n = t.first; n < t.first + quarter; ++n) group<S, 4>(t, n, quarter);
  for (std::int64_t n = t.first + 4 * quarter; n < t.last; ++n) group<S, 1>(t, n, 1);
}

/// Activations by blocks, each in its own unit and in the order of decode64; behind all of them, by
/// blocks, the FP32 value of the unit for weights in units of 2^8.
inline void prepare(const std::uint16_t* x, std::int64_t columns, void* out) noexcept {
  auto* o = static_cast<std::uint16_t*>(out);
  auto* unit = reinterpret_cast<float*>(o + columns);
  for (std::int64_t c = 0; c < columns / kBlockColumns; ++c) {
    Simd::V v[8];
    Simd::V most = Simd::zero();
    for (int i = 0; i < 8; i += 2) {
      const Halves::V codes = Halves::load(x + c * kBlockColumns + 16 * i);
      v[i] = Halves::lower(codes);
      v[i + 1] = Halves::upper(codes);
      most = Simd::max(most, Simd::max(Simd::abs(v[i]), Simd::abs(v[i + 1])));
    }
    // Infinity counts as the largest number. Zeros count as the smallest one.
    int exponent =
        static_cast<int>(__builtin_bit_cast(std::uint32_t, Simd::largest(most)) >> 23) - 127;
    exponent = exponent > 15 ? 15 : exponent < -24 ? -24 : exponent;
    const Simd::V factor = Simd::set(two_to(12 - exponent));
    for (int i = 0; i < 8; i += 4) {
      const Halves::V first = Halves::narrow(Simd::mul(v[i], factor), Simd::mul(v[i + 1], factor));
      const Halves::V second =
          Halves::narrow(Simd::mul(v[i + 2], factor), Simd::mul(v[i + 3], factor));
      Halves::V split[2];
      Halves::split(first, second, split);
      Halves::store(o + c * kBlockColumns + 16 * i, split[0]);
      Halves::store(o + c * kBlockColumns + 16 * i + 32, split[1]);
    }
    unit[c] = two_to(8 + exponent - 12);
  }
}

inline Functions find(Format weights, Step step, Format activations) {
  // E5M2 reaches 57344, which leaves no room for sums. A scale per 32 columns leaves one product
  // per sum, and FP32 does as well.
  if (weights != Format::e4m3 || activations != Format::fp16 || step == Step::mx32) return {};
  return {step == Step::whole ? rows<Step::whole> : rows<Step::block128>, prepare};
}
