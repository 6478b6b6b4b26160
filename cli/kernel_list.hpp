// The host kernels as text, from their descriptors.
#pragma once

#include <string>
#include <vector>

namespace perfmodel::cli {

/// What each kernel is, where it runs, how exact it is; and what the words mean. Kernels that do
/// the same stand below what they do.
std::string kernel_table();

/// All that they say of themselves, with a header, and the operations and bytes of one shape as an
/// example.
std::vector<std::vector<std::string>> kernel_rows();

}  // namespace perfmodel::cli
