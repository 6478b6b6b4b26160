// What a model weighs, what a token of context costs to keep, and what a token costs to compute,
// before any hardware is chosen.
#pragma once

#include "llm/llm_spec.hpp"
#include "units/quantity.hpp"

namespace perfmodel::llm {

/// Main model only: no multi-token-prediction layers, no vision tower. `active` counts the input
/// table, the head, and for MoE layers top-k plus shared experts.
struct ParameterCount {
  double total = 0;
  double active = 0;
  double embedding = 0;  // input table
  double head = 0;       // output projection; 0 when tied to the table
  double routed = 0;     // all routed experts

  /// The active count under the convention of the model's publisher.
  double active_as_published(ActiveConvention convention) const;
};
ParameterCount count_parameters(const LlmSpec& llm);

/// Parameters of the multi-token-prediction layers, all of them.
double count_draft_parameters(const LlmSpec& llm);

/// Cache elements that one more token of context adds over all layers of `block`, and those that a
/// sequence holds whatever its length (linear attention's state, windows excepted).
struct CacheElements {
  double per_token = 0;  // grows with the whole context
  double windowed = 0;   // grows with the context up to `window`
  double window = 0;
  double index_per_token = 0;  // index keys, stored in 8 bits
  double per_sequence = 0;     // state, stored in 32 bits (linear attention keeps FP32 states)
};
CacheElements cache_elements(const AttentionBlock& block);

/// Bytes of cache for one sequence with `context` tokens, all layers, undivided.
Bytes cache_bytes(const LlmSpec& llm, double context, spec::Storage kv);

/// Matrix operations to decode one token with `context` tokens in the cache, all layers and the
/// head: two per active weight of every matrix (the input table is a lookup), plus attention.
Ops operations_per_token(const LlmSpec& llm, double context);

/// Operations of the attention core (scores and values, and the indexer) for one query over
/// `context` keys in one layer.
Ops attention_operations(const AttentionBlock& block, double context);

}  // namespace perfmodel::llm
