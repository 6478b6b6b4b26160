#include "cli/output.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "cli/errors.hpp"

namespace perfmodel::cli {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const std::string& path) {
  const auto parent = fs::path(path).parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

void write_special(const std::string& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) cannot_write(path, errno);
  const bool written = write_all(fd, text);
  const int error = errno;
  const bool closed = ::close(fd) == 0;
  if (!written) cannot_write(path, error);
  if (!closed) cannot_write(path, errno);
}

}  // namespace

void cannot_write(const std::string& path, int error) {
  throw UsageError(
      fmt::format("cannot write '{}': {}", path, std::generic_category().message(error)));
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(fd, text.data(), text.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::string behind_links(const std::string& path) {
  std::error_code error;
  if (!fs::is_symlink(path, error)) return path;
  const bool there = fs::exists(path, error);
  if (error) cannot_write(path, error.value());  // links in a circle
  const auto target =
      there ? fs::canonical(path, error) : folder_of(path) / fs::read_symlink(path, error);
  if (error) cannot_write(path, error.value());
  return target.string();
}

bool is_special(const std::string& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  return fs::exists(status) && !fs::is_regular_file(status);
}

void check_writable(const std::string& given) {
  if (given.empty() || given == "-") return;
  std::error_code error;
  if (fs::is_directory(given, error)) cannot_write(given, EISDIR);
  if (is_special(given)) {
    if (::access(given.c_str(), W_OK) != 0) cannot_write(given, errno);
    return;
  }
  const auto folder = folder_of(behind_links(given));
  if (!fs::is_directory(folder, error)) cannot_write(given, error ? error.value() : ENOENT);
  if (::access(folder.c_str(), W_OK) != 0) cannot_write(given, errno);
}

void write_file(const std::string& path, std::string_view text) {
  check_writable(path);
  if (is_special(path)) {
    write_special(path, text);
    return;
  }
  const auto target = behind_links(path);
  auto temporary = target + ".XXXXXX";
  const int fd = ::mkstemp(temporary.data());
  if (fd < 0) cannot_write(path, errno);
  // mkstemp makes the file private; results are ordinary files.
  const auto mask = ::umask(0);
  ::umask(mask);
  const bool written = ::fchmod(fd, 0666 & ~mask) == 0 && write_all(fd, text) && ::fsync(fd) == 0;
  const int error = errno;
  const bool closed = ::close(fd) == 0;
  if (!written || !closed || ::rename(temporary.c_str(), target.c_str()) != 0) {
    const int reason = written ? errno : error;
    ::unlink(temporary.c_str());
    cannot_write(path, reason);
  }
}

void emit(const std::string& path, std::string_view text) {
  if (!path.empty() && path != "-") {
    write_file(path, text);
    return;
  }
  if (!write_all(STDOUT_FILENO, text)) cannot_write("standard output", errno);
}

}  // namespace perfmodel::cli
