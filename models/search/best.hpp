// The best deployment so far, by an objective.
#pragma once

#include <optional>
#include <utility>

#include "search/deployment.hpp"

namespace perfmodel::search {

/// What a search compares deployments by; more is better. `devices` of them turn out `rate`.
/// Power and price are the same for every device of a problem, so they do not change the order.
inline double value_of(Objective o, Frequency rate, double devices, Time tpot) {
  switch (o) {
    case Objective::output:
      return rate.base();
    case Objective::per_chip:
    case Objective::per_watt:
    case Objective::per_cost:
      return rate.base() / devices;
    case Objective::tpot:
      return -tpot.base();
  }
  return 0;
}

class Best {
 public:
  explicit Best(Objective objective) : objective_(objective) {}

  bool found() const { return best_.has_value(); }
  double value() const { return value_; }
  Deployment take() { return std::move(*best_); }

  /// Ties go to the smaller engine.
  void add(Deployment d) {
    const double v = value_of(objective_, d.output_rate(), d.devices(), d.steady.tpot);
    const bool better =
        !best_ || v > value_ ||
        (v == value_ && d.plan.parallelism.devices() < best_->plan.parallelism.devices());
    if (!better) return;
    value_ = v;
    best_ = std::move(d);
  }

  /// The output rate that one of `engines` engines of `devices` each must pass to be the best.
  Frequency to_beat(double engines, double devices) const {
    if (!best_ || objective_ == Objective::tpot) return {};
    // Equals are let through, to be told apart by their size.
    const double v = value_ * (1.0 - 1e-12);
    return Frequency::from_base(objective_ == Objective::output ? v / engines : v * devices);
  }

 private:
  Objective objective_;
  std::optional<Deployment> best_;
  double value_ = 0;
};

}  // namespace perfmodel::search
