// Kernels of the host that the models have no operator for: norms, conversions, moving rows.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/bench_table.hpp"
#include "hw/chip.hpp"

namespace perfmodel::cli {

/// Time of a kernel over its bytes, as measured singly: a start and a rate. Such kernels are bound
/// by their instructions more than by the level that holds their operands.
struct RowRate {
  Time start;
  Bandwidth rate;  // zero: nothing was measured
};

/// Least squares of the relative errors for each kernel of `rows` that `is_row_kernel` holds for.
std::map<std::string, RowRate> row_rates(const std::vector<BenchRow>& rows);

/// The longer of the kernel's bytes at the memory's bandwidth and its operations at the vector
/// peak, and nothing fitted. What the chip does not state counts as nothing.
Time bare_time(const hw::Chip& chip, const kernels::Cost& cost);

/// Within a step: at the measured rate, or the bare time where nothing was measured. A benchmark
/// calls a kernel after all caches were emptied, and what that costs is the start; within a step
/// the kernel before has just written the operands.
Time time_at_rate(const hw::Chip& chip, const kernels::Cost& cost, const RowRate& measured);

bool is_row_kernel(const kernels::Descriptor& d);

}  // namespace perfmodel::cli
