// `calibrate --power`: the coefficients of power from measured chips and published systems.
#pragma once

#include <string>
#include <vector>

#include "cli/catalog.hpp"

namespace perfmodel::cli {

/// The report: coefficients, every measured point with its prediction in sample and by a fit that
/// did not see its software, every system's published total with its prediction by a fit without
/// it. `format`: table or csv (the points alone). `data`: measurement files.
std::string power_calibration(const Catalog& catalog, const std::vector<std::string>& data,
                              const std::string& format);

}  // namespace perfmodel::cli
