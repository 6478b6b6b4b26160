#include <algorithm>
#include <cstdlib>

#include "spec/diagnostics.hpp"
#include "units/number.hpp"

namespace perfmodel::spec {
namespace {

// Damerau-Levenshtein distance with adjacent transpositions (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, substitution});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  constexpr std::size_t slips = 2;
  const std::size_t most = std::max(slips, word.size() / 3);
  const std::string wanted = lower(word);
  std::string_view best;
  std::size_t best_distance = most + 1;
  for (const auto candidate : candidates) {
    // The difference in length bounds the distance; it also keeps hostile keys of a megabyte cheap.
    const std::size_t shorter = std::min(word.size(), candidate.size());
    const std::size_t longer = std::max(word.size(), candidate.size());
    if (longer - shorter >= best_distance) continue;
    const std::size_t d = distance(wanted, lower(candidate));
    // A word with nothing in common is no slip, however short both are.
    if (d >= best_distance || d >= longer) continue;
    best = candidate;
    best_distance = d;
  }
  return std::string(best);
}

}  // namespace perfmodel::spec
