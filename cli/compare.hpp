// From options to the comparison: loads what is named, finds each system's best deployment, takes
// the differences apart, fills the record.
#pragma once

#include "cli/catalog.hpp"
#include "cli/compare_options.hpp"
#include "cli/compare_parts.hpp"
#include "report/comparison_record.hpp"

namespace perfmodel::cli {

struct CompareResult {
  report::ComparisonRecord record;
  int status = 0;  // kExitNo if no system is feasible
  // What the record was made from, system by system.
  std::vector<Contender> contenders;
  std::vector<spec::Outcome<search::Deployment>> found;
  std::vector<std::vector<spec::Outcome<search::Deployment>>> at_levels;  // of interactivity
};

/// Throws UsageError for names that stand for nothing, and for systems that cannot be asked so.
void check_names(const Catalog& catalog, const CompareOptions& options);

/// Throws UsageError for bad input, all of it at once where possible.
CompareResult run_compare(const Catalog& catalog, const CompareOptions& options);

}  // namespace perfmodel::cli
