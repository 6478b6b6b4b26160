#include "kernels/transformer/weights.hpp"

#include <algorithm>

namespace perfmodel::kernels {

QuantSpec spec_of(const QuantSpec& weights, Matrix m) {
  return stays_bf16(m) ? QuantSpec{Format::bf16, ScaleScheme::none} : weights;
}

Quantised quantised_matrix(const TransformerConfig& config, const QuantSpec& weights, Matrix m,
                           std::int64_t layer, std::int64_t index) {
  const MatrixSize s = size_of(config, m);
  return quantise(spec_of(weights, m), matrix_values(config, m, layer, index), s.rows, s.columns);
}

TransformerWeights::TransformerWeights(const TransformerConfig& config, const QuantSpec& weights,
                                       Tier tier)
    : config_(config), spec_(weights), tier_(tier) {
  config.check();
  layers_.resize(static_cast<std::size_t>(config.layers));
  for (std::int64_t l = 0; l < config.layers; ++l) {
    Layer& layer = layers_[static_cast<std::size_t>(l)];
    for (std::size_t i = 0; i < kMatrixCount; ++i)
      add(layer, static_cast<Matrix>(i), l, count_in_layer(config, static_cast<Matrix>(i)));
    for (const Norm n : {Norm::attention, Norm::mlp, Norm::latent})
      layer.norms[static_cast<std::size_t>(n)] = norm_values(config, n, l);
  }
  add(layers_[0], Matrix::lm_head, 0, 1);
  layers_[0].norms[static_cast<std::size_t>(Norm::final)] = norm_values(config, Norm::final, 0);
  const auto values = matrix_values(config, Matrix::embedding, 0, 0);
  embedding_ = Buffer<std::uint16_t>(values.size());
  std::transform(values.begin(), values.end(), embedding_.begin(),
                 [](float v) { return float_to_bf16(v); });
}

void TransformerWeights::add(Layer& layer, Matrix m, std::int64_t number, std::int64_t count) {
  const auto at = static_cast<std::size_t>(m);
  auto& matrices = layer.matrices[at];
  auto& packed = layer.packed[at];
  // Others refer to these, so they must not move.
  matrices.reserve(static_cast<std::size_t>(count));
  packed.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    matrices.push_back(quantised_matrix(config_, spec_, m, number, i));
    packed.emplace_back(matrices.back(), Format::bf16, tier_);
  }
  for (const Quantised& q : matrices) layer.rows[at].emplace_back(q);
  for (const PackedWeights& p : packed) layer.pointers[at].push_back(&p);
}

std::span<const PackedWeights* const> TransformerWeights::matrices(Matrix m,
                                                                   std::int64_t layer) const {
  return layers_[static_cast<std::size_t>(layer)].pointers[static_cast<std::size_t>(m)];
}

std::span<const GemvWeights> TransformerWeights::rows(Matrix m, std::int64_t layer) const {
  return layers_[static_cast<std::size_t>(layer)].rows[static_cast<std::size_t>(m)];
}

std::span<const float> TransformerWeights::norm(Norm n, std::int64_t layer) const {
  return layers_[static_cast<std::size_t>(layer)].norms[static_cast<std::size_t>(n)];
}

}  // namespace perfmodel::kernels
