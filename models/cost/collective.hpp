// Time of messages over tiers of links (alpha-beta per tier), by the cheapest algorithm at hand.
#pragma once

#include <array>

#include "cost/lines.hpp"
#include "cost/machine.hpp"
#include "cost/roofline.hpp"
#include "ops/op.hpp"

namespace perfmodel::cost {

/// A group of devices as a hierarchy: at level i, `fan` subgroups of the level below meet over link
/// `link`.
struct Route {
  struct Level {
    std::size_t link = 0;
    double fan = 1;
  };
  std::array<Level, kMaxLinks> levels{};
  std::size_t count = 0;
  double size = 1;

  bool alone() const { return size <= 1; }
};

/// Route of a group of `size` devices that are `stride` apart in the numbering. A level that the
/// group does not cross is left out, so a group inside one node never pays the network.
Route make_route(const Machine& m, double size, double stride);

/// The innermost link on `r` whose bandwidth nobody published, or kMaxLinks.
std::size_t unknown_link(const Machine& m, const Route& r);

/// Whose kernels run: the vendor's library, or the better of it and of serving software's own.
enum class Provider : std::uint8_t { any, library };

/// Full buffer of `bytes` on each device, summed on all of them. The cheapest of: ring and tree
/// over the whole group at the slowest link; direct exchange; reduction in the switch; and
/// two-level (scatter inside, reduce across, gather inside). The library starts later than kernels
/// of the software's own and takes more steps, and has the pipelines for large buffers.
Time all_reduce(const Machine& m, const Route& r, Bytes bytes, Provider provider = Provider::any);
/// `bytes` is the gathered size (for reduce-scatter the unreduced size). Ring, direct, or level by
/// level, by the library.
Time all_gather(const Machine& m, const Route& r, Bytes bytes);
/// One message of `bytes` to a device at the far end of the route.
Time send(const Machine& m, const Route& r, Bytes bytes);
/// Time of an all_reduce, all_gather, reduce_scatter or send of x times `per_unit`, for every x.
Lines lines_of(const Machine& m, const Route& r, ops::Pattern pattern, Bytes per_unit);
/// Tokens to their experts: `tokens` from every device, each of `payload` bytes to `fanout` of the
/// experts spread over the group. A token goes once to each distinct destination: over a tier, once
/// to each distinct subgroup beyond it.
Time expert_exchange(const Machine& m, const Route& r, Bytes payload, double tokens, double fanout);

/// What context-parallel ranks exchange is gathered and scattered, queries and results in two
/// rounds of half the bytes each.
inline constexpr double kQueryRounds = 2.0;

/// Any of the above, with the software's floor and overhead.
OpTime time_of_message(const Machine& m, const Route& r, const ops::OpCost& c);

}  // namespace perfmodel::cost
