// Deployments with a pool for prefill and one for decode.
#pragma once

#include <cstddef>

#include "search/best.hpp"
#include "search/failures.hpp"

namespace perfmodel::search {

/// Adds the best deployment with two pools under the request's `speculation`, over the parallelism
/// of both, the decode batch, and how the devices divide between them. The pools are matched in
/// rate: n_p engines of P requests/s each feed n_d of D, and the system serves min(n_p P, n_d D). A
/// pair of engines of s_p and s_d devices cannot serve more than one request per s_p / P + s_d / D
/// device-seconds, which rules most pairs out unlooked at. Returns the number of engines looked at.
std::size_t add_split_deployments(const Problem& problem, const Request& request, Best& best,
                                  Failures& failures);

/// Both pools of `d` at another machine, same sizes and batch.
void split_at_machine(Deployment& d, const cost::Machine& machine,
                      const serving::Workload& workload, const cost::Machine* prefill_machine);

}  // namespace perfmodel::search
