#include "ops/embedding.hpp"

namespace perfmodel::ops {
namespace {

void cost(const Op& op, const Pass& p, OpCost& c) noexcept {
  const auto& a = op.args<EmbeddingArgs>();
  c.weights = a.weight * (p.rows() * a.hidden);
  c.activations = a.out * (p.rows() * a.hidden);
}

Op sample() {
  return Op::make(
      kEmbedding, "embedding",
      EmbeddingArgs{.hidden = 4096, .weight = Bytes::from_base(2), .out = Bytes::from_base(2)});
}

}  // namespace

const OpKind kEmbedding{"embedding",
                        "one row of the table read and written per token",
                        OpClass::vector,
                        OpClass::vector,
                        cost,
                        sample};

}  // namespace perfmodel::ops
