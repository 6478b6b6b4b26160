// Columns of power, energy and cost, the same in all tables of answers.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "report/estimate_record.hpp"

namespace perfmodel::report {

struct EconomyColumn {
  std::string_view name;
  std::string (*field)(const EstimateRecord&);  // empty where there is no such number
};
std::span<const EconomyColumn> economy_columns();

}  // namespace perfmodel::report
