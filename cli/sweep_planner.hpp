// From the slow digits of a point to its deployment, compiled.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/setup.hpp"
#include "cli/sweep_load.hpp"
#include "sweep/point.hpp"

namespace perfmodel::cli {

struct PlannedSite {
  std::optional<serving::Points> points;
  sweep::Site site;  // points at the above
  std::optional<spec::Infeasible> why;
  std::string keys;  // key columns up to the lengths, as CSV, with a comma at the end
  // What the deployment is made of. `made_of` is another number whenever one of them is another.
  const Setup* setup = nullptr;
  const cost::Stack* stack = nullptr;
  const llm::LlmSpec* llm = nullptr;
  std::uint64_t made_of = 0;
};

/// Not to be shared between threads. What neighbours have in common is kept: places that are asked
/// for in their order cost little more than compiling.
class Planner {
 public:
  explicit Planner(const LoadedSweep& sweep);
  /// Of a deployment's number. Valid until the next call. Throws UsageError where an override does
  /// not suit a machine.
  const PlannedSite& at(std::uint64_t plan);

 private:
  void load(const sweep::Place& place);
  void build(const sweep::Place& place);
  void compile(const sweep::Place& place);

  const LoadedSweep& loaded_;
  const sweep::Sweep& sweep_;
  Catalog catalog_;
  std::optional<std::uint64_t> now_;
  std::optional<sweep::Place> last_;
  Setup as_built_;
  Setup setup_;  // with what-ifs; with its dies alone where they cannot be
  std::optional<spec::Infeasible> unbuilt_;
  cost::Stack stack_;
  llm::LlmSpec llm_;
  std::vector<mapping::Parallelism> deployments_;
  cost::Machine machine_;
  PlannedSite planned_;
};

}  // namespace perfmodel::cli
