// From a measured kernel to the operator that the models know.
#pragma once

#include <string_view>

#include "calibrate/operator_timing.hpp"
#include "cli/bench_table.hpp"
#include "spec/outcome.hpp"

namespace perfmodel::cli {

/// GEMV is a product of one row; grouped products and attention keep their names. Products
/// are in BF16 where the tier multiplies pairs of it, in FP32 elsewhere. Fails with the reason for
/// kernels that the models have no operator for.
spec::Outcome<calibrate::OperatorTiming> host_timing(const BenchRow& row, std::string_view chip);

}  // namespace perfmodel::cli
