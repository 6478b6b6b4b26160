// What the tiers of decode attention have in common: the work of one sequence and one KV head.
// Plain data only, as this header goes into units compiled for one instruction set.
#pragma once

#include <cstdint>

#include "kernels/formats/codes.hpp"

namespace perfmodel::kernels::attention_detail {

/// Tokens taken at a time; pages hold a multiple of this.
inline constexpr std::int64_t kTokens = 32;
/// Query heads taken at a time; there are a multiple of this, zero ones among them if need be.
inline constexpr std::int64_t kHeads = 4;

struct Task {
  const float* q;  // [heads][key_columns], times the scale of the softmax
  std::int64_t heads;
  std::int64_t key_columns, value_columns;  // multiples of 32
  const std::int32_t* pages;
  std::int64_t tokens, page_tokens;
  // Of page 0 and this KV head; rows within a page are contiguous.
  const std::uint8_t* keys;
  const std::uint8_t* values;
  std::int64_t key_page_bytes, value_page_bytes, key_row_bytes, value_row_bytes;
  const float* key_scales;  // [page][token] from page 0, one per token; nullptr for 1
  const float* value_scales;
  std::int64_t scale_page;  // floats from page to page
  float* out;               // [heads][value_columns]
};
using TaskFn = void (*)(const Task&) noexcept;

/// nullptr where the tier does not have the format.
TaskFn find_scalar(Format cache);
TaskFn find_portable(Format cache);
TaskFn find_avx2(Format cache);
TaskFn find_avx512(Format cache);

}  // namespace perfmodel::kernels::attention_detail
