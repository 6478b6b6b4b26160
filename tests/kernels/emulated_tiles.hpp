// Tiles in software as the bodies of the AMX tiers take them: `Tiles` of gemm_amx_body.hpp.
#pragma once

#include <cstdint>

#include "soft_tiles.hpp"

namespace perfmodel::kernels {
namespace {

struct Tiles {
  static SoftTiles& state() {
    thread_local SoftTiles tiles;
    return tiles;
  }
  static void configure() {
    std::uint8_t config[64] = {1};
    for (int t = 0; t < 8; ++t) {
      config[16 + 2 * t] = 64;
      config[48 + t] = 16;
    }
    state().configure(config);
  }
  static void release() { state().release(); }
  template <std::size_t... T>
  static void zero() {
    (state().zero(T), ...);
  }
  template <std::size_t T>
  static void load(const void* from, std::int64_t stride) {
    state().load(T, static_cast<const std::uint8_t*>(from), stride);
  }
  template <std::size_t T>
  static void store(float* to) {
    state().store(T, reinterpret_cast<std::uint8_t*>(to), 64);
  }
  template <std::size_t C, std::size_t A, std::size_t B>
  static void dot() {
    state().dot(C, A, B);
  }
  static void prefetch(const void*) {}
};

}  // namespace
}  // namespace perfmodel::kernels
