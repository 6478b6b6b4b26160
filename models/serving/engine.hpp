// An engine in steady state: prefill and decode share the devices, every finishing request is
// replaced by a new one.
//
// Context parallelism: the cp groups of a rank hold every cp-th token of each of its sequences. A
// prefill pass takes a chunk of tokens for each group, so that a prompt needs 1/cp of the passes;
// the parts of a prompt that a group computes are a late one for every early one, so that all meet
// as many keys (load-balanced halves, arXiv 2411.01783). A decode step computes 1/cp of the
// sequences on each group and attends to all with 1/cp of the cache.
#pragma once

#include <cstdint>

#include "phase/plan.hpp"
#include "serving/workload.hpp"

namespace perfmodel::serving {

/// Memory of the fullest device.
struct MemoryPlan {
  Bytes capacity{};
  Bytes reserve{};  // share that the software keeps free
  Bytes weights{};
  Bytes cache{};  // of the whole batch at full length
  Bytes activations{};
  Bytes cache_of_sequence{};

  Bytes used() const { return weights + cache + activations; }
  Bytes free() const { return capacity - reserve - used(); }
  bool fits() const { return free().base() >= 0; }
};
/// What an engine does. One that prefills alone holds `batch` prompts, without their answers; one
/// that decodes alone never has the activations of a prefill.
enum class Role : std::uint8_t { both, prefill, decode };
MemoryPlan memory_plan(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w,
                       double batch, Role role = Role::both);

/// Largest whole batch per attention rank that fits; 0 if not even one sequence does.
double largest_batch(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w,
                     Role role = Role::both);

/// Passes of the two phases at a batch of `batch` sequences per attention rank.
ops::Pass decode_pass(const phase::Plan& plan, const Lengths& w, double batch);
/// `sequences` new requests per attention rank, in one pass or, where they are longer than a chunk,
/// the mean of several.
struct PrefillPasses {
  ops::Pass pass;
  double count = 1;
};
PrefillPasses prefill_passes(const phase::Plan& plan, const cost::Machine& machine,
                             const Lengths& w, double sequences);

/// Prefill of one deployment, independent of how many sequences decode beside it.
struct PrefillCost {
  Time read{};       // of a request's prefix, from where the cache holds it; not hidden
  Time one{};        // of a single request per attention rank
  double full = 1;   // requests that fill a chunk, at least one
  Time full_time{};  // of that many together

  /// Time of `n` requests together, 1 <= n <= full: affine between the two ends, as weights are
  /// read once and work grows with the tokens.
  Time of(double n) const {
    if (full <= 1.0) return one * n;
    return one + (full_time - one) * ((n - 1.0) / (full - 1.0));
  }
};
/// New requests that are prefilled together at most.
double requests_per_chunk(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w);
PrefillCost prefill_cost(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w);
/// Of one request's prefix found in the cache, over the link of every device that holds a part of
/// it, all at once; zero where it lies in device memory.
Time prefix_read(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w);

struct Steady {
  double batch = 0;  // sequences in flight per attention rank
  Time ttft{};       // of a request that finds the engine busy decoding
  Time tpot{};       // with the stalls of other requests' prefill
  Time decode_step{};
  Time prefill{};    // of one request
  Time turn{};       // for which one request's prefill keeps its rank from others' prefills
  double yield = 1;  // tokens per step and sequence
  /// Tokens per second of the engine (all its devices).
  Frequency output_rate{};   // both phases sharing the devices
  Frequency input_rate{};    // at that output rate
  Frequency decode_only{};   // if it only decoded
  Frequency prefill_only{};  // if it only prefilled, in full chunks
};

/// t_d(b) a decode step, t_p(n) a prefill of n requests (as many as finish per step, at least one,
/// at most a chunk):
///
///   tpot = t_d / yield + (b / O) t_p(n)/n * interference / pp
///   ttft = t_p(1) + t_d / 2
///   rate = b O / (ttft + (O - 1) tpot)
///
/// Every request that finishes is replaced by a prefill that stalls the rest; a pipeline of pp
/// stages works on pp prefills at once. A new request waits half a step for the running one. A
/// prefix that is read over a link adds its time to TTFT, and no more requests are turned out than
/// the link brings prefixes for: the others wait.
///
/// Where prefill rides in decode steps (Machine::mixed) each of them takes up to a chunk of new
/// tokens. Let k be the steps that one prompt's tokens take (a part of one where several prompts
/// share it), t_m the time of a step with its chunk:
///
///   tpot = t_d / yield + (b / O) k (t_m - t_d) * interference / pp
///   ttft = k t_m + half a mean step
///
/// so that a prefill costs what it adds to steps that run anyway. Steps cannot all be more than
/// full: from b = O pp / (k yield) on the output rate stands still, and further places wait for
/// prefill. The chunk counts prompt tokens alone; all data-parallel ranks take theirs in the same
/// steps.
Steady steady_state(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w,
                    const PrefillCost& prefill, double accepted, double batch);
/// The same where the time of the decode step is known.
Steady steady_at(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w,
                 const PrefillCost& prefill, double accepted, double batch, Time decode_step);

}  // namespace perfmodel::serving
