// Compiled once for each target of Highway, which picks one at run time.
#include <cstdint>

#include "kernels/gemv/gemv_rows.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemv/gemv_portable.cpp"
#include "kernels/simd/highway_targets.hpp"

HWY_BEFORE_NAMESPACE();
namespace perfmodel::kernels::gemv_detail {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace {
#include "kernels/simd/highway.hpp"
//
#include "kernels/gemv/gemv_body.hpp"
}  // namespace

Functions find_target(Format weights, Step step, Format activations) {
  return find(weights, step, activations);
}
}  // namespace HWY_NAMESPACE
}  // namespace perfmodel::kernels::gemv_detail
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace perfmodel::kernels::gemv_detail {
HWY_EXPORT(find_target);
Functions find_portable(Format weights, Step step, Format activations) {
  return HWY_DYNAMIC_DISPATCH(find_target)(weights, step, activations);
}
}  // namespace perfmodel::kernels::gemv_detail
#endif
