// Power, energy and cost of an answer.
#pragma once

#include <vector>

#include "cli/setup.hpp"
#include "report/estimate_record.hpp"

namespace perfmodel::cli {

/// Fills record.power, record.cost and the energy of record.operators. `log_rate`: draws of the
/// output rate for the intervals (uncertainty/economy.hpp); empty for none.
void fill_economy(report::EstimateRecord& record, const Setup& setup, const Question& question,
                  const search::Deployment& deployment, const std::vector<double>& log_rate,
                  long seed);

}  // namespace perfmodel::cli
