// What the tiers of decode attention have in common: the work of one sequence and some KV heads.
// Plain data only, as this header goes into units compiled for one instruction set.
#pragma once

#include "kernels/attention/kv_rows.hpp"

namespace perfmodel::kernels::attention_detail {

/// Tokens taken at a time; pages hold a multiple of this.
inline constexpr std::int64_t kTokens = 32;
/// Query heads taken at a time; there are a multiple of this, zero ones among them if need be.
inline constexpr std::int64_t kHeads = 4;

/// Of what is known of the tokens so far, for each kHeads heads: three vectors, on cache lines.
inline constexpr std::int64_t kStateFloats = 48;

/// The rows are those of the first KV head; those of the others follow in each page.
struct Task : KvRows {
  const float* q;  // [KV head][heads][key_columns], times the scale of the softmax
  std::int64_t kv_heads;
  std::int64_t heads;   // of each
  std::int64_t tokens;  // at least one
  float* state;         // kStateFloats for each kHeads heads
  float* out;           // [KV head][heads][value_columns]
};
using TaskFn = void (*)(const Task&) noexcept;

/// The same with queries in BF16, and the weights of the softmax rounded to it. With room for what
/// the tier makes of queries, keys, values and sums.
struct PairTask : KvRows {
  const std::uint16_t* q;  // [KV head][heads][key_columns]
  std::int64_t kv_heads;
  std::int64_t heads;   // of each
  std::int64_t tokens;  // at least one
  float scale;          // of the softmax
  std::uint8_t* scratch;
  float* out;  // [KV head][heads][value_columns]
};
using PairTaskFn = void (*)(const PairTask&) noexcept;

/// What a task can have: rows of a cache in E4M3 are taken in 64 columns.
inline constexpr std::int64_t kMostPairColumns = 1024;
constexpr bool pairs_fit(Format cache, std::int64_t key_columns, std::int64_t value_columns) {
  const std::int64_t of = cache == Format::bf16 ? 32 : 64;
  return key_columns % of == 0 && value_columns % of == 0 && value_columns <= kMostPairColumns;
}

/// A tier of such tasks; without a task where it does not have the format.
struct PairTier {
  PairTaskFn task;
  std::int64_t tokens;       // taken at a time, at most
  std::int64_t least_heads;  // of a group: 4, 8 or 16
};

/// Heads that go together where so many are left: the lanes of a vector, or a part of them.
constexpr std::int64_t pair_group(std::int64_t left, std::int64_t least) {
  const std::int64_t group = left > 8 ? 16 : left > 4 ? 8 : 4;
  return group > least ? group : least;
}

/// Heads with those of zeros that fill the last group.
constexpr std::int64_t pair_heads(std::int64_t heads, std::int64_t least) {
  return heads % 16 == 0 ? heads : heads / 16 * 16 + pair_group(heads % 16, least);
}

/// Bytes of scratch that a task wants.
constexpr std::int64_t pair_scratch_bytes(const PairTier& tier, std::int64_t kv_heads,
                                          std::int64_t heads, std::int64_t key_columns,
                                          std::int64_t value_columns) {
  const std::int64_t padded = kv_heads * pair_heads(heads, tier.least_heads);
  // Queries and decoded keys, pairs of values, sums.
  return 2 * (padded + tier.tokens) * key_columns + 2 * tier.tokens * value_columns +
         4 * padded * value_columns + 4 * kStateFloats * padded / kHeads;
}

/// nullptr where the tier does not have the format.
TaskFn find_scalar(Format cache);
TaskFn find_portable(Format cache);
TaskFn find_avx2(Format cache);
TaskFn find_avx512(Format cache);
PairTier find_avx512bf16(Format cache);
PairTier find_amx(Format cache);

}  // namespace perfmodel::kernels::attention_detail
