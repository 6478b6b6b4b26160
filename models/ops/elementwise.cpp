#include "ops/elementwise.hpp"

namespace perfmodel::ops {
namespace {

void cost(const Op& op, const Pass& p, OpCost& c) noexcept {
  const auto& a = op.args<ElementwiseArgs>();
  const double rows = a.routed ? p.expert_rows * a.per_token : p.rows() * a.row_share;
  c.vector = Ops::from_base(rows * a.ops);
  c.activations = a.element * (rows * (a.read + a.written));
}

Op sample() {
  return Op::make(
      kElementwise, "norm",
      ElementwiseArgs{.read = 4096, .written = 4096, .ops = 16384, .element = Bytes::from_base(2)});
}

}  // namespace

const OpKind kElementwise{
    "elementwise", "elements read and written once per row", OpClass::vector, OpClass::vector, cost,
    sample};

}  // namespace perfmodel::ops
