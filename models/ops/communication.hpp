// Messages between devices. The operator says what is sent; which algorithm carries it over which
// tiers is the cost model's business.
#pragma once

#include "ops/op.hpp"

namespace perfmodel::ops {

/// Collectives over a group: the buffer is rows x width elements (all ranks' rows for a gather).
struct CollectiveArgs {
  double width = 0;
  Bytes element{};
  bool logits = false;  // only rows whose logits are wanted
  bool expert_rows =
      false;  // the rows of all attention ranks (gathers that feed replicated experts)
};
extern const OpKind kAllReduce;
extern const OpKind kAllGather;
extern const OpKind kReduceScatter;

/// Tokens to and from their experts.
struct ExpertExchangeArgs {
  Bytes token{};         // payload of one token
  double row_share = 1;  // part of the rank's tokens that this device sends
  double topk = 1;
  double ranks = 1;     // expert-parallel ranks
  double per_rank = 0;  // topk / ranks, for the mean load
  bool balanced = false;
};
extern const OpKind kDispatch;
extern const OpKind kCombine;

/// Activations to the next pipeline stage.
extern const OpKind kSend;

}  // namespace perfmodel::ops
