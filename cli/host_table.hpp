// What `perfmodel host` prints: measured roofs as a table or as CSV, and how far to trust them.
#pragma once

#include <string>
#include <vector>

#include "cli/this_machine.hpp"
#include "kernels/bench/host_roofs.hpp"

namespace perfmodel::cli {

/// The roofs, and under them the machine, the threads, the noise, and which file was written, if
/// any. Ends with a line break.
std::string host_table(const kernels::HostRoofs& roofs, const ThisMachine& machine,
                       const std::string& written);

/// RFC 4180: a row for each roof, and one, `taken`, for what other processes had of the processors.
std::string host_csv(const kernels::HostRoofs& roofs, const ThisMachine& machine);

/// "48 KiB L1d and 1024 KiB L2 of a core, 32 MiB L3".
std::string caches_text(const ThisMachine& machine);
/// "4 KiB, huge pages: madvise".
std::string pages_text(const ThisMachine& machine);
/// Quartiles of the small kernel between the samples: 0.02 where they are 2 % apart.
double noise_of(const kernels::HostRoofs& roofs);

/// What is wrong with figures that were taken while others used the machine, or of threads that
/// share cores.
std::vector<std::string> host_warnings(const kernels::HostRoofs& roofs);

}  // namespace perfmodel::cli
