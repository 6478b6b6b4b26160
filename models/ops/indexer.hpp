// The scorer of sparse attention: every query scores all keys in few, small heads and keeps the
// best.
#pragma once

#include "ops/op.hpp"

namespace perfmodel::ops {

/// Vector operations per score: activation, weighting, and a radix selection's passes.
inline constexpr double kSelectOps = 4.0;

struct IndexerArgs {
  double heads = 0;
  double dim = 0;
  double ratio = 1;  // tokens per key
  double share = 1;  // part of the layers that run an indexer of their own
  Bytes key{};       // per element of the index cache
};
extern const OpKind kIndexer;

}  // namespace perfmodel::ops
