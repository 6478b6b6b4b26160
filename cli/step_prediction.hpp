// `perfmodel bench --predict --steps`: whole steps of the small transformers beside the sum of what
// the models say of their kernels.
#pragma once

#include <string>
#include <vector>

namespace perfmodel::cli {

struct Chosen;

/// Of the files, or of results/host beside the configs. As a table, or as CSV with a row for each
/// step and the time of each class of kernels in it. No step informs any fit.
std::string step_prediction(const std::vector<std::string>& files, bool csv, const Chosen& chosen);

}  // namespace perfmodel::cli
