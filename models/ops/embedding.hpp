// Lookup in the input table.
#pragma once

#include "ops/op.hpp"

namespace perfmodel::ops {

struct EmbeddingArgs {
  double hidden = 0;
  Bytes weight{};  // per element
  Bytes out{};     // per element
};
extern const OpKind kEmbedding;

}  // namespace perfmodel::ops
