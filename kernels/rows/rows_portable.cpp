// Compiled once for each target of Highway, which picks one at run time.
#include <cstdint>

#include "kernels/rows/row_ops.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rows/rows_portable.cpp"
#include "kernels/simd/highway_targets.hpp"

HWY_BEFORE_NAMESPACE();
namespace perfmodel::kernels::rows_detail {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace {
#include "kernels/simd/highway.hpp"
//
#include "kernels/simd/exp.hpp"
//
#include "kernels/rows/inverse_exp.hpp"
//
#include "kernels/rows/rows_body.hpp"
}  // namespace

Fn find_target(Op op) {
  return find(op);
}
}  // namespace HWY_NAMESPACE
}  // namespace perfmodel::kernels::rows_detail
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace perfmodel::kernels::rows_detail {
HWY_EXPORT(find_target);
Fn find_portable(Op op) {
  return HWY_DYNAMIC_DISPATCH(find_target)(op);
}
}  // namespace perfmodel::kernels::rows_detail
#endif
