// Plain C++ in FP64, in two passes over the scores: slow, and right for every code, NaN included.
#include "kernels/attention/decode_task.hpp"
#include "kernels/attention/scalar_rows.hpp"

namespace perfmodel::kernels::attention_detail {

namespace {

template <Format F>
double score(const KvRows& t, const float* q, std::int64_t token) {
  double sum = 0.0;
  for (std::int64_t c = 0; c < t.key_columns; ++c)
    sum += key_at<F>(t, token, c) * static_cast<double>(q[c]);
  return sum * key_scale(t, token);
}

/// The rows of KV head h.
KvRows rows_of(const KvRows& first, std::int64_t h) {
  KvRows t = first;
  t.keys += h * t.page_tokens * t.key_row_bytes;
  t.values += h * t.page_tokens * t.value_row_bytes;
  if (t.key_scales != nullptr) t.key_scales += h * t.page_tokens;
  if (t.value_scales != nullptr) t.value_scales += h * t.page_tokens;
  return t;
}

template <Format F>
void task(const Task& t) noexcept {
  for (std::int64_t h = 0; h < t.kv_heads * t.heads; ++h) {
    const KvRows rows = rows_of(t, h / t.heads);
    const float* q = t.q + h * t.key_columns;
    attend<F>(
        rows, t.tokens, [&](std::int64_t i) { return score<F>(rows, q, i); },
        t.out + h * t.value_columns);
  }
}

}  // namespace

TaskFn find_scalar(Format cache) {
  if (cache == Format::bf16) return task<Format::bf16>;
  if (cache == Format::e4m3) return task<Format::e4m3>;
  return nullptr;
}

}  // namespace perfmodel::kernels::attention_detail
