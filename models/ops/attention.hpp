// Scores and values of multi-head, grouped-query and multi-query attention, whole context or window
// or selected tokens.
#pragma once

#include "ops/op.hpp"

namespace perfmodel::ops {

/// Vector operations per score in softmax: scale, running maximum, subtract, exponential, sum.
inline constexpr double kSoftmaxOps = 5.0;

/// Eight bits an element, with or without scales.
inline bool narrow_cache(Bytes element) {
  return element < Bytes::from_base(1.5);
}

struct AttentionArgs {
  double heads = 0;     // on this device
  double kv_heads = 0;  // on this device
  double qk_dim = 0;
  double v_dim = 0;
  double cap = 0;       // window, 0 for the whole context
  double selected = 0;  // keys chosen by an indexer, 0 for all
  Bytes kv{};           // per cache element
  Bytes activation{};   // per element
  double writes = 1;    // share of layers that write a cache of their own
  double ranks = 1;     // over which context parallelism divides sequences
};
extern const OpKind kAttention;

}  // namespace perfmodel::ops
