// Attention over a local window plus a compressed global context with one shared key-value head
// (DeepSeek V4, arXiv 2606.19348): one entry per `ratio` tokens, all of them or those that an
// indexer selects.
#pragma once

#include "ops/op.hpp"

namespace perfmodel::ops {

struct CompressedAttentionArgs {
  double heads = 0;  // on this device
  double dim = 0;    // of the shared head; keys and values are the same vector
  double window = 0;
  double ratio = 0;     // tokens per entry, 0: window only
  double selected = 0;  // entries chosen by an indexer, 0 for all
  Bytes kv{};
  Bytes activation{};
};
extern const OpKind kCompressedAttention;

}  // namespace perfmodel::ops
