#include "kernels/rows/convert_task.hpp"

namespace perfmodel::kernels::convert_detail {

namespace {

std::int64_t place(const Places& p, std::int64_t row) {
  return row / p.inner * p.outer_stride + row % p.inner * p.inner_stride;
}

template <Op kOp>
void convert(const Work& w) noexcept {
  for (std::int64_t r = w.first; r < w.last; ++r) {
    const std::int64_t from = place(w.from, r), to = place(w.to, r);
    for (std::int64_t c = 0; c < w.columns; ++c) {
      if constexpr (kOp == Op::widen) {
        static_cast<float*>(w.out)[to + c] =
            bf16_to_float(static_cast<const std::uint16_t*>(w.in)[from + c]);
      } else {
        std::uint16_t& out = static_cast<std::uint16_t*>(w.out)[to + c];
        const float x = static_cast<const float*>(w.in)[from + c];
        out = float_to_bf16(kOp == Op::add ? x + bf16_to_float(out) : x);
      }
    }
  }
}

}  // namespace

Fn find_convert_scalar(Op op) {
  if (op == Op::narrow) return convert<Op::narrow>;
  return op == Op::widen ? convert<Op::widen> : convert<Op::add>;
}

}  // namespace perfmodel::kernels::convert_detail
