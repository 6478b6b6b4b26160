// The same network in float64, one token at a time and without any rounding between operations:
// what the kernels, and the formats, are held against. Shares the weights with them, but no code;
// latent attention has keys and values of every head instead of absorbed weights.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/formats/quantised.hpp"
#include "kernels/transformer/config.hpp"

namespace perfmodel::kernels {

class ReferenceTransformer {
 public:
  /// With a format, its dequantised weights: what remains is the error of the kernels and of BF16
  /// activations. Without one the weights as they were: what the format costs comes on top.
  ReferenceTransformer(const TransformerConfig& config, const std::optional<QuantSpec>& weights);

  /// Logits after one more token. `experts`, [layer][expert of the token], replaces the choice of
  /// the router: where two logits are nearly equal, rounding decides, and a comparison of numbers
  /// needs the same branch on both sides.
  std::vector<double> next(std::int32_t token, std::span<const std::int32_t> experts = {});
  /// Forgets all tokens.
  void restart();

  /// The largest by which a replaced choice fell short of the router's own, in logits: small where
  /// rounding explains it.
  double largest_shortfall() const { return shortfall_; }

 private:
  using Vector = std::vector<double>;
  struct Layer {
    std::vector<std::vector<Vector>> matrices;  // [Matrix][head or expert], row-major
    std::vector<Vector> norms;
    std::vector<Vector> keys, values;  // [token], all heads
  };

  const Vector& matrix(const Layer& layer, Matrix m, std::size_t i = 0) const {
    return layer.matrices[static_cast<std::size_t>(m)][i];
  }
  Vector read(Matrix m, std::int64_t layer, std::int64_t index) const;
  Vector norm(const Vector& x, const Vector& weight) const;
  void turn(double* x, std::int64_t columns) const;
  Vector dense_block(Layer& layer, const Vector& x);
  Vector latent_block(Layer& layer, const Vector& x);
  Vector attend(const Layer& layer, const Vector& q, std::int64_t kv_heads,
                std::int64_t key_columns, std::int64_t value_columns) const;
  Vector mlp(const Vector& gate_up, const Vector& down, const Vector& x) const;
  Vector mixture(const Layer& layer, const Vector& x, std::span<const std::int32_t> experts);

  TransformerConfig config_;
  std::optional<QuantSpec> spec_;
  std::vector<Layer> layers_;
  Vector embedding_, lm_head_, final_norm_;
  std::int64_t position_ = 0;
  double shortfall_ = 0.0;
};

}  // namespace perfmodel::kernels
