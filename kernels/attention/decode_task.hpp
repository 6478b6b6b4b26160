// What the tiers of decode attention have in common: the work of one sequence and one KV head.
// Plain data only, as this header goes into units compiled for one instruction set.
#pragma once

#include "kernels/attention/kv_rows.hpp"

namespace perfmodel::kernels::attention_detail {

/// Tokens taken at a time; pages hold a multiple of this.
inline constexpr std::int64_t kTokens = 32;
/// Query heads taken at a time; there are a multiple of this, zero ones among them if need be.
inline constexpr std::int64_t kHeads = 4;

struct Task : KvRows {
  const float* q;  // [heads][key_columns], times the scale of the softmax
  std::int64_t heads;
  std::int64_t tokens;
  float* out;  // [heads][value_columns]
};
using TaskFn = void (*)(const Task&) noexcept;

/// nullptr where the tier does not have the format.
TaskFn find_scalar(Format cache);
TaskFn find_portable(Format cache);
TaskFn find_avx2(Format cache);
TaskFn find_avx512(Format cache);

}  // namespace perfmodel::kernels::attention_detail
