// The peak of VDPBF16PS; the rest of the set has nothing to gain from it.
#include <immintrin.h>

#include "kernels/stream/stream_ops.hpp"

namespace perfmodel::kernels::stream_detail {

namespace {

void multiply_add(Range& t) noexcept {
  constexpr int kChains = 12;
  __m512 x[kChains];
  for (auto& v : x) v = _mm512_set1_ps(t.s);
  const auto factor = reinterpret_cast<__m512bh>(_mm512_set1_epi16(0x3F80));  // 1
  const auto term = reinterpret_cast<__m512bh>(_mm512_set1_epi16(0x3A83));    // 0.001
  for (std::int64_t i = 0; i < t.count; i += std::int64_t{kChains} * 32) {
    for (auto& v : x) v = _mm512_dpbf16_ps(v, factor, term);
  }
  t.result = 0.0F;
  for (auto& v : x) t.result += _mm512_reduce_add_ps(v);
}

}  // namespace

Fn find_avx512bf16(Op op) {
  return op == Op::multiply_add ? multiply_add : nullptr;
}

}  // namespace perfmodel::kernels::stream_detail
