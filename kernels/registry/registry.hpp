// The families of kernels. A new one adds its line here and in registry.cpp; everything else goes
// through the descriptors. An explicit list, as a static library drops objects nobody refers to.
#pragma once

#include <vector>

#include "kernels/registry/descriptor.hpp"

namespace perfmodel::kernels {

using Descriptors = std::vector<Descriptor>;

void add_gemv(Descriptors& all);
void add_gemm(Descriptors& all);
void add_attention(Descriptors& all);
void add_kv_append(Descriptors& all);
void add_rows(Descriptors& all);
void add_convert(Descriptors& all);
void add_moe(Descriptors& all);
void add_exchange(Descriptors& all);
void add_stream(Descriptors& all);
void add_sync(Descriptors& all);
void add_transformer(Descriptors& all);

}  // namespace perfmodel::kernels
