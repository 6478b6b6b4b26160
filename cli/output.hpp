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

/// The file that `path` leads to: a link stays a link, and what it points at is written.
std::string behind_links(const std::string& path);
/// A device or a pipe is written to as it stands: a file renamed over /dev/null would replace it.
bool is_special(const std::string& path);
/// All of `text`, whatever a single call takes; false with errno.
bool write_all(int fd, std::string_view text);
[[noreturn]] void cannot_write(const std::string& path, int error);

}  // namespace perfmodel::cli
