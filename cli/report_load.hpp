// A report's config from disk, by id or by file.
#pragma once

#include <string>
#include <vector>

#include "cli/catalog.hpp"
#include "cli/compare_options.hpp"
#include "cli/report_config.hpp"

namespace perfmodel::cli {

/// `word`: an id of configs/reports, or a path of a file. `sets`: keys of the file exchanged, as
/// {"chip", "h200"}. Throws UsageError with all diagnostics.
Report load_report(const Catalog& catalog, const std::string& word,
                   const std::vector<Override>& sets);

/// Throws UsageError for a chip, system, model, memory, format or workload that there is not, and
/// for a promise or a length that nothing could keep.
void check_report(const Catalog& catalog, const Report& report);

/// The report's question of `llm` as `estimate` would be asked it.
EstimateArguments question_of(const Report& report, const std::string& llm);
/// The same of all its systems, as `compare` would be.
CompareArguments comparison_of(const Report& report, const std::string& llm);

}  // namespace perfmodel::cli
