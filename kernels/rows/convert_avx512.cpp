#include "kernels/rows/convert_task.hpp"
#include "kernels/simd/avx512.hpp"

#define SIMD_INLINE inline

namespace perfmodel::kernels::convert_detail {
namespace {
#include "kernels/rows/convert_body.hpp"
}  // namespace

Fn find_convert_avx512(Op op) {
  return find(op);
}

}  // namespace perfmodel::kernels::convert_detail
