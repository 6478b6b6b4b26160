// Decode attention over tiles in software: the body of the tier, and in plain code what AVX-512
// does for it.
#include <bit>
#include <cmath>
#include <cstdint>

#include "amx_emulated.hpp"
#include "emulated_tiles.hpp"

#define SIMD_INLINE inline

namespace perfmodel::kernels {
namespace attention_detail {
namespace {

/// As much of the vectors of AVX-512 as the softmax takes.
struct Simd {
  static constexpr int kLanes = 16;
  struct V {
    float at[kLanes];
  };
  template <class F>
  static V of(F f) {
    V v{};
    for (int i = 0; i < kLanes; ++i) v.at[i] = f(i);
    return v;
  }
  static V zero() { return {}; }
  static V set(float x) {
    return of([&](int) { return x; });
  }
  static V load(const float* p) {
    return of([&](int i) { return p[i]; });
  }
  static void store(float* p, const V& v) {
    for (int i = 0; i < kLanes; ++i) p[i] = v.at[i];
  }
  static V add(const V& a, const V& b) {
    return of([&](int i) { return a.at[i] + b.at[i]; });
  }
  static V sub(const V& a, const V& b) {
    return of([&](int i) { return a.at[i] - b.at[i]; });
  }
  static V mul(const V& a, const V& b) {
    return of([&](int i) { return a.at[i] * b.at[i]; });
  }
  static V max(const V& a, const V& b) {
    return of([&](int i) { return a.at[i] > b.at[i] ? a.at[i] : b.at[i]; });
  }
  static V fma(const V& a, const V& b, const V& c) {
    return of([&](int i) { return std::fma(a.at[i], b.at[i], c.at[i]); });
  }
  template <int R>
  static V each(const float* p) {
    return of([&](int i) { return p[i / R]; });
  }
  static V within(const V& v, float low, float high) {
    return of([&](int i) { return std::fmin(std::fmax(v.at[i], low), high); });
  }
  static V raise_exponent(const V& v, const V& bits) {
    return of([&](int i) {
      const auto n = std::bit_cast<std::uint32_t>(bits.at[i]) << 23U;
      return std::bit_cast<float>(std::bit_cast<std::uint32_t>(v.at[i]) + n);
    });
  }
};

#include "kernels/simd/exp.hpp"
//
#include "kernels/attention/decode_softmax.hpp"
//
#include "kernels/attention/decode_pairs.hpp"

std::uint16_t bf16_at(Format f, const std::uint8_t* row, std::int64_t column) {
  if (f != Format::bf16) return float_to_bf16(decode(f, row[column]));
  std::uint16_t code = 0;
  __builtin_memcpy(&code, row + 2 * column, sizeof code);
  return code;
}

template <Format F>
void widen_keys(const std::uint8_t* rows, std::int64_t row_bytes, std::int64_t columns,
                std::int64_t count, const std::uint8_t*, std::uint16_t* out) {
  for (std::int64_t i = 0; i < count; ++i) {
    for (std::int64_t s = 0; s < columns; ++s)
      out[i * columns + s] = bf16_at(F, rows + i * row_bytes, column_of<F>(s));
  }
}

template <Format F, std::int64_t kTokens, std::int64_t kStep>
void pair_values(const std::uint8_t* rows, std::int64_t row_bytes, std::int64_t columns,
                 std::int64_t count, const std::uint8_t*, std::uint16_t* out) {
  for (std::int64_t i = 0; i < round_up(count, kStep); ++i) {
    for (std::int64_t s = 0; s < columns; ++s) {
      const std::int64_t column = value_column<F>(s / 4 * 4) + s % 4;
      out[s / 32 * 32 * kTokens + i / 2 * 64 + s % 32 * 2 + i % 2] =
          i < count ? bf16_at(F, rows + i * row_bytes, column) : std::uint16_t{0};
    }
  }
}

void transpose_weights(float* weight, std::uint16_t* out) {
  for (int i = 0; i < 32; ++i) {
    for (int h = 0; h < 16; ++h) out[32 * h + i] = float_to_bf16(weight[16 * i + h]);
  }
}

#include "kernels/attention/decode_amx_body.hpp"

}  // namespace
}  // namespace attention_detail

attention_detail::PairTier find_attention_emulated(Format cache) {
  return attention_detail::tier_of_tiles(cache);
}

}  // namespace perfmodel::kernels
