// `perfmodel bench --predict`: measured kernels beside what the models say of them.
#pragma once

#include <string>
#include <vector>

namespace perfmodel::cli {

struct Chosen;

/// Of the files, or of results/host beside the configs. As a table by class of operator, or as CSV
/// with a row for each kernel and shape.
std::string bench_prediction(const std::vector<std::string>& files, bool csv, const Chosen& chosen);

}  // namespace perfmodel::cli
