// The best deployment so far, by an objective.
#pragma once

#include <optional>
#include <utility>

#include "search/worth.hpp"

namespace perfmodel::search {

class Best {
 public:
  Best(const Problem& problem, Objective objective) : problem_(problem), objective_(objective) {}

  bool found() const { return best_.has_value(); }
  double value() const { return value_; }
  Deployment take() { return std::move(*best_); }

  /// Ties go to the smaller engine.
  void add(Deployment d) {
    const double v = worth_of(problem_, objective_, d);
    const bool better =
        !best_ || v > value_ ||
        (v == value_ && d.plan.parallelism.devices() < best_->plan.parallelism.devices());
    if (!better) return;
    value_ = v;
    best_ = std::move(d);
  }

  /// What one of `engines` engines of `devices` each must pass to be the best: its output rate, or,
  /// where its power or price counts, its worth.
  double to_beat(double engines, double devices) const {
    if (!best_ || objective_ == Objective::tpot) return 0;
    // Equals are let through, to be told apart by their size.
    const double v = value_ * (1.0 - 1e-12);
    if (objective_ == Objective::output) return v / engines;
    return weighs() ? v : v * devices;
  }

  /// Power or price count, and differ from deployment to deployment.
  bool weighs() const {
    return problem_.upkeep != nullptr &&
           (objective_ == Objective::per_watt || objective_ == Objective::per_cost);
  }

 private:
  const Problem& problem_;
  Objective objective_;
  std::optional<Deployment> best_;
  double value_ = 0;
};

}  // namespace perfmodel::search
