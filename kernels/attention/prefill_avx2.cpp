#include "kernels/attention/prefill_task.hpp"
#include "kernels/simd/avx2.hpp"

#define SIMD_INLINE inline

namespace perfmodel::kernels::attention_detail {
namespace {
#include "kernels/simd/exp.hpp"
//
#include "kernels/attention/prefill_body.hpp"
}  // namespace

PrefillFn find_prefill_avx2(Format cache) {
  return find(cache);
}

}  // namespace perfmodel::kernels::attention_detail
