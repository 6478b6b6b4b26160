// What quantising makes of BF16 values, as a table of the significands of a value and of the
// largest of its block.
#pragma once

#include <cstdint>

namespace perfmodel::kernels {

/// [m][n], 128 x 128 bytes on a cache line. In a block of BF16 values whose largest magnitude has
/// the bits a, m those of its fraction, a value with the bits x, n those of its fraction, gets the
/// E4M3 code whose lower seven bits are those of
///
///   x / 16 + [m][n] - 8 * (a / 128)    (whole numbers, modulo 128)
///
/// as `quantise` of quantised.hpp rounds it: rounding depends on both fractions only, as long as
/// no number on the way and no code is subnormal.
const std::uint8_t* e4m3_of_bf16();

}  // namespace perfmodel::kernels
