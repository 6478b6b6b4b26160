// In which formats a weight matrix is stored and multiplied.
#pragma once

#include <optional>

#include "llm/layer_graph.hpp"
#include "mapping/precision.hpp"

namespace perfmodel::mapping {

struct MatrixFormat {
  spec::Storage storage;
  spec::Compute compute;
};
MatrixFormat format_of(llm::Part part, const Precision& p);

/// Whether activations are quantised by a kernel of their own before the product: where scales
/// depend on them, per block or per token. Static scales per tensor are applied by the kernel
/// before. INT8 checkpoints scale per token.
bool converts(const MatrixFormat& f);

/// The type of four-bit weights that the product widens to its own; empty for all others.
std::optional<spec::Compute> packed(const MatrixFormat& f);

/// Whether the product widens the weights, of whatever width, to what it multiplies in.
bool widened(const MatrixFormat& f);

}  // namespace perfmodel::mapping
