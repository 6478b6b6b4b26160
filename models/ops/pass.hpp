// One pass of an engine over a batch: the point at which operators are priced.
#pragma once

#include <algorithm>
#include <cstdint>

namespace perfmodel::ops {

enum class Phase : std::uint8_t { prefill, decode };

/// A pass as one tensor-parallel group sees it. Under context parallelism of cp the rank's
/// sequences are those of cp groups: each has 1/cp of their tokens and of their cache, which comes
/// to as much as the whole of 1/cp of the sequences. `sequences` is that number; what the groups
/// send each other is an operator of its own (ops/communication.hpp).
struct Pass {
  Phase phase = Phase::decode;
  double sequences = 1;            // sequences in the group's batch
  double tokens_per_sequence = 1;  // new tokens of each; mean where lengths differ
  double causal_length = 1;        // E[n^2]/E[n] of the new tokens, equal to n where lengths agree
  double context_low = 0;          // tokens cached before the pass, uniform over the batch between
  double context_high = 0;         // low and high
  double logit_rows = 1;           // rows for which logits are computed
  double expert_rows = 1;  // tokens of all attention ranks together, which meet at the experts

  double rows() const { return sequences * tokens_per_sequence; }
  double context_mean() const { return 0.5 * (context_low + context_high); }
};

/// E[min(x, cap)] for x uniform in [low, high]; cap 0 means none.
inline double capped_mean(double low, double high, double cap) {
  if (cap <= 0 || high <= cap) return 0.5 * (low + high);
  if (low >= cap) return cap;
  // Below the cap with probability (cap - low) / (high - low), mean (low + cap) / 2 there.
  return ((cap - low) * 0.5 * (low + cap) + (high - cap) * cap) / (high - low);
}

/// Mean number of keys that a new token attends to, itself included, when at most `cap` are kept.
inline double mean_keys(const Pass& p, double cap) {
  return capped_mean(p.context_low + 1.0, p.context_high + std::max(1.0, p.causal_length), cap);
}

/// Mean number of cached tokens that a sequence reads, at most `cap`.
inline double mean_cached(const Pass& p, double cap) {
  return capped_mean(p.context_low, p.context_high, cap);
}

}  // namespace perfmodel::ops
