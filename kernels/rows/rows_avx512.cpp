#include "kernels/rows/row_ops.hpp"
#include "kernels/simd/avx512.hpp"

#define SIMD_INLINE inline

namespace perfmodel::kernels::rows_detail {
namespace {
#include "kernels/simd/exp.hpp"
//
#include "kernels/rows/inverse_exp_avx512.hpp"
//
#include "kernels/rows/rows_body.hpp"
}  // namespace

Fn find_avx512(Op op) {
  return find(op);
}

}  // namespace perfmodel::kernels::rows_detail
