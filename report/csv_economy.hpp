// Columns of power, energy and cost, the same in all tables of answers.
#pragma once

#include <span>

#include "report/csv_table.hpp"
#include "report/estimate_record.hpp"

namespace perfmodel::report {

/// A field is empty where there is no such number.
using EconomyColumn = CsvColumn<EstimateRecord>;
std::span<const EconomyColumn> economy_columns();

}  // namespace perfmodel::report
