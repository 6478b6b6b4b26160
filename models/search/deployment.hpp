// Deployments of a model on a system: the one that was asked for, or the best of many.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "cost/machine.hpp"
#include "mapping/precision.hpp"
#include "serving/disaggregated.hpp"
#include "serving/engine.hpp"
#include "serving/workload.hpp"
#include "spec/outcome.hpp"

namespace perfmodel::search {

/// What a search makes the most of: output tokens per second of the whole system, of the chips that
/// the deployment occupies, per watt (at work, with their share of the system) or per price of
/// their share of the system; or the least time per output token.
enum class Objective : std::uint8_t { output, per_chip, per_watt, per_cost, tpot };
inline constexpr std::array<std::string_view, 5> kObjectiveNames = {"output", "per-chip",
                                                                    "per-watt", "per-cost", "tpot"};
constexpr std::string_view name_of(Objective o) {
  return kObjectiveNames[static_cast<std::size_t>(o)];
}

/// Whether prefill has a pool of its own: never, where that is better, or with so many devices for
/// each phase.
enum class Split : std::uint8_t { never, where_better, fixed };

/// What a search looks at of an engine's shape; empty: everything.
struct Shapes {
  std::vector<int> stages;    // of pipelines
  std::vector<int> cuts;      // of experts
  std::vector<int> contexts;  // degrees of context parallelism
};

/// What the user fixes; the rest is searched.
struct Request {
  std::optional<mapping::Parallelism>
      parallelism;                    // of one engine; the system holds as many as fit
  std::optional<double> concurrency;  // sequences in flight over the whole system
  std::optional<double> batch;        // sequences per attention rank
  std::optional<Frequency> rate;      // requests that arrive at the whole system
  bool largest_batch = false;         // as many as memory holds, whatever the latency
  serving::Slo slo;
  serving::Speculation speculation;
  /// To choose from in place of `speculation`; the best of them may draft nothing.
  std::vector<serving::Speculation> speculations;
  Objective objective = Objective::output;
  Split split = Split::never;
  int prefill_devices = 0;  // with Split::fixed
  int decode_devices = 0;
  std::optional<mapping::Parallelism> prefill_parallelism;
  Shapes shapes;
};

/// What kept the batch from being larger; `rate`: a larger one would turn out less, `load`: no more
/// requests arrive, `prefill`: the prefill pool feeds no more.
enum class Limit : std::uint8_t { asked, memory, ttft, tpot, rate, load, prefill };
inline constexpr std::array<std::string_view, 7> kLimitNames = {
    "asked", "memory", "TTFT", "TPOT", "output rate", "load", "prefill"};
constexpr std::string_view name_of(Limit l) {
  return kLimitNames[static_cast<std::size_t>(l)];
}

/// The pool that prefills where decoding has another.
struct PrefillPool {
  phase::Plan plan;
  int engines = 1;
  double together = 1;     // requests of one pass and rank
  double utilisation = 0;  // share of the time that it computes
  Time pass{};             // of `together` requests
  Time transfer{};         // of their caches to the decode pool
  Bytes transferred{};     // of one request
  serving::MemoryPlan memory;
  int joined = 1;                         // devices among which the caches move
  std::optional<serving::PoolLink> link;  // where the pools are of two sites
};

struct Deployment {
  phase::Plan plan;  // of decode, where prefill has a pool of its own
  int engines = 1;
  double batch = 0;        // per attention rank
  double concurrency = 0;  // whole system
  double used = 1;         // part of the places in the batch that the concurrency fills
  Limit limit = Limit::asked;
  serving::Steady steady;  // of one engine
  serving::MemoryPlan memory;
  double largest_batch = 0;
  int draft_tokens = 0;
  double accepted = 0;  // mean drafts accepted per step
  std::size_t candidates = 1;
  std::optional<PrefillPool> prefill;
  Time queue{};  // wait before prefill and for a place in the batch, within TTFT, at a given load

  /// Output tokens per second of all engines.
  Frequency output_rate() const { return steady.output_rate * (engines * used); }
  /// Devices that the engines of both pools occupy.
  int devices() const {
    return plan.parallelism.devices() * engines +
           (prefill ? prefill->plan.parallelism.devices() * prefill->engines : 0);
  }
};

struct Upkeep;  // search/worth.hpp

/// Devices of another kind for prefill, joined to the decoding system by their scale-out links.
struct PrefillSite {
  const cost::Machine& machine;
  const mapping::Precision& precision;
  int devices = 1;
  const Upkeep* upkeep = nullptr;  // as Problem's
};

/// The inputs of a search, borrowed for its duration.
struct Problem {
  const llm::LlmSpec& llm;
  const cost::Machine& machine;
  const mapping::Precision& precision;
  const serving::Workload& workload;
  int devices = 1;                                  // of the whole system
  const PrefillSite* prefill = nullptr;             // null: pools share `devices`
  std::optional<serving::PoolLink> pool_link = {};  // between two sites
  /// What a device costs by what it does, for the objectives per watt and per cost; null: all the
  /// same.
  const Upkeep* upkeep = nullptr;
};

/// The deployment that is best by the request's objective under its SLO, over tensor, pipeline,
/// context, attention-data, expert and expert-tensor parallelism, batch, and speculation where
/// several are given; with a split, also over the sizes of the pools. Pipeline stages are tried
/// only where nothing fits without: they are priced without the bubbles that uneven work leaves in
/// them, and a search that believed it would find them everywhere. Nothing better by more than 0.1
/// % is missed: latencies never fall as the batch grows, which bounds the rate of whole ranges of
/// batches, and what is turned out per watt or price with it. Of two pools the batches and sizes
/// are those of most tokens by device, and deployments are compared by what they are worth. Ties go
/// to the smaller engine.
spec::Outcome<Deployment> find_deployment(const Problem& problem, const Request& request);

/// Pipeline stages that find_deployment tries.
inline constexpr std::array<int, 4> kStages = {1, 2, 4, 8};
/// The parallelisms that it looks at, for `stages` of them: none where `shapes` leaves them out.
std::vector<mapping::Parallelism> candidates(const llm::LlmSpec& llm, int devices, int stages,
                                             const Shapes& shapes = {});

/// The deployment as it stands at another machine (another software profile, a sampled what-if),
/// same batch. `prefill_machine`: of the prefill pool, where that is a site of its own.
Deployment at_machine(const Deployment& deployment, const cost::Machine& machine,
                      const serving::Workload& workload,
                      const cost::Machine* prefill_machine = nullptr);

}  // namespace perfmodel::search
