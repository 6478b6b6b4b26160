// The host kernels as rows of text, from their descriptors.
#pragma once

#include <string>
#include <vector>

namespace perfmodel::cli {

/// With a header. The table is short: what a kernel is, where it runs, how exact it is. A CSV says
/// all, with the operations and bytes of one shape as an example.
std::vector<std::vector<std::string>> kernel_rows(bool csv);

/// What the table's words mean, and what each tier needs.
std::string kernel_legend();

}  // namespace perfmodel::cli
