// The parameters that a fit moves: figures of a software profile and scales of an architecture, on
// logarithmic scales with priors.
#pragma once

#include <string_view>
#include <vector>

#include "cost/stack.hpp"

namespace perfmodel::calibrate {

/// A parameter of a profile: a figure of the Stack on a logarithmic scale, with its prior.
struct Parameter {
  std::string_view name;       // "overhead.layer"
  double prior = 1;            // in base units; the mean of all profiles is pulled here
  double prior_sigma = 0.5;    // of the logarithm
  double between_sigma = 0.3;  // of one profile about the mean of all
  double low = 0;              // bounds
  double high = 1;
  bool ages = false;  // a time of software, which newer software lowers by the common trend
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

}  // namespace perfmodel::calibrate
