#include "calibrate/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace perfmodel::calibrate {
namespace {

/// Value below which a share `q` of the sorted values lies, linear between neighbours.
double quantile(const std::vector<double>& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto i = static_cast<std::size_t>(at);
  if (i + 1 >= sorted.size()) return sorted.back();
  const double f = at - static_cast<double>(i);
  return sorted[i] * (1.0 - f) + sorted[i + 1] * f;
}

/// Ranks from 1, equal values sharing their mean rank.
std::vector<double> ranks(const std::vector<double>& v) {
  std::vector<std::size_t> order(v.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return v[a] < v[b]; });
  std::vector<double> r(v.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t j = i;
    while (j < order.size() && v[order[j]] == v[order[i]]) ++j;
    const double mean = 0.5 * static_cast<double>(i + j - 1) + 1.0;
    for (; i < j; ++i) r[order[i]] = mean;
  }
  return r;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  const double ma = std::accumulate(a.begin(), a.end(), 0.0) / n;
  const double mb = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0.0;
}

}  // namespace

Errors errors_of(const std::vector<Pair>& pairs) {
  Errors e;
  e.count = pairs.size();
  if (pairs.empty()) return e;
  std::vector<double> absolute, logs, measured, predicted;
  for (const auto& p : pairs) {
    absolute.push_back(std::abs(p.predicted / p.measured - 1.0));
    logs.push_back(std::log(p.predicted / p.measured));
    measured.push_back(p.measured);
    predicted.push_back(p.predicted);
  }
  const auto n = static_cast<double>(pairs.size());
  e.mean = std::accumulate(absolute.begin(), absolute.end(), 0.0) / n;
  std::sort(absolute.begin(), absolute.end());
  e.median = quantile(absolute, 0.5);
  e.p90 = quantile(absolute, 0.9);
  const double mean_log = std::accumulate(logs.begin(), logs.end(), 0.0) / n;
  e.bias = std::exp(mean_log);
  double square = 0;
  for (double l : logs) square += (l - mean_log) * (l - mean_log);
  e.spread = std::sqrt(square / n);
  e.rank = correlation(ranks(measured), ranks(predicted));
  return e;
}

}  // namespace perfmodel::calibrate
