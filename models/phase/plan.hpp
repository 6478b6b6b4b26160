// A deployment compiled once into a flat array of terms, and its evaluation at any batch and
// context. Evaluating allocates nothing; a what-if on hardware or software is another Machine under
// the same plan.
#pragma once

#include <array>
#include <vector>

#include "cost/collective.hpp"
#include "cost/machine.hpp"
#include "llm/llm_spec.hpp"
#include "mapping/parallelism.hpp"
#include "mapping/precision.hpp"
#include "mapping/sharded_model.hpp"
#include "spec/outcome.hpp"

namespace perfmodel::phase {

struct Plan {
  mapping::Parallelism parallelism;
  mapping::Precision precision;
  mapping::ShardedModel model;
  std::array<cost::Route, mapping::kGroups> routes{};  // by mapping::Group
  double stage_excess = 1;  // slowest pipeline stage over the mean, from layers that do not divide
  double draft_tokens = 0;

  const cost::Route& route(mapping::Group g) const { return routes[static_cast<std::size_t>(g)]; }
};

/// Compiles; fails where the mapping is impossible or the machine lacks a figure that the plan
/// needs.
spec::Outcome<Plan> compile(const llm::LlmSpec& llm, const mapping::Parallelism& p,
                            const mapping::Precision& precision, const cost::Machine& machine,
                            int draft_tokens);

/// Time of one pass, and where it went. After overlap the parts add up to `total`, but for
/// pipelines whose layers do not divide: `stage_excess` scales the layers' share of it.
struct PassTime {
  Time total{};
  Time main{};           // everything that nothing hides
  Time shared_expert{};  // before overlap
  Time exchange{};       // dispatch and combine, before overlap
  Time hidden{};         // of the last two, what overlap hides
  Time draft{};          // the speculative layer's own passes, within total
  Time overhead{};       // per layer and per step, within total
};
PassTime evaluate(const Plan& plan, const cost::Machine& machine, const ops::Pass& pass);

/// A step in which `prefill`, a part of new requests' prompts, rides along with `decode`: products,
/// messages and what is done element by element take the rows of both at once, so that weights are
/// read and software is paid once; attention runs apart for each, in kernels of its own.
PassTime evaluate_mixed(const Plan& plan, const cost::Machine& machine, const ops::Pass& decode,
                        const ops::Pass& prefill);

/// The same pass by operator, instances summed.
struct TermTime {
  const mapping::Term* term = nullptr;
  double count = 1;   // instances in the pass, drafts included
  ops::OpCost cost;   // of one instance
  cost::OpTime time;  // of one instance
  Time total{};       // of all
};
std::vector<TermTime> explain(const Plan& plan, const cost::Machine& machine,
                              const ops::Pass& pass);

}  // namespace perfmodel::phase
