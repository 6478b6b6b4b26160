// Memory of a tensor: aligned to a cache line, and large ones to huge pages, which the system is
// asked for: with 4 KiB pages a stream from DRAM loses a fifth of its bandwidth to address
// translation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

namespace perfmodel::kernels {

inline constexpr std::size_t kCacheLine = 64;

namespace detail {
/// Zeroed memory of at least `bytes`, a multiple of the cache line; throws std::bad_alloc.
void* allocate_aligned(std::size_t bytes);
void free_aligned(void* p) noexcept;
}  // namespace detail

/// A fixed number of zero-initialised elements. Move only.
template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  explicit Buffer(std::size_t size)
      : size_(size), data_(static_cast<T*>(detail::allocate_aligned(size * sizeof(T)))) {}

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return size_ * sizeof(T); }
  T& operator[](std::size_t i) { return data_.get()[i]; }
  const T& operator[](std::size_t i) const { return data_.get()[i]; }
  std::span<T> span() { return {data_.get(), size_}; }
  std::span<const T> span() const { return {data_.get(), size_}; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }

 private:
  struct Free {
    void operator()(T* p) const noexcept { detail::free_aligned(p); }
  };
  std::size_t size_ = 0;
  std::unique_ptr<T, Free> data_;
};

}  // namespace perfmodel::kernels
