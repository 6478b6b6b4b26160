#include "search/attribution.hpp"

namespace perfmodel::search {

std::optional<Attribution> attribute(
    std::size_t n, const std::function<std::optional<double>(std::size_t made)>& value_after) {
  const std::size_t sets = std::size_t{1} << n;
  // Orders that lead to a set from nothing, and from it to everything, through sets with a value.
  // Numbers of orders stay whole in a double up to 18!.
  std::vector<std::optional<double>> value(sets);
  std::vector<double> from_nothing(sets, 0.0);
  std::vector<double> to_all(sets, 0.0);
  value[0] = value_after(0);
  if (!value[0]) return std::nullopt;
  from_nothing[0] = 1;
  // A set's subsets are smaller numbers, so they come first.
  for (std::size_t set = 1; set < sets; ++set) {
    double orders = 0;
    for (std::size_t i = 0; i < n; ++i)
      if (set >> i & 1U) orders += from_nothing[set ^ (std::size_t{1} << i)];
    if (orders == 0) continue;  // never reached, so never asked for
    value[set] = value_after(set);
    if (value[set]) from_nothing[set] = orders;
  }
  if (!value[sets - 1] || from_nothing[sets - 1] == 0) return std::nullopt;
  to_all[sets - 1] = 1;
  Attribution a;
  a.parts.assign(n, 0.0);
  a.orders = from_nothing[sets - 1];
  a.possible = 1;
  for (std::size_t i = 2; i <= n; ++i) a.possible *= static_cast<double>(i);
  for (std::size_t set = sets - 1; set-- > 0;) {
    if (from_nothing[set] == 0) continue;
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t next = set | (std::size_t{1} << i);
      if (next == set || to_all[next] == 0) continue;
      to_all[set] += to_all[next];
      a.parts[i] += from_nothing[set] * to_all[next] / a.orders * (*value[next] - *value[set]);
    }
  }
  return a;
}

}  // namespace perfmodel::search
