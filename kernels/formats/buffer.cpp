#include "kernels/formats/buffer.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace perfmodel::kernels::detail {

namespace {
constexpr std::size_t kHugePage = std::size_t{2} << 20;

constexpr std::size_t round_up(std::size_t n, std::size_t to) {
  return (n + to - 1) / to * to;
}
}  // namespace

void* allocate_aligned(std::size_t bytes) {
  const bool large = bytes >= kHugePage;
  const std::size_t alignment = large ? kHugePage : kCacheLine;
  const std::size_t size = round_up(bytes > 0 ? bytes : 1, alignment);
  if (size < bytes) throw std::bad_alloc();
  void* p = std::aligned_alloc(alignment, size);
  if (p == nullptr) throw std::bad_alloc();
#if defined(__linux__)
  // Advice: where it is refused, the memory is as good as any other.
  if (large) static_cast<void>(madvise(p, size, MADV_HUGEPAGE));
#endif
  std::memset(p, 0, size);
  return p;
}

void free_aligned(void* p) noexcept {
  std::free(p);
}

}  // namespace perfmodel::kernels::detail
