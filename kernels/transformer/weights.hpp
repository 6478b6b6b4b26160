// The weights of a transformer in one format, packed for one tier, and row by row beside it: GEMM
// reads the one, GEMV, for a step of a single token, the other.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/formats/quantised.hpp"
#include "kernels/gemm/gemm.hpp"
#include "kernels/gemv/gemv.hpp"
#include "kernels/transformer/config.hpp"

namespace perfmodel::kernels {

/// The format of a matrix in a model whose weights are in `weights`.
QuantSpec spec_of(const QuantSpec& weights, Matrix m);

/// A matrix of the model, in its format.
Quantised quantised_matrix(const TransformerConfig& config, const QuantSpec& weights, Matrix m,
                           std::int64_t layer, std::int64_t index);

class TransformerWeights {
 public:
  /// `weights` is BF16, or E4M3 with 128x128 scales, FP32 or UE8M0, or another that GEMM and GEMV
  /// take with BF16 activations. The unquantised values exist for one matrix at a time.
  /// Throws std::invalid_argument for dimensions that do not fit and formats that the tier lacks.
  TransformerWeights(const TransformerConfig& config, const QuantSpec& weights, Tier tier);

  const TransformerConfig& config() const { return config_; }
  const QuantSpec& spec() const { return spec_; }
  Tier tier() const { return tier_; }

  /// BF16 codes [vocabulary][hidden].
  std::span<const std::uint16_t> embedding() const { return embedding_.span(); }
  /// One, or one per head or expert; of lm_head in layer 0.
  std::span<const PackedWeights* const> matrices(Matrix m, std::int64_t layer) const;
  std::span<const GemvWeights> rows(Matrix m, std::int64_t layer) const;
  std::span<const float> norm(Norm n, std::int64_t layer) const;

 private:
  struct Layer {
    std::array<std::vector<Quantised>, kMatrixCount> matrices;
    std::array<std::vector<GemvWeights>, kMatrixCount> rows;  // of `matrices`
    std::array<std::vector<PackedWeights>, kMatrixCount> packed;
    std::array<std::vector<const PackedWeights*>, kMatrixCount> pointers;
    std::array<std::vector<float>, 4> norms;
  };
  void add(Layer& layer, Matrix m, std::int64_t number, std::int64_t count);

  TransformerConfig config_;
  QuantSpec spec_;
  Tier tier_;
  Buffer<std::uint16_t> embedding_;
  std::vector<Layer> layers_;
};

}  // namespace perfmodel::kernels
