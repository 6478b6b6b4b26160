// Plain C++ in FP64, in two passes over the scores: slow, and right for every code, NaN included.
#include <cmath>

#include "kernels/attention/decode_task.hpp"

namespace perfmodel::kernels::attention_detail {

namespace {

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
double score(const Task& t, std::int64_t head, std::int64_t token) {
  const std::int64_t page = t.pages[token / t.page_tokens], row = token % t.page_tokens;
  const std::uint8_t* key = t.keys + page * t.key_page_bytes + row * t.key_row_bytes;
  double sum = 0.0;
  for (std::int64_t c = 0; c < t.key_columns; ++c)
    sum += value_at<F>(key, c) * static_cast<double>(t.q[head * t.key_columns + c]);
  return t.key_scales == nullptr
             ? sum
             : sum * static_cast<double>(t.key_scales[page * t.scale_page + row]);
}

template <Format F>
void task(const Task& t) noexcept {
  for (std::int64_t h = 0; h < t.heads; ++h) {
    double largest = -1e300, total = 0.0;
    for (std::int64_t i = 0; i < t.tokens; ++i) largest = std::fmax(largest, score<F>(t, h, i));
    float* out = t.out + h * t.value_columns;
    for (std::int64_t c = 0; c < t.value_columns; ++c) out[c] = 0.0F;
    for (std::int64_t i = 0; i < t.tokens; ++i) total += std::exp(score<F>(t, h, i) - largest);
    for (std::int64_t i = 0; i < t.tokens; ++i) {
      const std::int64_t page = t.pages[i / t.page_tokens], row = i % t.page_tokens;
      const std::uint8_t* value = t.values + page * t.value_page_bytes + row * t.value_row_bytes;
      double weight = std::exp(score<F>(t, h, i) - largest) / total;
      if (t.value_scales != nullptr)
        weight *= static_cast<double>(t.value_scales[page * t.scale_page + row]);
      for (std::int64_t c = 0; c < t.value_columns; ++c)
        out[c] = static_cast<float>(static_cast<double>(out[c]) + weight * value_at<F>(value, c));
    }
  }
}

}  // namespace

TaskFn find_scalar(Format cache) {
  if (cache == Format::bf16) return task<Format::bf16>;
  if (cache == Format::e4m3) return task<Format::e4m3>;
  return nullptr;
}

}  // namespace perfmodel::kernels::attention_detail
