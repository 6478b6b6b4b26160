// Where the time of a deployment goes, operator by operator, for the record.
#pragma once

#include "cli/setup.hpp"
#include "report/estimate_record.hpp"
#include "search/deployment.hpp"

namespace perfmodel::cli {

/// Operators of a prefill and of a decode step, and those that take most of an output token's time.
void fill_operators(report::EstimateRecord& record, const Question& question,
                    const search::Deployment& deployment, const cost::Machine& machine,
                    const cost::Machine& prefill_machine);

}  // namespace perfmodel::cli
