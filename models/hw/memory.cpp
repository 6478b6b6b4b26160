#include "hw/memory.hpp"

#include "hw/grades.hpp"
#include "spec/config_file.hpp"
#include "units/number.hpp"

namespace perfmodel::hw {

using spec::Need;

std::optional<Memory> read_memory(const spec::Document& document, spec::Diagnostics& diagnostics) {
  spec::ConfigFile file(document, "memory", diagnostics);
  auto& root = file.root();
  auto m = file.begin<Memory>();
  m.status =
      root.choice<Status>("status", Need::required, status_options()).value_or(Status::shipping);
  m.about = root.text("about", Need::optional).value_or("");
  if (auto stack = root.map("stack", Need::required)) {
    if (auto f = stack->figure<Bytes>("capacity", Need::required, {.prefixes = Prefixes::either}))
      m.stack_capacity = *f;
    if (auto f = stack->figure<Bandwidth>("bandwidth", Need::required)) m.stack_bandwidth = *f;
    stack->finish();
  }
  check_grades(file.context(), m.status);
  return file.end(std::move(m));
}

namespace {

constexpr int kMaxStacks = 64;

template <class Q>
spec::Sourced<Q> scaled(spec::Sourced<Q> f, double factor) {
  f.value *= factor;
  f.low *= factor;
  f.high *= factor;
  f.overridden = true;
  f.claims.clear();  // are of one stack
  return f;
}

}  // namespace

std::optional<MemorySwap> parse_memory_swap(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const int stacks = entire_number<int>(text.substr(colon + 1)).value_or(0);
  if (stacks < 1 || stacks > kMaxStacks) return std::nullopt;
  return MemorySwap{std::string(text.substr(0, colon)), stacks};
}

Chip with_memory(const Chip& chip, const Memory& memory, int stacks) {
  Chip c = chip;
  c.memory_kind = memory.id;
  c.memory_stacks = stacks;
  c.memory_capacity = scaled(memory.stack_capacity, stacks);
  c.memory_bandwidth = scaled(memory.stack_bandwidth, stacks);
  return c;
}

}  // namespace perfmodel::hw
