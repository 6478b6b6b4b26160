// Multi-head latent attention (arXiv 2405.04434). Decoding absorbs the up-projections into query
// and output, so every head attends to the latent itself; prefill expands keys and values per head,
// which costs fewer operations on long blocks of queries.
#pragma once

#include "ops/op.hpp"

namespace perfmodel::ops {

struct LatentAttentionArgs {
  double heads = 0;  // on this device
  double latent = 0;
  double nope = 0;
  double rope = 0;
  double v_dim = 0;
  double selected = 0;  // keys chosen by an indexer, 0 for all
  Bytes kv{};  // per cache element; the cache is one latent per token, whole on every device
  Bytes activation{};
  double ranks = 1;  // over which context parallelism divides sequences
};
extern const OpKind kLatentAttention;

}  // namespace perfmodel::ops
