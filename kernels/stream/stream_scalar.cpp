#include "kernels/stream/stream_ops.hpp"

namespace perfmodel::kernels::stream_detail {

namespace {

void read(Range& t) noexcept {
  double sum = 0.0;
  for (std::int64_t i = 0; i < t.count; ++i) sum += static_cast<double>(t.a[i]);
  t.result = static_cast<float>(sum);
}

void copy(Range& t) noexcept {
  for (std::int64_t i = 0; i < t.count; ++i) t.c[i] = t.a[i];
}

void triad(Range& t) noexcept {
  for (std::int64_t i = 0; i < t.count; ++i) t.c[i] = t.a[i] + t.s * t.b[i];
}

void multiply_add(Range& t) noexcept {
  constexpr int kChains = 8;
  float x[kChains];
  for (float& v : x) v = t.s;
  for (std::int64_t i = 0; i < t.count; i += kChains) {
    for (float& v : x) v = v * 0.999F + 0.001F;
  }
  t.result = 0.0F;
  for (const float v : x) t.result += v;
}

}  // namespace

Fn find_scalar(Op op) {
  switch (op) {
    case Op::read:
      return read;
    case Op::copy:
      return copy;
    case Op::triad:
      return triad;
    case Op::multiply_add:
      return multiply_add;
    case Op::copy_nt:
    case Op::triad_nt:
      break;
  }
  return nullptr;  // plain C++ has no stores past the caches
}

}  // namespace perfmodel::kernels::stream_detail
