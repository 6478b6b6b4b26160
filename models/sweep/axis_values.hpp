// The values of one axis out of a file: one, a list, or a range of numbers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/reader.hpp"
#include "sweep/sweep.hpp"

namespace perfmodel::sweep {

/// An axis longer than this is not held in memory as a list.
inline constexpr std::size_t kMaxValues = 1'000'000;

/// A word or a list of words, none twice. `otherwise` stands for an axis that the file leaves out;
/// empty: it has to be there.
std::vector<Word> read_words(spec::MapReader& map, std::string_view key,
                             std::string_view otherwise);

struct NumberRule {
  double min = 0;
  double max = 0;
  bool whole = false;
};
/// A number, a range ({from: 1, to: 256, step: 1} or {from: 1, to: 1024, times: 2}), or a list of
/// both; none twice, in the order of the file. `to` is included where the range meets it.
std::vector<double> read_numbers(spec::MapReader& map, std::string_view key, const NumberRule& rule,
                                 std::vector<double> otherwise);

}  // namespace perfmodel::sweep
