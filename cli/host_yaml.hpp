// The machine at hand as a chip: measured roofs in the schema of all chips (configs/SCHEMA.md).
#pragma once

#include <string>

#include "cli/this_machine.hpp"
#include "kernels/bench/host_roofs.hpp"

namespace perfmodel::cli {

/// `id` is the name of the file without its ending. Values are the quartile at the better end,
/// ranges go from the other quartile to the best sample, or to what the processors would have given
/// without other processes; the notes say how noisy the machine was.
std::string host_yaml(const std::string& id, const kernels::HostRoofs& roofs,
                      const ThisMachine& machine, const std::string& date);

/// "25.3 GB/s", "0.42 us": a sample of the roof with its unit.
std::string roof_text(kernels::RoofKind kind, double value);

}  // namespace perfmodel::cli
