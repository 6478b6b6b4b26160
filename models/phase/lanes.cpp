// The arithmetic of a table, passes side by side. One small loop without branches for each form, so
// that compilers turn it into vector instructions; on x86 there is a copy for each generation of
// them, chosen when the program starts. Products and sums are never contracted (see
// models/CMakeLists.txt), so all copies give the same bits.
#include <algorithm>
#include <cmath>

#include "cost/roofline.hpp"
#include "ops/grouped_gemm.hpp"
#include "phase/table.hpp"

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && \
    defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define PERFMODEL_LANES [[gnu::target_clones("default", "avx2", "avx512f")]]
#else
#define PERFMODEL_LANES
#endif
#define PERFMODEL_INLINE [[gnu::always_inline]] inline

namespace perfmodel::phase {
namespace {

using In = const double* __restrict;
using Out = double* __restrict;

/// A cache of no bytes and no activations have no ratio.
constexpr double kNoBytes = 1e-300;

PERFMODEL_INLINE double least(double a, double b) {
  return a < b ? a : b;
}
PERFMODEL_INLINE double most(double a, double b) {
  return a > b ? a : b;
}
/// Activations beyond what the cache keeps (cost/roofline.cpp, spilled).
PERFMODEL_INLINE double spilled(double touched, double cache) {
  return touched * (touched / (touched + cache));
}

/// E[min(x, cap)] for x uniform between low and high, as ops::capped_mean.
PERFMODEL_INLINE double capped(double low, double high, double cap) {
  const double all = 0.5 * (low + high);
  const double part = ((cap - low) * 0.5 * (low + cap) + (high - cap) * cap) / (high - low);
  const double beyond = low >= cap ? cap : part;
  return high <= cap ? all : beyond;
}

PERFMODEL_LANES
void cap_lanes(std::size_t n, double cap, In low, In high, In length, Out keys, Out cached) {
  for (std::size_t i = 0; i < n; ++i) {
    keys[i] = capped(low[i] + 1.0, high[i] + most(1.0, length[i]), cap);
    cached[i] = capped(low[i], high[i], cap);
  }
}

/// Hottest rank over the mean, as cost::hottest_rank.
PERFMODEL_LANES
void hot_lanes(std::size_t n, double ranks, double imbalance, In load, Out hot) {
  const double log_ranks = std::log(ranks);
  for (std::size_t i = 0; i < n; ++i) {
    const double random = 1.0 + std::sqrt(2.0 * log_ranks / load[i]) + log_ranks / (3.0 * load[i]);
    hot[i] = least(random * imbalance, ranks);
  }
}

/// Adds `count` smooth maxima of three times, with what comes on top.
PERFMODEL_LANES
void add_smooth4(std::size_t n, In a, In b, In c, In more, double count, Out sum) {
  for (std::size_t i = 0; i < n; ++i) {
    const double a2 = a[i] * a[i];
    const double b2 = b[i] * b[i];
    const double c2 = c[i] * c[i];
    sum[i] += count * (std::sqrt(std::sqrt(a2 * a2 + b2 * b2 + c2 * c2)) + more[i]);
  }
}
PERFMODEL_LANES
void add_hard(std::size_t n, In a, In b, In c, In more, double count, Out sum) {
  for (std::size_t i = 0; i < n; ++i) sum[i] += count * (most(most(a[i], b[i]), c[i]) + more[i]);
}
void add_smooth(std::size_t n, In a, In b, In c, In more, double count, double p, Out sum) {
  const auto smooth = [p](double x, double y) {
    return cost::smooth_max(Time::from_base(x), Time::from_base(y), p).base();
  };
  for (std::size_t i = 0; i < n; ++i)
    sum[i] += count * (smooth(smooth(a[i], b[i]), c[i]) + more[i]);
}

/// What a loop over operators leaves for the smooth maximum.
struct Parts {
  alignas(64) Lane compute, memory, vector, more;
};

PERFMODEL_LANES
void streamed_lanes(std::size_t n, const Streamed& r, double cache, In rows, Out memory,
                    Out vector) {
  for (std::size_t i = 0; i < n; ++i) {
    memory[i] = r.read * rows[i] + spilled(r.touched * rows[i], cache) * r.by_byte;
    vector[i] = r.vector * rows[i];
  }
}

/// Work of the tiles that `rows` in each of `groups` come to, in full waves over the cores
/// (cost/roofline.cpp, padding), in units of one step of rows: all but what the product folds into
/// `compute`. Both sides of every choice are worked out, as a vector needs them.
PERFMODEL_INLINE double tile_work(const Product& r, double groups, double rows) {
  // Several groups have uneven rows: half a tile of each is lost, not what rounding up takes.
  const double share = rows / r.tile;
  const double even = std::ceil(share);
  const double uneven = most(1.0, share + 0.5);
  const double steps = groups > 1.0 ? uneven : even;
  const double tiles = groups * most(1.0, steps * r.by_tall) * r.columns;
  const double waves = tiles / r.cores;
  const double whole = std::ceil(waves);
  const double above = waves >= 1.0 ? whole : 1.0;
  const double below = waves * (waves >= 1.0 ? 1.0 : r.split);
  return groups * steps * (1.0 + (most(1.0, above / below) - 1.0) * r.wave_share);
}

PERFMODEL_LANES
void dense_lanes(std::size_t n, const Product& product, double cache, In all, Out compute,
                 Out memory, Out more) {
  const Product r = product;  // a load that hangs on a choice would bar vectors
  for (std::size_t i = 0; i < n; ++i) {
    const double rows = all[i] * r.row_share;
    compute[i] = r.compute * tile_work(r, r.groups, rows);
    const double by_byte = rows > 1.0 ? r.by_byte : r.by_byte_single;
    memory[i] = (r.weights + spilled(r.touched * rows, cache)) * by_byte;
    more[i] = spilled(r.converted * rows, cache) * r.by_byte_converted;
  }
}
PERFMODEL_LANES
void expert_lanes(std::size_t n, const Product& product, double cache, In load, In hit, In hot,
                  Out compute, Out memory, Out more) {
  const Product r = product;  // see dense_lanes
  for (std::size_t i = 0; i < n; ++i) {
    const double rows = load[i] / hit[i];
    compute[i] = r.compute * tile_work(r, hit[i], rows * hot[i]);
    const double by_byte = rows > 1.0 ? r.by_byte : r.by_byte_single;
    const double most_rows = load[i] * hot[i];
    memory[i] = (r.weights * hit[i] + spilled(r.touched * most_rows, cache)) * by_byte;
    more[i] = spilled(r.converted * most_rows, cache) * r.by_byte_converted;
  }
}
/// Without tiles and without waves.
PERFMODEL_LANES
void ideal_lanes(std::size_t n, double compute_of_row, In rows, Out compute) {
  for (std::size_t i = 0; i < n; ++i) compute[i] = compute_of_row * rows[i];
}

struct ScoredIn {
  In rows, sequences, tokens, keys, more_keys, whole, any, each;
};
PERFMODEL_LANES
void scored_lanes(std::size_t n, const Scored& r, double cache, const ScoredIn& in, Out compute,
                  Out memory, Out vector) {
  const auto [rows, sequences, tokens, keys, more_keys, whole, any, each] = in;
  for (std::size_t i = 0; i < n; ++i) {
    const double scores = rows[i] * (keys[i] + r.more_share * more_keys[i]);
    const double matrix = scores * r.by_score + sequences[i] * whole[i] * r.by_cached +
                          rows[i] * (r.by_row + r.by_chunk * least(r.chunk, tokens[i]));
    compute[i] = matrix * (1.0 + r.ramp / keys[i]);
    const double read = r.whole_bytes * whole[i] +
                        r.picked_bytes * least(any[i], each[i] * tokens[i]) +
                        r.token_bytes * tokens[i] + r.fixed_bytes;
    memory[i] = (sequences[i] * read + spilled(r.touched * rows[i], cache)) * r.by_byte;
    vector[i] = scores * r.vector;
  }
}

PERFMODEL_LANES
void context_lanes(std::size_t n, In sequences, In cached, In added, Out tokens) {
  for (std::size_t i = 0; i < n; ++i) tokens[i] = sequences[i] * (cached[i] + added[i]);
}
PERFMODEL_LANES
void take_line(std::size_t n, double at_zero, double slope, In rows, Out time) {
  for (std::size_t i = 0; i < n; ++i) time[i] = least(time[i], at_zero + slope * rows[i]);
}
PERFMODEL_LANES
void add_scaled(std::size_t n, double factor, In a, Out sum) {
  for (std::size_t i = 0; i < n; ++i) sum[i] += factor * a[i];
}
PERFMODEL_LANES
void multiply(std::size_t n, In a, In b, Out product) {
  for (std::size_t i = 0; i < n; ++i) product[i] = a[i] * b[i];
}

/// One program over one set of passes.
class Runner {
 public:
  Runner(const cost::Machine& m, const Passes& p, std::size_t n, Totals& totals)
      : n_(n), m_(m), p_(p), totals_(totals), cache_(most(m.cache.base(), kNoBytes)) {
    multiply(n_, p_.sequences.data(), p_.tokens_per_sequence.data(), rows_.data());
    zero_.fill(0.0);
  }

  void run(const Program& program) {
    for (std::size_t c = 0; c < program.caps.size(); ++c)
      cap_lanes(n_, program.caps[c], p_.context_low.data(), p_.context_high.data(),
                p_.causal_length.data(), keys_[c].data(), cached_[c].data());
    for (std::size_t i = 0; i < program.routings.size(); ++i) route(program.routings[i], i);
    for (std::size_t s = 0; s < program.constant.size(); ++s)
      for (std::size_t i = 0; i < n_; ++i) totals_.stream[s][i] += program.constant[s];
    for (const auto& r : program.streamed) streamed(r);
    for (const auto& r : program.products) product(r);
    for (const auto& r : program.scored) scored(r);
    for (const auto& r : program.linked) linked(r);
    for (const auto& r : program.gathered) gathered(r);
    for (const auto& r : program.exchanged) exchanged(r);
  }

 private:
  const double* rows(Rows r) const {
    if (r == Rows::all) return rows_.data();
    return r == Rows::logits ? p_.logit_rows.data() : p_.expert_rows.data();
  }
  double* sum(mapping::Stream s) { return totals_.stream[static_cast<std::size_t>(s)].data(); }

  /// In the order of ops::GroupedGemmArgs' formula, so that what is rounded up below is the same.
  void route(const Routing& r, std::size_t at) {
    auto& load = load_[at];
    for (std::size_t i = 0; i < n_; ++i) load[i] = p_.expert_rows[i] * r.topk / r.ranks;
    if (r.local > 0)
      for (std::size_t i = 0; i < n_; ++i)
        hit_[at][i] = ops::experts_hit(r.local, p_.expert_rows[i] * r.token_share, r.log_miss);
    if (!m_.random_routing && m_.quantise && r.varying > 1.0)
      hot_[at].fill(std::min(m_.imbalance, r.varying));
    else if (m_.quantise && r.varying > 1.0)
      hot_lanes(n_, r.varying, m_.imbalance, load.data(), hot_[at].data());
    else
      hot_[at].fill(1.0);
  }

  void busy(In compute, In memory, In vector, In more, double count, mapping::Stream stream) {
    if (m_.sharpness == 4.0)
      add_smooth4(n_, compute, memory, vector, more, count, sum(stream));
    else if (m_.sharpness <= 0.0)
      add_hard(n_, compute, memory, vector, more, count, sum(stream));
    else
      add_smooth(n_, compute, memory, vector, more, count, m_.sharpness, sum(stream));
  }

  void streamed(const Streamed& r) {
    streamed_lanes(n_, r, cache_, rows(r.rows), parts_.memory.data(), parts_.vector.data());
    busy(zero_.data(), parts_.memory.data(), parts_.vector.data(), zero_.data(), r.count, r.stream);
  }
  void product(const Product& r) {
    if (r.routing == Product::kDense)
      dense_lanes(n_, r, cache_, rows(r.rows), parts_.compute.data(), parts_.memory.data(),
                  parts_.more.data());
    else
      expert_lanes(n_, r, cache_, load_[r.routing].data(), hit_[r.routing].data(),
                   hot_[r.routing].data(), parts_.compute.data(), parts_.memory.data(),
                   parts_.more.data());
    if (!m_.quantise)
      ideal_lanes(n_, r.compute * r.row_share,
                  r.routing == Product::kDense ? rows(r.rows) : load_[r.routing].data(),
                  parts_.compute.data());
    busy(parts_.compute.data(), parts_.memory.data(), zero_.data(), parts_.more.data(), r.count,
         r.stream);
  }
  void scored(const Scored& r) {
    const ScoredIn in{
        rows_.data(),          p_.sequences.data(),       p_.tokens_per_sequence.data(),
        keys_[r.keys].data(),  keys_[r.more_keys].data(), cached_[r.whole].data(),
        cached_[r.any].data(), cached_[r.each].data()};
    scored_lanes(n_, r, cache_, in, parts_.compute.data(), parts_.memory.data(),
                 parts_.vector.data());
    busy(parts_.compute.data(), parts_.memory.data(), parts_.vector.data(), zero_.data(), r.count,
         r.stream);
  }
  void linked(const Linked& r) {
    auto& time = parts_.more;
    time.fill(std::numeric_limits<double>::infinity());
    for (const auto& l : r.lines.lines())
      take_line(n_, l.at_zero.base(), l.slope.base(), rows(r.rows), time.data());
    add_scaled(n_, 1.0, time.data(), sum(r.stream));
  }
  void gathered(const Gathered& r) {
    auto& time = parts_.more;
    time.fill(std::numeric_limits<double>::infinity());
    if (r.moves_cache) {
      auto& tokens = parts_.memory;
      context_lanes(n_, p_.sequences.data(), cached_[r.whole].data(), p_.tokens_per_sequence.data(),
                    tokens.data());
      for (const auto& l : r.cache.lines())
        take_line(n_, l.at_zero.base(), l.slope.base(), tokens.data(), time.data());
    }
    if (r.moves_queries)
      for (const auto& l : r.queries.lines())
        take_line(n_, l.at_zero.base(), l.slope.base(), rows_.data(), time.data());
    add_scaled(n_, 1.0, time.data(), sum(r.stream));
  }
  void exchanged(const Exchanged& r) {
    const double* sent = rows_.data();
    if (r.routing != Exchanged::kEven) {
      multiply(n_, rows_.data(), hot_[r.routing].data(), parts_.more.data());
      sent = parts_.more.data();
    }
    add_scaled(n_, r.count * r.by_row, sent, sum(r.stream));
  }

  std::size_t n_;
  const cost::Machine& m_;
  const Passes& p_;
  Totals& totals_;
  double cache_;
  alignas(64) Lane rows_, zero_;
  alignas(64) std::array<Lane, kMaxCaps> keys_, cached_;
  alignas(64) std::array<Lane, kMaxRoutings> load_, hit_, hot_;
  Parts parts_;
};

}  // namespace

void run(const Program& program, const cost::Machine& machine, const Passes& passes, std::size_t n,
         Totals& totals) {
  Runner(machine, passes, n, totals).run(program);
}

}  // namespace perfmodel::phase
