// Quantising and dequantising by tables, for units that are compiled with AVX-512 VBMI and BF16 and
// have rows_body.hpp. No include guard: part of its unit.

/// The E4M3 magnitudes 0 .. 127, NaN last.
struct alignas(64) E4m3Magnitudes {
  float value[128];
};
constexpr E4m3Magnitudes make_e4m3_magnitudes() {
  E4m3Magnitudes m{};
  for (unsigned code = 0; code < 128; ++code)
    m.value[code] = decode(Format::e4m3, static_cast<std::uint16_t>(code));
  return m;
}
constexpr E4m3Magnitudes kE4m3Magnitudes = make_e4m3_magnitudes();

/// The bytes at even places of both, or at odd ones.
SIMD_INLINE __m512i every_other_byte(__m512i a, __m512i b, int first) {
  const __m512i even = _mm512_set_epi8(
      126, 124, 122, 120, 118, 116, 114, 112, 110, 108, 106, 104, 102, 100, 98, 96, 94, 92, 90, 88,
      86, 84, 82, 80, 78, 76, 74, 72, 70, 68, 66, 64, 62, 60, 58, 56, 54, 52, 50, 48, 46, 44, 42,
      40, 38, 36, 34, 32, 30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  const __m512i at = first == 0 ? even : _mm512_add_epi8(even, _mm512_set1_epi8(1));
  return _mm512_permutex2var_epi8(a, at, b);
}

/// All codes have a block's scale in common: what each of the 127 magnitudes comes to in BF16 is
/// worked out once, and the codes look it up.
SIMD_INLINE void dequantise_by_table(const Work& w, std::int64_t block) {
  // Below, the least magnitude would become subnormal.
  if (__builtin_fabsf(w.scales[block]) < 0x1p-117F) return dequantise_block(w, block);
  const V scale = Simd::set(w.scales[block]);
  __m512i value[4];
  for (int i = 0; i < 4; ++i) {
    const float* m = kE4m3Magnitudes.value + 32 * i;
    value[i] = Simd::rounded(Simd::mul(Simd::load(m), scale), Simd::mul(Simd::load(m + 16), scale));
  }
  const __m512i low0 = every_other_byte(value[0], value[1], 0);
  const __m512i low1 = every_other_byte(value[2], value[3], 0);
  const __m512i high0 = every_other_byte(value[0], value[1], 1);
  const __m512i high1 = every_other_byte(value[2], value[3], 1);
  for (std::int64_t c = block * 128; c < block * 128 + 128; c += 64) {
    prefetch_ahead(w.codes + c);
    // So that interleaving, which goes by lanes of sixteen bytes, leaves them in order.
    const __m512i codes = _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7),
                                                   _mm512_loadu_si512(w.codes + c));
    // Looking up ignores the sign.
    const __m512i low = _mm512_permutex2var_epi8(low0, codes, low1);
    const __m512i magnitude = _mm512_permutex2var_epi8(high0, codes, high1);
    const __m512i high = _mm512_ternarylogic_epi32(magnitude, codes,
                                                   _mm512_set1_epi8(static_cast<char>(0x80)), 0x78);
    Simd::store_words(w.out + c, _mm512_unpacklo_epi8(low, high), w.past_caches);
    Simd::store_words(w.out + c + 32, _mm512_unpackhi_epi8(low, high), w.past_caches);
  }
}

/// Of 128 BF16 values, in each lane: the largest magnitude of some in the upper half, and in the
/// lower half, inverted, the smallest.
SIMD_INLINE __m512i extremes_of_128(const std::uint16_t* in) {
  const __m512i mask = _mm512_set1_epi16(0x7FFF);
  __m512i most = _mm512_and_si512(_mm512_loadu_si512(in), mask), least = most;
  for (int i = 32; i < 128; i += 32) {
    const __m512i x = _mm512_and_si512(_mm512_loadu_si512(in + i), mask);
    most = _mm512_max_epu16(most, x);
    least = _mm512_min_epu16(least, x);
  }
  most = _mm512_max_epu16(most, _mm512_slli_epi32(most, 16));
  least = _mm512_min_epu16(least, _mm512_srli_epi32(least, 16));
  // Where the constant has ones, the first, elsewhere what the second is not.
  return _mm512_ternarylogic_epi32(_mm512_set1_epi32(-0x10000), most, least, 0xC5);
}

/// Lane by lane, the largest halves of each of sixteen vectors; in rounds, as Simd::sums.
SIMD_INLINE __m512i largest_halves(const __m512i* v) {
  __m512i eight[8], four[4], two[2];
  for (int i = 0; i < 8; ++i)
    eight[i] = _mm512_max_epu16(_mm512_shuffle_i32x4(v[i], v[i + 8], 0x44),
                                _mm512_shuffle_i32x4(v[i], v[i + 8], 0xEE));
  for (int i = 0; i < 4; ++i)
    four[i] = _mm512_max_epu16(_mm512_shuffle_i32x4(eight[i], eight[i + 4], 0x88),
                               _mm512_shuffle_i32x4(eight[i], eight[i + 4], 0xDD));
  for (int i = 0; i < 2; ++i)
    two[i] = _mm512_max_epu16(_mm512_unpacklo_epi32(four[i], four[i + 2]),
                              _mm512_unpackhi_epi32(four[i], four[i + 2]));
  const __m512i one = _mm512_max_epu16(_mm512_unpacklo_epi32(two[0], two[1]),
                                       _mm512_unpackhi_epi32(two[0], two[1]));
  return _mm512_permutexvar_epi32(
      _mm512_setr_epi32(0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15), one);
}

/// A block none of whose codes is subnormal: a row of e4m3_of_bf16(), and what to add to all of it.
SIMD_INLINE void encode_by_table(const std::uint16_t* in, const std::uint8_t* row,
                                 std::int32_t offset, std::uint8_t* codes, bool past_caches) {
  const __m512i add = _mm512_set1_epi8(static_cast<char>(offset));
  const __m512i row0 = _mm512_add_epi8(_mm512_load_si512(row), add);
  const __m512i row1 = _mm512_add_epi8(_mm512_load_si512(row + 64), add);
  for (int c = 0; c < 128; c += 64) {
    const __m512i a = _mm512_loadu_si512(in + c), b = _mm512_loadu_si512(in + c + 32);
    const __m512i fractions = every_other_byte(a, b, 0), signs = every_other_byte(a, b, 1);
    const __m512i quotients = every_other_byte(_mm512_srli_epi16(a, 4), _mm512_srli_epi16(b, 4), 0);
    const __m512i sum = _mm512_add_epi8(quotients, _mm512_permutex2var_epi8(row0, fractions, row1));
    // The lower seven bits of the sum, and the sign above them.
    const __m512i code = _mm512_ternarylogic_epi32(_mm512_set1_epi8(0x7F), sum, signs, 0xCA);
    if (past_caches) {
      _mm512_stream_si512(reinterpret_cast<__m512i*>(codes + c), code);
    } else {
      _mm512_storeu_si512(codes + c, code);
    }
  }
}

SIMD_INLINE void quantise_some_by_table(const Work& w, std::int64_t first, std::int64_t count) {
  const std::uint16_t* in = w.in + first * 128;
  std::uint8_t* codes = w.codes + first * 128;
  __m512i extremes[kBlocks];
  for (std::int64_t b = 0; b < count; ++b) {
    for (std::int64_t c = b * 128; c < b * 128 + 128; c += 32) prefetch_ahead(in + c);
    extremes[b] = extremes_of_128(in + b * 128);
  }
  for (std::int64_t b = count; b < kBlocks; ++b) extremes[b] = _mm512_setzero_si512();
  const __m512i all = largest_halves(extremes), most = _mm512_srli_epi32(all, 16);
  const V scale =
      scales_of(_mm512_castsi512_ps(_mm512_and_si512(all, _mm512_set1_epi32(-0x10000))));
  const auto some = static_cast<__mmask16>((1U << count) - 1);
  _mm512_mask_storeu_ps(w.scales + first, some, scale);
  // Nothing is below 2^-14 of the largest, so no code is subnormal, and neither the values nor the
  // scale are so small or large that any product is.
  const __m512i least = _mm512_andnot_si512(all, _mm512_set1_epi32(0xFFFF));
  const __m512i bound = _mm512_sub_epi32(most, _mm512_set1_epi32(14 << 7));
  __mmask16 plain = _mm512_cmpge_epi32_mask(least, bound);
  plain = _mm512_mask_cmpge_epi32_mask(plain, most, _mm512_set1_epi32(16 << 7));
  plain = _mm512_mask_cmplt_epi32_mask(plain, most, _mm512_set1_epi32(0x7F80));
  alignas(64) std::int32_t row[kBlocks], offset[kBlocks];
  _mm512_store_si512(row, _mm512_slli_epi32(_mm512_and_si512(most, _mm512_set1_epi32(127)), 7));
  _mm512_store_si512(offset, _mm512_sub_epi32(_mm512_setzero_si512(),
                                              _mm512_slli_epi32(_mm512_srli_epi32(most, 7), 3)));
  for (std::int64_t b = 0; b < count; ++b, in += 128, codes += 128) {
    if (__builtin_expect((plain >> b & 1) != 0, 1)) {
      encode_by_table(in, w.e4m3_of_bf16 + row[b], offset[b], codes, w.past_caches);
    } else {
      const float s = w.scales[first + b];
      quantise_block<Format::bf16>(reinterpret_cast<const std::uint8_t*>(in), s,
                                   Simd::kBoundedGain / s, codes, w.scales + first + b,
                                   w.past_caches);
    }
  }
}

inline Fn find_by_tables(Op op) {
  if (op == Op::quantise) return quantise<quantise_some_by_table>;
  return op == Op::dequantise ? dequantise<dequantise_by_table> : find(op);
}
