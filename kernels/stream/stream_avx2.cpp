#include "kernels/simd/avx2.hpp"
#include "kernels/stream/stream_ops.hpp"

namespace perfmodel::kernels::stream_detail {
namespace {
#include "kernels/stream/stream_body.hpp"
}  // namespace

Fn find_avx2(Op op) {
  return find(op);
}

}  // namespace perfmodel::kernels::stream_detail
