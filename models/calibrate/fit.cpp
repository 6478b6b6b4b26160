#include "calibrate/fit.hpp"

#include <ceres/ceres.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <memory>
#include <thread>

namespace perfmodel::calibrate {
namespace {

/// Figures of a Stack that are fitted, in the order of profile_parameters().
template <class Visit>
void for_each_fitted(cost::Stack& s, const Visit& visit) {
  visit(s.gemm);
  visit(s.grouped_gemm);
  visit(s.attention_prefill);
  visit(s.attention_decode);
  visit(s.memory);
  visit(s.link);
  visit(s.launch);
  visit(s.ramp);
  visit(s.layer);
  visit(s.expert_layer);
  visit(s.step);
  visit(s.sequence);
  visit(s.collective);
  visit(s.dispatch);
  visit(s.combine);
  visit(s.interference);
  visit(s.in_step);
}

using Block = std::vector<double>;  // logarithms

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

/// Observations of one profile on one family: residuals and their derivatives by central
/// differences, each run predicted once for all of its metrics.
class GroupCost : public ceres::CostFunction {
 public:
  GroupCost(std::vector<const Observation*> rows, std::vector<double> weights,
            const cost::Stack& base, int profile_size, int family_size)
      : rows_(std::move(rows)), weights_(std::move(weights)), base_(base) {
    set_num_residuals(static_cast<int>(rows_.size()));
    mutable_parameter_block_sizes()->push_back(profile_size);
    mutable_parameter_block_sizes()->push_back(family_size);
  }

  /// Where the solver keeps the parameters.
  void watch(const double* profile, const double* family) { at_ = {profile, family}; }

  /// Works out what Evaluate() will be asked for at the present parameters.
  void prepare(bool with_derivatives) {
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

  /// Copies what is prepared.
  bool Evaluate(double const* const* parameters, double* residuals,
                double** jacobians) const override {
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

 private:
  void derive(std::array<Block, 2> at, std::size_t b) {
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

  void evaluate(const Block& profile, const Block& family, std::vector<double>& out) const {
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
      // Pseudo-Huber: quadratic near zero, linear beyond two sigma, so that a run with a fault of
      // its own does not bend the rest.
      constexpr double kBend = 2.0;
      const double h = kBend * std::sqrt(2.0 * (std::sqrt(1.0 + z * z / (kBend * kBend)) - 1.0));
      out[i] = std::copysign(h, z) * weights_[i];
    }
  }

  std::vector<const Observation*> rows_;
  std::vector<double> weights_;
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
  explicit Groups(int threads) : threads_(std::max(1, threads)) {}
  void add(GroupCost* group) { groups_.push_back(group); }
  void PrepareForEvaluation(bool with_derivatives, bool) override {
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
      for (auto i = next++; i < groups_.size(); i = next++) groups_[i]->prepare(with_derivatives);
    };
    std::vector<std::jthread> helpers;
    for (int i = 1; i < threads_; ++i) helpers.emplace_back(work);
    work();
  }

 private:
  int threads_;
  std::vector<GroupCost*> groups_;
};

/// (x - centre) / sigma per element, the centre a constant or another block.
class PullToConstant : public ceres::CostFunction {
 public:
  PullToConstant(Block centre, Block sigma) : centre_(std::move(centre)), sigma_(std::move(sigma)) {
    set_num_residuals(static_cast<int>(centre_.size()));
    mutable_parameter_block_sizes()->push_back(static_cast<int>(centre_.size()));
  }
  bool Evaluate(double const* const* p, double* r, double** j) const override {
    const auto n = centre_.size();
    for (std::size_t i = 0; i < n; ++i) r[i] = (p[0][i] - centre_[i]) / sigma_[i];
    if (j == nullptr || j[0] == nullptr) return true;
    std::fill(j[0], j[0] + n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) j[0][i * n + i] = 1.0 / sigma_[i];
    return true;
  }

 private:
  Block centre_, sigma_;
};

class PullTogether : public ceres::CostFunction {
 public:
  explicit PullTogether(Block sigma) : sigma_(std::move(sigma)) {
    set_num_residuals(static_cast<int>(sigma_.size()));
    mutable_parameter_block_sizes()->push_back(static_cast<int>(sigma_.size()));
    mutable_parameter_block_sizes()->push_back(static_cast<int>(sigma_.size()));
  }
  bool Evaluate(double const* const* p, double* r, double** j) const override {
    const auto n = sigma_.size();
    for (std::size_t i = 0; i < n; ++i) r[i] = (p[0][i] - p[1][i]) / sigma_[i];
    if (j == nullptr) return true;
    for (std::size_t b = 0; b < 2; ++b) {
      if (j[b] == nullptr) continue;
      std::fill(j[b], j[b] + n * n, 0.0);
      for (std::size_t i = 0; i < n; ++i) j[b][i * n + i] = (b == 0 ? 1.0 : -1.0) / sigma_[i];
    }
    return true;
  }

 private:
  Block sigma_;
};

void bound(ceres::Problem& problem, double* block, const std::vector<Parameter>& parameters) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    problem.SetParameterLowerBound(block, static_cast<int>(i), std::log(parameters[i].low));
    problem.SetParameterUpperBound(block, static_cast<int>(i), std::log(parameters[i].high));
  }
}

Block sigmas(const std::vector<Parameter>& parameters, double Parameter::*field) {
  Block b;
  for (const auto& p : parameters) b.push_back(p.*field);
  return b;
}

}  // namespace

const std::vector<Parameter>& profile_parameters() {
  // Priors: the constants of the typical profile and their sources (configs/stacks/typical.yaml).
  static const std::vector<Parameter> all = {
      {"efficiency.gemm", 0.77, 0.15, 0.15, 0.2, 0.98},
      {"efficiency.grouped_gemm", 0.70, 0.2, 0.2, 0.1, 0.98},
      {"efficiency.attention_prefill", 0.50, 0.2, 0.2, 0.1, 0.95},
      {"efficiency.attention_decode", 0.58, 0.2, 0.2, 0.1, 0.95},
      {"efficiency.memory", 0.85, 0.08, 0.08, 0.4, 0.97},
      {"efficiency.link", 0.80, 0.15, 0.15, 0.2, 0.95},
      {"overhead.launch", 1.5e-6, 0.5, 0.4, 0.1e-6, 20e-6},
      {"overhead.ramp", 1e-6, 0.5, 0.3, 0.1e-6, 10e-6},
      {"overhead.layer", 25e-6, 0.7, 0.6, 1e-6, 500e-6},
      {"overhead.expert_layer", 5e-6, 0.5, 0.3, 0.5e-6, 300e-6},
      {"overhead.step", 1e-3, 0.7, 0.6, 20e-6, 50e-3},
      {"overhead.sequence", 10e-6, 0.7, 0.6, 0.1e-6, 500e-6},
      {"overhead.collective", 5e-6, 0.5, 0.4, 1e-6, 60e-6},
      {"overhead.dispatch", 50e-6, 0.4, 0.3, 5e-6, 300e-6},
      {"overhead.combine", 40e-6, 0.4, 0.3, 5e-6, 300e-6},
      {"serving.interference", 1.0, 0.3, 0.25, 0.4, 4.0},
      {"serving.in_step", 0.5, 1.0, 1.0, 0.01, 1.0},
  };
  return all;
}

const std::vector<Parameter>& family_parameters() {
  static const std::vector<Parameter> all = {
      {"scale.matrix", 1.0, 0.15, 0.15, 0.4, 1.25},
      {"scale.memory", 1.0, 0.08, 0.08, 0.6, 1.14},
      {"scale.software", 1.0, 0.12, 0.12, 0.25, 4.0},
  };
  return all;
}

std::vector<FittedFigure> fitted_figures(cost::Stack& stack) {
  std::vector<FittedFigure> all;
  for_each_fitted(stack, [&](auto& figure) {
    FittedFigure f;
    if constexpr (std::is_same_v<std::remove_reference_t<decltype(figure)>, spec::Sourced<Count>>)
      f.share = &figure;
    else
      f.time = &figure;
    all.push_back(f);
  });
  return all;
}

cost::Stack with_values(const cost::Stack& stack, const Values& profile, const Values& family) {
  cost::Stack s = stack;
  std::size_t i = 0;
  for_each_fitted(s, [&](auto& figure) {
    using Q = std::remove_reference_t<decltype(figure.value)>;
    figure.value = Q::from_base(profile[i++]);
  });
  const auto share = [](spec::Sourced<Count>& f, double scale) {
    f.value = Count::from_base(std::min(0.99, f.value.base() * scale));
  };
  for (auto* f : {&s.gemm, &s.grouped_gemm, &s.attention_prefill, &s.attention_decode})
    share(*f, family[0]);
  share(s.memory, family[1]);
  for (auto* f : {&s.launch, &s.layer, &s.expert_layer, &s.step, &s.sequence, &s.collective})
    f->value *= family[2];
  return s;
}

Fit fit(const std::vector<Observation>& observations, const cost::Stack& base,
        const FitOptions& options) {
  const auto& pp = profile_parameters();
  const auto& fp = family_parameters();
  std::map<std::string, std::map<std::string, std::vector<const Observation*>>> cells;
  std::map<std::string, double> votes;
  for (const auto& o : observations) {
    cells[o.profile][o.family].push_back(&o);
    votes[o.group] += 1.0;
  }
  // Rows of one sweep are not independent: a group's weight grows with the root of its size.
  const auto weight = [&](const Observation& o) { return std::pow(votes.at(o.group), -0.25); };

  // All blocks in one array, mean first: the solver orders blocks by address, and rounding with it.
  std::map<std::string, double*> profiles, families;
  for (const auto& [name, by_family] : cells) {
    profiles[name] = nullptr;
    for (const auto& [family, rows] : by_family) families[family] = nullptr;
  }
  std::vector<double> store;
  store.reserve((1 + profiles.size()) * pp.size() + families.size() * fp.size());
  Groups groups(options.threads);
  ceres::Problem::Options held;
  held.evaluation_callback = &groups;
  ceres::Problem problem(held);
  const auto place = [&](const std::vector<Parameter>& parameters) {
    double* at = store.data() + store.size();
    const auto start = to_block(parameters);
    store.insert(store.end(), start.begin(), start.end());
    problem.AddParameterBlock(at, static_cast<int>(parameters.size()));
    bound(problem, at, parameters);
    return at;
  };
  double* mean = place(pp);
  problem.AddResidualBlock(new PullToConstant(to_block(pp), sigmas(pp, &Parameter::prior_sigma)),
                           nullptr, mean);
  for (auto& [name, block] : profiles) {
    block = place(pp);
    problem.AddResidualBlock(new PullTogether(sigmas(pp, &Parameter::between_sigma)), nullptr,
                             block, mean);
  }
  for (auto& [name, scale] : families) {
    scale = place(fp);
    problem.AddResidualBlock(new PullToConstant(to_block(fp), sigmas(fp, &Parameter::prior_sigma)),
                             nullptr, scale);
  }
  for (const auto& [name, by_family] : cells) {
    for (const auto& [family, rows] : by_family) {
      std::vector<double> weights;
      for (const auto* o : rows) weights.push_back(weight(*o));
      auto* group = new GroupCost(rows, std::move(weights), base, static_cast<int>(pp.size()),
                                  static_cast<int>(fp.size()));
      group->watch(profiles.at(name), families.at(family));
      groups.add(group);
      problem.AddResidualBlock(group, nullptr, profiles.at(name), families.at(family));
    }
  }
  ceres::Solver::Options o;
  o.max_num_iterations = options.max_iterations;
  o.linear_solver_type = ceres::DENSE_NORMAL_CHOLESKY;
  o.logging_type = ceres::SILENT;
  o.function_tolerance = 1e-6;
  o.use_nonmonotonic_steps = true;
  ceres::Solver::Summary summary;
  ceres::Solve(o, &problem, &summary);

  Fit f;
  f.cost_before = summary.initial_cost;
  f.cost_after = summary.final_cost;
  f.iterations = static_cast<int>(summary.iterations.size());
  const auto values = [](const double* b, const std::vector<Parameter>& parameters) {
    return to_values(Block(b, b + parameters.size()));
  };
  f.mean = values(mean, pp);
  for (const auto& [name, b] : profiles) f.profiles[name] = values(b, pp);
  for (const auto& [name, b] : families) f.families[name] = values(b, fp);

  // A block's own curvature, the other blocks held: what its rows and its prior say together.
  ceres::Covariance::Options c;
  c.algorithm_type = ceres::DENSE_SVD;
  c.null_space_rank = -1;
  c.apply_loss_function = false;
  ceres::Covariance covariance(c);
  std::vector<std::pair<const double*, const double*>> blocks = {{mean, mean}};
  for (const auto& [name, b] : profiles) blocks.emplace_back(b, b);
  for (const auto& [name, b] : families) blocks.emplace_back(b, b);
  const bool known = covariance.Compute(blocks, &problem);
  const auto errors = [&](const double* b, const std::vector<Parameter>& parameters) {
    const auto n = parameters.size();
    Values v(n, 0.0);
    if (!known) return v;
    std::vector<double> m(n * n);
    covariance.GetCovarianceBlock(b, b, m.data());
    for (std::size_t i = 0; i < n; ++i) v[i] = std::sqrt(std::max(0.0, m[i * n + i]));
    return v;
  };
  f.mean_error = errors(mean, pp);
  for (const auto& [name, b] : profiles) f.profile_errors[name] = errors(b, pp);
  for (const auto& [name, b] : families) f.family_errors[name] = errors(b, fp);
  return f;
}

const Values& profile_of(const Fit& f, const std::string& profile) {
  const auto at = f.profiles.find(profile);
  return at == f.profiles.end() ? f.mean : at->second;
}

Values family_of(const Fit& f, const std::string& family) {
  const auto at = f.families.find(family);
  return at == f.families.end() ? Values(family_parameters().size(), 1.0) : at->second;
}

}  // namespace perfmodel::calibrate
