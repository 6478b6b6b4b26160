// Attention with a state of fixed size per sequence: a matrix of k_dim x v_dim per value head.
#pragma once

#include "ops/op.hpp"

namespace perfmodel::ops {

/// Prefill works on chunks of this many tokens, within which attention is quadratic (the chunk
/// length of the public kernels for gated delta nets).
inline constexpr double kLinearChunk = 64.0;

struct LinearAttentionArgs {
  double v_heads = 0;  // on this device
  double k_dim = 0;
  double v_dim = 0;
  double conv = 0;  // elements of the short convolution's state per sequence, on this device
  Bytes state{};    // per element
  Bytes activation{};
};
extern const OpKind kLinearAttention;

}  // namespace perfmodel::ops
