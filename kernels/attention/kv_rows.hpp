// Where the keys and values of one sequence and one KV head lie. Plain data only, as this header
// goes into units compiled for one instruction set.
#pragma once

#include <cstdint>

#include "kernels/formats/codes.hpp"

namespace perfmodel::kernels::attention_detail {

struct KvRows {
  std::int64_t key_columns, value_columns;  // multiples of 32
  const std::int32_t* pages;                // of the sequence
  std::int64_t page_tokens;                 // a multiple of 32
  // Of page 0 and this KV head; rows within a page are contiguous, and those of the next KV head
  // follow them.
  const std::uint8_t* keys;
  const std::uint8_t* values;
  std::int64_t key_page_bytes, value_page_bytes, key_row_bytes, value_row_bytes;
  const float* key_scales;  // [page][token] from page 0, one per token; nullptr for 1
  const float* value_scales;
  std::int64_t scale_page;  // floats from page to page
};

}  // namespace perfmodel::kernels::attention_detail
