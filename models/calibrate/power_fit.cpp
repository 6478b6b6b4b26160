#include "calibrate/power_fit.hpp"

#include <algorithm>
#include <cmath>

namespace perfmodel::calibrate {
namespace {

constexpr double kZ95 = 1.959963984540054;
constexpr double kHuber = 2.0;        // deviations beyond which a row counts by its distance alone
constexpr double kToNormal = 1.4826;  // of the median of absolute errors to a deviation
constexpr int kRounds = 50, kSweeps = 2000;

/// One row of a linear problem: sum of x_j c_j should be 1, in relative terms.
using Row = std::vector<double>;

double dot(const Row& x, const Row& c) {
  double s = 0;
  for (std::size_t j = 0; j < c.size(); ++j) s += x[j] * c[j];
  return s;
}

struct Solution {
  Row value;
  Row deviation;
};

/// Weighted least squares with no coefficient below zero, one coordinate after the other; the
/// problem is convex, so that the order does not matter.
Row non_negative(const std::vector<Row>& x, const Row& y, const Row& weight, Row c) {
  const std::size_t n = c.size();
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    double moved = 0;
    for (std::size_t j = 0; j < n; ++j) {
      double up = 0;
      double curvature = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        up += weight[i] * x[i][j] * (y[i] - dot(x[i], c));
        curvature += weight[i] * x[i][j] * x[i][j];
      }
      if (curvature <= 0) continue;
      const double next = std::max(0.0, c[j] + up / curvature);
      moved = std::max(moved, std::abs(next - c[j]));
      c[j] = next;
    }
    if (moved < 1e-12) break;
  }
  return c;
}

/// Deviations of the coefficients from the inverse of the normal equations; those at zero have none
/// of their own.
Row deviations(const std::vector<Row>& x, const Row& weight, const Row& c, double variance) {
  const std::size_t n = c.size();
  std::vector<Row> a(n, Row(2 * n, 0.0));
  for (std::size_t j = 0; j < n; ++j) {
    a[j][n + j] = 1.0;
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t i = 0; i < x.size(); ++i) a[j][k] += weight[i] * x[i][j] * x[i][k];
    if (c[j] <= 0)
      for (std::size_t k = 0; k < n; ++k) a[j][k] = a[k][j] = j == k ? 1.0 : 0.0;
  }
  for (std::size_t j = 0; j < n; ++j) {
    const double pivot = a[j][j];
    for (auto& v : a[j]) v /= pivot;
    for (std::size_t i = 0; i < n; ++i) {
      if (i == j) continue;
      const double f = a[i][j];
      for (std::size_t k = 0; k < 2 * n; ++k) a[i][k] -= f * a[j][k];
    }
  }
  Row r(n, 0.0);
  for (std::size_t j = 0; j < n; ++j)
    if (c[j] > 0) r[j] = std::sqrt(std::max(0.0, a[j][n + j] * variance));
  return r;
}

Solution robust_fit(const std::vector<Row>& x, const Row& y, std::size_t unknowns) {
  Solution s{Row(unknowns, 0.1), {}};
  Row weight(x.size(), 1.0);
  double deviation = 1;
  for (int round = 0; round < kRounds; ++round) {
    const auto before = s.value;
    s.value = non_negative(x, y, weight, s.value);
    Row errors;
    for (std::size_t i = 0; i < x.size(); ++i)
      errors.push_back(std::abs(y[i] - dot(x[i], s.value)));
    auto sorted = errors;
    std::sort(sorted.begin(), sorted.end());
    deviation = std::max(1e-6, kToNormal * sorted[sorted.size() / 2]);
    for (std::size_t i = 0; i < x.size(); ++i)
      weight[i] = std::min(1.0, kHuber * deviation / std::max(errors[i], 1e-12));
    double moved = 0;
    for (std::size_t j = 0; j < unknowns; ++j)
      moved = std::max(moved, std::abs(s.value[j] - before[j]));
    if (moved < 1e-9) break;
  }
  s.deviation = deviations(x, weight, s.value, deviation * deviation);
  return s;
}

Fitted fitted(const Solution& s, std::size_t j, double times = 1) {
  const double by = kZ95 * s.deviation[j];
  return {s.value[j] * times, std::max(0.0, s.value[j] - by) * times, (s.value[j] + by) * times};
}

}  // namespace

double predicted_share(const power::ChipShares& shares, const std::vector<power::Pool>& pools) {
  double sum = 0;
  double chips = 0;
  for (const auto& pool : pools) {
    sum +=
        power::chip_power(Power::from_base(1.0), shares, pool.activity).total().base() * pool.chips;
    chips += pool.chips;
  }
  return sum / chips;
}

power::ChipShares with(const power::ChipShares& shares, const PowerFit& fit) {
  auto r = shares;
  std::size_t j = 0;
  for (auto* f : {&r.idle, &r.active, &r.matrix, &r.memory})
    f->value = Count::from_base(fit.shares[j++].value);
  return r;
}

PowerFit fit_power(const std::vector<PowerObservation>& rows, const power::ChipShares& start) {
  std::vector<Row> x;
  Row y;
  for (const auto& o : rows) {
    Row sums(kPowerShares.size(), 0.0);
    double fixed = 0;
    double chips = 0;
    for (const auto& pool : o.pools) {
      const auto& a = pool.activity;
      const std::array<double, kPowerShares.size()> use = {1.0, a.busy, a.matrix, a.memory};
      for (std::size_t j = 0; j < use.size(); ++j) sums[j] += use[j] * pool.chips;
      fixed +=
          (start.vector.value.base() * a.vector + start.link.value.base() * a.link) * pool.chips;
      chips += pool.chips;
    }
    for (auto& v : sums) v /= chips * o.share;
    x.push_back(std::move(sums));
    y.push_back(1.0 - fixed / (chips * o.share));
  }
  const auto s = robust_fit(x, y, kPowerShares.size());
  PowerFit f;
  for (std::size_t j = 0; j < f.shares.size(); ++j) f.shares[j] = fitted(s, j);
  return f;
}

AroundFit fit_around(const std::vector<TotalObservation>& rows) {
  constexpr double kKilo = 1e3;  // so that both unknowns are of one size
  std::vector<Row> x;
  Row y;
  for (const auto& o : rows) {
    x.push_back({kKilo / o.total, o.tdp / o.total});
    y.push_back(1.0 - o.tdp / o.total);
  }
  const auto s = robust_fit(x, y, 2);
  return {fitted(s, 0, kKilo), fitted(s, 1)};
}

}  // namespace perfmodel::calibrate
