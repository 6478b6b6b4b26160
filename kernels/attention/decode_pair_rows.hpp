// Rows of a KV cache and weights made ready for products of BF16 pairs, by AVX-512. No include
// guard: it belongs in the unnamed namespace of a unit, after decode_pairs.hpp.

/// Rows of keys in BF16, in the order of `column_of`. Asks for as much from `next` on, line after
/// line, unless that is nullptr.
template <Format F>
void widen_keys(const std::uint8_t* rows, std::int64_t row_bytes, std::int64_t columns,
                std::int64_t count, const std::uint8_t* next, std::uint16_t* out) {
  const Bf16Decoder<F> decoder;
  for (std::int64_t i = 0; i < count; ++i) {
    for (std::int64_t c = 0; c < columns; c += 64) {
      __m512i k[2];
      decoder.decode64(rows + i * row_bytes + c, k);
      if (next != nullptr) Simd::prefetch(next + i * row_bytes + c);
      _mm512_storeu_si512(out + i * columns + c, k[0]);
      _mm512_storeu_si512(out + i * columns + c + 32, k[1]);
    }
  }
}

/// Asks for the values of the next chunk, at each of the steps that go over 32 columns of two
/// tokens for as much as a step reads: line after line, whatever the order of the steps.
template <Format F>
void prefetch_values(const std::uint8_t* next, std::int64_t step) {
  constexpr int kLines = F == Format::bf16 ? 2 : 1;
  for (int i = 0; i < kLines; ++i) Simd::prefetch(next + 64 * (kLines * step + i));
}

/// Values of two tokens in pairs: of the 32 columns from `slot` on in BF16; of half of the 64
/// around them in E4M3, the first eight of each sixteen or the others.
template <Format F>
class Pairs {
 public:
  void pairs_at(const std::uint8_t* first, const std::uint8_t* second, std::int64_t slot,
                __m512i* out) const {
    const std::int64_t byte = F == Format::bf16 ? 2 * slot : slot / 64 * 64;
    const __m512i x = _mm512_loadu_si512(first + byte), y = _mm512_loadu_si512(second + byte);
    if constexpr (F == Format::bf16) {
      out[0] = _mm512_unpacklo_epi16(x, y);
      out[1] = _mm512_unpackhi_epi16(x, y);
    } else {
      decoder_.decode64(slot % 64 == 0 ? _mm512_unpacklo_epi8(x, y) : _mm512_unpackhi_epi8(x, y),
                        out);
    }
  }

 private:
  Bf16Decoder<Format::e4m3> decoder_;
};

/// A row of no values.
alignas(64) constexpr std::uint8_t kNone[2 * kMostPairColumns] = {};

/// Rows of values in pairs of tokens, kTokens at most, with nothing for those that are missing up
/// to a multiple of kStep: what lies in their places is not looked at. Asks for as much from `next`
/// on, unless that is nullptr.
template <Format F, std::int64_t kTokens, std::int64_t kStep>
void pair_values(const std::uint8_t* rows, std::int64_t row_bytes, std::int64_t columns,
                 std::int64_t count, const std::uint8_t* next, std::uint16_t* out) {
  const Pairs<F> pairs;
  for (std::int64_t i = 0; i < round_up(count, kStep); i += 2) {
    const std::uint8_t* first = i < count ? rows + i * row_bytes : kNone;
    const std::uint8_t* second = i + 1 < count ? rows + (i + 1) * row_bytes : kNone;
    for (std::int64_t s = 0; s < columns; s += 32) {
      __m512i v[2];
      pairs.pairs_at(first, second, s, v);
      if (next != nullptr) prefetch_values<F>(next, (i * columns / 32 + s / 16) / 2);
      std::uint16_t* to = out + s * kTokens + i * 32;
      _mm512_storeu_si512(to, v[0]);
      _mm512_storeu_si512(to + 32, v[1]);
    }
  }
}

/// Weights [token][head] to pairs [two tokens][head] in BF16; none for tokens from `count` on.
template <int H, std::int64_t T>
void pair_weights(float* weight, std::int64_t count, std::uint32_t* pairs) {
  for (std::int64_t i = count * H; i < T * H; ++i) weight[i] = 0.0F;
  alignas(64) std::uint16_t order[32];
  for (int i = 0; i < 32; ++i)
    order[i] = static_cast<std::uint16_t>(i / 2 / H * 2 * H + i % 2 * H + i / 2 % H);
  const __m512i index = _mm512_load_si512(order);
  for (std::int64_t i = 0; i < T * H; i += 32) {
    const auto words = reinterpret_cast<__m512i>(
        _mm512_cvtne2ps_pbh(_mm512_loadu_ps(weight + i + 16), _mm512_loadu_ps(weight + i)));
    _mm512_storeu_si512(pairs + i / 2, _mm512_permutexvar_epi16(index, words));
  }
}
