// How much each of several changes contributes to the difference between two values.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace perfmodel::search {

/// What the changes contribute; the sum is the whole difference, to rounding.
struct Attribution {
  std::vector<double> parts;
  double orders = 0;    // in which the changes can follow each other
  double possible = 0;  // n!
};

/// Shapley values: the mean, over the orders in which `n` changes can be made one after the other,
/// of what each adds when its turn comes (L. S. Shapley, "A value for n-person games", 1953). It is
/// the one division that adds up, is the same for changes that do the same, gives nothing to a
/// change that never does anything, and is reversed when the two ends change places. Interactions
/// (bandwidth that is worth something only with compute to use it) are thereby shared evenly among
/// those who interact.
///
/// `value_after(made)` is the value with the changes in the bit set `made`, empty where there is
/// none (a machine that cannot serve). Orders that pass through such a state do not count: the mean
/// is over those that do not, and still adds up, since each of them leads from one end to the
/// other. Empty if an end has no value, or no order is left. Calls `value_after` at most once for
/// each set, 2^n times in all; n is at most 16.
std::optional<Attribution> attribute(
    std::size_t n, const std::function<std::optional<double>(std::size_t made)>& value_after);

}  // namespace perfmodel::search
