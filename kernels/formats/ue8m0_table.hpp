// The 256 values of UE8M0 as a table, for kernels that look scales up one by one.
#pragma once

namespace perfmodel::kernels {

/// 256 floats; the last is NaN.
const float* ue8m0_values();

}  // namespace perfmodel::kernels
