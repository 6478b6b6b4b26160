#include "ops/grouped_gemm.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace perfmodel::ops {
namespace {

void cost(const Op& op, const Pass& p, OpCost& c) noexcept {
  const auto& a = op.args<GroupedGemmArgs>();
  const double tokens = p.expert_rows;
  const double load = tokens * a.topk / a.ranks;
  const double hit = experts_hit(a.local, tokens * a.token_share, a.log_miss);
  c.matrix = Ops::from_base(2.0 * load * a.k * a.n);
  c.weights = a.weight * (hit * a.k * a.n);
  c.activations = (a.in * a.k + a.out * a.n) * load;
  c.converts = a.converts;
  c.packed = a.packed;
  c.widened = a.widened;
  c.groups = hit;
  c.rows = hit > 0 ? load / hit : 0.0;
  c.columns = a.n;
  c.depth = a.k;
  c.expert_load = load;
  c.expert_ranks = a.balanced ? 1.0 : a.ranks;
}

Op sample() {
  auto a = grouped_gemm_args(256, 8, 32);
  a.k = 7168;
  a.n = 4096;
  a.weight = Bytes::from_base(1);
  a.in = Bytes::from_base(1);
  a.out = Bytes::from_base(2);
  return Op::make(kGroupedGemm, "grouped_gemm", a);
}

}  // namespace

double experts_hit(double experts, double tokens, double log_miss) {
  if (tokens <= 0) return 0.0;
  return -experts * std::expm1(tokens * log_miss);
}

double experts_held(double experts, double ranks) {
  return std::max(1.0, std::ceil(experts / ranks));
}

GroupedGemmArgs grouped_gemm_args(double experts, double topk, double ranks) {
  GroupedGemmArgs a;
  a.experts = experts;
  a.topk = topk;
  a.ranks = ranks;
  a.local = experts_held(experts, ranks);
  a.token_share = std::min(1.0, experts / ranks);
  a.log_miss =
      topk >= experts ? -std::numeric_limits<double>::infinity() : std::log1p(-topk / experts);
  return a;
}

const OpKind kGroupedGemm{
    "grouped_gemm",
    "2 k n operations per assignment, T topk / ranks assignments; weights of the E/ranks (1 - (1 - "
    "topk/E)^T) experts hit",
    OpClass::grouped_gemm,
    OpClass::grouped_gemm,
    cost,
    sample};

}  // namespace perfmodel::ops
