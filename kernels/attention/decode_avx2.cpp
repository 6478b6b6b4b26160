#include "kernels/attention/decode_task.hpp"
#include "kernels/simd/avx2.hpp"

#define SIMD_INLINE inline

namespace perfmodel::kernels::attention_detail {
namespace {
#include "kernels/simd/exp.hpp"
//
#include "kernels/attention/decode_softmax.hpp"
//
#include "kernels/attention/decode_body.hpp"
}  // namespace

TaskFn find_avx2(Format cache) {
  return find(cache);
}

}  // namespace perfmodel::kernels::attention_detail
