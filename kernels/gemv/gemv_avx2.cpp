#include "kernels/gemv/gemv_rows.hpp"
#include "kernels/simd/avx2.hpp"

#define SIMD_INLINE inline __attribute__((always_inline))

namespace perfmodel::kernels::gemv_detail {
namespace {
#include "kernels/gemv/gemv_body.hpp"
}  // namespace

Functions find_avx2(Format weights, Step step, Format activations) {
  return find(weights, step, activations);
}

}  // namespace perfmodel::kernels::gemv_detail
