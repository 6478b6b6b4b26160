// A machine that is in part one and in part another: what a comparison of two asks, part by part.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "cost/stack.hpp"
#include "hw/chip.hpp"
#include "hw/family.hpp"
#include "hw/system.hpp"

namespace perfmodel::search {

/// Everything that one system is to the engine.
struct Place {
  hw::Chip chip;
  hw::System system;
  hw::Family family;
  int systems = 1;  // joined by their scale-out
  cost::Stack stack;

  int chips() const { return system.chip_count() * systems; }
};

/// The parts, each whole: together they are all that a deployment's time depends on.
enum class Part : std::uint8_t {
  compute,    // matrix rate in 16 bits, vector rate, cores; of the whole chip
  formats,    // which types the matrix units have, and how their rates stand to that in 16 bits
  bandwidth,  // of the memory, with the cache before it
  capacity,   // of the memory
  links,      // devices of a package, tiers of the scale-up domain, scale-out network
  chips,      // how many: wider groups, fewer weights on each
  software,   // profile, and what the architecture's kernels reach
};
inline constexpr std::size_t kParts = 7;
inline constexpr std::array<std::string_view, kParts> kPartNames = {
    "compute", "formats", "bandwidth", "capacity", "links", "chips", "software"};
constexpr std::string_view name_of(Part p) {
  return kPartNames[static_cast<std::size_t>(p)];
}

/// Bit of a part in a set of parts.
constexpr std::size_t bit(Part p) {
  return std::size_t{1} << static_cast<std::size_t>(p);
}

/// The parts in which the two differ; the others need no exchange.
std::size_t differing(const Place& a, const Place& b);

/// `a` with the parts in the bit set `from_b` taken from `b`. Chips beyond what the links' own
/// system holds are joined by its scale-out network. Empty where there is no such machine: the
/// links have no scale-out to join that many, or a chip has no 16-bit rate for the other's formats
/// to stand to. With no part it is `a`, with all of them it is `b`, as far as time and memory go.
std::optional<Place> exchanged(const Place& a, const Place& b, std::size_t from_b);

/// Rate of the matrix units in 16 bits: BF16, else FP16; nullptr where neither is known.
const spec::Sourced<OpRate>* sixteen_bit_rate(const hw::Chip& chip);

}  // namespace perfmodel::search
