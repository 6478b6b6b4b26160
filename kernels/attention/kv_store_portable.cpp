// Compiled once for each target of Highway, which picks one at run time.
#include <cstdint>

#include "kernels/attention/kv_store.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention/kv_store_portable.cpp"
#include "kernels/simd/highway_targets.hpp"

HWY_BEFORE_NAMESPACE();
namespace perfmodel::kernels::attention_detail {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace {
#include "kernels/simd/highway.hpp"
//
#include "kernels/attention/kv_store_body.hpp"
}  // namespace

StoreFns find_target() {
  return find_store();
}
}  // namespace HWY_NAMESPACE
}  // namespace perfmodel::kernels::attention_detail
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace perfmodel::kernels::attention_detail {
HWY_EXPORT(find_target);
StoreFns find_store_portable() {
  return HWY_DYNAMIC_DISPATCH(find_target)();
}
}  // namespace perfmodel::kernels::attention_detail
#endif
