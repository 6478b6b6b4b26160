// A sweep from its first block to its last: hands out blocks, takes them back in order, writes.
#pragma once

#include <string>

#include "cli/sweep_file.hpp"
#include "cli/sweep_load.hpp"
#include "cli/sweep_ranks.hpp"

namespace perfmodel::cli {

struct SweepOptions {
  unsigned threads = 1;
  bool resume = false;
  std::string out;
};

/// Exit status. The rows are the same to the byte for any number of threads and ranks, and however
/// often the run was interrupted. SIGINT and SIGTERM end it with 128 + signal, and a file to
/// resume.
int run_sweep(const LoadedSweep& sweep, const SweepIdentity& identity, const SweepOptions& options,
              Messenger* messenger);

}  // namespace perfmodel::cli
