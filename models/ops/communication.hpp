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

/// What context-parallel ranks send each other for attention in one layer. Prefill gathers keys and
/// values of the whole context on every rank, as Llama 3's training does (arXiv 2407.21783, section
/// 3.3.2); a ring moves the same bytes (arXiv 2310.01889). Decoding, the cache stays: queries go to
/// all ranks, and their partial sums come back with the logarithms of their weights, to be merged
/// (pass-Q of arXiv 2411.01783). That paper's prefill takes the cheaper of the two, and so does
/// this one, by its time.
///
/// S sequences of T new tokens after a context of c, over R ranks, on each device:
///   cache     S (c + T) x cache bytes, of which it holds 1/R
///   queries   S T x query bytes, of which 1/R are its own
struct ContextExchangeArgs {
  Bytes cache{};          // of one token
  Bytes prefill_query{};  // of one token with its result; zero: queries stay
  Bytes decode_query{};
  double ranks = 1;
};
extern const OpKind kContextExchange;

/// Activations to the next pipeline stage.
extern const OpKind kSend;

}  // namespace perfmodel::ops
