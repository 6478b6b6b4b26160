// Which chips serve what: the integer programme, without anything of how its numbers come about.
//
// Chips are given to demands in blocks. A block is a whole number of chips of one kind that serve
// one demand as one deployment. Blocks of a kind have sizes that divide each other and, up to the
// chips of one system, divide that too; larger ones are whole systems joined. Then any mix of
// blocks whose chips fit in sum also fits block by block (largest first), and one row for each
// size is all that the inventory needs: with T chips in systems of C,
//
//   sum over blocks of at least s chips of (chips of the block) <= s floor(T / s)   for s <= C.
//
// A demand is counted in kParts equal parts, a block serves so many whole ones of them. Solved in
// turn, each step keeping what the ones before it reached:
//   1. for each priority, first to last: most parts served, of all demands of that priority
//      together;
//   2. least of what the objective counts (chips, power or cost);
//   3. fewest chips;
//   4. least of a weight of its own for each kind of block, so that one answer is left.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace perfmodel::fleet {

enum class Objective : std::uint8_t { chips, power, cost };
inline constexpr std::array<std::string_view, 3> kObjectiveNames = {"chips", "power", "cost"};
constexpr std::size_t index(Objective o) {
  return static_cast<std::size_t>(o);
}
constexpr std::string_view name_of(Objective o) {
  return kObjectiveNames[index(o)];
}

/// What a demand is counted in.
inline constexpr std::int64_t kParts = 1'000'000;

/// Chips of one kind; those that training took are not among them.
struct Stock {
  std::int64_t chips = 0;
  std::int64_t system = 1;  // chips of one system
};

/// One way to serve a demand.
struct Block {
  std::size_t stock = 0;
  std::size_t demand = 0;
  std::int64_t chips = 1;
  std::int64_t parts = 0;  // of the demand; above kParts where one block serves more than all of it
  /// By Objective, in whole units of its own; chips again, power and cost where they are known.
  std::array<std::int64_t, 3> spent{};
};

struct Allocation {
  std::vector<std::int64_t> blocks;  // by Problem::blocks
  std::vector<std::int64_t> served;  // by demand, parts, at most kParts
};

struct Problem {
  std::vector<Stock> stocks;
  std::vector<int> priorities;  // by demand; 1 comes first
  std::vector<Block> blocks;
  Objective objective = Objective::chips;
};

/// Empty where the solver could not prove its answer within its limits. Throws std::logic_error
/// for blocks that break what is said of their sizes above.
std::optional<Allocation> allocate(const Problem& problem);

/// Parts of each demand that `blocks` serve.
std::vector<std::int64_t> served_by(const Problem& problem,
                                    const std::vector<std::int64_t>& blocks);
/// Chips of a stock in use.
std::int64_t used(const Problem& problem, const std::vector<std::int64_t>& blocks,
                  std::size_t stock);
/// What the blocks spend.
std::int64_t spent(const Problem& problem, const std::vector<std::int64_t>& blocks, Objective o);

/// Sizes of blocks in systems of `system` chips, `most_systems` joined at most: powers of two that
/// divide a system, a system, and whole systems by powers of two.
std::vector<std::int64_t> block_sizes(std::int64_t system, std::int64_t most_systems);

}  // namespace perfmodel::fleet
