#include "diff/rank_test.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace perfmodel::diff {
namespace {

/// Counts of the exact distribution stay below 2^53 up to here (C(50, 25) = 1.3e14), so that they
/// are whole in a double.
constexpr std::size_t kExactValues = 50;

/// How many of the orders of n_a + n_b values have U = 0, 1, ..., n_a n_b: the coefficients of the
/// Gaussian binomial, made factor by factor as prod (1 - q^(n_b + i)) / (1 - q^i).
std::vector<double> orders_by_u(std::size_t n_a, std::size_t n_b) {
  std::vector<double> count(n_a * n_b + 1, 0.0);
  count[0] = 1;
  for (std::size_t i = 1; i <= n_a; ++i) {
    for (std::size_t u = count.size(); u-- > n_b + i;) count[u] -= count[u - n_b - i];
    for (std::size_t u = i; u < count.size(); ++u) count[u] += count[u - i];
  }
  return count;
}

/// Probability of U <= u.
double exact_tail(std::size_t n_a, std::size_t n_b, double u) {
  const auto count = orders_by_u(n_a, n_b);
  double below = 0, all = 0;
  for (std::size_t i = 0; i < count.size(); ++i) {
    all += count[i];
    if (static_cast<double>(i) <= u) below += count[i];
  }
  return below / all;
}

struct Value {
  double value;
  bool of_b;
};

}  // namespace

RankTest rank_test(std::span<const double> a, std::span<const double> b) {
  RankTest t;
  if (a.empty() || b.empty()) return t;
  std::vector<Value> all;
  for (const double v : a) all.push_back({v, false});
  for (const double v : b) all.push_back({v, true});
  std::sort(all.begin(), all.end(),
            [](const Value& x, const Value& y) { return x.value < y.value; });
  const auto n_a = static_cast<double>(a.size());
  const auto n_b = static_cast<double>(b.size());
  const auto n = n_a + n_b;
  double ranks_of_b = 0;
  double ties = 0;  // sum of t^3 - t over groups of t equal values
  for (std::size_t i = 0; i < all.size();) {
    std::size_t j = i;
    std::size_t of_b = 0;
    while (j < all.size() && all[j].value == all[i].value) of_b += all[j++].of_b ? 1 : 0;
    const auto size = static_cast<double>(j - i);
    ranks_of_b += static_cast<double>(of_b) * (0.5 * static_cast<double>(i + j - 1) + 1.0);
    ties += size * size * size - size;
    i = j;
  }
  t.u = ranks_of_b - n_b * (n_b + 1) / 2;
  t.effect = 2 * t.u / (n_a * n_b) - 1;
  const double less = std::min(t.u, n_a * n_b - t.u);
  t.exact = ties == 0 && all.size() <= kExactValues;
  if (t.exact) {
    t.p = std::min(1.0, 2 * exact_tail(a.size(), b.size(), less));
    return t;
  }
  const double variance = n_a * n_b / 12 * (n + 1 - ties / (n * (n - 1)));
  if (variance <= 0) return t;
  const double z = (n_a * n_b / 2 - less - 0.5) / std::sqrt(variance);
  t.p = std::min(1.0, std::erfc(z / std::numbers::sqrt2));
  return t;
}

double least_p(std::size_t a, std::size_t b) {
  double orders = 1;
  for (std::size_t i = 1; i <= a; ++i)
    orders *= static_cast<double>(b + i) / static_cast<double>(i);
  return std::min(1.0, 2 / orders);
}

}  // namespace perfmodel::diff
