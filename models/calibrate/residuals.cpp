#include "calibrate/residuals.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

namespace perfmodel::calibrate {

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
  constexpr double kBend = 2.0;
  const double h = kBend * std::sqrt(2.0 * (std::sqrt(1.0 + z * z / (kBend * kBend)) - 1.0));
  return std::copysign(h, z);
}

GroupCost::GroupCost(std::vector<const Observation*> rows, std::vector<double> weights,
                     const cost::Stack& base, int profile_size, int family_size)
    : rows_(std::move(rows)), weights_(std::move(weights)), base_(base) {
  set_num_residuals(static_cast<int>(rows_.size()));
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
  known_.resize(rows_.size());
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
  std::vector<double> above(rows_.size());
  std::vector<double> below(rows_.size());
  Block& block = at[b];
  derivatives_[b].resize(rows_.size() * block.size());
  for (std::size_t j = 0; j < block.size(); ++j) {
    constexpr double kStep = 1e-4;
    const double keep = block[j];
    block[j] = keep + kStep;
    evaluate(at[0], at[1], above);
    block[j] = keep - kStep;
    evaluate(at[0], at[1], below);
    block[j] = keep;
    for (std::size_t i = 0; i < rows_.size(); ++i)
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
    const double z = v ? std::log(*v / o.value) / o.sigma : 0.0;
    out[i] = robust(z) * weights_[i];
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

PullTogether::PullTogether(Block sigma, Block shift)
    : sigma_(std::move(sigma)), shift_(std::move(shift)) {
  set_num_residuals(static_cast<int>(sigma_.size()));
  mutable_parameter_block_sizes()->push_back(static_cast<int>(sigma_.size()));
  mutable_parameter_block_sizes()->push_back(static_cast<int>(sigma_.size()));
  if (!shift_.empty()) mutable_parameter_block_sizes()->push_back(1);
}

bool PullTogether::Evaluate(double const* const* p, double* r, double** j) const {
  const auto n = sigma_.size();
  const bool shifted = !shift_.empty();
  for (std::size_t i = 0; i < n; ++i)
    r[i] = (p[0][i] - p[1][i] - (shifted ? shift_[i] * p[2][0] : 0.0)) / sigma_[i];
  if (j == nullptr) return true;
  for (std::size_t b = 0; b < 2; ++b) {
    if (j[b] == nullptr) continue;
    std::fill(j[b], j[b] + n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) j[b][i * n + i] = (b == 0 ? 1.0 : -1.0) / sigma_[i];
  }
  if (shifted && j[2] != nullptr)
    for (std::size_t i = 0; i < n; ++i) j[2][i] = -shift_[i] / sigma_[i];
  return true;
}

}  // namespace perfmodel::calibrate
