#include "cost/roofline.hpp"

#include <algorithm>
#include <cmath>

namespace perfmodel::cost {
namespace {

/// The shortest slice of the inner dimension worth a core of its own: below it the partial sums
/// cost more than they save (the usual bound of split-K kernels, a few tiles of depth).
constexpr double kSplitDepth = 512.0;

/// Activations that fit the last-level cache mostly stay there: the part that must go to memory
/// grows from none to all as the working set passes the cache's size. Perfect fusion would send
/// none, so an ideal machine moves weights and caches alone.
Bytes spilled(const Machine& m, Bytes activations) {
  if (!m.quantise || activations.base() <= 0) return {};
  return activations * (activations / (activations + m.cache));
}

}  // namespace

Time smooth_max(Time a, Time b, double p) {
  const Time high = max(a, b);
  const Time low = min(a, b);
  if (p <= 0 || low.base() <= 0 || !high.is_finite()) return high;
  const double r = low / high;
  // The exponent in use is 4; the general power is ten times as dear.
  const double s = p == 4.0 ? std::sqrt(std::sqrt(1.0 + (r * r) * (r * r)))
                            : std::pow(1.0 + std::pow(r, p), 1.0 / p);
  return high * s;
}

double hottest_rank(const Machine& m, double load, double ranks) {
  if (!m.quantise || ranks <= 1 || load <= 0) return 1.0;
  const double log_ranks = std::log(ranks);
  const double random = 1.0 + std::sqrt(2.0 * log_ranks / load) + log_ranks / (3.0 * load);
  return std::min(random * m.imbalance, ranks);
}

double padding(const Machine& m, const ops::OpCost& c) {
  if (!m.quantise || c.groups <= 0 || c.rows <= 0) return 1.0;
  const double useful = c.groups * c.rows * c.columns;
  // Groups have uneven rows, so on average half a tile of each is lost; a single product loses
  // exactly what rounding up takes.
  const double row_tiles =
      c.groups > 1.0 ? std::max(1.0, c.rows / m.tile_m + 0.5) : std::ceil(c.rows / m.tile_m);
  const double column_tiles = std::ceil(c.columns / m.tile_n);
  const double tiles = c.groups * row_tiles * column_tiles;
  const double padded = tiles * m.tile_m * m.tile_n;
  if (m.cores <= 0) return padded / useful;
  double waves = 1.0;
  if (tiles >= m.cores) {
    waves = std::ceil(tiles / m.cores) * m.cores / tiles;
  } else {
    const double split = std::max(1.0, std::floor(c.depth / kSplitDepth));
    waves = std::max(1.0, m.cores / (tiles * split));
  }
  return padded / useful * waves;
}

OpTime time_of(const Machine& m, const ops::OpCost& c, ops::OpClass op_class,
               spec::Compute compute) {
  OpTime t;
  const double hot = hottest_rank(m, c.expert_load, c.expert_ranks);
  if (c.matrix.base() > 0) {
    const auto rate =
        m.peak[spec::index(compute)] * m.efficiency[static_cast<std::size_t>(op_class)];
    // The hottest rank has more rows; what they fill of their tiles is then padded.
    ops::OpCost hottest = c;
    hottest.rows *= hot;
    t.compute = c.matrix / rate * (padding(m, hottest) * hot);
  }
  if (c.vector.base() > 0 && m.vector.base() > 0) {
    const auto rate = m.vector * m.efficiency[static_cast<std::size_t>(ops::OpClass::vector)];
    t.vector = c.vector / rate * hot;
  }
  const Bytes bytes = c.weights + c.kv + spilled(m, c.activations * hot);
  if (bytes.base() > 0) t.memory = bytes / m.memory + m.ramp;
  t.overhead = m.launch * c.launches;
  const Time busy = smooth_max(smooth_max(t.compute, t.memory, m.sharpness), t.vector, m.sharpness);
  t.total = busy + t.overhead;
  t.bound = Bound::memory;
  if (t.compute > t.memory) t.bound = Bound::compute;
  if (t.vector > max(t.compute, t.memory)) t.bound = Bound::vector;
  if (t.overhead > busy) t.bound = Bound::overhead;
  return t;
}

}  // namespace perfmodel::cost
