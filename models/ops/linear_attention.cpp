#include "ops/linear_attention.hpp"

namespace perfmodel::ops {
namespace {

void cost(const Op& op, const Pass& p, OpCost& c) noexcept {
  const auto& a = op.args<LinearAttentionArgs>();
  const double rows = p.rows();
  const double matrix_per_token = 6.0 * a.k_dim * a.v_dim;  // read, write, query of the state
  const double state = a.v_heads * a.k_dim * a.v_dim + a.conv;
  if (p.phase == Phase::decode) {
    c.matrix = Ops::from_base(rows * a.v_heads * matrix_per_token);
    c.kv = a.state * (2.0 * p.sequences * state);  // read and written back
  } else {
    const double chunk = std::min(kLinearChunk, p.tokens_per_sequence);
    c.matrix =
        Ops::from_base(rows * a.v_heads * (matrix_per_token + 2.0 * chunk * (a.k_dim + a.v_dim)));
    c.kv = a.state * (p.sequences * state);
  }
  c.activations = a.activation * (rows * a.v_heads * 2.0 * (a.k_dim + a.v_dim));
}

Op sample() {
  return Op::make(kLinearAttention, "linear_attention",
                  LinearAttentionArgs{.v_heads = 32,
                                      .k_dim = 128,
                                      .v_dim = 128,
                                      .conv = 24576,
                                      .state = Bytes::from_base(4),
                                      .activation = Bytes::from_base(2)});
}

}  // namespace

const OpKind kLinearAttention{
    "linear_attention",
    "6 d_k d_v operations per token and head, plus 2 c (d_k + d_v) within chunks in prefill; the "
    "state is read and written once per sequence and decode step",
    OpClass::attention_prefill,
    OpClass::attention_decode,
    cost,
    sample};

}  // namespace perfmodel::ops
