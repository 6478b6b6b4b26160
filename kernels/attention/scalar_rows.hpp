// Attention of one query in FP64, for the scalar tiers of decode and prefill.
#pragma once

#include <cmath>

#include "kernels/attention/kv_rows.hpp"

namespace perfmodel::kernels::attention_detail {

template <Format F>
double value_at(const std::uint8_t* row, std::int64_t c) {
  if constexpr (kBits<F> == 16) {
    return static_cast<double>(
        decode(F, static_cast<std::uint16_t>(row[2 * c] | (row[2 * c + 1] << 8))));
  } else {
    return static_cast<double>(decode(F, row[c]));
  }
}

template <Format F>
double key_at(const KvRows& t, std::int64_t token, std::int64_t c) {
  const std::int64_t page = t.pages[token / t.page_tokens], row = token % t.page_tokens;
  return value_at<F>(t.keys + page * t.key_page_bytes + row * t.key_row_bytes, c);
}

inline double key_scale(const KvRows& t, std::int64_t token) {
  if (t.key_scales == nullptr) return 1.0;
  const std::int64_t page = t.pages[token / t.page_tokens], row = token % t.page_tokens;
  return static_cast<double>(t.key_scales[page * t.scale_page + row]);
}

/// out [value_columns] = softmax of score(0 .. tokens - 1) times the values.
template <Format F, class Score>
void attend(const KvRows& t, std::int64_t tokens, const Score& score, float* out) {
  double largest = -1e300, total = 0.0;
  for (std::int64_t i = 0; i < tokens; ++i) largest = std::fmax(largest, score(i));
  for (std::int64_t c = 0; c < t.value_columns; ++c) out[c] = 0.0F;
  for (std::int64_t i = 0; i < tokens; ++i) {
    const std::int64_t page = t.pages[i / t.page_tokens], row = i % t.page_tokens;
    const std::uint8_t* value = t.values + page * t.value_page_bytes + row * t.value_row_bytes;
    double weight = std::exp(score(i) - largest);
    total += weight;
    if (t.value_scales != nullptr)
      weight *= static_cast<double>(t.value_scales[page * t.scale_page + row]);
    for (std::int64_t c = 0; c < t.value_columns; ++c)
      out[c] = static_cast<float>(static_cast<double>(out[c]) + weight * value_at<F>(value, c));
  }
  for (std::int64_t c = 0; c < t.value_columns && tokens > 0; ++c)
    out[c] = static_cast<float>(static_cast<double>(out[c]) / total);
}

}  // namespace perfmodel::kernels::attention_detail
