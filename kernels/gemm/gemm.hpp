// C = A W^T for many tokens: activations times a weight matrix in a small format, result in FP32;
// and the grouped form for mixtures of experts, where each group of rows has a matrix of its own.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/formats/quantised.hpp"
#include "kernels/gemm/gemm_tile.hpp"
#include "kernels/registry/descriptor.hpp"

namespace perfmodel::kernels {

/// Tiers that have the combination compiled in, lowest first.
std::vector<Tier> gemm_tiers(const QuantSpec& weights, Format activations);

/// The tier whose tiles really run: weights with NaN codes take the scalar one, whose decoders know
/// them. Weights are packed for one tier, once, when a model is loaded.
class PackedWeights {
 public:
  /// Throws std::invalid_argument where the tier lacks the combination.
  PackedWeights(const Quantised& q, Format activations, Tier tier);
  /// For `functions` other than the tier's own, which tests have.
  PackedWeights(const Quantised& q, Format activations, Tier tier,
                const gemm_detail::Functions& functions);

  /// A copy with memory of its own; copying unawares would be costly.
  PackedWeights clone() const;

  Tier tier() const { return tier_; }
  Format activations() const { return activations_; }
  const QuantSpec& spec() const { return spec_; }
  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }
  std::int64_t padded_columns() const { return padded_columns_; }
  std::int64_t panels() const { return panels_; }
  std::int64_t panel_bytes() const { return padded_columns_ * 32 * bits_of(spec_.format) / 8; }
  const std::uint8_t* panel(std::int64_t i) const { return codes_.data() + i * panel_bytes(); }
  const gemm_detail::Functions& functions() const { return functions_; }
  /// Whether the scales are multiplied into the decoded weights: powers of two, exactly.
  bool folds() const { return folds_; }

  /// Columns under one scale; all of them for a scale per channel or tensor.
  std::int64_t block_columns() const;
  /// The 32 scales of a panel at a block.
  void scales(std::int64_t panel, std::int64_t block, float* out) const;

 private:
  PackedWeights() = default;

  QuantSpec spec_;
  Format activations_ = Format::bf16;
  Tier tier_ = Tier::scalar;
  std::int64_t rows_ = 0, columns_ = 0, padded_columns_ = 0, panels_ = 0;
  gemm_detail::Functions functions_{};
  bool folds_ = false;
  Buffer<std::uint8_t> codes_;
  std::int64_t scale_columns_ = 0;
  std::vector<float> scales_;            // [scale row][scale column]
  std::vector<std::uint8_t> exponents_;  // MX: [panel][scale column][32]
};

/// Rows of activations: 16-bit codes without padding, or a quantised matrix with 1x128 scales.
class Activations {
 public:
  Activations(Format format, std::span<const std::uint16_t> codes, std::int64_t columns);
  explicit Activations(const Quantised& q);

  Format format() const { return format_; }
  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }
  const std::uint8_t* row(std::int64_t r) const { return codes_ + r * row_bytes_; }
  /// Scales of a row, one per 128 columns; nullptr for 16-bit codes.
  const float* row_scales(std::int64_t r) const;

 private:
  Format format_;
  std::int64_t rows_, columns_, row_bytes_;
  const std::uint8_t* codes_;
  const float* scales_ = nullptr;
  std::int64_t scale_columns_ = 0;
};

/// C [rows of A][rows of W], row-major. Throws std::invalid_argument for sizes and formats that do
/// not fit, and where `exec.tier` is not the one that the weights were packed for.
void gemm(const PackedWeights& w, const Activations& a, std::span<float> c, const Exec& exec);

/// Group g takes the rows offsets[g] .. offsets[g + 1] of A and C with weights[g]; groups may be
/// empty. All matrices have the same size and format.
void grouped_gemm(std::span<const PackedWeights* const> weights,
                  std::span<const std::int64_t> offsets, const Activations& a, std::span<float> c,
                  const Exec& exec);

}  // namespace perfmodel::kernels
