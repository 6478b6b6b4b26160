#include "search/best_batch.hpp"

#include <algorithm>
#include <cmath>
#include <queue>
#include <vector>

namespace perfmodel::search {
namespace {

/// Batches low .. high, of which low was looked at.
struct Range {
  double low = 1;
  double high = 1;
  double at_low = 0;

  double bound() const { return at_low * (high / low); }
  bool operator<(const Range& other) const {
    if (bound() != other.bound()) return bound() < other.bound();
    return high < other.high;
  }
};

}  // namespace

bool meets(const serving::Steady& s, const serving::Slo& slo) {
  return (!slo.tpot || s.tpot <= *slo.tpot) && (!slo.ttft || s.ttft <= *slo.ttft);
}

BatchChoice best_batch(const AtBatch& at, double largest, const serving::Slo& slo, double to_beat,
                       double gap, const AtSteady& value) {
  BatchChoice c;
  double best = to_beat;
  double single = 0;
  std::priority_queue<Range> ranges;
  // Looks at `batch`; what lies above it, up to `high`, is worth a look only if it keeps the
  // promise itself.
  const auto look = [&](double batch, double high) {
    const auto s = at(batch);
    ++c.evaluated;
    if (batch == 1.0) c.single = s;
    if (!meets(s, slo)) return;
    const double v = value ? value(s) : s.output_rate.base();
    if (batch == 1.0) single = v;
    if (v > best) {
      best = v;
      c.best = s;
    }
    if (batch < high) ranges.push({batch, high, v});
  };
  look(1.0, largest);
  if (!ranges.empty()) {
    // The largest is the best more often than not.
    ranges.pop();
    ranges.push({1.0, largest - 1.0, single});
    look(largest, largest);
  }
  while (!ranges.empty()) {
    const auto r = ranges.top();
    ranges.pop();
    if (r.low >= r.high) continue;
    if (r.bound() <= best * (1.0 + gap)) break;
    const double middle = std::clamp(
        std::floor(r.high > 4.0 * r.low ? std::sqrt(r.low * r.high) : 0.5 * (r.low + r.high + 1.0)),
        r.low + 1.0, r.high);
    ranges.push({r.low, middle - 1.0, r.at_low});
    look(middle, r.high);
  }
  return c;
}

}  // namespace perfmodel::search
