// What a comparison says, before any format: sentences and tables that the terminal and Markdown
// share.
#pragma once

#include <string>
#include <vector>

#include "report/comparison_record.hpp"
#include "report/content.hpp"
#include "report/grid.hpp"

namespace perfmodel::report {

bool is_feasible(const ComparedSystem& system);
/// The ratio of the record's metric.
const Ratio& ratio_of(const RateRatios& ratios, const std::string& metric);
/// "output tok/s", "decode-only tok/s".
std::string metric_text(const std::string& metric);
/// "x1.9", "x0.18".
std::string factor_text(double factor);

/// Warnings of all systems, each once, with the system it is about.
std::vector<std::string> banners(const ComparisonRecord& record);
std::vector<Statement> question(const ComparisonRecord& record);

/// Each system at its best deployment.
Grid systems(const ComparisonRecord& record, Detail detail);
/// "gb200-nvl72: tp1 dp72 ep72, limited by TPOT" of each.
std::vector<Statement> deployments(const ComparisonRecord& record);
/// Empty without samples.
Grid intervals(const ComparisonRecord& record);
std::vector<Statement> bins(const ComparisonRecord& record);
/// Power, energy and cost of each.
Grid economy(const ComparisonRecord& record);
/// Why a system has no power or no cost, and the largest unknown of each.
std::vector<Statement> economy_notes(const ComparisonRecord& record);
/// Each system over the baseline.
Grid ratios(const ComparisonRecord& record);
/// "1 cloudmatrix384 = 0.95 gb200-nvl72 ...; 1 ascend910c = 0.18 gb200; for equal output 4.9x the
/// power", for each but the baseline. The power is the baseline's over the other's.
std::vector<Statement> parity(const ComparisonRecord& record);
/// Parts in rows, systems in columns, and the product.
Grid factors(const ComparisonRecord& record);
/// What differs behind the largest factors of each system, `most` of them; and why there are none.
std::vector<Statement> reasons(const ComparisonRecord& record, std::size_t most);
/// Rate per chip by interactivity.
Grid interactivity(const ComparisonRecord& record);
/// Who overtakes whom where.
std::vector<Statement> crossings(const ComparisonRecord& record);

}  // namespace perfmodel::report
