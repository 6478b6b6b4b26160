// Where answers go: standard output, or a file that appears whole or not at all.
#pragma once

#include <string>
#include <string_view>

namespace perfmodel::cli {

/// Writes to a temporary file beside `path`, syncs it and renames it. A link is followed; a device
/// or a pipe is written to directly. Throws UsageError naming the path.
void write_file(const std::string& path, std::string_view text);

/// To `path`, or to standard output if it is empty or "-".
void emit(const std::string& path, std::string_view text);

/// Throws UsageError if nothing could be written to `path`: asked before work is done.
void check_writable(const std::string& given);

}  // namespace perfmodel::cli
