// What operator by operator evaluation and the compiled one share: the time of a term, and a pass
// from the sums over its terms.
#pragma once

#include "cost/collective.hpp"
#include "cost/roofline.hpp"
#include "phase/plan.hpp"

namespace perfmodel::phase {

inline cost::OpTime time_of(const cost::Machine& m, const cost::Route& route,
                            const mapping::Term& t, const ops::OpCost& c, ops::Phase phase) {
  if (c.message.pattern != ops::Pattern::none) return cost::time_of_message(m, route, c);
  return cost::time_of(m, c, t.op.kind().op_class(phase), t.compute);
}

/// The software's time by layer, of `drafts` passes through the speculative layer too.
inline Time software_of_layers(const mapping::ShardedModel& model, const cost::Machine& m,
                               double drafts) {
  return m.layer * (model.layers + model.draft_layers * drafts) +
         m.expert_layer * (model.expert_layers + model.draft_expert_layers * drafts);
}

/// Overlap and overhead of a pass whose streams are summed, and its total. `sequences` are those of
/// the whole rank, each of which software handles once.
inline void assemble(PassTime& r, const cost::Machine& m, Time layered, double sequences,
                     double stage_excess) {
  const Time software = m.step + m.sequence * sequences;
  r.overhead = layered + software;
  // The shared expert hides under the exchange and the routed experts; the exchange hides under the
  // other half of the batch, so never more than there is to compute.
  const Time shared = r.shared_expert * m.overlap_shared_expert;
  const Time exchange = min(r.exchange, r.main) * m.overlap_communication;
  r.hidden = shared + exchange;
  r.total = (r.main + r.shared_expert + r.exchange - r.hidden + layered) * stage_excess + software;
}

}  // namespace perfmodel::phase
