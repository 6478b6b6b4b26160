#include "cost/collective.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace perfmodel::cost {
namespace {

/// What one device can send when it talks to `peers` others over this link at once. In a mesh only
/// the wires towards those peers are of use.
Bandwidth egress(const Link& l, double peers, double below) {
  if (l.shape != hw::Shape::mesh) return l.bandwidth;
  const double neighbours = l.extent / below - 1.0;
  if (neighbours <= 0) return l.bandwidth;
  return l.bandwidth * std::min(1.0, peers / neighbours);
}

/// Rings and tori carry all-to-all traffic through their bisection: with one-way bandwidth b per
/// device a ring of n gives 4b/n, a two-dimensional torus 2b/sqrt(n).
Bandwidth all_to_all_egress(const Link& l, double fan, double below) {
  const auto b = egress(l, fan - 1.0, below);
  if (l.shape == hw::Shape::ring) return b * std::min(1.0, 4.0 / fan);
  if (l.shape == hw::Shape::torus) return b * std::min(1.0, 2.0 / std::sqrt(fan));
  return b;
}

struct Wire {
  Bandwidth bandwidth{};
  Time latency{};
};

/// Devices below a level, as the mesh formula needs them.
double devices_below(const Machine& m, const Route& r, std::size_t level) {
  const auto link = r.levels[level].link;
  return link == 0 ? 1.0 : m.links[link - 1].extent;
}

Wire wire(const Machine& m, const Route& r, std::size_t level) {
  const auto& l = m.links[r.levels[level].link];
  return {egress(l, r.levels[level].fan - 1.0, devices_below(m, r, level)), l.latency};
}

/// What a formula below gives for a buffer of B: a time for bytes, the lines of one (lines.hpp) for
/// an amount that is open.
template <class B>
using TimeOf = std::conditional_t<std::is_same_v<B, Bytes>, Time, Lines>;

/// Part of a buffer that leaves or enters each of `fan` devices in half an all-reduce.
template <class B>
TimeOf<B> half_wire(const Wire& w, double fan, B bytes, double share) {
  return bytes * ((fan - 1.0) / fan) / (w.bandwidth * share);
}
template <class B>
TimeOf<B> ring_half(const Wire& w, double fan, B bytes, double share) {
  return half_wire(w, fan, bytes, share) + w.latency * (fan - 1.0);
}
template <class B>
TimeOf<B> direct_half(const Wire& w, double fan, B bytes, double share) {
  return half_wire(w, fan, bytes, share) + w.latency;
}
template <class B>
TimeOf<B> tree(const Wire& w, double fan, B bytes, double share) {
  return bytes * 2.0 / (w.bandwidth * share) + w.latency * (2.0 * std::ceil(std::log2(fan)));
}
/// The switch adds as data passes: each device sends its buffer once and receives the sum once.
template <class B>
TimeOf<B> in_switch(const Wire& w, double fan, B bytes, double share) {
  return bytes * ((fan + 1.0) / fan) / (w.bandwidth * share) + w.latency * 2.0;
}
/// Everybody sends the whole buffer to everybody: one hop, for small buffers.
template <class B>
TimeOf<B> one_shot(const Wire& w, double fan, B bytes, double share) {
  return bytes * (fan - 1.0) / (w.bandwidth * share) + w.latency;
}

bool all_to_all_wired(const Link& l) {
  return l.shape == hw::Shape::switched || l.shape == hw::Shape::mesh;
}

/// Steps of half an all-reduce one after the other. Libraries pass data on in rings, in large
/// groups in trees, whose stages are pairs of steps; a kernel that writes to all peers takes one.
Time steps(const Protocols& p, const Link& l, const Wire& w, double fan) {
  if (!all_to_all_wired(l)) return w.latency * (fan - 1.0);
  const double more = std::min(fan - 1.0, 2.0 * std::ceil(std::log2(fan))) - 1.0;
  return w.latency * (1.0 + p.hop * std::max(0.0, more));
}

/// Gather or scatter by the vendor's library.
template <class B>
TimeOf<B> half(const Protocols& p, const Link& l, const Wire& w, double fan, B bytes) {
  return min(half_wire(w, fan, bytes, p.small), half_wire(w, fan, bytes, p.large) + p.fill) +
         steps(p, l, w, fan);
}

template <class B>
TimeOf<B> library_reduce(const Protocols& p, const Link& l, const Wire& w, double fan, B bytes) {
  const auto small = half_wire(w, fan, bytes, p.small) * 2.0;
  const auto large = half_wire(w, fan, bytes, p.large) * 2.0 + p.fill;
  auto t = min(small, large) + steps(p, l, w, fan) * 2.0;
  t = min(t, tree(w, fan, bytes, p.small) + steps(p, l, w, fan));
  if (l.reduction) t = min(t, in_switch(w, fan, bytes, p.reduce) + p.fill);
  return t;
}

/// Half of an all-reduce by serving software's own kernels.
template <class B>
TimeOf<B> own_half(const Protocols& p, const Link& l, const Wire& w, double fan, B bytes) {
  const auto ring = ring_half(w, fan, bytes, p.direct);
  return all_to_all_wired(l) ? min(ring, direct_half(w, fan, bytes, p.direct)) : ring;
}

template <class B>
TimeOf<B> own_reduce(const Protocols& p, const Link& l, const Wire& w, double fan, B bytes) {
  const auto t = min(tree(w, fan, bytes, p.direct), own_half(p, l, w, fan, bytes) * 2.0 + p.phase);
  return all_to_all_wired(l) ? min(t, one_shot(w, fan, bytes, p.direct)) : t;
}

/// The whole group as one ring or tree, at the pace of its slowest wire.
Wire slowest(const Machine& m, const Route& r) {
  Wire w{Bandwidth::infinity(), Time{}};
  for (std::size_t i = 0; i < r.count; ++i) {
    const auto v = wire(m, r, i);
    w.bandwidth = min(w.bandwidth, v.bandwidth);
    w.latency = max(w.latency, v.latency);
  }
  return w;
}

template <class B>
TimeOf<B> two_level_reduce(const Machine& m, const Route& r, std::size_t level, B bytes,
                           bool library) {
  const auto& l = m.links[r.levels[level].link];
  const auto w = wire(m, r, level);
  const double fan = r.levels[level].fan;
  const auto& p = m.protocols;
  if (level + 1 == r.count)
    return library ? library_reduce(p, l, w, fan, bytes) : own_reduce(p, l, w, fan, bytes);
  // Scatter inside, reduce the parts across, gather inside.
  const auto inside = library ? half(p, l, w, fan, bytes) : own_half(p, l, w, fan, bytes);
  return inside * 2.0 + two_level_reduce(m, r, level + 1, bytes / fan, library);
}

template <class B>
TimeOf<B> reduce(const Machine& m, const Route& r, B bytes, Provider provider) {
  if (r.alone()) return {};
  const auto& p = m.protocols;
  auto t = two_level_reduce(m, r, 0, bytes, true);
  if (r.count > 1) {
    const auto w = slowest(m, r);
    t = min(t, min(ring_half(w, r.size, bytes, p.large) * 2.0 + p.fill,
                   tree(w, r.size, bytes, p.small)));
  }
  t += p.library;
  return provider == Provider::library ? t : min(t, two_level_reduce(m, r, 0, bytes, false));
}

template <class B>
TimeOf<B> gather(const Machine& m, const Route& r, B bytes) {
  if (r.alone()) return {};
  // Level by level from the outside: each device fetches the parts of its peers across, then shares
  // them inside, where the buffer has its full size.
  TimeOf<B> t{};
  B part = bytes;
  for (std::size_t i = 0; i < r.count; ++i) {
    const auto& level = r.levels[i];
    t += half(m.protocols, m.links[level.link], wire(m, r, i), level.fan, part);
    part /= level.fan;
  }
  if (r.count > 1)
    t = min(t, ring_half(slowest(m, r), r.size, bytes, m.protocols.large) + m.protocols.fill);
  return t + m.protocols.library;
}

template <class B>
TimeOf<B> send_far(const Machine& m, const Route& r, B bytes) {
  if (r.alone()) return {};
  const auto& l = m.links[r.levels[r.count - 1].link];
  const auto b = egress(l, 1.0, devices_below(m, r, r.count - 1));
  return bytes / (b * m.protocols.large) + l.latency;
}

OpTime in_rounds(const Machine& m, const Route& r, Bytes bytes, double rounds) {
  OpTime t;
  t.link = gather(m, r, bytes / rounds) * rounds;
  t.overhead = m.collective * rounds;
  t.total = t.link + t.overhead;
  return t;
}

/// The cache or the queries (ops::Message), whichever takes less.
OpTime context_exchange(const Machine& m, const Route& r, const ops::Message& msg) {
  const auto cache = in_rounds(m, r, msg.bytes, 1.0);
  if (msg.queries.base() <= 0) return cache;
  const auto queries = in_rounds(m, r, msg.queries, kQueryRounds);
  return msg.bytes.base() <= 0 || queries.total < cache.total ? queries : cache;
}

Bound bound_of(const OpTime& t) {
  return t.link > t.overhead ? Bound::link : Bound::overhead;
}

}  // namespace

Route make_route(const Machine& m, double size, double stride) {
  Route r;
  r.size = size;
  double inside = 1.0;
  for (std::size_t i = 0; i < m.link_count && inside < size; ++i) {
    const double reach = std::clamp(std::floor(m.links[i].extent / stride), 1.0, size);
    if (reach <= inside) continue;
    r.levels[r.count++] = {i, reach / inside};
    inside = reach;
  }
  return r;
}

std::size_t unknown_link(const Machine& m, const Route& r) {
  for (std::size_t i = 0; i < r.count; ++i)
    if (!m.links[r.levels[i].link].known) return r.levels[i].link;
  return kMaxLinks;
}

Time all_reduce(const Machine& m, const Route& r, Bytes bytes, Provider provider) {
  return reduce(m, r, bytes, provider);
}

Time all_gather(const Machine& m, const Route& r, Bytes bytes) {
  return gather(m, r, bytes);
}

Time send(const Machine& m, const Route& r, Bytes bytes) {
  return send_far(m, r, bytes);
}

Lines lines_of(const Machine& m, const Route& r, ops::Pattern pattern, Bytes per_unit) {
  const Amount amount{per_unit};
  if (pattern == ops::Pattern::all_reduce) return reduce(m, r, amount, Provider::any);
  return pattern == ops::Pattern::send ? send_far(m, r, amount) : gather(m, r, amount);
}

Time expert_exchange(const Machine& m, const Route& r, Bytes payload, double tokens,
                     double fanout) {
  if (r.alone()) return {};
  // remote(n): expected distinct destinations other than its own among n equal parts of the group.
  const auto remote = [&](double parts) {
    if (parts <= 1.0) return 0.0;
    return -(parts - 1.0) * std::expm1(fanout * std::log1p(-1.0 / parts));
  };
  Time wires{};
  Time latency{};
  double inside = 1.0;
  for (std::size_t i = 0; i < r.count; ++i) {
    const auto& level = r.levels[i];
    const auto& l = m.links[level.link];
    // One copy crosses to every distinct subgroup beyond this level; the rest of the distinct
    // destinations is reached from there over this level's wires.
    const double sent = remote(r.size / inside) - remote(r.size / (inside * level.fan));
    const auto b = all_to_all_egress(l, level.fan, devices_below(m, r, i));
    const Time t = payload * (tokens * sent) / (b * m.protocols.large);
    wires =
        m.quantise ? wires + t : max(wires, t);  // an ideal machine keeps all tiers busy at once
    latency = max(latency, l.latency);
    inside *= level.fan;
  }
  return wires + latency;
}

OpTime time_of_message(const Machine& m, const Route& r, const ops::OpCost& c) {
  OpTime t;
  if (r.alone()) return t;
  const auto& msg = c.message;
  switch (msg.pattern) {
    case ops::Pattern::none:
      return t;
    case ops::Pattern::all_reduce:
      t.link = all_reduce(m, r, msg.bytes);
      break;
    case ops::Pattern::all_gather:
    case ops::Pattern::reduce_scatter:
      t.link = all_gather(m, r, msg.bytes);
      break;
    case ops::Pattern::send:
      t.link = send(m, r, msg.bytes);
      break;
    case ops::Pattern::dispatch:
    case ops::Pattern::combine:
      // The busiest rank's messages set the pace; a hop takes no longer for being popular.
      t.link = expert_exchange(
          m, r, msg.bytes, msg.tokens * hottest_rank(m, c.expert_load, c.expert_ranks), msg.fanout);
      break;
    case ops::Pattern::context:
      t = context_exchange(m, r, msg);
      t.bound = bound_of(t);
      return t;
  }
  t.overhead = m.collective;
  if (msg.pattern == ops::Pattern::dispatch) t.overhead = m.dispatch;
  if (msg.pattern == ops::Pattern::combine) t.overhead = m.combine;
  t.total = t.link + t.overhead;
  t.bound = bound_of(t);
  return t;
}

}  // namespace perfmodel::cost
