// A published run as a deployment that the engine can price: which devices, which plan, which
// batch. Expressed once, predicted under any software profile.
#pragma once

#include <optional>
#include <string>

#include "calibrate/library.hpp"
#include "calibrate/measurement.hpp"
#include "phase/plan.hpp"
#include "serving/engine.hpp"

namespace perfmodel::calibrate {

/// One pool of engines.
struct Pool {
  phase::Plan plan;
  double workers = 1;
  int systems = 1;
  double chips = 1;  // of the pool
};

struct Run {
  const Site* site = nullptr;
  const llm::LlmSpec* llm = nullptr;
  Mode mode = Mode::aggregated;
  Pool decode;                  // of an aggregated, static or offline run: the pool
  std::optional<Pool> prefill;  // disaggregated
  serving::Workload workload;
  double chips = 1;
  double concurrency = 0;     // 0: as many as memory holds
  double batch_per_chip = 0;  // sequences, or tokens of a prefill
  /// Speculation: tokens drafted and, if published, accepted per step. What is not published is the
  /// profile's business.
  int drafted = 0;
  std::optional<double> accepted;
  double fixed_context = 0;  // decode_only: length of the cache
  bool balanced = false;     // every rank was made to get the same load of experts
};

/// Of a pool of the run, as it sees `stack`.
cost::Machine machine_of(const Run& run, const Pool& pool, const cost::Stack& stack);

/// The run behind a measurement; fails with the reason why it cannot be expressed.
spec::Outcome<Run> express(const Measurement& m, Library& library, const cost::Stack& stack);

/// What the run would have measured under `stack`.
struct Prediction {
  Time tpot{}, ttft{}, step{}, itl{};
  Frequency output{}, input{}, requests{};  // whole run
  Time batch_latency{};
  bool saturated = false;  // more requests than memory holds: TTFT is queueing
  // Of steady runs: sequences that decode in one pass of a rank, tokens that each yields, and
  // requests that are prefilled together. Zero for others.
  double batch = 0;
  double yield = 1;
  double together = 0;
};
spec::Outcome<Prediction> predict(const Run& run, const cost::Stack& stack);

/// The prediction in the unit of `metric`, or why there is none. Power and energy are those of
/// run_power.hpp.
spec::Outcome<double> value_of(const Prediction& p, const Run& run, Metric metric);

}  // namespace perfmodel::calibrate
