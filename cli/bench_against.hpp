// `perfmodel bench --against`: our products beside a library's, call by call on the same data.
#pragma once

#include <string>
#include <vector>

#include "cli/bench_selection.hpp"

namespace perfmodel::cli {

/// `libraries` are names separated by commas. Throws UsageError for a library that does not exist,
/// that is not installed (with the package that has it), and for what `words` gets wrong; also
/// where the results differ by more than their bounds. `rounds` 0: by the size.
std::string bench_against(const std::string& libraries, const BenchWords& words, int rounds,
                          bool csv);

}  // namespace perfmodel::cli
