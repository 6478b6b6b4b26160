#include "calibrate/curve_fit.hpp"

#include <ceres/ceres.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "calibrate/residuals.hpp"

namespace perfmodel::calibrate {
namespace {

using Points = std::vector<const OperatorPoint*>;

/// Scatter that is expected of a kernel about its curve.
constexpr double kSigma = 0.1;
/// How far kernels of one software differ from typical ones.
constexpr double kShareSigma = 0.08;
constexpr double kStartSigma = 0.25;
constexpr double kLinkShareSigma = 0.1;
constexpr double kLinkStartSigma = 0.15;

/// Share, start and, where there is a third, stream.
TableFactors factors_from(const double* logarithms, std::size_t n) {
  return {std::exp(logarithms[0]), std::exp(logarithms[1]), n > 2 ? std::exp(logarithms[2]) : 1.0};
}

/// Rows of one table on one family, sorted by chip.
class TableCost : public ceres::CostFunction {
 public:
  TableCost(Points points, std::vector<double> weights, std::size_t curve, OpRate reference,
            std::size_t figures, std::size_t factors)
      : points_(std::move(points)), weights_(std::move(weights)), curve_(curve) {
    curves_.core_rate.emplace();
    curves_.core_rate->value = reference;
    set_num_residuals(static_cast<int>(points_.size()));
    mutable_parameter_block_sizes()->push_back(static_cast<int>(figures));
    mutable_parameter_block_sizes()->push_back(static_cast<int>(factors));
  }

  bool Evaluate(double const* const* parameters, double* residuals,
                double** jacobians) const override {
    std::array<std::vector<double>, 2> at;
    for (std::size_t b = 0; b < 2; ++b)
      at[b].assign(parameters[b], parameters[b] + parameter_block_sizes()[b]);
    evaluate(at, residuals);
    if (jacobians == nullptr) return true;
    const auto n = points_.size();
    std::vector<double> above(n), below(n);
    for (std::size_t b = 0; b < 2; ++b) {
      if (jacobians[b] == nullptr) continue;
      for (std::size_t j = 0; j < at[b].size(); ++j) {
        constexpr double kStep = 1e-4;
        const double keep = at[b][j];
        at[b][j] = keep + kStep;
        evaluate(at, above.data());
        at[b][j] = keep - kStep;
        evaluate(at, below.data());
        at[b][j] = keep;
        for (std::size_t i = 0; i < n; ++i)
          jacobians[b][i * at[b].size() + j] = (above[i] - below[i]) / (2.0 * kStep);
      }
    }
    return true;
  }

 private:
  void evaluate(const std::array<std::vector<double>, 2>& at, double* out) const {
    auto curves = curves_;
    CurveValues values;
    for (const double x : at[0]) values.push_back(std::exp(x));
    set_curve(curves, curve_, values);
    const auto factors = factors_from(at[1].data(), at[1].size());
    const Site* site = nullptr;
    double devices = 0;
    cost::Machine m;
    for (std::size_t i = 0; i < points_.size(); ++i) {
      const auto& p = *points_[i];
      if (p.site != site || p.devices != devices) {
        m = bare_machine(*p.site, curves, p.devices);
        apply(m, curve_, factors);
        site = p.site;
        devices = p.devices;
      }
      const double z = std::log(price(m, p) / p.row->time) / kSigma;
      out[i] = robust(z) * weights_[i];
    }
  }

  Points points_;
  std::vector<double> weights_;
  std::size_t curve_;
  hw::KernelCurves curves_;
};

double median(std::vector<double> v) {
  if (v.empty()) return 0;
  const auto middle = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
  std::nth_element(v.begin(), middle, v.end());
  return *middle;
}

CurveValues exponentials(const double* block, std::size_t n) {
  CurveValues v;
  for (std::size_t i = 0; i < n; ++i) v.push_back(std::exp(block[i]));
  return v;
}

/// One curve of all families.
class Problem {
 public:
  Problem(std::size_t curve, const Points& points, const std::map<std::string, OpRate>& references,
          const CurveFitOptions& options)
      : curve_(curve),
        parameters_(curve_parameters(curve, options.widen)),
        factors_(options.widen && curve != kLinkCurve ? 3 : 2) {
    std::map<std::string, double> votes;
    for (const auto* p : points) {
      cells_[{p->site->chip.family, p->table}].push_back(p);
      votes[series_of(*p)] += 1.0;
    }
    // All blocks in one array, mean first: the solver orders blocks by address, and rounding with
    // it.
    for (const auto& [key, rows] : cells_) {
      families_[key.first] = nullptr;
      tables_[key.second] = nullptr;
    }
    const auto n = parameters_.size();
    store_.reserve((1 + families_.size()) * n + factors_ * tables_.size());
    std::vector<double> prior, wide, narrow;
    for (const auto& q : parameters_) {
      prior.push_back(std::log(q.prior));
      wide.push_back(q.prior_sigma);
      narrow.push_back(q.between_sigma);
    }
    mean_ = place(prior);
    problem_.AddResidualBlock(new PullToConstant(prior, wide), nullptr, mean_);
    for (auto& [name, block] : families_) {
      block = place(prior);
      problem_.AddResidualBlock(new PullTogether(narrow, PullTogether::Group::close), nullptr,
                                block, mean_);
    }
    const bool link = curve == kLinkCurve;
    std::vector<double> sigmas(factors_, options.table_sigma.value_or(kShareSigma));
    sigmas[0] = options.table_sigma.value_or(link ? kLinkShareSigma : kShareSigma);
    sigmas[1] = options.table_sigma.value_or(link ? kLinkStartSigma : kStartSigma);
    const std::vector<double> ones(factors_, 0.0);  // logarithms
    for (auto& [name, block] : tables_) {
      block = place(ones);
      problem_.AddResidualBlock(new PullToConstant(ones, sigmas), nullptr, block);
    }
    for (auto& [key, rows] : cells_) {
      std::stable_sort(rows.begin(), rows.end(), [](const auto* a, const auto* b) {
        return std::pair(a->site->chip.id, a->devices) < std::pair(b->site->chip.id, b->devices);
      });
      // Rows of one sweep are not independent: a series' weight grows with the root of its size.
      std::vector<double> weights;
      for (const auto* p : rows) weights.push_back(std::pow(votes.at(series_of(*p)), -0.25));
      blocks_[key] = problem_.AddResidualBlock(
          new TableCost(rows, std::move(weights), curve, references.at(key.first),
                        parameters_.size(), factors_),
          nullptr, families_.at(key.first), tables_.at(key.second));
    }
  }

  void solve(int iterations, CurveFit& fit) {
    ceres::Solver::Options o;
    o.max_num_iterations = iterations;
    o.linear_solver_type = ceres::DENSE_NORMAL_CHOLESKY;
    o.logging_type = ceres::SILENT;
    o.function_tolerance = 1e-6;
    ceres::Solver::Summary summary;
    ceres::Solve(o, &problem_, &summary);
    const auto n = parameters_.size();
    std::vector<std::pair<const double*, const double*>> wanted = {{mean_, mean_}};
    for (const auto& [name, b] : families_) wanted.emplace_back(b, b);
    ceres::Covariance::Options co;
    co.algorithm_type = ceres::DENSE_SVD;
    co.null_space_rank = -1;
    ceres::Covariance covariance(co);
    const bool known = covariance.Compute(wanted, &problem_);
    const auto errors = [&](const double* b) {
      CurveValues v(n, 0.0);
      std::vector<double> m(n * n, 0.0);
      if (known) covariance.GetCovarianceBlock(b, b, m.data());
      for (std::size_t i = 0; i < n; ++i) v[i] = std::sqrt(std::max(0.0, m[i * n + i]));
      return v;
    };
    auto& mean = fit.mean[curve_];
    mean = {exponentials(mean_, n), errors(mean_), CurveValues(n, 0.0)};
    for (const auto& [name, b] : families_) {
      auto& f = fit.families[name][curve_];
      f = {exponentials(b, n), errors(b), information(name)};
      for (std::size_t i = 0; i < n; ++i) mean.information[i] += f.information[i];
    }
    for (const auto& [name, b] : tables_) fit.tables[curve_][name] = factors_from(b, factors_);
  }

 private:
  double* place(const std::vector<double>& start) {
    double* at = store_.data() + store_.size();
    store_.insert(store_.end(), start.begin(), start.end());
    problem_.AddParameterBlock(at, static_cast<int>(start.size()));
    if (start.size() == parameters_.size()) {
      for (std::size_t i = 0; i < parameters_.size(); ++i) {
        problem_.SetParameterLowerBound(at, static_cast<int>(i), std::log(parameters_[i].low));
        problem_.SetParameterUpperBound(at, static_cast<int>(i), std::log(parameters_[i].high));
      }
    }
    return at;
  }

  /// Curvature that the family's rows give to each parameter, in units of its siblings' pull.
  CurveValues information(const std::string& family) {
    const auto n = parameters_.size();
    CurveValues sum(n, 0.0);
    for (const auto& [key, id] : blocks_) {
      if (key.first != family) continue;
      const auto rows = cells_.at(key).size();
      std::vector<double> residuals(rows), of_family(rows * n), of_table(rows * factors_);
      std::array<double*, 2> jacobians = {of_family.data(), of_table.data()};
      double cost = 0;
      problem_.EvaluateResidualBlock(id, false, &cost, residuals.data(), jacobians.data());
      for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < n; ++j) sum[j] += of_family[i * n + j] * of_family[i * n + j];
    }
    for (std::size_t j = 0; j < n; ++j)
      sum[j] *= parameters_[j].between_sigma * parameters_[j].between_sigma;
    return sum;
  }

  std::size_t curve_;
  const std::vector<CurveParameter>& parameters_;
  std::size_t factors_;  // of a table
  std::map<std::pair<std::string, std::string>, Points> cells_;
  std::map<std::pair<std::string, std::string>, ceres::ResidualBlockId> blocks_;
  std::map<std::string, double*> families_, tables_;
  std::vector<double> store_;
  double* mean_ = nullptr;
  ceres::Problem problem_;
};

/// Reference rates: of the chip with the most rows of each family.
std::map<std::string, OpRate> references(const Points& points) {
  std::map<std::string, std::map<std::string, std::size_t>> rows;
  std::map<std::string, const hw::Chip*> chips;
  for (const auto* p : points) {
    const auto& chip = p->site->chip;
    if (p->curve != kLinkCurve) ++rows[chip.family][chip.id];
    chips[chip.id] = &chip;
    rows[chip.family];
  }
  std::map<std::string, OpRate> r;
  for (const auto& [family, by_chip] : rows) {
    r[family] = OpRate();
    std::size_t most = 0;
    for (const auto& [id, n] : by_chip) {
      const auto rate = hw::core_rate(*chips.at(id));
      if (n <= most || !rate) continue;
      most = n;
      r[family] = *rate;
    }
  }
  return r;
}

std::map<std::string, Series> judge(const CurveFit& fit, const Points& points, double aside) {
  std::map<std::string, std::vector<double>> logs;
  for (const auto* p : points) {
    const auto m = bare_machine(*p->site, fit.curves_of(p->site->chip.family), p->devices);
    logs[series_of(*p)].push_back(std::log(price(m, *p) / p->row->time));
  }
  std::map<std::string, Series> all;
  for (auto& [name, v] : logs) {
    Series s;
    s.rows = v.size();
    s.bias = std::exp(median(v));
    for (auto& x : v) x = std::abs(x);
    s.off = median(v);
    s.aside = s.off > std::log(aside);
    all[name] = s;
  }
  return all;
}

CurveFit fit_once(const Points& points, const CurveFitOptions& options) {
  CurveFit fit;
  fit.core_rates = references(points);
  for (std::size_t curve = 0; curve < kCurveCount; ++curve) {
    Points of_curve;
    for (const auto* p : points)
      if (p->curve == curve) of_curve.push_back(p);
    Problem(curve, of_curve, fit.core_rates, options).solve(options.max_iterations, fit);
  }
  return fit;
}

}  // namespace

std::string series_of(const OperatorPoint& p) {
  const auto& t = *p.row;
  std::string s = fmt::format("{}:{}:{}", t.chip, name_of(t.op), p.table);
  if (p.curve == kLinkCurve)
    return s + fmt::format(":{}:{}", t.devices, t.bytes > kLargeMessage ? "large" : "small");
  if (p.curve == 3 && t.op == OperatorKind::attention_decode)
    s += t.heads == t.kv_heads ? ":ungrouped" : ":grouped";
  return s;
}

hw::KernelCurves CurveFit::curves_of(const std::string& family) const {
  hw::KernelCurves k;
  const auto at = families.find(family);
  for (std::size_t i = 0; i < kCurveCount; ++i) {
    const bool own = at != families.end() && !at->second[i].values.empty();
    set_curve(k, i, own ? at->second[i].values : mean[i].values);
  }
  const auto rate = core_rates.find(family);
  if (at != families.end() && rate != core_rates.end() && rate->second.base() > 0) {
    k.core_rate.emplace();
    k.core_rate->value = rate->second;
  }
  return k;
}

TableFactors CurveFit::factors_of(const OperatorPoint& p) const {
  const auto at = tables[p.curve].find(p.table);
  return at == tables[p.curve].end() ? TableFactors{} : at->second;
}

CurveFit fit_curves(const std::vector<const OperatorPoint*>& points,
                    const CurveFitOptions& options) {
  // What is far from the curve bends it: without it, more may turn out to be far, or less.
  constexpr int kRounds = 3;
  std::map<std::string, Series> series;
  CurveFit fit;
  Points kept = points;
  for (int round = 0; round < kRounds; ++round) {
    fit = fit_once(kept, options);
    fit.series = judge(fit, points, options.aside);
    Points next;
    for (const auto* p : points)
      if (!fit.series.at(series_of(*p)).aside) next.push_back(p);
    if (round + 1 == kRounds || next == kept) break;
    series = fit.series;
    kept = std::move(next);
  }
  if (!series.empty())
    for (auto& [name, s] : fit.series) s.aside = series.at(name).aside;
  std::vector<double> off;
  for (const auto& [name, s] : fit.series)
    if (!s.aside) off.push_back(s.off);
  fit.spread = median(off);
  return fit;
}

}  // namespace perfmodel::calibrate
