// The element formats of tensors, and the scalar conversions of each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernels/formats/mini_float.hpp"

namespace perfmodel::kernels {

enum class Format : std::uint8_t { fp32, fp16, bf16, e4m3, e5m2, int8, e2m1 };
inline constexpr std::array<std::string_view, 7> kFormatNames = {"fp32", "fp16", "bf16", "e4m3",
                                                                 "e5m2", "int8", "e2m1"};
constexpr std::string_view name_of(Format f) {
  return kFormatNames[static_cast<std::size_t>(f)];
}

constexpr int bits_of(Format f) {
  switch (f) {
    case Format::fp32:
      return 32;
    case Format::fp16:
    case Format::bf16:
      return 16;
    case Format::e4m3:
    case Format::e5m2:
    case Format::int8:
      return 8;
    case Format::e2m1:
      return 4;
  }
  return 0;
}

/// The same as a constant: units of a tier must not call inline functions of headers (see README).
template <Format F>
inline constexpr int kBits = bits_of(F);

/// Largest magnitude that quantising aims at. INT8 is symmetric: -128 is not used.
constexpr float max_of(Format f) {
  switch (f) {
    case Format::fp32:
      return 3.40282347e38F;
    case Format::fp16:
      return decode(kFp16, kFp16.max_code());
    case Format::bf16:
      return decode(kBf16, kBf16.max_code());
    case Format::e4m3:
      return decode(kE4m3, kE4m3.max_code());
    case Format::e5m2:
      return decode(kE5m2, kE5m2.max_code());
    case Format::int8:
      return 127.0F;
    case Format::e2m1:
      return decode(kE2m1, kE2m1.max_code());
  }
  return 0.0F;
}

/// Exponent of the largest binade: `emax` of OCP MX, section 5.3.
constexpr int max_exponent_of(Format f) {
  switch (f) {
    case Format::e4m3:
      return 8;
    case Format::e5m2:
    case Format::fp16:
      return 15;
    case Format::e2m1:
      return 2;
    case Format::int8:
      return 6;
    case Format::fp32:
    case Format::bf16:
      return 127;
  }
  return 0;
}

/// INT8: to nearest, ties to even, saturated to +-127; NaN gives 0, as there is no better code.
constexpr std::int8_t encode_int8(float value) {
  if (!(value == value)) return 0;
  if (value >= 127.0F) return 127;
  if (value <= -127.0F) return -127;
  // Adding 1.5 * 2^23 leaves the integer, rounded in the current mode (to nearest even), in the
  // sum.
  constexpr float kShift = 12582912.0F;
  return static_cast<std::int8_t>(static_cast<int>((value + kShift) - kShift));
}

/// FP8, INT8 and E2M1 saturate, as quantising needs it; FP16 and BF16 overflow to infinity.
constexpr std::uint16_t encode(Format f, float value) {
  switch (f) {
    case Format::fp16:
      return static_cast<std::uint16_t>(encode(kFp16, value, Overflow::to_non_finite));
    case Format::bf16:
      return static_cast<std::uint16_t>(encode(kBf16, value, Overflow::to_non_finite));
    case Format::e4m3:
      return static_cast<std::uint16_t>(encode(kE4m3, value, Overflow::saturate));
    case Format::e5m2:
      return static_cast<std::uint16_t>(encode(kE5m2, value, Overflow::saturate));
    case Format::e2m1:
      return static_cast<std::uint16_t>(encode(kE2m1, value, Overflow::saturate));
    case Format::int8:
      return static_cast<std::uint8_t>(encode_int8(value));
    case Format::fp32:
      break;
  }
  return 0;
}

constexpr float decode(Format f, std::uint16_t code) {
  switch (f) {
    case Format::fp16:
      return decode(kFp16, code);
    case Format::bf16:
      return decode(kBf16, code);
    case Format::e4m3:
      return decode(kE4m3, code);
    case Format::e5m2:
      return decode(kE5m2, code);
    case Format::e2m1:
      return decode(kE2m1, code);
    case Format::int8:
      return static_cast<float>(static_cast<std::int8_t>(static_cast<std::uint8_t>(code)));
    case Format::fp32:
      break;
  }
  return 0.0F;
}

constexpr float fp16_to_float(std::uint16_t code) {
  return decode(kFp16, code);
}
constexpr std::uint16_t float_to_fp16(float value) {
  return encode(Format::fp16, value);
}
constexpr float bf16_to_float(std::uint16_t code) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(code) << 16);
}
constexpr std::uint16_t float_to_bf16(float value) {
  return encode(Format::bf16, value);
}

/// UE8M0: the power of two 2^(code-127), unsigned; 255 is NaN. OCP MX 1.0 section 5.4.1 (E8M0).
inline constexpr std::uint8_t kUe8m0Nan = 255;
constexpr float ue8m0_to_float(std::uint8_t code) {
  if (code == kUe8m0Nan) return std::bit_cast<float>(0x7FC00000U);
  return power_of_two(static_cast<int>(code) - 127);
}

/// Which power of two stands for a scale.
enum class ScaleRounding : std::uint8_t {
  up,       // the next one not below: nothing in the block saturates (DeepSeek-V3.1)
  nearest,  // nearest value, ties to the even code
  down      // the next one not above
};

/// Zero and what is below 2^-127 give code 0, infinity the largest; negative values and NaN give
/// NaN.
constexpr std::uint8_t float_to_ue8m0(float value, ScaleRounding rounding) {
  if (!(value >= 0.0F)) return kUe8m0Nan;
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t field = bits >> 23;
  const std::uint32_t fraction = bits & 0x7FFFFFU;
  if (field == 255) return 254;
  // Code 0 is 2^-127, half of the smallest normal number: the subnormal with fraction 2^22.
  const std::uint32_t rest =
      field == 0 ? (fraction > 0x400000U ? fraction - 0x400000U : 0U) : fraction;
  const std::uint32_t half = field == 0 ? 0x200000U : 0x400000U;
  bool next = false;
  if (rounding == ScaleRounding::up) next = rest > 0;
  if (rounding == ScaleRounding::nearest) next = rest > half || (rest == half && (field & 1U) != 0);
  const std::uint32_t code = field + (next ? 1U : 0U);
  return static_cast<std::uint8_t>(code < 254U ? code : 254U);
}

}  // namespace perfmodel::kernels
