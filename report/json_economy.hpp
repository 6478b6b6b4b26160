// Power, energy and cost as JSON, the same in all answers.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "report/estimate_record.hpp"

namespace perfmodel::report {

/// Null where the answer is infeasible.
nlohmann::ordered_json power_json(const EstimateRecord& record);
nlohmann::ordered_json cost_json(const EstimateRecord& record);

}  // namespace perfmodel::report
