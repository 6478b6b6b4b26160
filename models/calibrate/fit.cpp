#include "calibrate/fit.hpp"

#include <ceres/ceres.h>

#include <algorithm>
#include <cmath>

#include "calibrate/residuals.hpp"
#include "units/number.hpp"

namespace perfmodel::calibrate {
namespace {

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

/// Prior of the trend: software times fell by about a fifth a year, give or take as much.
constexpr double kTrendPrior = -0.2;
constexpr double kTrendSigma = 0.2;

Block shift_of(const std::vector<Parameter>& parameters, double years) {
  Block b;
  for (const auto& p : parameters) b.push_back(p.ages ? years : 0.0);
  return b;
}

}  // namespace

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
  // Rows of one sweep are not independent: its weight grows with the root of its size.
  const auto weight = [&](const Observation& o) { return std::pow(votes.at(o.group), -0.25); };

  // All blocks in one array, mean first: the solver orders blocks by address, and rounding with it.
  std::map<std::string, double*> profiles, families;
  for (const auto& [name, by_family] : cells) {
    profiles[name] = nullptr;
    for (const auto& [family, rows] : by_family) families[family] = nullptr;
  }
  std::vector<double> store;
  store.reserve((1 + profiles.size()) * pp.size() + families.size() * fp.size() + 1);
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
  double* trend = store.data() + store.size();
  store.push_back(kTrendPrior);
  problem.AddParameterBlock(trend, 1);
  problem.AddResidualBlock(new PullToConstant({kTrendPrior}, {kTrendSigma}), nullptr, trend);
  for (auto& [name, block] : profiles) {
    block = place(pp);
    problem.AddResidualBlock(
        new PullTogether(sigmas(pp, &Parameter::between_sigma), PullTogether::Group::loose,
                         shift_of(pp, year_of(name) - kTrendYear)),
        nullptr, block, mean, trend);
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
  f.trend = *trend;
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

double year_of(const std::string& profile) {
  const auto dash = profile.rfind('-');
  if (dash == std::string::npos) return kTrendYear;
  const auto year = entire_number<int>(std::string_view(profile).substr(dash + 1));
  return year && *year > 2000 ? *year : kTrendYear;
}

Values mean_of(const Fit& f, double year) {
  Values v = f.mean;
  const auto& pp = profile_parameters();
  for (std::size_t i = 0; i < v.size(); ++i)
    if (pp[i].ages) v[i] *= std::exp(f.trend * (year - kTrendYear));
  return v;
}

Values profile_of(const Fit& f, const std::string& profile) {
  const auto at = f.profiles.find(profile);
  return at == f.profiles.end() ? mean_of(f, year_of(profile)) : at->second;
}

Values family_of(const Fit& f, const std::string& family) {
  const auto at = f.families.find(family);
  return at == f.families.end() ? Values(family_parameters().size(), 1.0) : at->second;
}

}  // namespace perfmodel::calibrate
