// An engine below saturation: latencies as functions of the rate at which requests arrive.
#pragma once

#include "serving/disaggregated.hpp"
#include "serving/engine.hpp"
#include "spec/outcome.hpp"

namespace perfmodel::serving {

/// Engines of one kind under requests that arrive at random.
struct Loaded {
  Steady steady;            // of one engine, at the batch that the load fills; TTFT with the waits
  Time queue{};             // before prefill, and for a place in the batch, within TTFT
  double prefill_busy = 0;  // share of the time that prefill takes of the devices, or of its pool
  double places_busy = 0;   // share of the places in the batch that are taken
};

/// `engines` equal ones, each with places for `largest` sequences per attention rank, share
/// requests of `rate` in all. Every request goes to the rank that is least busy.
///
/// The batch b is the one at which the engine turns out what arrives (Little's law on the steady
/// state: b dp = rate * life). Before its prefill a request waits as in M/G/c over the ranks, the
/// work of one being t_p; for a place in the batch as in M/G/c over the places. What is assumed:
/// arrivals are Poisson, both services vary as the lengths do (M/D/c where these are all the same),
/// the waits add; prefixes that are read wait for their rank's link likewise. Infeasible where the load is
/// more than the engines can turn out: no latency holds there.
spec::Outcome<Loaded> at_load(const phase::Plan& plan, const cost::Machine& machine,
                              const Lengths& w, double accepted, double largest, int engines,
                              Frequency rate);

/// The same for two pools: `prefill` is a state of one of `prefill_engines`.
spec::Outcome<Loaded> at_load(const phase::Plan& decode, const cost::Machine& machine,
                              const Lengths& w, double accepted, double largest, int engines,
                              const PrefillState& prefill, int prefill_engines,
                              const phase::Plan& prefill_plan, Frequency rate);

}  // namespace perfmodel::serving
