// A plan on one machine as a flat table of numbers: what evaluate (plan.hpp) computes, for many
// passes side by side. Everything that no pass changes (rates, shares, tiles, routes, protocols) is
// folded into coefficients when the table is built, and equal operators become one row.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "phase/plan.hpp"

namespace perfmodel::phase {

/// Passes evaluated side by side at most.
inline constexpr std::size_t kLanes = 64;
using Lane = std::array<double, kLanes>;

/// The numbers of up to kLanes passes of one phase: entry i of each array is that member of pass i
/// (ops/pass.hpp).
struct Passes {
  alignas(64) Lane sequences;
  alignas(64) Lane tokens_per_sequence;
  alignas(64) Lane causal_length;
  alignas(64) Lane context_low;
  alignas(64) Lane context_high;
  alignas(64) Lane logit_rows;
  alignas(64) Lane expert_rows;

  void set(std::size_t i, const ops::Pass& p) {
    sequences[i] = p.sequences;
    tokens_per_sequence[i] = p.tokens_per_sequence;
    causal_length[i] = p.causal_length;
    context_low[i] = p.context_low;
    context_high[i] = p.context_high;
    logit_rows[i] = p.logit_rows;
    expert_rows[i] = p.expert_rows;
  }
};

struct Table;

class Compiled {
 public:
  Compiled(const Plan& plan, const cost::Machine& machine);
  ~Compiled();
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;
  Compiled(Compiled&&) noexcept;
  Compiled& operator=(Compiled&&) noexcept;

  /// PassTime::total of passes[0..n), n <= kLanes, all of `phase`, each with at least one token,
  /// as evaluate gives it to 1e-12. Allocates nothing. Entries of `passes` beyond n are
  /// overwritten.
  void evaluate(ops::Phase phase, Passes& passes, std::size_t n, Time* totals) const;

  /// Operators that no row of the table stands for, which are priced as evaluate does, one pass
  /// after the other. None of the registered ones.
  std::size_t unfolded() const;

 private:
  std::unique_ptr<const Table> table_;
};

}  // namespace perfmodel::phase
