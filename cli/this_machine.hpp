// What the machine that the program runs on says about itself. A figure that the system does not
// tell is 0 or empty.
#pragma once

#include <string>

#include "units/quantity.hpp"

namespace perfmodel::cli {

struct ThisMachine {
  std::string cpu;       // "AMD EPYC, family 26 model 2 stepping 1"
  std::string vendor;    // "AMD", or as the processor writes it
  std::string compiler;  // that built the program
  std::string features;  // of kernels::machine_features()
  Bytes l1d, l2, l3;     // of one core; of the last one, all that this core sees
  int l3_threads = 0;    // that share the last one
  Bytes memory;
  Bytes page;
  std::string huge_pages;  // setting of transparent huge pages: always, madvise, never
  int threads = 1;         // that the process may use
};

ThisMachine this_machine();

/// "2026-11-22", by UTC.
std::string today();

}  // namespace perfmodel::cli
