// Result files in memory: column by column, text by number, so that a million rows take some tens
// of megabytes.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "diff/layout.hpp"
#include "diff/source.hpp"

namespace perfmodel::diff {

/// Each text once. Equal texts have equal numbers, in both files.
class Words {
 public:
  std::uint32_t number_of(std::string_view text);
  const std::string& text(std::uint32_t number) const { return texts_[number]; }
  std::size_t size() const { return texts_.size(); }

 private:
  std::deque<std::string> texts_;  // elements stay where they are
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

/// What stands in a cell of a metric.
enum class State : std::uint8_t { number, empty, nan, inf, minus_inf };
std::string_view name_of(State s);

/// A column; a metric has values and states, all others have words.
struct Cells {
  std::vector<std::uint32_t> words;
  std::vector<double> values;
  std::vector<State> states;
};

struct Table {
  std::string file;
  std::vector<int> lines;      // of the rows
  std::vector<Cells> columns;  // as Layout::columns

  std::size_t rows() const { return lines.size(); }
};

/// The second pass over a source whose survey found no problem.
Table load(const Source& source, const Survey& survey, const Layout& layout, Words& words);

}  // namespace perfmodel::diff
