// Every chip, system, model and profile in configs/, read once, and the combinations of them that
// the properties are checked on. A combination that cannot be is skipped with a counted reason, and
// every test states how many it must at least have seen.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "cli/catalog.hpp"
#include "cli/setup.hpp"
#include "cost/machine.hpp"
#include "mapping/precision.hpp"
#include "phase/plan.hpp"
#include "sanitized.hpp"
#include "serving/engine.hpp"

namespace perfmodel::property {

/// Instrumented code is some fifty times slower: it sees every n-th combination, always the same.
inline constexpr std::size_t kStride = kSanitized ? 61 : 1;

/// Relative slack for sums taken in another order.
inline constexpr double kRounding = 1e-9;

struct Hall {
  cli::Catalog catalog;
  std::vector<cli::Setup> setups;  // every chip in its default system, gaps filled by its family
  std::vector<llm::LlmSpec> llms;
  std::vector<serving::Workload> workloads;
  cost::Stack typical, ceiling;
};
const Hall& hall();

/// The formats of the weights: empty for the model's own.
inline constexpr std::string_view kWeights[] = {"", "bf16", "fp8", "int8", "nvfp4", "int4"};

/// A chip with a model, cut one way.
struct Subject {
  const cli::Setup* setup = nullptr;
  const llm::LlmSpec* llm = nullptr;
  std::string_view weights;
  mapping::Precision precision;
  mapping::Parallelism parallelism;
  cost::Machine typical, ceiling;
  phase::Plan plan;

  std::string text() const;
};

struct Tally {
  std::size_t seen = 0;
  std::map<std::string, std::size_t> skipped;
  std::string text() const;
};

/// Fewer than this share of the release build's combinations would mean that a test went empty.
inline std::size_t floor_of(std::size_t release) {
  return release / kStride / (kSanitized ? 2 : 1);
}

/// What is looked at: all if left empty.
struct Scope {
  std::vector<std::string_view> weights = {std::begin(kWeights), std::end(kWeights)};
  std::vector<mapping::Parallelism> degrees = {};  // ep 0: all devices of a stage, if MoE
  mapping::PrecisionRequest precision = {};
  std::size_t every = 1;  // every n-th combination
};
/// tp=1; tp=8; attention data parallelism with experts spread; both; with pipeline stages.
std::vector<mapping::Parallelism> usual_degrees();

Tally for_each_subject(const Scope& scope, const std::function<void(const Subject&)>& check);

/// 4096 tokens in, 1024 out, cut to the model's context.
serving::Workload usual_workload(const llm::LlmSpec& llm);

serving::Steady steady_of(const phase::Plan& plan, const cost::Machine& machine,
                          const serving::Workload& workload, double batch);

/// Stops a test after enough failures: one broken formula fails everywhere.
bool enough_failures();

}  // namespace perfmodel::property
