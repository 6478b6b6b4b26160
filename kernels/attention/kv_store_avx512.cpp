#include "kernels/attention/kv_store.hpp"
#include "kernels/simd/avx512.hpp"

namespace perfmodel::kernels::attention_detail {
namespace {
#include "kernels/attention/kv_store_body.hpp"
}  // namespace

StoreFns find_store_avx512() {
  return find_store();
}

}  // namespace perfmodel::kernels::attention_detail
