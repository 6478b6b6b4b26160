// What the format of the weights does to the predictions of a small transformer.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/formats/quantised.hpp"
#include "kernels/transformer/config.hpp"
#include "kernels/transformer/divergence.hpp"

namespace perfmodel::kernels {

struct WeightDivergence {
  QuantSpec weights;
  LogitDivergence logits;
  /// With the reference sent to the experts that the model chose: without the tokens that went to
  /// others because two of them were about as good. The same as `logits` for `dense`.
  LogitDivergence same_experts;
};

/// The formats that the transformer's products take with BF16 activations, BF16 first.
std::vector<QuantSpec> transformer_formats();

/// Decodes `tokens` pseudo-random tokens with the weights in each format, and compares the logits
/// after each with those of the float64 reference on weights that nothing was done to: the format,
/// activations in BF16, and the router's choices that come out differently, all together. In plain
/// C++, so that a machine with other instructions finds the same. Throws std::invalid_argument for
/// no tokens.
std::vector<WeightDivergence> weight_divergences(Architecture architecture, std::int64_t tokens);

}  // namespace perfmodel::kernels
