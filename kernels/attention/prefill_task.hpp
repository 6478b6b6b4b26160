// What the tiers of prefill attention have in common: the work of one sequence, one KV head and
// some of its queries. Plain data only, as this header goes into units compiled for one instruction
// set.
#pragma once

#include "kernels/attention/kv_rows.hpp"

namespace perfmodel::kernels::attention_detail {

/// Tokens taken at a time, and rows of queries that go over them together: many, as keys and values
/// are decoded anew for each such group, but so few that queries, decoded rows, scores and results
/// stay in an L2 cache of 1 MiB; for latent vectors of 576 columns that is half as many. Multiples
/// of the tiles of all tiers (12 x 32, 6 x 16) and of the 32 tokens that are together in any page.
inline constexpr std::int64_t kPrefillTokens = 96;
inline constexpr std::int64_t kPrefillRows = 192;
inline constexpr std::int64_t kPrefillWideColumns = 256;  // of keys; beyond, half of the rows
/// Floats between decoded rows beyond their columns: without them the rows of 128 columns would
/// share a few sets of the L1 cache.
inline constexpr std::int64_t kPrefillPad = 16;

/// A row is one query head of one new token; the heads of a token come one after the other. Row r
/// is head (first_row + r) % group of new token (first_row + r) / group, which sees the tokens up
/// to first_position + (first_row + r) / group.
struct PrefillTask : KvRows {
  std::int64_t rows, first_row, group, first_position;
  std::int64_t row_stride;  // rows that there is room for: kPrefillRows, or half of that
  const float* queries;     // [key_columns][row_stride], times the scale of the softmax
  float* key_rows;          // [kPrefillTokens][key_columns + kPrefillPad], for decoded keys
  float* value_rows;        // the same for values; those of the keys where values are in the keys
  std::int64_t value_stride;
  float* weights;  // [kPrefillTokens][row_stride]
  float* out;      // [row_stride][value_columns]
};
using PrefillFn = void (*)(const PrefillTask&) noexcept;

/// nullptr where the tier does not have the format.
PrefillFn find_prefill_scalar(Format cache);
PrefillFn find_prefill_portable(Format cache);
PrefillFn find_prefill_avx2(Format cache);
PrefillFn find_prefill_avx512(Format cache);

}  // namespace perfmodel::kernels::attention_detail
