// Which kernels, shapes, tiers and threads a `perfmodel bench` is about.
#pragma once

#include <string>
#include <vector>

#include "kernels/bench/benchmarks.hpp"

namespace perfmodel::cli {

struct BenchWords {
  std::string filter;  // regular expression on the names of --list
  std::string tier;
  std::vector<int> threads;
  std::vector<std::string> shapes;
};

/// Throws UsageError, with the nearest right thing: an expression that is none or that no kernel
/// matches, an unknown tier or one that cannot run, threads that the machine does not lend, a shape
/// that is none or that does not fit the memory.
std::vector<kernels::Planned> select_benchmarks(const BenchWords& words);

}  // namespace perfmodel::cli
