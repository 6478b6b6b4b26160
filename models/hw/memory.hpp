// A memory technology by the stack, so that a chip's memory can be swapped for another.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hw/chip.hpp"

namespace perfmodel::hw {

struct Memory {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  Status status = Status::shipping;
  std::string about;
  spec::Sourced<Bytes> stack_capacity;
  spec::Sourced<Bandwidth> stack_bandwidth;
  std::vector<std::string> notes;
  std::vector<spec::Source> sources;
};

std::optional<Memory> read_memory(const spec::Document& document, spec::Diagnostics& diagnostics);

/// A chip's memory exchanged for so many stacks of a kind, an id of memories/.
struct MemorySwap {
  std::string kind;
  int stacks = 0;
};
/// "hbm3e:8".
std::optional<MemorySwap> parse_memory_swap(std::string_view text);

/// The chip with its memory replaced by `stacks` stacks of `memory`; capacity and bandwidth move
/// together.
Chip with_memory(const Chip& chip, const Memory& memory, int stacks);

}  // namespace perfmodel::hw
