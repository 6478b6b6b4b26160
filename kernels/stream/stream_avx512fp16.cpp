// The peak of FP16 multiply-adds; the rest of the set has nothing to gain from them.
#include "kernels/simd/halves.hpp"
#include "kernels/stream/stream_ops.hpp"

namespace perfmodel::kernels::stream_detail {

namespace {

void multiply_add(Range& t) noexcept {
  // Two units with a latency of four cycles need eight chains.
  constexpr int kChains = 12;
  const __m512 start = _mm512_set1_ps(t.s);
  Halves::V x[kChains];
  for (auto& v : x) v = Halves::narrow(start, start);
  const Halves::V factor = Halves::narrow(_mm512_set1_ps(0.999F), _mm512_set1_ps(0.999F));
  const Halves::V term = Halves::narrow(_mm512_set1_ps(0.001F), _mm512_set1_ps(0.001F));
  for (std::int64_t i = 0; i < t.count; i += std::int64_t{kChains} * 32) {
    for (auto& v : x) v = Halves::fma(v, factor, term);
  }
  t.result = 0.0F;
  for (auto& v : x)
    t.result += _mm512_reduce_add_ps(_mm512_add_ps(Halves::lower(v), Halves::upper(v)));
}

}  // namespace

Fn find_avx512fp16(Op op) {
  return op == Op::multiply_add ? multiply_add : nullptr;
}

}  // namespace perfmodel::kernels::stream_detail
