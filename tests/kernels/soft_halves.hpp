// FP16 arithmetic in software: each operation rounded once, to nearest even, subnormals kept, as
// IEEE 754-2019 has it and AVX512-FP16 in the processor's default mode.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/formats/codes.hpp"

namespace perfmodel::kernels {

/// The number of FP16 nearest to x + rest, where x is the double nearest to that sum.
///
/// A sum that lies between two doubles is replaced by the one of them whose significand is odd, and
/// the same from double to float. That number lies on the same side of every number of FP16 and of
/// every middle between two as the sum does, since both end in zeros there: formats with two places
/// more than the last suffice (Boldo, Melquiond: Emulation of FMA and correctly rounded sums,
/// 2008).
inline std::uint16_t nearest_half(double x, double rest) {
  if (!std::isfinite(x)) return float_to_fp16(static_cast<float>(x));
  auto bits = std::bit_cast<std::uint64_t>(x);
  if (rest != 0.0 && bits % 2 == 0) bits = (rest > 0.0) == (x > 0.0) ? bits + 1 : bits - 1;
  const auto odd = std::bit_cast<double>(bits);
  auto narrow = static_cast<float>(odd);
  const auto difference = odd - static_cast<double>(narrow);
  auto code = std::bit_cast<std::uint32_t>(narrow);
  if (difference != 0.0 && code % 2 == 0)
    code = (difference > 0.0) == (odd > 0.0) ? code + 1 : code - 1;
  return float_to_fp16(std::bit_cast<float>(code));
}

/// a b + c. The product of two numbers of FP16 has 22 bits, which double holds; what its sum with
/// the third loses is found exactly (Knuth's two-sum).
inline std::uint16_t multiply_add_halves(std::uint16_t a, std::uint16_t b, std::uint16_t c) {
  const double product =
      static_cast<double>(fp16_to_float(a)) * static_cast<double>(fp16_to_float(b));
  const auto term = static_cast<double>(fp16_to_float(c));
  const double sum = product + term;
  const double of_term = sum - product;
  const double rest = (product - (sum - of_term)) + (term - of_term);
  return nearest_half(sum, rest);
}

inline std::uint16_t multiply_halves(std::uint16_t a, std::uint16_t b) {
  return nearest_half(static_cast<double>(fp16_to_float(a)) * static_cast<double>(fp16_to_float(b)),
                      0.0);
}

}  // namespace perfmodel::kernels
