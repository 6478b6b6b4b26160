// Norms, rotary embedding, activation functions, quantisation: a few operations per element, bound
// by memory.
#pragma once

#include "ops/op.hpp"

namespace perfmodel::ops {

struct ElementwiseArgs {
  double read = 0;     // elements per row
  double written = 0;  // elements per row
  double ops = 0;      // vector operations per row
  Bytes element{};
  double row_share = 1;
  bool routed = false;   // rows are assignments to experts: T topk / ranks of them
  double per_token = 0;  // topk / ranks, for routed rows
};
extern const OpKind kElementwise;

}  // namespace perfmodel::ops
