#include "fleet/allocate.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "fleet/integer_program.hpp"

namespace perfmodel::fleet {
namespace {

using Sizes = std::set<std::int64_t>;

Sizes sizes_of(const Problem& p, std::size_t stock) {
  Sizes sizes;
  for (const auto& b : p.blocks)
    if (b.stock == stock) sizes.insert(b.chips);
  return sizes;
}

void check_sizes(const Sizes& sizes, std::int64_t system) {
  std::int64_t below = 1;
  for (const auto s : sizes) {
    const bool fits = s <= system ? system % s == 0 : s % system == 0;
    if (s < 1 || s % below != 0 || !fits)
      throw std::logic_error("sizes of blocks do not divide each other and their system");
    below = s;
  }
}

/// Weights between 1 and a million that look random (the finaliser of SplitMix64): sums of few of
/// them hardly ever agree, which is what breaks ties.
double weight_of(std::size_t i) {
  std::uint64_t z = (static_cast<std::uint64_t>(i) + 1) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  constexpr std::uint64_t kMost = 1'000'000;
  return static_cast<double>(1 + (z ^ (z >> 31U)) % kMost);
}

/// The programme of a problem: columns for blocks, then for the parts served of each demand.
class Formulation {
 public:
  explicit Formulation(const Problem& problem) : p_(problem) {
    for (const auto& b : p_.blocks) blocks_.push_back(program_.add_column(most_of(b)));
    for (std::size_t d = 0; d < p_.priorities.size(); ++d) serve(d);
    for (std::size_t s = 0; s < p_.stocks.size(); ++s) hold(s);
  }

  /// Makes the sum of the terms least and keeps it there.
  bool settle(const Terms& terms) {
    if (terms.empty()) return true;
    auto found = program_.least(terms);
    if (!found) return false;
    last_ = std::move(*found);
    double sum = 0;
    for (const auto& t : terms) sum += t.factor * static_cast<double>(last_[t.column]);
    program_.add_row_at_most(terms, sum);
    return true;
  }

  /// The parts of one priority; less is more served.
  Terms unserved(int priority) const {
    Terms terms;
    for (std::size_t d = 0; d < served_.size(); ++d)
      if (p_.priorities[d] == priority) terms.push_back({served_[d], -1});
    return terms;
  }

  template <class Factor>
  Terms over_blocks(Factor factor) const {
    Terms terms;
    for (std::size_t b = 0; b < blocks_.size(); ++b) terms.push_back({blocks_[b], factor(b)});
    return terms;
  }

  std::vector<std::int64_t> blocks() const {
    return {last_.begin(), last_.begin() + static_cast<std::ptrdiff_t>(blocks_.size())};
  }

 private:
  /// As many as there are chips for, and as serve all of the demand.
  std::int64_t most_of(const Block& b) const {
    const auto room = p_.stocks[b.stock].chips / b.chips;
    return b.parts < 1 ? 0 : std::min(room, (kParts + b.parts - 1) / b.parts);
  }

  void serve(std::size_t demand) {
    served_.push_back(program_.add_column(kParts));
    Terms terms = {{served_.back(), -1}};
    for (std::size_t b = 0; b < blocks_.size(); ++b)
      if (p_.blocks[b].demand == demand)
        terms.push_back({blocks_[b], static_cast<double>(std::min(p_.blocks[b].parts, kParts))});
    program_.add_row_at_least(std::move(terms), 0);
  }

  void hold(std::size_t stock) {
    const auto& s = p_.stocks[stock];
    const auto sizes = sizes_of(p_, stock);
    check_sizes(sizes, s.system);
    std::int64_t bound_below = -1;
    for (auto size : sizes) {
      // Systems join in any number.
      size = std::min(size, s.system);
      const auto bound = s.chips / size * size;
      if (bound == bound_below) continue;  // said by the row of smaller ones
      bound_below = bound;
      Terms terms;
      for (std::size_t b = 0; b < blocks_.size(); ++b)
        if (p_.blocks[b].stock == stock && p_.blocks[b].chips >= size)
          terms.push_back({blocks_[b], static_cast<double>(p_.blocks[b].chips)});
      program_.add_row_at_most(std::move(terms), static_cast<double>(bound));
    }
  }

  const Problem& p_;
  IntegerProgram program_;
  std::vector<std::size_t> blocks_, served_;
  std::vector<std::int64_t> last_;
};

}  // namespace

std::optional<Allocation> allocate(const Problem& problem) {
  Formulation f(problem);
  const std::set<int> priorities(problem.priorities.begin(), problem.priorities.end());
  for (const int priority : priorities)
    if (!f.settle(f.unserved(priority))) return std::nullopt;
  std::set<Objective> settled;
  for (const auto o : {problem.objective, Objective::chips}) {
    if (!settled.insert(o).second) continue;
    const auto spent_by = [&](std::size_t b) {
      return static_cast<double>(problem.blocks[b].spent[index(o)]);
    };
    if (!f.settle(f.over_blocks(spent_by))) return std::nullopt;
  }
  if (!f.settle(f.over_blocks(weight_of))) return std::nullopt;
  Allocation a;
  a.blocks = f.blocks();
  a.served = served_by(problem, a.blocks);
  return a;
}

std::vector<std::int64_t> served_by(const Problem& problem,
                                    const std::vector<std::int64_t>& blocks) {
  std::vector<std::int64_t> served(problem.priorities.size());
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    auto& s = served[problem.blocks[b].demand];
    s = std::min(kParts, s + problem.blocks[b].parts * blocks[b]);
  }
  return served;
}

std::int64_t used(const Problem& problem, const std::vector<std::int64_t>& blocks,
                  std::size_t stock) {
  std::int64_t n = 0;
  for (std::size_t b = 0; b < blocks.size(); ++b)
    if (problem.blocks[b].stock == stock) n += problem.blocks[b].chips * blocks[b];
  return n;
}

std::int64_t spent(const Problem& problem, const std::vector<std::int64_t>& blocks, Objective o) {
  std::int64_t n = 0;
  for (std::size_t b = 0; b < blocks.size(); ++b)
    n += problem.blocks[b].spent[index(o)] * blocks[b];
  return n;
}

std::vector<std::int64_t> block_sizes(std::int64_t system, std::int64_t most_systems) {
  std::vector<std::int64_t> sizes;
  for (std::int64_t s = 1; s < system && system % s == 0; s *= 2) sizes.push_back(s);
  for (std::int64_t k = 1; k <= most_systems; k *= 2) sizes.push_back(k * system);
  return sizes;
}

}  // namespace perfmodel::fleet
