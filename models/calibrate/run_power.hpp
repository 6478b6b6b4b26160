// Power of a published run, and what measured power says of the coefficients.
#pragma once

#include <optional>
#include <vector>

#include "calibrate/run.hpp"
#include "power/system_power.hpp"

namespace perfmodel::calibrate {

/// What the run as a whole turned out, where that is to stand in for what is predicted.
struct Rates {
  Frequency output{};
  Frequency requests{};
};

/// What the chips of a run do: those that decode first, then those that prefill where they are
/// others. At predicted rates, or at `measured` ones: the work by token does not depend on how fast
/// it is done. Empty for runs that are not in a steady state.
std::vector<power::Pool> pools_of(const Run& run, const Prediction& prediction,
                                  const cost::Stack& stack,
                                  const std::optional<Rates>& measured = std::nullopt);

/// power_w_per_chip: mean over all chips of the run. joules_per_output_token: of the chips that
/// decode alone where others prefill; published numbers of both agree with each other only so
/// (docs/power.md). Fails where the chip's TDP is not published.
spec::Outcome<double> power_value(const Run& run, const Prediction& prediction,
                                  const cost::Stack& stack, Metric metric,
                                  const power::Coefficients& coefficients,
                                  const std::optional<Rates>& measured = std::nullopt);

}  // namespace perfmodel::calibrate
