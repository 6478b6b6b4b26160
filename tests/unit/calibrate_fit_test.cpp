// The fit on runs whose software is known, because the model itself made the numbers.
#include <array>
#include <cmath>
#include <cstring>
#include <deque>

#include <gtest/gtest.h>

#include "calibrate/fit.hpp"
#include "calibrate/residuals.hpp"
#include "unit/calibrate_support.hpp"

namespace perfmodel::calibrate {
namespace {

using test::typical;

std::size_t index_of(std::string_view name) {
  const auto& all = profile_parameters();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].name == name) return i;
  ADD_FAILURE() << name;
  return 0;
}

Values priors(const std::vector<Parameter>& parameters) {
  Values v;
  for (const auto& p : parameters) v.push_back(p.prior);
  return v;
}

/// Two chips of two families, two profiles.
struct World {
  std::deque<Run> runs;
  std::map<std::string, Values> profiles;
  std::map<std::string, Values> families;
  std::vector<Observation> observations;

  World() {
    auto slow = priors(profile_parameters());
    slow[index_of("overhead.layer")] *= 1.6;
    slow[index_of("overhead.step")] *= 1.5;
    slow[index_of("efficiency.memory")] *= 0.95;
    auto quick = priors(profile_parameters());
    quick[index_of("overhead.layer")] *= 0.6;
    quick[index_of("efficiency.gemm")] *= 1.1;
    quick[index_of("overhead.collective")] *= 0.7;
    profiles = {{"quick-2026", quick}, {"slow-2025", slow}};
    families = {{"blackwell", {0.93, 0.97, 1.1}}, {"hopper", {1.0, 1.0, 1.0}}};
    for (const std::string chip : {"h100", "b200"}) {
      for (double load : {1, 8, 64, 256}) add(chip, "llama-3.1-8b", 1, load);
      for (double load : {4, 64}) add(chip, "llama-3.1-70b", 8, load);
      for (double load : {8, 128}) add(chip, "gpt-oss-120b", 4, load);
    }
    observe();
  }

 private:
  void add(const std::string& chip, const std::string& model, int chips, double load) {
    auto m = test::row(chip, model, chips, load);
    m.decode.tp = chips;
    auto r = test::express(m);
    ASSERT_TRUE(r) << r.error().reason;
    runs.push_back(std::move(*r));
  }
  void observe() {
    for (const auto& [profile, values] : profiles) {
      for (const auto& run : runs) {
        const auto& family = run.site->family.id;
        const auto p = predict(run, with_values(typical(), values, families.at(family)));
        for (const auto metric : {Metric::tpot, Metric::output_per_chip}) {
          Observation o;
          o.run = &run;
          o.metric = metric;
          o.value = *value_of(*p, run, metric);
          o.sigma = 0.01;
          o.profile = profile;
          o.family = family;
          o.group = std::to_string(observations.size());
          observations.push_back(o);
        }
      }
    }
  }
};

const World& world() {
  static const World w;
  return w;
}
FitOptions on(int threads, int iterations = 40) {
  FitOptions o;
  o.threads = threads;
  o.max_iterations = iterations;
  return o;
}
const Fit& fitted() {
  static const Fit f = fit(world().observations, typical(), on(2));
  return f;
}

TEST(Fit, RecoversWhatMadeTheNumbers) {
  const auto& f = fitted();
  EXPECT_LT(f.cost_after, f.cost_before * 0.2);
  for (const auto& o : world().observations) {
    const auto stack = with_values(typical(), profile_of(f, o.profile), family_of(f, o.family));
    const auto v = value_of(*predict(*o.run, stack), *o.run, o.metric);
    EXPECT_NEAR(*v / o.value, 1, 0.02)
        << o.profile << " " << o.run->llm->id << " " << name_of(o.metric);
  }
}

/// Mean of |logarithm| over the rows that `keep` lets pass, against what made them.
template <class Keep>
double off(const Fit& f, const std::vector<Observation>& truth, const Keep& keep) {
  double sum = 0, n = 0;
  for (const auto& o : truth) {
    if (!keep(o)) continue;
    const auto stack = with_values(typical(), profile_of(f, o.profile), family_of(f, o.family));
    sum += std::abs(std::log(*value_of(*predict(*o.run, stack), *o.run, o.metric) / o.value));
    ++n;
  }
  return sum / n;
}

TEST(Fit, WhatASweepHasInCommonBendsTheRestLittle) {
  // One model on one chip runs a third slower than the software explains, at every load.
  const auto odd = [](const Observation& o) {
    return o.run->llm->id == "llama-3.1-8b" && o.family == "hopper" && o.profile == "slow-2025";
  };
  const auto& truth = world().observations;
  auto alone = truth;
  for (auto& o : alone) {
    o.sigma = 0.1;
    if (odd(o)) o.value *= o.metric == Metric::tpot ? 1.35 : 1 / 1.35;
  }
  auto swept = alone;
  for (auto& o : swept)
    if (odd(o)) o.group = std::string("odd ") + std::string(name_of(o.metric));
  const auto rest = [&](const Observation& o) { return !odd(o) && o.profile == "slow-2025"; };
  const double as_rows = off(fit(alone, typical(), on(2)), truth, rest);
  const double as_sweep = off(fit(swept, typical(), on(2)), truth, rest);
  EXPECT_GT(as_rows, 0.01);
  EXPECT_LT(as_sweep, 0.6 * as_rows);
}

TEST(Fit, AProfilePullsTheMeanNoHarderTheFartherItIs) {
  PullTogether pull({0.5, 0.2}, PullTogether::Group::loose, {1.0, 0.0});
  const double mean[] = {0.1, -0.3};
  const double trend = 0.2;
  const auto at = [&](double x, double* jacobian) {
    const double own[] = {x, x};
    const double* blocks[] = {own, mean, &trend};
    std::array<double, 2> r{};
    double* jacobians[] = {jacobian, nullptr, nullptr};
    EXPECT_TRUE(pull.Evaluate(blocks, r.data(), jacobian != nullptr ? jacobians : nullptr));
    return r;
  };
  for (const double x : {-4.0, -0.2, 0.3, 0.31, 2.0, 30.0}) {
    std::array<double, 4> j{};
    const auto r = at(x, j.data());
    constexpr double kStep = 1e-6;
    const auto more = at(x + kStep, nullptr), less = at(x - kStep, nullptr);
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_NEAR(j[i * 2 + i], (more[i] - less[i]) / (2 * kStep), 1e-5) << x << " " << i;
      // What it pulls with, the slope of half the square: as from two sigma away at most.
      EXPECT_LE(std::abs(r[i] * j[i * 2 + i]), 2.0 / (i == 0 ? 0.5 : 0.2) + 1e-9) << x;
    }
    EXPECT_EQ(j[1], 0.0);
    EXPECT_EQ(j[2], 0.0);
  }
}

std::string bytes_of(const Fit& f) {
  std::string s;
  const auto add = [&](const Values& v) {
    s.append(reinterpret_cast<const char*>(v.data()), v.size() * sizeof(double));
  };
  add(f.mean);
  add(f.mean_error);
  for (const auto* all : {&f.profiles, &f.families, &f.profile_errors, &f.family_errors})
    for (const auto& [name, v] : *all) add(v);
  add({f.cost_before, f.cost_after, static_cast<double>(f.iterations)});
  return s;
}

TEST(Fit, IsTheSameOnOneThreadAndTwo) {
  const auto once = bytes_of(fit(world().observations, typical(), on(1, 8)));
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(once, bytes_of(fit(world().observations, typical(), on(2, 8)))) << i;
}

TEST(Fit, StaysAtTheParentWithoutData) {
  const auto& f = fitted();
  EXPECT_EQ(profile_of(f, "unheard-of-2025"), f.mean);
  EXPECT_EQ(profile_of(f, "unheard-of"), f.mean);
  // Software of another year has that year's times, and the same shares.
  const auto newer = profile_of(f, "unheard-of-2027");
  const auto& parameters = profile_parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    EXPECT_NEAR(newer[i] / f.mean[i], parameters[i].ages ? std::exp(2 * f.trend) : 1.0, 1e-12)
        << parameters[i].name;
  }
  EXPECT_EQ(family_of(f, "unheard-of"), Values(family_parameters().size(), 1.0));
  // And the mean at its prior where there is none at all.
  const auto none = fit({}, typical(), on(1));
  const auto prior = priors(profile_parameters());
  ASSERT_EQ(none.mean.size(), prior.size());
  for (std::size_t i = 0; i < prior.size(); ++i) EXPECT_NEAR(none.mean[i] / prior[i], 1, 1e-9);
  EXPECT_TRUE(none.profiles.empty());
}

TEST(Fit, StaysWithinBounds) {
  for (const double wrong : {0.01, 100.0}) {
    auto observations = world().observations;
    for (auto& o : observations) o.value *= o.metric == Metric::tpot ? wrong : 1.0 / wrong;
    const auto f = fit(observations, typical(), on(2, 15));
    const auto check = [&](const Values& v, const std::vector<Parameter>& parameters) {
      ASSERT_EQ(v.size(), parameters.size());
      for (std::size_t i = 0; i < v.size(); ++i) {
        EXPECT_GE(v[i], parameters[i].low * (1 - 1e-9)) << parameters[i].name;
        EXPECT_LE(v[i], parameters[i].high * (1 + 1e-9)) << parameters[i].name;
      }
    };
    check(f.mean, profile_parameters());
    for (const auto& [name, v] : f.profiles) check(v, profile_parameters());
    for (const auto& [name, v] : f.families) check(v, family_parameters());
    EXPECT_LE(f.cost_after, f.cost_before);
  }
}

TEST(Fit, KnowsLessOfWhatTheDataDoNotShow) {
  const auto& f = fitted();
  const auto& parameters = profile_parameters();
  for (const auto& [name, errors] : f.profile_errors) {
    ASSERT_EQ(errors.size(), parameters.size());
    // Every run reads memory; none passes through an exchange of experts between racks.
    const auto known = [&](const char* p) {
      return errors[index_of(p)] / parameters[index_of(p)].between_sigma;
    };
    EXPECT_LT(known("efficiency.memory"), 0.7 * known("overhead.dispatch")) << name;
    for (double e : errors) EXPECT_TRUE(e > 0 && std::isfinite(e));
  }
}

TEST(FittedFigures, AreTheParametersInOrder) {
  auto stack = typical();
  const auto figures = fitted_figures(stack);
  ASSERT_EQ(figures.size(), profile_parameters().size());
  auto values = priors(profile_parameters());
  const auto changed = with_values(stack, values, {1, 1, 1});
  EXPECT_EQ(changed.gemm.value.base(), values[index_of("efficiency.gemm")]);
  EXPECT_EQ(changed.layer.value.base(), values[index_of("overhead.layer")]);
  EXPECT_EQ(changed.request.value.base(), values[index_of("overhead.request")]);
  EXPECT_EQ(changed.interference.value.base(), values[index_of("serving.interference")]);
  EXPECT_EQ(changed.in_step.value.base(), values[index_of("serving.in_step")]);
  for (std::size_t i = 0; i < figures.size(); ++i)
    EXPECT_NE(figures[i].share != nullptr, figures[i].time != nullptr) << i;
  // Scales: matrix factors and software times are multiplied, the rest is left alone.
  const auto scaled = with_values(stack, values, {10, 1, 2});
  EXPECT_EQ(scaled.gemm.value.base(), 10 * changed.gemm.value.base());
  EXPECT_EQ(scaled.kernel_start.value.base(), 2 * changed.kernel_start.value.base());
  EXPECT_EQ(scaled.layer.value.base(), 2 * changed.layer.value.base());
  EXPECT_EQ(scaled.dispatch.value.base(), changed.dispatch.value.base());
}

}  // namespace
}  // namespace perfmodel::calibrate
