// Errors of predictions against measurements.
#pragma once

#include <cstddef>
#include <vector>

namespace perfmodel::calibrate {

struct Errors {
  std::size_t count = 0;
  double mean = 0;  // of |predicted / measured - 1|
  double median = 0;
  double p90 = 0;
  double bias = 1;    // geometric mean of predicted / measured
  double spread = 0;  // standard deviation of log(predicted / measured)
  double rank = 0;    // Spearman correlation of predicted and measured
};

struct Pair {
  double measured = 0;
  double predicted = 0;
};
Errors errors_of(const std::vector<Pair>& pairs);

}  // namespace perfmodel::calibrate
