// Fit of the coefficients of power to measured power, and to the published totals of systems.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "power/coefficients.hpp"
#include "power/system_power.hpp"

namespace perfmodel::calibrate {

/// Shares of the TDP that are fitted; vector units and links draw too little in the published runs
/// to be told from the rest, and keep their values.
inline constexpr std::array<std::string_view, 4> kPowerShares = {"idle", "active", "matrix",
                                                                 "memory"};

/// Mean power of chips over their TDP, and what they did.
struct PowerObservation {
  std::string run;
  std::string group;  // left out together
  std::vector<power::Pool> pools;
  double share = 0;  // measured power over TDP
};

/// A figure with its 95 % interval from the scatter of the observations.
struct Fitted {
  double value = 0, low = 0, high = 0;
};
struct PowerFit {
  std::array<Fitted, kPowerShares.size()> shares;
};

/// Power over TDP by the coefficients, held at one.
double predicted_share(const power::ChipShares& shares, const std::vector<power::Pool>& pools);
power::ChipShares with(const power::ChipShares& shares, const PowerFit& fit);

/// Least squares of relative errors, none below zero, rows beyond two robust deviations weighted
/// down (Huber). `start` gives the shares that are not fitted.
PowerFit fit_power(const std::vector<PowerObservation>& rows, const power::ChipShares& start);

/// A system's published total by the chip: watts = fixed + (1 + proportional) TDP.
struct TotalObservation {
  std::string system;
  double tdp = 0;    // W
  double total = 0;  // W by the chip
};
struct AroundFit {
  Fitted fixed, proportional;

  double total(double tdp) const { return fixed.value + (1.0 + proportional.value) * tdp; }
};
AroundFit fit_around(const std::vector<TotalObservation>& rows);

}  // namespace perfmodel::calibrate
