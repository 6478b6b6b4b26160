// Which kernels, shapes, tiers and threads a `perfmodel bench` is about.
#pragma once

#include <regex>
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

/// Parts of what select_benchmarks() does, for comparisons that choose kernels by themselves. Each
/// throws UsageError.
std::regex filter_of(const std::string& filter);
std::vector<kernels::Shape> shapes_of(const std::vector<std::string>& words,
                                      std::int64_t least_n = 1);
/// Tier and threads.
void check_choices(const BenchWords& words);

/// Throws UsageError, with the nearest right thing: an expression that is none or that no kernel
/// matches, an unknown tier or one that cannot run, threads that the machine does not lend, a shape
/// that is none or that does not fit the memory.
std::vector<kernels::Planned> select_benchmarks(const BenchWords& words);

}  // namespace perfmodel::cli
