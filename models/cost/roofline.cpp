#include "cost/roofline.hpp"

#include <algorithm>
#include <cmath>

namespace perfmodel::cost {
namespace {

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
  const double random =
      m.random_routing ? 1.0 + std::sqrt(2.0 * log_ranks / load) + log_ranks / (3.0 * load) : 1.0;
  return std::min(random * m.imbalance, ranks);
}

double padding(const Machine& m, const ops::OpCost& c, double wave_share) {
  if (!m.quantise || c.groups <= 0 || c.rows <= 0) return 1.0;
  const double useful = c.groups * c.rows * c.columns;
  // Groups have uneven rows, so on average half a tile of each is lost; a single product loses
  // exactly what rounding up takes.
  const double row_steps =
      c.groups > 1.0 ? std::max(1.0, c.rows / m.tile_m + 0.5) : std::ceil(c.rows / m.tile_m);
  const double column_tiles = std::ceil(c.columns / m.tile_n);
  const double padded = c.groups * row_steps * m.tile_m * column_tiles * m.tile_n;
  // Products of many rows take tiles as tall as they are wide: fewer of them, and longer waves.
  const double tall = std::max(1.0, std::floor(m.tile_n / m.tile_m));
  const double tiles = c.groups * std::max(1.0, row_steps / tall) * column_tiles;
  if (m.cores <= 0) return padded / useful;
  double waves = 1.0;
  if (tiles >= m.cores) {
    waves = std::ceil(tiles / m.cores) * m.cores / tiles;
  } else {
    const double split = std::max(1.0, std::floor(c.depth / kSplitDepth));
    waves = std::max(1.0, m.cores / (tiles * split));
  }
  return padded / useful * (1.0 + (waves - 1.0) * wave_share);
}

Bytes from_memory(const Machine& m, const ops::OpCost& c) {
  return c.weights + c.kv + spilled(m, c.activations);
}

OpTime time_of(const Machine& m, const ops::OpCost& c, ops::OpClass op_class,
               spec::Compute compute) {
  OpTime t;
  const auto& curve = m.curve[static_cast<std::size_t>(op_class)];
  const double hot = hottest_rank(m, c.expert_load, c.expert_ranks);
  if (c.matrix.base() > 0) {
    const auto rate = m.peak[spec::index(compute)] *
                      std::min(1.0, curve.share[spec::index(compute)] *
                                        m.efficiency[static_cast<std::size_t>(op_class)]);
    // The hottest rank has more rows; what they fill of their tiles is then padded.
    ops::OpCost hottest = c;
    hottest.rows *= hot;
    const double ramp = c.keys > 0 ? 1.0 + curve.ramp / c.keys : 1.0;
    t.compute = c.matrix / rate * (padding(m, hottest, curve.waves) * hot * ramp);
    if (c.converts) t.overhead = curve.convert;
  }
  if (c.vector.base() > 0 && m.vector.base() > 0) {
    const auto rate = m.vector * m.efficiency[static_cast<std::size_t>(ops::OpClass::vector)];
    t.vector = c.vector / rate * hot;
  }
  const Bytes bytes = c.weights + c.kv + spilled(m, c.activations * hot);
  double share = curve.stream * (c.narrow ? curve.narrow : 1.0);
  // A kernel that mostly reads is as good or bad at that as its software makes it.
  if (op_class == ops::OpClass::grouped_gemm || op_class == ops::OpClass::attention_decode)
    share *= m.efficiency[static_cast<std::size_t>(op_class)];
  // A chip that multiplies the type itself widens it on the way into its matrix units.
  if (c.packed && m.peak[spec::index(*c.packed)].base() <= 0) share *= curve.unpack;
  // For a single row the memory is waited for anyway.
  if (c.widened && c.rows > 1.0) share *= curve.widen;
  if (bytes.base() > 0) t.memory = bytes / (m.memory * std::min(1.0, share * m.memory_scale));
  if (c.converts && m.quantise) {
    // A kernel of its own reads 16 bits an element and writes about one byte.
    const auto converted = Bytes::from_base(3.0 * c.groups * c.rows * c.depth * hot);
    t.overhead += spilled(m, converted) / (m.memory * std::min(1.0, curve.stream * m.memory_scale));
  }
  t.overhead += curve.start + m.launch * c.launches;
  const Time busy = smooth_max(smooth_max(t.compute, t.memory, m.sharpness), t.vector, m.sharpness);
  t.total = busy + t.overhead;
  t.bound = Bound::memory;
  if (t.compute > t.memory) t.bound = Bound::compute;
  if (t.vector > max(t.compute, t.memory)) t.bound = Bound::vector;
  if (t.overhead > busy) t.bound = Bound::overhead;
  return t;
}

}  // namespace perfmodel::cost
