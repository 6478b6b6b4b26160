// Appending gigabytes to a file at the speed of its disk.
//
// Written the usual way, every byte goes to the page cache first: pages have to be found and
// filled, which costs as much processor time as the rows, and once many of them wait for the disk
// the kernel stops the writer. Whole blocks therefore go to the disk directly (O_DIRECT), where the
// file system lets them; the end of the file, which seldom is a whole block, goes the usual way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace perfmodel::cli {

class DiskFile {
 public:
  /// Appends at `size` to the file of `fd`, open for reading and writing, which it does not close.
  /// False, with errno, where what is there cannot be read.
  bool begin(int fd, std::uint64_t size);
  /// False, with errno, where the disk does not take it; the file is then of no use.
  bool append(std::string_view text);
  /// Everything that was appended is on the disk.
  bool sync();

 private:
  /// `size` bytes of the buffer to their place, directly or not.
  bool write(std::size_t size, bool direct);

  struct Free {
    void operator()(char* p) const { std::free(p); }
  };
  std::unique_ptr<char, Free> buffer_;
  int fd_ = -1;
  std::uint64_t place_ = 0;  // of the buffer in the file: a multiple of the block
  std::size_t used_ = 0;
  bool can_direct_ = true;
};

}  // namespace perfmodel::cli
