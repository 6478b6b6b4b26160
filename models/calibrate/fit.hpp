// Fits software profiles and family scales to measurements: robust least squares on logarithms,
// with priors and bounds, a profile pulled towards the mean of all and that towards published
// constants (Ceres).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "calibrate/parameters.hpp"
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
  /// Sweep: rows of one metric and sigma that share what the model does not know, see fit().
  std::string group;
};

struct Fit {
  Values mean;       // of all profiles, at kTrendYear
  double trend = 0;  // change of the logarithm of software times per year
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

/// The year to which the mean of all profiles belongs.
inline constexpr double kTrendYear = 2025;
/// Year of a profile's name ("vllm-2026"); kTrendYear where it has none.
double year_of(const std::string& profile);

/// The mean profile of a year.
Values mean_of(const Fit& f, double year);
/// Values for a profile (and a family) that the fit may not have seen: their parents'.
Values profile_of(const Fit& f, const std::string& profile);
Values family_of(const Fit& f, const std::string& family);

}  // namespace perfmodel::calibrate
