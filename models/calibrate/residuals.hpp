// Residuals of the fits, for the solver.
#pragma once

#include <ceres/ceres.h>

#include <array>
#include <cstdint>
#include <vector>

#include "calibrate/fit.hpp"

namespace perfmodel::calibrate {

using Block = std::vector<double>;  // logarithms

Block to_block(const std::vector<Parameter>& parameters);
Values to_values(const Block& b);

/// Pseudo-Huber: the root of a loss that is quadratic near zero and linear beyond two sigma, so
/// that a row with a fault of its own does not bend the rest. `z` is in sigmas.
double robust(double z);

/// Observations of one profile on one family: residuals and their derivatives by central
/// differences, each run predicted once for all of its metrics.
///
/// The rows of a sweep (Observation::group) share what the model does not know of them: kernels of
/// the model's own, a version, a setting. Each sweep therefore has an offset of its logarithms,
/// with a prior, that is solved for at every evaluation and not kept: what all rows of a sweep have
/// in common informs the parameters about as one observation does, and how they differ as many do.
/// The residuals of the offsets follow those of the rows.
class GroupCost : public ceres::CostFunction {
 public:
  GroupCost(std::vector<const Observation*> rows, std::vector<double> weights,
            const cost::Stack& base, int profile_size, int family_size);

  /// Where the solver keeps the parameters.
  void watch(const double* profile, const double* family) { at_ = {profile, family}; }
  /// Works out what Evaluate() will be asked for at the present parameters.
  void prepare(bool with_derivatives);
  /// Copies what is prepared.
  bool Evaluate(double const* const* parameters, double* residuals,
                double** jacobians) const override;

 private:
  void derive(std::array<Block, 2> at, std::size_t b);
  void evaluate(const Block& profile, const Block& family, std::vector<double>& out) const;

  std::vector<const Observation*> rows_;
  std::vector<double> weights_;
  std::vector<std::vector<std::size_t>> sweeps_;  // rows of each
  const cost::Stack& base_;
  std::array<const double*, 2> at_{};
  std::array<Block, 2> known_at_;
  bool known_derivatives_ = false;
  std::vector<double> known_;
  std::array<std::vector<double>, 2> derivatives_;
};

/// Evaluates the groups on several threads. The solver itself runs on one: it would add up costs in
/// the order in which its threads finish, and the last digits of the fit would be chance.
class Groups : public ceres::EvaluationCallback {
 public:
  explicit Groups(int threads) : threads_(threads < 1 ? 1 : threads) {}
  void add(GroupCost* group) { groups_.push_back(group); }
  void PrepareForEvaluation(bool with_derivatives, bool) override;

 private:
  int threads_;
  std::vector<GroupCost*> groups_;
};

/// (x - centre) / sigma per element.
class PullToConstant : public ceres::CostFunction {
 public:
  PullToConstant(Block centre, Block sigma);
  bool Evaluate(double const* const* p, double* r, double** j) const override;

 private:
  Block centre_, sigma_;
};

/// (one - mean) / sigma per element; with a shift (one - mean - shift * trend) / sigma, `trend` a
/// third block of one. An odd member of a loose group has its robust() taken, so that it does not
/// move the mean of all.
class PullTogether : public ceres::CostFunction {
 public:
  enum class Group : std::uint8_t { close, loose };
  explicit PullTogether(Block sigma, Group group, Block shift = {});
  bool Evaluate(double const* const* p, double* r, double** j) const override;

 private:
  Block sigma_, shift_;
  bool loose_;
};

}  // namespace perfmodel::calibrate
