#include "kernels/simd/avx512.hpp"
#include "kernels/stream/stream_ops.hpp"

namespace perfmodel::kernels::stream_detail {
namespace {
#include "kernels/stream/stream_body.hpp"
}  // namespace

Fn find_avx512(Op op) {
  return find(op);
}

}  // namespace perfmodel::kernels::stream_detail
