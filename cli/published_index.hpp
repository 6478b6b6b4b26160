// The index of the published runs, kept beside them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "calibrate/run_index.hpp"
#include "cli/catalog.hpp"
#include "cli/measurements.hpp"

namespace perfmodel::cli {

std::filesystem::path index_path(const Catalog& catalog);

/// From the measurements themselves: every run that the program can predict.
calibrate::RunIndex make_index(const Catalog& catalog);

/// The file where it fits the measurement files as they are, else made anew, which takes longer. No
/// runs where there are no measurements beside the configs.
calibrate::RunIndex load_index(const Catalog& catalog);

/// The rows of one run, read from its file; empty where it changed under the index.
std::vector<calibrate::Measurement> rows_at(const Catalog& catalog,
                                            const calibrate::RunIndex& index,
                                            const calibrate::RunIndex::Place& place);

}  // namespace perfmodel::cli
