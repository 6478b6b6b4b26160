// Which row of one table stands for which of the other.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "diff/table.hpp"

namespace perfmodel::diff {

/// Rows of a table by their key columns.
class Index {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  Index(const Table& table, const std::vector<std::size_t>& keys);

  /// The first row of `table` with the key of row `row` of `other`, or kNone.
  std::uint32_t find(const Table& other, std::uint32_t row) const;
  /// The next row with the same key, or kNone.
  std::uint32_t next(std::uint32_t row) const { return next_[row]; }
  /// First rows of their keys, in the order of the file.
  const std::vector<std::uint32_t>& firsts() const { return firsts_; }
  /// Rows whose key another row had before, each with the first one of it.
  struct Repeat {
    std::uint32_t first, row;
  };
  const std::vector<Repeat>& repeats() const { return repeats_; }

 private:
  std::size_t slot_of(const Table& other, std::uint32_t row) const;

  const Table& table_;
  const std::vector<std::size_t>& keys_;
  std::vector<std::uint32_t> slots_;  // open addressing; a power of two
  std::vector<std::uint32_t> next_;
  std::vector<std::uint32_t> firsts_;
  std::vector<Repeat> repeats_;
};

struct Pair {
  std::uint32_t before, now;  // first rows of their key
};

struct Join {
  std::vector<Pair> both;
  std::vector<std::uint32_t> only_old, only_new;
};
Join join(const Table& before, const Index& index_before, const Table& now, const Index& index_now);

}  // namespace perfmodel::diff
