#include "kernels/rows/row_ops.hpp"
#include "kernels/simd/avx512bf16.hpp"

#define SIMD_INLINE inline

namespace perfmodel::kernels::rows_detail {
namespace {
using Simd = Bf16Simd;
#include "kernels/simd/exp.hpp"
//
#include "kernels/rows/inverse_exp_avx512.hpp"
//
#include "kernels/rows/rows_body.hpp"
//
#include "kernels/rows/quantise_tables.hpp"
}  // namespace

Fn find_avx512bf16(Op op) {
  return find_by_tables(op);
}

}  // namespace perfmodel::kernels::rows_detail
