// Prefill and decode in pools of devices of their own, the caches of requests moved between them.
#pragma once

#include <optional>

#include "serving/engine.hpp"

namespace perfmodel::serving {

/// The slowest link between two pools, by the device, one way.
struct PoolLink {
  Bandwidth bandwidth{};
  Time latency{};
};

/// The outermost link that `devices` devices of a machine meet over; null where its bandwidth is
/// not published.
std::optional<PoolLink> pool_link(const cost::Machine& machine, int devices);

/// The cache of one request as it moves: `request` to all devices of the rank that will decode it
/// (every device of a tensor-parallel group holds a latent cache whole), by the device on either
/// side. All of the input's cache moves, also what a prefix cache held.
struct Transfer {
  Bytes request{};
  Bytes sent{};
  Bytes received{};

  /// Time of `requests` of one prefill rank, its devices sending at once: the fuller side sets the
  /// pace. Nothing of it is taken to hide under the prefill.
  Time time(const PoolLink& link, double requests) const;
};
Transfer cache_transfer(const phase::Plan& prefill, const phase::Plan& decode, const Lengths& w);

/// Prefill of one engine that does nothing else: `together` requests per pass and rank.
struct PrefillState {
  double together = 1;
  Time pass{};
  Time transfer{};
  Time ttft{};       // off-device time, prefixes read, pass and transfer, without queueing
  Frequency rate{};  // requests of the engine: of its passes, or of its links if they are slower
};
PrefillState prefill_at(const phase::Plan& plan, const cost::Machine& machine,
                        const PrefillCost& cost, const Transfer& transfer, const PoolLink& link,
                        double together);
/// As many requests together as a chunk holds and `limit` on the TTFT leaves time for; nothing if
/// even one takes longer.
std::optional<PrefillState> prefill_state(const phase::Plan& plan, const cost::Machine& machine,
                                          const PrefillCost& cost, const Transfer& transfer,
                                          const PoolLink& link, std::optional<Time> limit);

/// Decode of one engine that does nothing else, at `batch` sequences per attention rank. The first
/// token of a request comes with its prefill, so `output_rate` counts it, and the requests per
/// second are batch dp / ((O - 1) tpot). TTFT and the prefill's rates are left zero.
Steady decode_state(const phase::Plan& plan, const cost::Machine& machine, const Lengths& w,
                    double accepted, double batch);

}  // namespace perfmodel::serving
