// Deployments of a model on a system: the one that was asked for, or the best of many.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "cost/machine.hpp"
#include "mapping/precision.hpp"
#include "serving/engine.hpp"
#include "spec/outcome.hpp"

namespace perfmodel::search {

/// What the user fixes; the rest is searched.
struct Request {
  std::optional<mapping::Parallelism>
      parallelism;                    // of one engine; the system holds as many as fit
  std::optional<double> concurrency;  // sequences in flight over the whole system
  std::optional<double> batch;        // sequences per attention rank
  bool largest_batch = false;         // as many as memory holds, whatever the latency
  serving::Slo slo;
  int draft_tokens = 0;
  double accepted = 0;  // mean drafts accepted per step
};

/// What kept the batch from being larger; `rate`: a larger one would turn out less.
enum class Limit : std::uint8_t { asked, memory, ttft, tpot, rate };
inline constexpr std::array<std::string_view, 5> kLimitNames = {"asked", "memory", "TTFT", "TPOT",
                                                                "output rate"};
constexpr std::string_view name_of(Limit l) {
  return kLimitNames[static_cast<std::size_t>(l)];
}

struct Deployment {
  phase::Plan plan;
  int engines = 1;
  double batch = 0;        // per attention rank
  double concurrency = 0;  // whole system
  double used = 1;         // part of the places in the batch that the concurrency fills
  Limit limit = Limit::asked;
  serving::Steady steady;  // of one engine
  serving::MemoryPlan memory;
  double largest_batch = 0;
  std::size_t candidates = 1;

  /// Output tokens per second of all engines.
  Frequency output_rate() const { return steady.output_rate * (engines * used); }
};

/// The inputs of a search, borrowed for its duration.
struct Problem {
  const llm::LlmSpec& llm;
  const cost::Machine& machine;
  const mapping::Precision& precision;
  const serving::Workload& workload;
  int devices = 1;  // of the whole system
};

/// The deployment with the highest output rate under the SLO, over tensor parallelism, attention
/// data parallelism, expert parallelism and batch; pipeline stages are tried only where nothing
/// fits without. Ties go to the smaller engine.
spec::Outcome<Deployment> find_deployment(const Problem& problem, const Request& request);

/// The parallelisms that find_deployment looks at, for `stages` pipeline stages.
std::vector<mapping::Parallelism> candidates(const llm::LlmSpec& llm, int devices, int stages);

/// The deployment as it stands at another machine (another software profile, a sampled what-if),
/// same batch.
Deployment at_machine(const Deployment& deployment, const cost::Machine& machine,
                      const serving::Workload& workload, double accepted);

}  // namespace perfmodel::search
