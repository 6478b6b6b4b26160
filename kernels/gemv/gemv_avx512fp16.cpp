// FP8 weights times FP16 activations in FP16 arithmetic: half the work of widening to FP32.
#include "kernels/gemv/gemv_rows.hpp"
#include "kernels/simd/avx512.hpp"
#include "kernels/simd/halves.hpp"

namespace perfmodel::kernels::gemv_detail {

namespace {
#include "kernels/gemv/gemv_fp16_body.hpp"
}  // namespace

Functions find_avx512fp16(Format weights, Step step, Format activations) {
  return find(weights, step, activations);
}

}  // namespace perfmodel::kernels::gemv_detail
