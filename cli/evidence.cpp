#include "cli/evidence.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "cli/errors.hpp"
#include "cli/published_index.hpp"

namespace perfmodel::cli {
namespace {

using calibrate::Likeness;
using calibrate::Metric;
using report::NearRun;

/// Runs that turn out to have no prediction give way to the next ones.
constexpr std::size_t kSpare = 5;

Likeness likeness_of(const Setup& setup, const Question& q, const search::Deployment& d) {
  Likeness l;
  calibrate::describe(l, q.llm, d.plan.precision, d.plan.parallelism);
  l.chip = setup.chip.id;
  l.family = setup.family.id;
  l.profile = q.stack.id;
  l.chips = setup.chips();
  l.input = q.workload.input;
  l.output = q.workload.output;
  l.concurrency = d.concurrency / setup.chips();
  l.draft_tokens = d.draft_tokens;
  return l;
}

/// Which of a run's numbers says most about an answer: the time per token, then rates, then the
/// rest.
int rank_of(Metric metric) {
  constexpr std::array<Metric, 11> order = {Metric::tpot,
                                            Metric::step,
                                            Metric::output_per_chip,
                                            Metric::total_per_chip,
                                            Metric::batch_latency,
                                            Metric::output_per_decode_chip,
                                            Metric::itl,
                                            Metric::input_per_chip,
                                            Metric::input_per_prefill_chip,
                                            Metric::ttft,
                                            Metric::requests};
  return static_cast<int>(std::find(order.begin(), order.end(), metric) - order.begin());
}

void fill_run(NearRun& r, const calibrate::Measurement& m, const calibrate::Run& run,
              const Likeness& like) {
  r.id = m.id;
  r.source = m.source;
  r.url = m.url;
  r.date = m.date;
  r.chip = m.chip;
  r.llm = m.model;
  r.stack = m.stack;
  r.profile = like.profile;
  r.mode = m.mode_text;
  const auto& plan = run.decode.plan;
  r.weights = std::string(name_of(run.llm->is_moe() ? plan.precision.experts : plan.precision.ffn));
  r.parallelism = mapping::to_string(plan.parallelism);
  r.chips = run.chips;
  r.input = m.input.value_or(0);
  r.output = m.output.value_or(0);
  r.concurrency = like.concurrency * run.chips;
}

/// Empty metrics where the model has nothing to say of it. Rows whose notes differ are predicted
/// one by one: notes give the sizes of pools.
NearRun near_run(const Catalog& catalog, CatalogLibrary& library,
                 std::vector<calibrate::Measurement> rows, const Likeness& like) {
  NearRun r;
  if (!catalog.exists(*find_kind("stack"), like.profile)) return r;
  const auto stack = catalog.stack(like.profile);
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return rank_of(*a.metric) < rank_of(*b.metric);
  });
  std::map<std::string, std::pair<calibrate::Run, calibrate::Prediction>> known;
  for (const auto& m : rows) {
    const auto key = run_key(m);
    auto at = known.find(key);
    if (at == known.end()) {
      // By ids, which the index knows: what an alias stands for takes a look at every file.
      auto named = m;
      named.chip = like.chip;
      named.model = like.llm;
      auto run = calibrate::express(named, library, stack);
      if (!run) continue;
      const auto prediction = calibrate::predict(*run, stack);
      if (!prediction) continue;
      at = known.emplace(key, std::pair(std::move(*run), *prediction)).first;
    }
    const auto& [run, prediction] = at->second;
    const auto v = calibrate::value_of(prediction, run, *m.metric);
    if (!v) continue;
    if (r.metrics.empty()) fill_run(r, m, run, like);
    r.metrics.push_back({m.metric_text, m.statistic, m.value, *v});
  }
  return r;
}

/// What nobody measured, and what stands nearest.
std::string note_of(const Likeness& asked, const std::vector<Likeness>& runs,
                    const std::vector<NearRun>& shown) {
  if (runs.empty()) return "no published measurements are beside the configs";
  const auto some = [&](const auto& like) { return std::any_of(runs.begin(), runs.end(), like); };
  const bool chip = some([&](const Likeness& l) { return l.chip == asked.chip; });
  const bool llm = some([&](const Likeness& l) { return l.llm == asked.llm; });
  const bool both =
      some([&](const Likeness& l) { return l.chip == asked.chip && l.llm == asked.llm; });
  if (both || shown.empty()) return "";
  const auto nearest = fmt::format("the nearest is {} on {}", shown[0].llm, shown[0].chip);
  if (!chip && !llm)
    return fmt::format("no measurement on {} and none of {}; {}", asked.chip, asked.llm, nearest);
  if (!chip) return fmt::format("no measurement on {}; {}", asked.chip, nearest);
  if (!llm) return fmt::format("no measurement of {}; {}", asked.llm, nearest);
  return fmt::format("no measurement of {} on {}; {}", asked.llm, asked.chip, nearest);
}

}  // namespace

void fill_evidence(report::EstimateRecord& record, const Catalog& catalog,
                   const calibrate::RunIndex& index, const Setup& setup, const Question& question,
                   const search::Deployment& deployment, const EstimateOptions& options) {
  for (const auto& r : question.stack.residual)
    record.residual.push_back({std::string(name_of(r.of)), std::string(name_of(r.left_out)), r.rows,
                               r.median, r.p90, r.bias});
  record.profile_changed =
      std::any_of(options.overrides.begin(), options.overrides.end(),
                  [](const Override& o) { return o.path.starts_with("stack."); });
  const auto most = static_cast<std::size_t>(options.words.nearest);
  if (most == 0) return;
  const auto asked = likeness_of(setup, question, deployment);
  CatalogLibrary library(catalog);
  for (const auto& near : calibrate::nearest(asked, index.runs, most + kSpare)) {
    if (record.nearest_runs.size() == most) break;
    auto run = near_run(catalog, library, rows_at(catalog, index, index.places[near.at]),
                        index.runs[near.at]);
    if (run.metrics.empty()) continue;
    run.distance = near.distance;
    record.nearest_runs.push_back(std::move(run));
  }
  record.nearest_note = note_of(asked, index.runs, record.nearest_runs);
}

}  // namespace perfmodel::cli
