// The tiles of AMX: eight of 16 rows by 64 bytes. For units compiled with AMX only.
//
// Linux lends the state on request (registry/tier.cpp asks); configure() comes before the first use
// in a thread, release() after the last, so that the thread is cheap to switch again.
#pragma once

#include <cstdint>

namespace perfmodel::kernels {
namespace {

/// Palette 1, and eight tiles of 16 rows by 64 bytes: as LDTILECFG reads it. A constant, since
/// there is nothing to store before it that a compiler could take for unused.
struct alignas(64) TileConfig {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[8] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint16_t reserved_bytes[8] = {};
  std::uint8_t rows[8] = {16, 16, 16, 16, 16, 16, 16, 16};
  std::uint8_t reserved_rows[8] = {};
};
static_assert(sizeof(TileConfig) == 64);
inline constexpr TileConfig kConfig;

/// Written out, as g++ 12's intrinsics say too little about the memory that they touch: LDTILECFG's
/// operand counts 8 of its 64 bytes there, and tiles are loaded from memory whose stores it may
/// move.
struct Tiles {
  static void configure() noexcept { asm volatile("ldtilecfg %0" : : "m"(kConfig)); }
  static void release() noexcept { asm volatile("tilerelease"); }
  template <int... T>
  static void zero() {
    (zero_one<T>(), ...);
  }
  template <int T>
  static void load(const void* from, std::int64_t stride) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(stride), "i"(T) : "memory");
  }
  template <int T>
  static void store(
      float* to) {  // NOLINT(readability-non-const-parameter): written by the instruction
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)"
                 :
                 : "r"(to), "r"(std::int64_t{64}), "i"(T)
                 : "memory");
  }
  template <int C, int A, int B>
  static void dot() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(C), "i"(A), "i"(B));
  }
  /// Into L2, as what tiles work on together is too large for L1.
  static void prefetch(const void* p) {
    asm volatile("prefetcht1 %0" : : "m"(*static_cast<const char*>(p)));
  }

 private:
  template <int T>
  static void zero_one() {
    asm volatile("tilezero %%tmm%c0" : : "i"(T));
  }
};

}  // namespace
}  // namespace perfmodel::kernels
