// Compiled once for each target of Highway, which picks one at run time.
#include <cstdint>

#include "kernels/attention/decode_task.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention/decode_portable.cpp"
#include "kernels/simd/highway_targets.hpp"

HWY_BEFORE_NAMESPACE();
namespace perfmodel::kernels::attention_detail {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace {
#include "kernels/simd/highway.hpp"
//
#include "kernels/simd/exp.hpp"
//
#include "kernels/attention/decode_softmax.hpp"
//
#include "kernels/attention/decode_body.hpp"
}  // namespace

TaskFn find_target(Format cache) {
  return find(cache);
}
}  // namespace HWY_NAMESPACE
}  // namespace perfmodel::kernels::attention_detail
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace perfmodel::kernels::attention_detail {
HWY_EXPORT(find_target);
TaskFn find_portable(Format cache) {
  return HWY_DYNAMIC_DISPATCH(find_target)(cache);
}
}  // namespace perfmodel::kernels::attention_detail
#endif
