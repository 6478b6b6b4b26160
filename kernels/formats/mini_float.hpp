// Conversions between FP32 and the small floating-point formats, exact by construction: decoding is
// lossless, encoding rounds the FP32 value once, to nearest, ties to even.
//
// Sources: OCP 8-bit Floating Point Specification (OFP8) 1.0 for E4M3 and E5M2; OCP Microscaling
// Formats (MX) 1.0 for E2M1 and E8M0; IEEE 754-2019 for FP16. BF16 is the upper half of FP32.
#pragma once

#include <bit>
#include <cstdint>

namespace perfmodel::kernels {

/// What the codes with all exponent bits set mean.
enum class TopCodes : std::uint8_t {
  ieee,       // infinity (mantissa 0) and NaN, as in IEEE 754
  one_nan,    // numbers, but for mantissa all ones, which is NaN; no infinity ("FN")
  all_finite  // numbers only
};

/// What becomes of a value beyond the largest finite one, infinity included.
enum class Overflow : std::uint8_t {
  saturate,      // the largest finite value
  to_non_finite  // infinity, NaN where the format has none; `all_finite` formats saturate
};

struct MiniFloat {
  int exponent_bits;
  int mantissa_bits;
  int bias;
  TopCodes top;

  constexpr int bits() const { return 1 + exponent_bits + mantissa_bits; }
  constexpr std::uint32_t sign_mask() const { return 1U << (exponent_bits + mantissa_bits); }
  constexpr std::uint32_t magnitude_mask() const { return sign_mask() - 1; }
  constexpr int min_exponent() const { return 1 - bias; }
  /// Code of the largest finite value.
  constexpr std::uint32_t max_code() const {
    switch (top) {
      case TopCodes::ieee:
        return (((1U << exponent_bits) - 1) << mantissa_bits) - 1;
      case TopCodes::one_nan:
        return magnitude_mask() - 1;
      case TopCodes::all_finite:
        break;
    }
    return magnitude_mask();
  }
  /// Code of the quiet NaN; 0 where the format has none.
  constexpr std::uint32_t nan_code() const {
    switch (top) {
      case TopCodes::ieee:
        return (max_code() + 1) | (1U << (mantissa_bits - 1));
      case TopCodes::one_nan:
        return magnitude_mask();
      case TopCodes::all_finite:
        break;
    }
    return 0;
  }
  constexpr bool is_nan(std::uint32_t code) const {
    const std::uint32_t magnitude = code & magnitude_mask();
    return top == TopCodes::ieee ? magnitude > max_code() + 1 : magnitude > max_code();
  }
};

inline constexpr MiniFloat kE4m3{4, 3, 7, TopCodes::one_nan};
inline constexpr MiniFloat kE5m2{5, 2, 15, TopCodes::ieee};
inline constexpr MiniFloat kE2m1{2, 1, 1, TopCodes::all_finite};
inline constexpr MiniFloat kFp16{5, 10, 15, TopCodes::ieee};
inline constexpr MiniFloat kBf16{8, 7, 127, TopCodes::ieee};

/// 2^exponent; exact down to 2^-149, the smallest FP32 subnormal.
constexpr float power_of_two(int exponent) {
  if (exponent >= -126)
    return std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 127) << 23);
  return std::bit_cast<float>(1U << (exponent + 149));
}

/// The FP32 value of a code. NaN codes keep their sign and payload.
constexpr float decode(const MiniFloat& f, std::uint32_t code) {
  const std::uint32_t sign = (code & f.sign_mask()) != 0 ? 0x80000000U : 0U;
  const std::uint32_t magnitude = code & f.magnitude_mask();
  const std::uint32_t exponent = magnitude >> f.mantissa_bits;
  const std::uint32_t mantissa = magnitude & ((1U << f.mantissa_bits) - 1);
  const std::uint32_t fraction = mantissa << (23 - f.mantissa_bits);
  if (f.is_nan(code)) return std::bit_cast<float>(sign | 0x7F800000U | fraction | 0x00400000U);
  if (magnitude > f.max_code()) return std::bit_cast<float>(sign | 0x7F800000U);
  if (exponent == 0) {
    const float value =
        static_cast<float>(mantissa) * power_of_two(f.min_exponent() - f.mantissa_bits);
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | sign);
  }
  const auto biased = static_cast<std::uint32_t>(static_cast<int>(exponent) - f.bias + 127);
  return std::bit_cast<float>(sign | (biased << 23) | fraction);
}

/// The code nearest to an FP32 value, ties to even. -0 keeps its sign; NaN gives the quiet NaN with
/// the sign kept, or the largest magnitude where the format has no NaN.
constexpr std::uint32_t encode(const MiniFloat& f, float value, Overflow overflow) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 31) != 0 ? f.sign_mask() : 0U;
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  if (magnitude > 0x7F800000U)
    return sign | (f.top == TopCodes::all_finite ? f.max_code() : f.nan_code());
  std::uint32_t code = f.max_code() + 1;
  if (magnitude < 0x7F800000U) {
    const std::uint32_t field = magnitude >> 23;
    const int exponent = field == 0 ? -126 : static_cast<int>(field) - 127;
    const std::uint32_t significand = (magnitude & 0x7FFFFFU) | (field == 0 ? 0U : 0x800000U);
    // Below the smallest normal number the grid stops getting finer. A shift of 25 takes any
    // significand below a half.
    const int below = exponent < f.min_exponent() ? f.min_exponent() - exponent : 0;
    const int shift = 23 - f.mantissa_bits + below < 25 ? 23 - f.mantissa_bits + below : 25;
    const std::uint32_t kept = significand >> shift;
    const std::uint32_t rest = significand & ((1U << shift) - 1);
    const std::uint32_t half = 1U << (shift - 1);
    const std::uint32_t up = rest > half || (rest == half && (kept & 1U) != 0) ? 1U : 0U;
    // `kept` holds the implicit bit of a normal number, and a carry moves on into the exponent.
    const int normal = below > 0 ? 0 : exponent - f.min_exponent();
    code = (static_cast<std::uint32_t>(normal) << f.mantissa_bits) + kept + up;
  }
  if (code <= f.max_code()) return sign | code;
  if (overflow == Overflow::saturate || f.top == TopCodes::all_finite) return sign | f.max_code();
  return sign | (f.top == TopCodes::ieee ? f.max_code() + 1 : f.nan_code());
}

}  // namespace perfmodel::kernels
