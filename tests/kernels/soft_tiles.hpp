// The tiles of AMX in software, as the Intel SDM (volume 2: LDTILECFG, TILELOADD, TILESTORED,
// TDPBF16PS) defines them, for machines without.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace perfmodel::kernels {

class SoftTiles {
 public:
  static constexpr int kTiles = 8, kRows = 16, kRowBytes = 64;

  /// The 64 bytes that LDTILECFG reads. False where the processor would raise an exception.
  bool configure(const std::uint8_t* config) {
    release();
    if (config[0] != 1) return config[0] == 0;
    for (int i = 1; i < 64; ++i) {
      const bool used = (i >= 16 && i < 32) || (i >= 48 && i < 56);
      if (!used && config[i] != 0) return false;
    }
    for (std::size_t t = 0; t < kTiles; ++t) {
      row_bytes_[t] = config[16 + 2 * t] + 256 * config[17 + 2 * t];
      rows_[t] = config[48 + t];
      if (rows_[t] > kRows || row_bytes_[t] > kRowBytes || (rows_[t] == 0) != (row_bytes_[t] == 0))
        return false;
    }
    return true;
  }
  void release() {
    rows_.fill(0);
    row_bytes_.fill(0);
    for (auto& tile : data_) tile.fill(0);
  }

  /// Whether these tiles may be used: others raise an exception.
  bool configured(std::size_t tile) const { return rows_[tile] > 0; }
  void zero(std::size_t tile) { data_[tile].fill(0); }
  void load(std::size_t tile, const std::uint8_t* from, std::int64_t stride) {
    zero(tile);
    for (int r = 0; r < rows_[tile]; ++r)
      std::memcpy(row(tile, r), from + r * stride, static_cast<std::size_t>(row_bytes_[tile]));
  }
  void store(std::size_t tile, std::uint8_t* to, std::int64_t stride) const {
    for (int r = 0; r < rows_[tile]; ++r)
      std::memcpy(to + r * stride, data_[tile].data() + r * kRowBytes,
                  static_cast<std::size_t>(row_bytes_[tile]));
  }

  /// C += A B on pairs of BF16: each of the two sums of an element runs over its pairs in order and
  /// starts from zero; both are added, then C. Rounded to nearest even after each step, subnormals
  /// taken and made zero, whatever MXCSR says.
  void dot(std::size_t c, std::size_t a, std::size_t b) {
    for (int m = 0; m < rows_[c]; ++m) {
      std::array<float, 16> even{}, odd{};
      for (int k = 0; k < row_bytes_[a] / 4; ++k) {
        const float x0 = bf16(row(a, m) + 4 * k), x1 = bf16(row(a, m) + 4 * k + 2);
        const std::uint8_t* w = row(b, k);
        for (std::size_t n = 0; n < static_cast<std::size_t>(row_bytes_[c] / 4); ++n) {
          even[n] = multiply_add(x0, bf16(w + 4 * n), even[n]);
          odd[n] = multiply_add(x1, bf16(w + 4 * n + 2), odd[n]);
        }
      }
      for (std::size_t n = 0; n < static_cast<std::size_t>(row_bytes_[c] / 4); ++n) {
        float sum = 0.0F;
        std::memcpy(&sum, row(c, m) + 4 * n, 4);
        sum = flushed(flushed(sum) + flushed(even[n] + odd[n]));
        std::memcpy(row(c, m) + 4 * n, &sum, 4);
      }
    }
  }

 private:
  static float flushed(float x) { return std::fabs(x) < 0x1p-126F ? std::copysign(0.0F, x) : x; }
  static float bf16(const std::uint8_t* p) {
    const auto code = static_cast<std::uint32_t>(p[0] | (p[1] << 8));
    return flushed(std::bit_cast<float>(code << 16));
  }
  static float multiply_add(float x, float y, float sum) {
    // FP32 holds the product of two BF16 numbers exactly, where it is a normal one.
    const float product = x * y;
    const bool exact = std::fabs(product) >= 0x1p-126F || x == 0.0F || y == 0.0F;
    return flushed(exact ? product + sum : std::fma(x, y, sum));
  }
  std::uint8_t* row(std::size_t tile, int r) { return data_[tile].data() + r * kRowBytes; }

  std::array<std::array<std::uint8_t, kRows * kRowBytes>, kTiles> data_{};
  std::array<int, kTiles> rows_{}, row_bytes_{};
};

}  // namespace perfmodel::kernels
