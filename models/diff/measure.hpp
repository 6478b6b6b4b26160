// One metric over all rows that both files have.
#pragma once

#include <vector>

#include "diff/compare.hpp"
#include "diff/keys.hpp"

namespace perfmodel::diff {

struct Joined {
  const Join& join;
  const Index& before;
  const Index& now;
};

struct Measured {
  MetricResult result;
  std::vector<TestResult> tests;  // for repeated measurements, by key
};

/// Repetitions of a row are taken at their median; those without a number are left out where others
/// have one.
Measured measure(const Tables& t, const Joined& joined, std::size_t column, const Keys& keys,
                 const Options& options);

}  // namespace perfmodel::diff
