// Published runs like a given deployment: by what two are alike, and how far apart they are.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "calibrate/run.hpp"

namespace perfmodel::calibrate {

/// What deployments are compared by. Ids as in the configs; zero stands for not known.
struct Likeness {
  std::string chip, family;
  std::string llm;
  std::string architecture;  // of the model: how most layers attend, dense or with experts
  double active = 0;         // parameters that a token passes through
  std::string profile;       // of the software; "typical" stands for any
  Mode mode = Mode::aggregated;
  double chips = 0;  // of the run
  double tp = 1, ep = 1;
  double weight_bits = 0;  // per weight of the largest part of the model
  double input = 0, output = 0;
  double concurrency = 0;  // sequences in flight per chip
  double draft_tokens = 0;
};
Likeness likeness_of(const Run& run, const std::string& profile);
/// The parts that a run shares with a deployment nobody measured.
void describe(Likeness& likeness, const llm::LlmSpec& llm, const mapping::Precision& precision,
              const mapping::Parallelism& parallelism);

/// A sum of penalties and of absolute logarithms of ratios. The weights are a judgement of how much
/// of a prediction's error two runs share, in the order: model, chip, software, then the numbers.
///   model         same 0; same architecture 1.5, other 3; and half the logarithm of active sizes
///   chip          same 0; same family 1, other 2
///   software      same 0, or where `asked` is typical; other year 0.25; other 0.75
///   mode          aggregated 0, disaggregated 0.5, others 1 (between equal modes 0)
///   weight bits   0.5 per e-fold, as are tokens per step of speculation
///   lengths       0.25 per e-fold of input, output, and sequences in flight per chip (unknown:
///   0.5) parallelism   0.15 per e-fold of chips, tp and ep
double distance(const Likeness& asked, const Likeness& run);

/// The `most` nearest, nearest first, as places in `runs`; of equals the first.
struct Near {
  std::size_t at = 0;
  double distance = 0;
};
std::vector<Near> nearest(const Likeness& asked, const std::vector<Likeness>& runs,
                          std::size_t most);

}  // namespace perfmodel::calibrate
