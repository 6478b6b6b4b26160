// What the tiers of the conversions between kernels have in common. Plain data only, as this header
// goes into units compiled for one instruction set.
#pragma once

#include <cstdint>

#include "kernels/formats/codes.hpp"

namespace perfmodel::kernels::convert_detail {

enum class Op : std::uint8_t {
  narrow,  // FP32 to BF16
  widen,   // BF16 to FP32
  add      // BF16 = BF16 + FP32, in place
};

/// Row r begins at r / inner * outer_stride + r % inner * inner_stride, in elements.
struct Places {
  std::int64_t inner, outer_stride, inner_stride;
};

struct Work {
  const void* in;
  void* out;
  Places from, to;
  std::int64_t columns;  // a multiple of 32
  std::int64_t first, last;
  bool past_caches;  // the result is too large to stay in a cache, and its rows lie on cache lines
};
using Fn = void (*)(const Work&) noexcept;

Fn find_convert_scalar(Op op);
Fn find_convert_portable(Op op);
Fn find_convert_avx2(Op op);
Fn find_convert_avx512(Op op);

}  // namespace perfmodel::kernels::convert_detail
