#include "calibrate/residuals.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <thread>

namespace perfmodel::calibrate {
namespace {

constexpr double kBend = 2.0;  // of robust(), in sigmas

/// robust(z)^2 / 2 has the slope z times this.
double yielding(double z) {
  return 1.0 / std::sqrt(1.0 + z * z / (kBend * kBend));
}

/// Scatter of sweeps about the model, in sigmas of their rows: a sweep is off by less than a run
/// repeated months later, as its rows are of one build.
constexpr double kSweepSigma = 0.5;

/// The offset x of a sweep, in sigmas, that minimises w2 sum robust(z + x)^2 + robust(x /
/// kSweepSigma)^2, which is convex.
double offset_of(const std::vector<double>& z, const std::vector<std::size_t>& sweep, double w2) {
  constexpr int kMost = 60;
  constexpr double kEnough = 1e-11;
  const double own = 1.0 / (kSweepSigma * kSweepSigma);
  double x = 0;
  for (int k = 0; k < kMost; ++k) {
    // Newton with a curvature above the true one: no step goes too far.
    double curvature = own * yielding(x / kSweepSigma);
    double slope = x * curvature;
    for (auto i : sweep) {
      const double bend = w2 * yielding(z[i] + x);
      slope += (z[i] + x) * bend;
      curvature += bend;
    }
    const double step = slope / curvature;
    x -= step;
    if (std::abs(step) < kEnough) break;
  }
  return x;
}

}  // namespace

Block to_block(const std::vector<Parameter>& parameters) {
  Block b;
  for (const auto& p : parameters) b.push_back(std::log(p.prior));
  return b;
}

Values to_values(const Block& b) {
  Values v;
  for (double x : b) v.push_back(std::exp(x));
  return v;
}

double robust(double z) {
  // sqrt(2) bend sqrt(sqrt(1 + z^2 / bend^2) - 1), without the difference of near equals.
  return z * std::sqrt(2.0 / (1.0 + std::sqrt(1.0 + z * z / (kBend * kBend))));
}

GroupCost::GroupCost(std::vector<const Observation*> rows, std::vector<double> weights,
                     const cost::Stack& base, int profile_size, int family_size)
    : rows_(std::move(rows)), weights_(std::move(weights)), base_(base) {
  std::map<std::string, std::size_t> number;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const auto at = number.emplace(rows_[i]->group, sweeps_.size()).first->second;
    if (at == sweeps_.size()) sweeps_.emplace_back();
    sweeps_[at].push_back(i);
  }
  set_num_residuals(static_cast<int>(rows_.size() + sweeps_.size()));
  mutable_parameter_block_sizes()->push_back(profile_size);
  mutable_parameter_block_sizes()->push_back(family_size);
}

void GroupCost::prepare(bool with_derivatives) {
  const auto sizes = parameter_block_sizes();
  std::array<Block, 2> now;
  for (std::size_t b = 0; b < 2; ++b) now[b].assign(at_[b], at_[b] + sizes[b]);
  if (now == known_at_ && (known_derivatives_ || !with_derivatives)) return;
  known_at_ = now;
  known_derivatives_ = with_derivatives;
  known_.resize(rows_.size() + sweeps_.size());
  evaluate(now[0], now[1], known_);
  if (!with_derivatives) return;
  for (std::size_t b = 0; b < 2; ++b) derive(now, b);
}

bool GroupCost::Evaluate(double const* const* parameters, double* residuals,
                         double** jacobians) const {
  for (std::size_t b = 0; b < 2; ++b)
    if (!std::equal(known_at_[b].begin(), known_at_[b].end(), parameters[b])) return false;
  std::copy(known_.begin(), known_.end(), residuals);
  if (jacobians == nullptr) return true;
  if (!known_derivatives_) return false;
  for (std::size_t b = 0; b < 2; ++b)
    if (jacobians[b] != nullptr)
      std::copy(derivatives_[b].begin(), derivatives_[b].end(), jacobians[b]);
  return true;
}

void GroupCost::derive(std::array<Block, 2> at, std::size_t b) {
  const auto n = known_.size();
  std::vector<double> above(n);
  std::vector<double> below(n);
  Block& block = at[b];
  derivatives_[b].resize(n * block.size());
  for (std::size_t j = 0; j < block.size(); ++j) {
    constexpr double kStep = 1e-4;
    const double keep = block[j];
    block[j] = keep + kStep;
    evaluate(at[0], at[1], above);
    block[j] = keep - kStep;
    evaluate(at[0], at[1], below);
    block[j] = keep;
    for (std::size_t i = 0; i < n; ++i)
      derivatives_[b][i * block.size() + j] = (above[i] - below[i]) / (2.0 * kStep);
  }
}

void GroupCost::evaluate(const Block& profile, const Block& family,
                         std::vector<double>& out) const {
  const auto stack = with_values(base_, to_values(profile), to_values(family));
  const Run* last = nullptr;
  Prediction prediction;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const auto& o = *rows_[i];
    if (o.run != last) {
      const auto p = predict(*o.run, stack);
      prediction = p ? *p : Prediction{};
      last = o.run;
    }
    const auto v = value_of(prediction, *o.run, o.metric);
    out[i] = v ? std::log(*v / o.value) / o.sigma : 0.0;
  }
  for (std::size_t s = 0; s < sweeps_.size(); ++s) {
    // One metric, and so one sigma and one weight.
    const double w = weights_[sweeps_[s].front()];
    const double offset = offset_of(out, sweeps_[s], w * w);
    for (auto i : sweeps_[s]) out[i] = robust(out[i] + offset) * w;
    out[rows_.size() + s] = robust(offset / kSweepSigma);
  }
}

void Groups::PrepareForEvaluation(bool with_derivatives, bool) {
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (auto i = next++; i < groups_.size(); i = next++) groups_[i]->prepare(with_derivatives);
  };
  std::vector<std::jthread> helpers;
  for (int i = 1; i < threads_; ++i) helpers.emplace_back(work);
  work();
}

PullToConstant::PullToConstant(Block centre, Block sigma)
    : centre_(std::move(centre)), sigma_(std::move(sigma)) {
  set_num_residuals(static_cast<int>(centre_.size()));
  mutable_parameter_block_sizes()->push_back(static_cast<int>(centre_.size()));
}

bool PullToConstant::Evaluate(double const* const* p, double* r, double** j) const {
  const auto n = centre_.size();
  for (std::size_t i = 0; i < n; ++i) r[i] = (p[0][i] - centre_[i]) / sigma_[i];
  if (j == nullptr || j[0] == nullptr) return true;
  std::fill(j[0], j[0] + n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) j[0][i * n + i] = 1.0 / sigma_[i];
  return true;
}

PullTogether::PullTogether(Block sigma, Group group, Block shift)
    : sigma_(std::move(sigma)), shift_(std::move(shift)), loose_(group == Group::loose) {
  set_num_residuals(static_cast<int>(sigma_.size()));
  mutable_parameter_block_sizes()->push_back(static_cast<int>(sigma_.size()));
  mutable_parameter_block_sizes()->push_back(static_cast<int>(sigma_.size()));
  if (!shift_.empty()) mutable_parameter_block_sizes()->push_back(1);
}

bool PullTogether::Evaluate(double const* const* p, double* r, double** j) const {
  const auto n = sigma_.size();
  const bool shifted = !shift_.empty();
  Block slope(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double z = (p[0][i] - p[1][i] - (shifted ? shift_[i] * p[2][0] : 0.0)) / sigma_[i];
    r[i] = loose_ ? robust(z) : z;
    slope[i] = (z == 0.0 || !loose_ ? 1.0 : z * yielding(z) / r[i]) / sigma_[i];
  }
  if (j == nullptr) return true;
  for (std::size_t b = 0; b < 2; ++b) {
    if (j[b] == nullptr) continue;
    std::fill(j[b], j[b] + n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) j[b][i * n + i] = (b == 0 ? 1.0 : -1.0) * slope[i];
  }
  if (shifted && j[2] != nullptr)
    for (std::size_t i = 0; i < n; ++i) j[2][i] = -shift_[i] * slope[i];
  return true;
}

}  // namespace perfmodel::calibrate
