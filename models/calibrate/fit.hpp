// Fits software profiles and family scales to measurements: robust least squares on logarithms,
// with priors and bounds, a profile pulled towards the mean of all and that towards published
// constants (Ceres).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "calibrate/run.hpp"
#include "calibrate/statistics.hpp"

namespace perfmodel::calibrate {

/// One number to fit to.
struct Observation {
  const Run* run = nullptr;
  Metric metric = Metric::tpot;
  double value = 0;     // in the metric's unit
  double sigma = 0.15;  // of the logarithm
  std::string profile;  // which profile's parameters it informs
  std::string family;   // chip family
  std::string group;    // observations of one group share one vote's worth of weight, see fit()
};

/// A parameter of a profile: a figure of the Stack on a logarithmic scale, with its prior.
struct Parameter {
  std::string_view name;       // "overhead.layer"
  double prior = 1;            // in base units; the mean of all profiles is pulled here
  double prior_sigma = 0.5;    // of the logarithm
  double between_sigma = 0.3;  // of one profile about the mean of all
  double low = 0;              // bounds
  double high = 1;
};
const std::vector<Parameter>& profile_parameters();
/// Scales of a family about what the profile says: matrix efficiency, memory efficiency, software
/// time.
const std::vector<Parameter>& family_parameters();

using Values = std::vector<double>;  // one per parameter, base units

/// The Stack's figure that each parameter stands for, in the order of profile_parameters().
struct FittedFigure {
  spec::Sourced<Count>* share = nullptr;  // one of the two is set
  spec::Sourced<Time>* time = nullptr;
};
std::vector<FittedFigure> fitted_figures(cost::Stack& stack);

/// `stack` with the parameters replaced.
cost::Stack with_values(const cost::Stack& stack, const Values& profile, const Values& family);

struct Fit {
  Values mean;  // of all profiles: the default one
  std::map<std::string, Values> profiles;
  std::map<std::string, Values> families;  // scales
  /// Standard errors of the logarithms, from the curvature at the minimum.
  Values mean_error;
  std::map<std::string, Values> profile_errors;
  std::map<std::string, Values> family_errors;
  double cost_before = 0;
  double cost_after = 0;
  int iterations = 0;
};

struct FitOptions {
  int max_iterations = 40;
  int threads = 2;
};
Fit fit(const std::vector<Observation>& observations, const cost::Stack& base,
        const FitOptions& options = {});

/// Values for a profile (and a family) that the fit may not have seen: their parents'.
const Values& profile_of(const Fit& f, const std::string& profile);
Values family_of(const Fit& f, const std::string& family);

}  // namespace perfmodel::calibrate
