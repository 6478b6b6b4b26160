#include "diff/join.hpp"

#include <algorithm>
#include <bit>

namespace perfmodel::diff {
namespace {

/// A step of splitmix64 (S. Vigna, public domain): spreads consecutive numbers of words.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

}  // namespace

Index::Index(const Table& table, const std::vector<std::size_t>& keys)
    : table_(table), keys_(keys), next_(table.rows(), kNone) {
  slots_.assign(std::bit_ceil(2 * table.rows() + 1), kNone);
  for (std::uint32_t row = 0; row < table.rows(); ++row) {
    auto& slot = slots_[slot_of(table, row)];
    if (slot == kNone) {
      slot = row;
      firsts_.push_back(row);
    } else {
      next_[row] = next_[slot];
      next_[slot] = row;
      repeats_.push_back({slot, row});
    }
  }
}

std::size_t Index::slot_of(const Table& other, std::uint32_t row) const {
  std::uint64_t hash = 0;
  for (const auto k : keys_) hash = mixed(hash ^ other.columns[k].words[row]);
  const auto same = [&](std::uint32_t mine) {
    return std::all_of(keys_.begin(), keys_.end(), [&](std::size_t k) {
      return table_.columns[k].words[mine] == other.columns[k].words[row];
    });
  };
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at] != kNone && !same(slots_[at])) at = (at + 1) & mask;
  return at;
}

std::uint32_t Index::find(const Table& other, std::uint32_t row) const {
  return slots_[slot_of(other, row)];
}

Join join(const Table& before, const Index& index_before, const Table& now,
          const Index& index_now) {
  Join j;
  for (const auto row : index_before.firsts()) {
    const auto other = index_now.find(before, row);
    if (other == Index::kNone)
      j.only_old.push_back(row);
    else
      j.both.push_back({row, other});
  }
  for (const auto row : index_now.firsts())
    if (index_before.find(now, row) == Index::kNone) j.only_new.push_back(row);
  return j;
}

}  // namespace perfmodel::diff
