// The attention core of one block, cut over tensor-parallel ranks and along the sequence: rotary
// embedding, indexer, what context-parallel ranks exchange, scores and values.
#pragma once

#include <vector>

#include "mapping/sharded_model.hpp"

namespace perfmodel::mapping {

struct AttentionCut {
  int tp = 1;
  int cp = 1;
  const Precision& precision;
  Bytes activation;
  double layers = 1;
};

std::vector<Term> attention_terms(const llm::AttentionBlock& block, const AttentionCut& cut);

}  // namespace perfmodel::mapping
