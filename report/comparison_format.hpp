// Formats of a comparison. Each is a pure function from record to text, locale-proof and
// deterministic.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/comparison_record.hpp"

namespace perfmodel::report {

std::string comparison_table(const ComparisonRecord& record, int width = 100);
std::string comparison_markdown(const ComparisonRecord& record);
/// RFC 4180, one shape: a row for each system, then for each system and interactivity, then for
/// each crossing; the column `row` says which. What does not apply is empty. Where the record asks
/// for sources, the figures of all answers instead, as in report/format.hpp.
std::string comparison_csv(const ComparisonRecord& record);
std::string comparison_json(const ComparisonRecord& record);

/// The columns of comparison_csv, in order, units in the names.
std::vector<std::string_view> comparison_columns();

}  // namespace perfmodel::report
