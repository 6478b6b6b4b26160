// What the tiers of storing keys and values in E4M3 have in common. Plain data only, as this header
// goes into units compiled for one instruction set.
#pragma once

#include <cstdint>

#include "kernels/formats/codes.hpp"

namespace perfmodel::kernels::attention_detail {

/// Of rows of `columns` values, a multiple of 32.
struct StoreFns {
  /// The largest magnitude among those that are no NaN; false where there is a NaN.
  bool (*largest)(const float* values, std::int64_t columns, float* amax) noexcept;
  /// codes = encode(value * (1 / scale)), for values without NaN.
  void (*encode)(const float* values, std::int64_t columns, float scale,
                 std::uint8_t* codes) noexcept;
};

StoreFns find_store_scalar();
StoreFns find_store_portable();
StoreFns find_store_avx2();
StoreFns find_store_avx512();

}  // namespace perfmodel::kernels::attention_detail
