// Measured kernels as text, and back: the files in results/host/ (results/host/SCHEMA.md).
#pragma once

#include <string>
#include <vector>

#include "calibrate/table.hpp"
#include "cli/this_machine.hpp"
#include "kernels/bench/benchmarks.hpp"

namespace perfmodel::cli {

/// The measured error is larger than the kernel's stated bound for the tier, or no number.
bool exceeds_bound(const kernels::Result& result);

/// One line per kernel and shape, for reading, and what the columns mean.
std::string bench_table(const std::vector<kernels::Result>& results);

/// RFC 4180: all that was measured, and on what.
std::string bench_csv(const std::vector<kernels::Result>& results, const ThisMachine& machine);

/// A line of such a file, as much of it as a model wants to know.
struct BenchRow {
  std::string file;
  int line = 0;
  const kernels::Descriptor* kernel = nullptr;
  kernels::Shape shape;
  kernels::Tier tier = kernels::Tier::scalar;
  int threads = 1;
  Time time;           // median
  Time low, high;      // quartiles
  double of_roof = 0;  // share of the roof measured in the same process
  double canary_spread = 0;
  std::string cpu;  // empty where the file does not say
};

/// What is wrong with the table goes to `diagnostics`: a file that is none of these, kernels,
/// shapes and tiers that do not exist, times that are not positive.
std::vector<BenchRow> read_bench_table(const calibrate::Table& table, const std::string& file,
                                       spec::Diagnostics& diagnostics);

/// Of all files. Throws UsageError with all that is wrong.
std::vector<BenchRow> read_bench_rows(const std::vector<std::string>& files);

}  // namespace perfmodel::cli
