// Changes to a chip and its system that could be built: other memory, more dies, another clock, a
// type that the matrix units lack, faster links.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hw/chip.hpp"
#include "hw/memory.hpp"
#include "hw/system.hpp"
#include "spec/outcome.hpp"

namespace perfmodel::hw {

/// A figure times a factor, or another in its place.
template <class Q>
using Change = std::variant<double, Q>;

struct WhatIf {
  std::optional<MemorySwap> memory;
  std::optional<Change<Bandwidth>> memory_bandwidth;
  std::optional<double> link_scale;
  std::optional<int> dies;
  std::optional<Change<Frequency>> clock;
  std::vector<spec::Compute> native;

  bool empty() const;
};

/// "memory=hbm3e:8", "memory-bandwidth=1.5x" or "=4.8 TB/s", "link-scale=2", "dies=4", "clock=1.2x"
/// or "=2 GHz", "native=fp8" (several by ':').
inline constexpr std::array<std::string_view, 6> kWhatIfNames = {
    "memory", "memory-bandwidth", "link-scale", "dies", "clock", "native"};
/// Takes a change from its name and value; what is wrong with it in words, empty if nothing is.
std::string set(WhatIf& what_if, std::string_view name, std::string_view value);
/// The names of changes that are made twice, or that contradict one another: what is wrong in
/// words, empty if nothing is.
std::string contradiction(const WhatIf& what_if);

/// What became of the hardware, and every change in words for the answer.
struct Changed {
  Chip chip;
  System system;
  std::vector<std::string> lines;
};

/// - Memory is exchanged as stacks are: capacity and bandwidth together, no more stacks than the
///   package has places for where that is known (per die, with `dies`).
/// - A clock scales matrix and vector peaks, and the TDP, as dynamic power at one voltage does.
/// - Dies scale everything that is on a die or beside it: peaks, cores, cache, memory, TDP, and the
///   devices where each die is one. Links are the package's and stay.
/// - A native type multiplies in 8 bits at twice, in 4 bits at four times the 16-bit rate.
/// - Links all scale alike, the scale-out network included.
///
/// `memory`: reads a file of memories/, asked only for the kind in the change. Fails where the
/// figure that a change starts from is unknown, or the change cannot be built.
spec::Outcome<Changed> changed(const Chip& chip, const System& system, const WhatIf& what_if,
                               const std::function<Memory(const std::string& kind)>& memory);

}  // namespace perfmodel::hw
