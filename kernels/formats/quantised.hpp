// A matrix in a small format with its scales: value = scale * code.
//
// Rows are the output channels of a weight, or the tokens of an activation; columns run along the
// dimension that a matrix multiply sums over, and are contiguous in memory. What a library that
// computes x * W calls "per column" of W is therefore one scale per row here: `per_channel`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/formats/buffer.hpp"
#include "kernels/formats/codes.hpp"

namespace perfmodel::kernels {

enum class ScaleScheme : std::uint8_t {
  none,           // FP16, BF16: the codes are the values
  per_tensor,     // one
  per_channel,    // one per row
  block_128x128,  // one per 128 rows by 128 columns: DeepSeek-V3 weights (arXiv 2412.19437)
  row_1x128,      // one per row and 128 columns: DeepSeek-V3 activations
  mx_32           // one per row and 32 columns, a power of two (OCP MX 1.0)
};
enum class ScaleType : std::uint8_t { fp32, ue8m0 };

constexpr std::string_view name_of(ScaleScheme s) {
  constexpr std::string_view names[] = {"none", "tensor", "channel", "128x128", "1x128", "mx32"};
  return names[static_cast<std::size_t>(s)];
}

/// Columns are stored padded to this many with zero codes, so that kernels need no tails and every
/// row starts on a cache line. A multiple of all scale blocks.
inline constexpr std::int64_t kColumnPad = 128;
inline constexpr std::int64_t kBlock = 128;
inline constexpr std::int64_t kMxBlock = 32;

/// How a matrix is stored. `rounding` chooses the power of two of UE8M0 scales: `up` lets nothing
/// saturate; `down` is the rule of OCP MX (section 6.3), floor(log2(amax)) - emax, which saturates
/// what lies above the largest element of that binade.
struct QuantSpec {
  Format format = Format::e4m3;
  ScaleScheme scheme = ScaleScheme::block_128x128;
  ScaleType scale_type = ScaleType::fp32;
  ScaleRounding rounding = ScaleRounding::up;

  constexpr bool operator==(const QuantSpec&) const = default;

  constexpr std::int64_t rows_per_scale(std::int64_t rows) const {
    switch (scheme) {
      case ScaleScheme::none:
      case ScaleScheme::per_tensor:
        return rows;
      case ScaleScheme::block_128x128:
        return kBlock;
      case ScaleScheme::per_channel:
      case ScaleScheme::row_1x128:
      case ScaleScheme::mx_32:
        break;
    }
    return 1;
  }
  constexpr std::int64_t columns_per_scale(std::int64_t padded_columns) const {
    switch (scheme) {
      case ScaleScheme::block_128x128:
      case ScaleScheme::row_1x128:
        return kBlock;
      case ScaleScheme::mx_32:
        return kMxBlock;
      case ScaleScheme::none:
      case ScaleScheme::per_tensor:
      case ScaleScheme::per_channel:
        break;
    }
    return padded_columns;
  }
};

/// For example "e4m3/128x128", "e4m3/128x128-ue8m0", "bf16".
std::string name_of(const QuantSpec& spec);

class Quantised {
 public:
  Quantised() = default;
  /// All codes zero, all scales one. Throws std::invalid_argument for a negative size, for FP32,
  /// for `none` with a format that needs scales and the reverse, and for MX with FP32 scales.
  Quantised(const QuantSpec& spec, std::int64_t rows, std::int64_t columns);

  Quantised clone() const;

  const QuantSpec& spec() const { return spec_; }
  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }
  std::int64_t padded_columns() const { return padded_columns_; }
  std::int64_t row_bytes() const { return padded_columns_ * bits_of(spec_.format) / 8; }
  std::int64_t scale_rows() const { return scale_rows_; }
  std::int64_t scale_columns() const { return scale_columns_; }
  /// Bytes that a kernel reads: codes and scales.
  std::int64_t bytes() const;

  std::uint8_t* codes() { return codes_.data(); }
  const std::uint8_t* codes() const { return codes_.data(); }
  std::uint8_t* row(std::int64_t r) { return codes_.data() + r * row_bytes(); }
  const std::uint8_t* row(std::int64_t r) const { return codes_.data() + r * row_bytes(); }
  /// FP32 scales, row-major `scale_rows` x `scale_columns`; empty for UE8M0.
  std::span<float> scales() { return scales_; }
  std::span<const float> scales() const { return scales_; }
  /// UE8M0 scales; empty for FP32.
  std::span<std::uint8_t> exponents() { return exponents_; }
  std::span<const std::uint8_t> exponents() const { return exponents_; }

  /// Two E2M1 codes share a byte, the even column in the low half.
  std::uint16_t code(std::int64_t r, std::int64_t c) const;
  void set_code(std::int64_t r, std::int64_t c, std::uint16_t code);
  float scale(std::int64_t r, std::int64_t c) const;
  void set_scale(std::int64_t scale_row, std::int64_t scale_column, float scale);
  /// Value of an element, exact (the product of a code and an FP32 scale has at most 35 bits).
  double value(std::int64_t r, std::int64_t c) const;

  /// Whether any code is NaN. Fast decoders of E4M3 do not see the one NaN code, so kernels ask.
  bool has_nan() const;

 private:
  QuantSpec spec_;
  std::int64_t rows_ = 0, columns_ = 0, padded_columns_ = 0;
  std::int64_t scale_rows_ = 0, scale_columns_ = 0;
  Buffer<std::uint8_t> codes_;
  std::vector<float> scales_;
  std::vector<std::uint8_t> exponents_;
};

/// Scale of a block whose largest magnitude is `amax`: amax / max_of(format), or its power of two.
/// A block of zeros, or of values too small for a normal scale, gets the smallest normal FP32
/// number or, for UE8M0, at least 2^-126; an infinite one is taken for the largest finite number.
float block_scale(const QuantSpec& spec, float amax);

/// Row-major `values`, `rows` x `columns`. code = encode(value * (1 / scale)), with the reciprocal
/// and the product rounded to FP32; NaN elements become NaN codes and do not touch the scale.
Quantised quantise(const QuantSpec& spec, std::span<const float> values, std::int64_t rows,
                   std::int64_t columns);

/// The values in FP32 (each product rounded once), row-major `rows` x `columns`.
std::vector<float> dequantise(const Quantised& q);

}  // namespace perfmodel::kernels
