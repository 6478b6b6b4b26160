// Rows by their keys, as text for a reader.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "diff/join.hpp"

namespace perfmodel::diff {

struct Tables {
  Table before, now;
};

class Keys {
 public:
  Keys(const Layout& layout, std::vector<std::size_t> columns, const Tables& tables,
       const Words& words);

  const Layout& layout() const { return layout_; }
  const std::vector<std::size_t>& columns() const { return columns_; }
  /// "chip=h100, llm=llama" of the columns that are not the same in all rows of both files; the
  /// value alone where that is one column.
  std::string text(const Table& t, std::uint32_t row) const;
  /// Of all key columns.
  std::string full_text(const Table& t, std::uint32_t row) const;
  /// By the values of the key columns, one after the other, as text.
  bool less(const Table& a, std::uint32_t row_a, const Table& b, std::uint32_t row_b) const;
  /// Columns outside the key in which two rows of a table differ.
  std::vector<std::string> differing(const Table& t, std::uint32_t a, std::uint32_t b) const;

 private:
  std::string joined(const Table& t, std::uint32_t row,
                     const std::vector<std::size_t>& columns) const;

  const Layout& layout_;
  std::vector<std::size_t> columns_;
  std::vector<std::size_t> varying_;
  const Words& words_;
};

/// The `most` items with the smallest keys, in order; `row_of` gives the row of an item in `t`.
template <class Item, class RowOf>
std::vector<Item> first_by_key(std::vector<Item> items, std::size_t most, const Keys& keys,
                               const Table& t, RowOf row_of) {
  const auto end = items.begin() + static_cast<std::ptrdiff_t>(std::min(most, items.size()));
  std::partial_sort(items.begin(), end, items.end(), [&](const Item& a, const Item& b) {
    return keys.less(t, std::invoke(row_of, a), t, std::invoke(row_of, b));
  });
  items.erase(end, items.end());
  return items;
}

}  // namespace perfmodel::diff
