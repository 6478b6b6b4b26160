// What an answer says, before any format: sentences and tables that the terminal and Markdown
// share, so that both say the same. Cells hold the record's own text; formats escape it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/estimate_record.hpp"
#include "report/grid.hpp"

namespace perfmodel::report {

/// A sentence under a label, "formats: weights int8; ...".
struct Statement {
  std::string label;
  std::string text;
};

enum class Detail { brief, full };

bool is_feasible(const EstimateRecord& record);
/// An infeasible answer may have neither a deployment nor a memory plan.
bool has_deployment(const EstimateRecord& record);
bool has_memory(const EstimateRecord& record);

std::string joined(const std::vector<std::string>& texts, std::string_view separator = "; ");

/// Unless `text` is empty.
void add(std::vector<Statement>& statements, std::string label, std::string text);

/// Power, energy and cost.
std::vector<Statement> economy(const EstimateRecord& record);
/// The same as a row: power at most, modelled and with cooling in kW, J by output token, tok/s per
/// MW, USD per million input and output tokens, the interval of the latter, and rented.
Row economy_row(const std::string& label, const EstimateRecord& record);

/// What was asked, overrides included.
std::vector<Statement> question(const EstimateRecord& record);
/// Of that, model and workload: "DeepSeek-R1 (671 billion ...); workload default: ...".
std::string model_and_workload(const EstimateRecord& record);
/// Why there is no answer, and the nearest feasible one; empty for a feasible record.
std::vector<Statement> refusal(const EstimateRecord& record);
/// "3 x tp1 dp256 ep256", "tp8 feeds 2 x tp4" where prefill has a pool of its own.
std::string engines_text(const EstimateRecord& record);
/// Deployment, formats, fallbacks, software.
std::vector<Statement> setup(const EstimateRecord& record);
/// The weakest figures the answer rests on.
std::vector<Statement> confidence(const EstimateRecord& record);

/// The errors that the software profile showed on measured numbers, and what nobody measured.
std::vector<Statement> evidence(const EstimateRecord& record);
/// Published runs like this deployment, nearest first, measured beside predicted: the number that
/// says most of each, or all of them with settings and source; no rows where there are none. A run
/// without a number has no row.
Grid nearest_runs(const EstimateRecord& record, Detail detail);
/// "id, source: settings" of a run.
std::string nearest_run_text(const NearRun& run);

/// Expected beside ceiling; no rows when infeasible.
Grid metrics(const EstimateRecord& record);
/// What the intervals rest on; nothing without samples.
std::vector<Statement> interval_basis(const EstimateRecord& record);
/// What the answer would be with each chip that may be at hand; empty where there is one.
std::string bins_text(const EstimateRecord& record);
/// What limits the answer and what to learn next, and what single figures do to its output rate;
/// nothing where not asked for.
std::vector<Statement> why(const EstimateRecord& record);
Grid swings(const EstimateRecord& record);
/// Memory of the fullest device in words; nothing when unknown.
std::vector<Statement> memory_in_words(const EstimateRecord& record);
/// Memory of the fullest device; no rows when unknown.
Grid memory(const EstimateRecord& record);
/// The `most` worst operators; no rows when infeasible.
Grid bottlenecks(const EstimateRecord& record, std::size_t most);

/// This answer, then alternatives, then references, one row each; no rows when there are none of
/// these.
Grid comparisons(const EstimateRecord& record, Detail detail);

/// Phases in the order of their operators.
std::vector<std::string> phases(const EstimateRecord& record);
/// "decode pass, 49.4 ms after overlap; ..."
std::string phase_title(const EstimateRecord& record, std::string_view phase);
Grid operator_times(const EstimateRecord& record, std::string_view phase);
Grid operator_work(const EstimateRecord& record, std::string_view phase);
/// What each operator counts, once for all phases.
Grid operator_formulas(const EstimateRecord& record);

/// How many figures of which grade, and by which program; nothing without figures.
std::vector<Statement> sources_summary(const EstimateRecord& record);
Grid figures(const EstimateRecord& record);
/// With a last column for where each comes from.
Grid figures_with_sources(const EstimateRecord& record);
/// "title, date, url; file:line; what single sources say; note" of a figure.
std::string provenance(const FigureRow& figure);

}  // namespace perfmodel::report
