#include "cli/estimate.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cli/economy.hpp"
#include "cli/errors.hpp"
#include "cli/evidence.hpp"
#include "cli/intervals.hpp"
#include "cli/provenance.hpp"
#include "cli/published_index.hpp"
#include "cli/record.hpp"
#include "cli/setup.hpp"

namespace perfmodel::cli {
namespace {

/// Beside a supernode the answer shows these, so that the count can be weighed against fewer,
/// faster chips.
constexpr std::array<std::string_view, 3> kReferences = {"gb200-nvl72", "hgx-h20", "hgx-h200"};
/// A system beyond the usual server.
constexpr int kSupernode = 9;

/// The request as another machine can be asked it: sizes and degrees of the user's own pools mean
/// nothing there, a pool of its own for prefill does.
search::Request without_pools(search::Request request) {
  request.parallelism.reset();
  request.prefill_parallelism.reset();
  if (request.split == search::Split::fixed) request.split = search::Split::where_better;
  return request;
}

void compare(const Catalog& catalog, const Setup& asked, const Question& question,
             report::EstimateRecord& record) {
  // The others are free to find their own best deployment under the same promise, in the model's
  // own formats.
  search::Request request = without_pools(question.request);
  request.batch.reset();
  request.concurrency.reset();
  mapping::PrecisionRequest native;
  native.kv = question.precision.kv;
  const auto add = [&](const std::string& role, const std::string& chip,
                       const std::string& system) {
    const auto setup = load_comparison(catalog, chip, system, question.assume);
    if (setup.system.id == asked.system.id) return;
    for (const auto& c : record.comparisons)
      if (c.system == setup.system.id && c.chip == setup.chip.id) return;
    record.comparisons.push_back(
        comparison_row(role, setup, question, solve(setup, question, native, request)));
  };
  for (const auto& chip : asked.chip.alternatives) add("alternative", chip, "");
  if (asked.system.chip_count() >= kSupernode)
    for (auto system : kReferences) add("reference", "", std::string(system));
}

std::string offer(const Setup& setup) {
  const auto lines = stand_ins(setup.chip, setup.family);
  if (lines.empty()) return "supply it with --set";
  return fmt::format("--assume takes the family's: {}", fmt::join(lines, ", "));
}

/// The same question with fewer demands, tried in order until one has an answer.
std::string nearest_feasible(const Setup& setup, const Question& question) {
  struct Attempt {
    std::string what;
    search::Request request;
    mapping::PrecisionRequest precision;
  };
  std::vector<Attempt> attempts;
  const auto& asked = question.request;
  auto own = asked;
  own.parallelism.reset();
  own.prefill_parallelism.reset();
  if (asked.parallelism || asked.prefill_parallelism)
    attempts.push_back(
        {asked.prefill_parallelism ? "--parallel auto --prefill-parallel auto" : "--parallel auto",
         own, question.precision});
  // Where prefill has systems of its own the pools are what they are.
  const bool pools = asked.split == search::Split::fixed && !setup.prefill;
  if (pools) {
    own = without_pools(asked);
    attempts.push_back({"--disaggregate auto", own, question.precision});
  }
  auto free_batch = own;
  free_batch.batch.reset();
  free_batch.concurrency.reset();
  if (asked.batch || asked.concurrency)
    attempts.push_back({"a smaller batch", free_batch, question.precision});
  for (auto storage : {spec::Storage::fp8, spec::Storage::int8, spec::Storage::int4}) {
    auto narrow = question.precision;
    narrow.weights = storage;
    narrow.compute.reset();
    attempts.push_back({fmt::format("--weights {}", spec::name_of(storage)), free_batch, narrow});
  }
  for (const auto& a : attempts) {
    const auto outcome = solve(setup, question, a.precision, a.request);
    if (!outcome) continue;
    return fmt::format("{}: {} with {} sequences in flight", a.what,
                       mapping::to_string(outcome->plan.parallelism), outcome->concurrency);
  }
  // More machines, as far as they can be joined.
  for (int systems = setup.systems * 2; setup.system.scale_out && systems <= 64; systems *= 2) {
    auto more = setup;
    more.systems = systems;
    const auto outcome = solve(more, question, question.precision, free_batch);
    if (!outcome) continue;
    return fmt::format("--count {}{} ({} chips): {}", systems, pools ? " --disaggregate auto" : "",
                       more.chips(), mapping::to_string(outcome->plan.parallelism));
  }
  return "";
}

EstimateResult answer(const Catalog& catalog, const EstimateOptions& options) {
  const auto setup = load_setup(catalog, options);
  const auto question = load_question(catalog, options);
  EstimateResult result;
  fill_asked(result.record, setup, question, options);
  const auto outcome = solve(setup, question, question.precision, question.request);
  if (outcome) {
    fill_answer(result.record, setup, question, *outcome);
    const auto& w = options.words;
    const bool looked_up = w.nearest > 0 || w.samples > 0 || w.why;
    const auto index = looked_up ? load_index(catalog) : calibrate::RunIndex{};
    fill_evidence(result.record, catalog, index, setup, question, *outcome, options);
    const auto log_rate =
        fill_intervals(result.record, catalog, index.runs, setup, question, *outcome, w);
    fill_economy(result.record, setup, question, *outcome, log_rate, w.seed);
    result.record.sources = w.sources;
    if (w.sources) fill_pulls_of(result.record, setup, question, *outcome);
    if (!options.words.no_compare) compare(catalog, setup, question, result.record);
    return result;
  }
  const auto& why = outcome.error();
  if (why.why == spec::Why::invalid_mapping) refuse(why);
  result.status = kExitNo;
  result.record.infeasible = why.reason;
  result.record.nearest = why.nearest;
  if (why.why == spec::Why::missing_figure && !why.nearest.starts_with("--set"))
    result.record.nearest = offer(setup);
  if (why.why == spec::Why::out_of_memory)
    result.record.nearest = nearest_feasible(setup, question);
  return result;
}

}  // namespace

EstimateResult run_estimate(const Catalog& catalog, const EstimateOptions& options) {
  auto result = answer(catalog, options);
  result.record.provenance = provenance_of(catalog, options.words.command);
  return result;
}

}  // namespace perfmodel::cli
