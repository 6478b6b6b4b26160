// An answer's deployment, evaluated again and again with other figures.
#pragma once

#include <optional>

#include "search/split.hpp"
#include "uncertainty/sampling.hpp"
#include "uncertainty/specs.hpp"

namespace perfmodel::uncertainty {

/// One thread's copy of what is drawn, and the deployment at it.
class Bench {
 public:
  explicit Bench(const Answer& a, Specs::Take take = Specs::Take::uncertain)
      : answer_(a), specs_(a.site, a.prefill, a.stack, take) {
    if (a.deployment.prefill) split_ = a.deployment;
  }

  Specs& specs() { return specs_; }
  const std::vector<Knob>& knobs() const { return specs_.knobs(); }

  PerMetric<double> evaluate() {
    const auto machine = specs_.machine();
    const auto& d = answer_.deployment;
    if (split_) {
      const auto prefill = specs_.prefill_machine();
      split_->accepted = accepted();
      search::split_at_machine(*split_, machine, answer_.workload, prefill ? &*prefill : nullptr);
      free_ = split_->memory.free();
      return numbers_of(split_->steady, split_->engines * split_->used);
    }
    const auto prefill = serving::prefill_cost(d.plan, machine, answer_.workload);
    free_ = serving::memory_plan(d.plan, machine, answer_.workload, d.batch).free();
    return numbers_of(
        serving::steady_state(d.plan, machine, answer_.workload, prefill, accepted(), d.batch),
        d.engines * d.used);
  }
  /// Whether the batch of the last evaluation had room.
  bool fits() const { return free_ >= Bytes{}; }
  Bytes free() const { return free_; }

 private:
  double accepted() const {
    const auto& stack = specs_.stack();
    const auto& d = answer_.deployment;
    if (!stack.policy.own_acceptance) return d.accepted;
    return serving::speculation(d.draft_tokens, stack.acceptance.value.base()).accepted;
  }

  const Answer& answer_;
  Specs specs_;
  std::optional<search::Deployment> split_;
  Bytes free_{};
};

}  // namespace perfmodel::uncertainty
