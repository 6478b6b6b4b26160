// Plain C++ in FP64, in two passes over the scores: slow, and right for every code, NaN included.
#include "kernels/attention/decode_task.hpp"
#include "kernels/attention/scalar_rows.hpp"

namespace perfmodel::kernels::attention_detail {

namespace {

template <Format F>
double score(const Task& t, std::int64_t head, std::int64_t token) {
  double sum = 0.0;
  for (std::int64_t c = 0; c < t.key_columns; ++c)
    sum += key_at<F>(t, token, c) * static_cast<double>(t.q[head * t.key_columns + c]);
  return sum * key_scale(t, token);
}

template <Format F>
void task(const Task& t) noexcept {
  for (std::int64_t h = 0; h < t.heads; ++h)
    attend<F>(
        t, t.tokens, [&](std::int64_t i) { return score<F>(t, h, i); },
        t.out + h * t.value_columns);
}

}  // namespace

TaskFn find_scalar(Format cache) {
  if (cache == Format::bf16) return task<Format::bf16>;
  if (cache == Format::e4m3) return task<Format::e4m3>;
  return nullptr;
}

}  // namespace perfmodel::kernels::attention_detail
