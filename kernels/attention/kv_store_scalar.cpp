#include <algorithm>
#include <cmath>

#include "kernels/attention/kv_store.hpp"
#include "kernels/formats/codes.hpp"

namespace perfmodel::kernels::attention_detail {
namespace {

bool largest(const float* values, std::int64_t columns, float* amax) noexcept {
  *amax = 0.0F;
  bool nan = false;
  for (std::int64_t c = 0; c < columns; ++c) {
    nan = nan || std::isnan(values[c]);
    *amax = std::max(*amax, std::fabs(values[c]));
  }
  return !nan;
}

void encode_row(const float* values, std::int64_t columns, float scale,
                std::uint8_t* codes) noexcept {
  const float inverse = 1.0F / scale;
  for (std::int64_t c = 0; c < columns; ++c)
    codes[c] = static_cast<std::uint8_t>(encode(Format::e4m3, values[c] * inverse));
}

}  // namespace

StoreFns find_store_scalar() {
  return {largest, encode_row};
}

}  // namespace perfmodel::kernels::attention_detail
