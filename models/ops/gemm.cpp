#include "ops/gemm.hpp"

namespace perfmodel::ops {
namespace {

void cost(const Op& op, const Pass& p, OpCost& c) noexcept {
  const auto& a = op.args<GemmArgs>();
  const double m = (a.logits ? p.logit_rows : p.rows()) * a.row_share;
  c.matrix = Ops::from_base(2.0 * m * a.k * a.n * a.instances);
  c.weights = a.weight * (a.k * a.n * a.instances);
  c.activations = (a.in * a.k + a.out * a.n) * (m * a.instances);
  c.converts = a.converts;
  c.packed = a.packed;
  c.widened = a.widened;
  c.groups = a.instances;
  c.rows = m;
  c.columns = a.n;
  c.depth = a.k;
}

Op sample() {
  return Op::make(kGemm, "gemm",
                  GemmArgs{.k = 4096,
                           .n = 6144,
                           .weight = Bytes::from_base(2),
                           .in = Bytes::from_base(2),
                           .out = Bytes::from_base(2)});
}

}  // namespace

const OpKind kGemm{"gemm",        "2 m k n operations; weights k n, activations m (k + n)",
                   OpClass::gemm, OpClass::gemm,
                   cost,          sample};

}  // namespace perfmodel::ops
