// Power and cost of an answer as distributions: the rate of the answer as drawn (intervals.hpp),
// and on top the figures that power and cost alone rest on, drawn from their ranges.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "search/deployment_power.hpp"
#include "uncertainty/intervals.hpp"

namespace perfmodel::uncertainty {

enum class EconomyMetric : std::uint8_t { systems, site, token_energy, input_cost, output_cost };
inline constexpr std::size_t kEconomyMetrics = 5;
template <class T>
using PerEconomy = std::array<T, kEconomyMetrics>;
constexpr std::size_t index(EconomyMetric m) {
  return static_cast<std::size_t>(m);
}

/// Borrowed for the call.
struct EconomyAnswer {
  const search::Load& load;
  const search::Site& site;
  const search::Site* prefill = nullptr;
  const power::Coefficients& power;
  const tco::Prices& prices;
};

struct EconomyIntervals {
  PerEconomy<Interval> interval;
  /// The unknown whose range moves the metric most: the path of a figure, or "throughput".
  PerEconomy<std::string> widest;
};

/// `log_rate`: ln(sample / answer) of the output rate, one number a sample. A machine that turns
/// out more does as much more work by time. Empty costs where a price is not published; empty
/// altogether where power is not.
EconomyIntervals economy_intervals(const EconomyAnswer& answer, const std::vector<double>& log_rate,
                                   std::uint64_t seed);

}  // namespace perfmodel::uncertainty
