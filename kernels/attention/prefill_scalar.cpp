// Plain C++ in FP64, in two passes over the scores: slow, and right for every code, NaN included.
#include <cmath>

#include "kernels/attention/prefill_task.hpp"
#include "kernels/attention/scalar_rows.hpp"

namespace perfmodel::kernels::attention_detail {

namespace {

template <Format F>
double score(const PrefillTask& t, std::int64_t row, std::int64_t token) {
  double sum = 0.0;
  for (std::int64_t c = 0; c < t.key_columns; ++c)
    sum += key_at<F>(t, token, c) * static_cast<double>(t.queries[c * t.row_stride + row]);
  return sum * key_scale(t, token);
}

template <Format F>
void task(const PrefillTask& t) noexcept {
  for (std::int64_t r = 0; r < t.rows; ++r) {
    const std::int64_t tokens = t.first_position + (t.first_row + r) / t.group + 1;
    attend<F>(
        t, tokens, [&](std::int64_t i) { return score<F>(t, r, i); }, t.out + r * t.value_columns);
  }
}

}  // namespace

PrefillFn find_prefill_scalar(Format cache) {
  if (cache == Format::bf16) return task<Format::bf16>;
  if (cache == Format::e4m3) return task<Format::e4m3>;
  return nullptr;
}

}  // namespace perfmodel::kernels::attention_detail
