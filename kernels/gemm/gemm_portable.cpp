// Compiled once for each target of Highway, which picks one at run time.
#include <cstdint>

#include "kernels/gemm/gemm_tile.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm/gemm_portable.cpp"
#include "kernels/simd/highway_targets.hpp"

HWY_BEFORE_NAMESPACE();
namespace perfmodel::kernels::gemm_detail {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace {
#include "kernels/simd/highway.hpp"
//
#include "kernels/gemm/gemm_body.hpp"
}  // namespace

Functions find_target(Format weights, Format activations) {
  return find(weights, activations);
}
}  // namespace HWY_NAMESPACE
}  // namespace perfmodel::kernels::gemm_detail
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace perfmodel::kernels::gemm_detail {
HWY_EXPORT(find_target);
Functions find_portable(Format weights, Format activations) {
  return HWY_DYNAMIC_DISPATCH(find_target)(weights, activations);
}
}  // namespace perfmodel::kernels::gemm_detail
#endif
