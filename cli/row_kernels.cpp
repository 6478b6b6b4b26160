#include "cli/row_kernels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace perfmodel::cli {
namespace {

/// Sums for the straight line start + bytes / rate through times, each weighed by one over its
/// square.
struct Line {
  double one = 0, x = 0, xx = 0, y = 0, xy = 0;

  void add(double bytes, double time) {
    const double w = 1.0 / (time * time);
    one += w;
    x += w * bytes;
    xx += w * bytes * bytes;
    y += w * time;
    xy += w * bytes * time;
  }

  /// Neither part may be negative: a line that would be goes through the origin.
  RowRate fit() const {
    const double spread = one * xx - x * x;
    const double slope = spread > 1e-9 * one * xx ? (one * xy - x * y) / spread : 0.0;
    const double start = (y - slope * x) / one;
    if (slope > 0 && start >= 0) return {Time::from_base(start), Bandwidth::from_base(1.0 / slope)};
    return {Time(), Bandwidth::from_base(xx / xy)};
  }
};

}  // namespace

bool is_row_kernel(const kernels::Descriptor& d) {
  constexpr std::array<std::string_view, 11> kFamilies = {
      "rmsnorm", "softmax", "swiglu",  "rope",  "convert",  "gather",
      "scatter", "shuffle", "combine", "route", "kv_append"};
  return std::find(kFamilies.begin(), kFamilies.end(), d.family) != kFamilies.end();
}

std::map<std::string, RowRate> row_rates(const std::vector<BenchRow>& rows) {
  std::map<std::string, Line> lines;
  for (const auto& r : rows) {
    if (is_row_kernel(*r.kernel))
      lines[r.kernel->name].add(r.kernel->cost(r.shape).memory.base(), r.time.base());
  }
  std::map<std::string, RowRate> rates;
  for (const auto& [name, line] : lines) rates[name] = line.fit();
  return rates;
}

Time bare_time(const hw::Chip& chip, const kernels::Cost& cost) {
  Time busy;
  if (chip.memory_bandwidth) busy = cost.memory / chip.memory_bandwidth->value;
  if (chip.vector_fp32) busy = max(busy, cost.flops / chip.vector_fp32->value);
  return busy;
}

Time time_at_rate(const hw::Chip& chip, const kernels::Cost& cost, const RowRate& measured) {
  if (measured.rate <= Bandwidth()) return bare_time(chip, cost);
  return cost.memory / measured.rate;
}

}  // namespace perfmodel::cli
