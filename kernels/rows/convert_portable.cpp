// Compiled once for each target of Highway, which picks one at run time.
#include <cstdint>

#include "kernels/rows/convert_task.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rows/convert_portable.cpp"
#include "kernels/simd/highway_targets.hpp"

HWY_BEFORE_NAMESPACE();
namespace perfmodel::kernels::convert_detail {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace {
#include "kernels/simd/highway.hpp"
//
#include "kernels/rows/convert_body.hpp"
}  // namespace

Fn find_convert_target(Op op) {
  return find(op);
}
}  // namespace HWY_NAMESPACE
}  // namespace perfmodel::kernels::convert_detail
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace perfmodel::kernels::convert_detail {
HWY_EXPORT(find_convert_target);
Fn find_convert_portable(Op op) {
  return HWY_DYNAMIC_DISPATCH(find_convert_target)(op);
}
}  // namespace perfmodel::kernels::convert_detail
#endif
