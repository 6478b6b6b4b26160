#include "cli/sweep_disk.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

namespace perfmodel::cli {
namespace {

/// What places, sizes and addresses of direct writes are multiples of, on any disk.
constexpr std::size_t kDiskBlock = 4096;
/// Enough to keep a disk at work for milliseconds.
constexpr std::size_t kBuffer = std::size_t{4} << 20U;

bool set_direct(int fd, bool on) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return false;
  const int wanted = on ? flags | O_DIRECT : flags & ~O_DIRECT;
  return wanted == flags || ::fcntl(fd, F_SETFL, wanted) == 0;
}

}  // namespace

bool DiskFile::begin(int fd, std::uint64_t size) {
  fd_ = fd;
  buffer_.reset(static_cast<char*>(std::aligned_alloc(kDiskBlock, kBuffer)));
  if (!buffer_) throw std::bad_alloc();
  place_ = size - size % kDiskBlock;
  used_ = 0;
  while (place_ + used_ < size) {
    const auto n =
        ::pread(fd_, buffer_.get() + used_, static_cast<std::size_t>(size - place_) - used_,
                static_cast<off_t>(place_ + used_));
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = EIO;
    if (n <= 0) return false;
    used_ += static_cast<std::size_t>(n);
  }
  return true;
}

bool DiskFile::append(std::string_view text) {
  while (!text.empty()) {
    const auto n = std::min(text.size(), kBuffer - used_);
    std::memcpy(buffer_.get() + used_, text.data(), n);
    used_ += n;
    text.remove_prefix(n);
    if (used_ < kBuffer) continue;
    if (!write(kBuffer, true)) return false;
    place_ += kBuffer;
    used_ = 0;
  }
  return true;
}

bool DiskFile::sync() {
  // The buffer stays, and is written again, whole, when it is full.
  return write(used_, false) && ::fdatasync(fd_) == 0;
}

bool DiskFile::write(std::size_t size, bool direct) {
  can_direct_ = can_direct_ && (!direct || set_direct(fd_, true));
  if (!direct || !can_direct_) set_direct(fd_, false);
  for (std::size_t done = 0; done < size;) {
    const auto n =
        ::pwrite(fd_, buffer_.get() + done, size - done, static_cast<off_t>(place_ + done));
    if (n >= 0) {
      done += static_cast<std::size_t>(n);
    } else if (errno == EINVAL && direct && can_direct_) {
      // The file system takes the flag but not the write, or a part of it was taken before.
      can_direct_ = false;
      set_direct(fd_, false);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace perfmodel::cli
