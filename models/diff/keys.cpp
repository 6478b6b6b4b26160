#include "diff/keys.hpp"

#include "units/number.hpp"

namespace perfmodel::diff {

Keys::Keys(const Layout& layout, std::vector<std::size_t> columns, const Tables& tables,
           const Words& words)
    : layout_(layout), columns_(std::move(columns)), words_(words) {
  for (const auto c : columns_) {
    const auto& first = tables.before.columns[c].words;
    const auto differs = [&](std::uint32_t w) { return w != first.front(); };
    const auto& other = tables.now.columns[c].words;
    if (std::any_of(first.begin(), first.end(), differs) ||
        std::any_of(other.begin(), other.end(), differs))
      varying_.push_back(c);
  }
  if (varying_.empty()) varying_.push_back(columns_.front());
}

std::string Keys::joined(const Table& t, std::uint32_t row,
                         const std::vector<std::size_t>& columns) const {
  std::string s;
  for (const auto c : columns) {
    const auto& value = words_.text(t.columns[c].words[row]);
    if (columns.size() == 1) return printable(value);
    if (value.empty()) continue;
    if (!s.empty()) s += ", ";
    s += printable(layout_.columns[c].name) + "=" + printable(value);
  }
  return s;
}

std::string Keys::text(const Table& t, std::uint32_t row) const {
  return joined(t, row, varying_);
}

std::string Keys::full_text(const Table& t, std::uint32_t row) const {
  return joined(t, row, columns_);
}

bool Keys::less(const Table& a, std::uint32_t row_a, const Table& b, std::uint32_t row_b) const {
  for (const auto c : columns_) {
    const auto x = a.columns[c].words[row_a];
    const auto y = b.columns[c].words[row_b];
    if (x != y) return words_.text(x) < words_.text(y);
  }
  return false;
}

std::vector<std::string> Keys::differing(const Table& t, std::uint32_t a, std::uint32_t b) const {
  std::vector<std::string> names;
  for (std::size_t c = 0; c < layout_.columns.size(); ++c) {
    const auto& cells = t.columns[c];
    const bool differ = cells.values.empty() ? cells.words[a] != cells.words[b]
                                             : cells.states[a] != cells.states[b] ||
                                                   (cells.states[a] == State::number &&
                                                    cells.values[a] != cells.values[b]);
    if (differ) names.push_back(layout_.columns[c].name);
  }
  return names;
}

}  // namespace perfmodel::diff
