#include "kernels/gemm/gemm_tile.hpp"
#include "kernels/simd/avx512.hpp"

#define SIMD_INLINE inline

namespace perfmodel::kernels::gemm_detail {
namespace {
#include "kernels/gemm/gemm_body.hpp"
}  // namespace

Functions find_avx512(Format weights, Format activations) {
  return find(weights, activations);
}

}  // namespace perfmodel::kernels::gemm_detail
