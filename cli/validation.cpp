#include "cli/validation.hpp"

#include "calibrate/run_power.hpp"
#include "calibrate/slices.hpp"

namespace perfmodel::cli {

using calibrate::Measurement;

namespace {

/// Rows of one run share its deployment.
struct Known {
  spec::Outcome<calibrate::Run> run;
  spec::Outcome<calibrate::Prediction> prediction;
};

Known predicted_run(const Measurement& m, const cost::Stack& stack, CatalogLibrary& library) {
  auto run = calibrate::express(m, library, stack);
  auto prediction =
      run ? calibrate::predict(*run, stack) : spec::Outcome<calibrate::Prediction>(run.error());
  return {std::move(run), std::move(prediction)};
}

/// Without `power` its metrics are left out: a fit of software says nothing of it.
void take_value(Line& line, const spec::Outcome<calibrate::Prediction>& prediction,
                const calibrate::Run& run, const cost::Stack& stack,
                const power::Coefficients* power) {
  if (!prediction) {
    line.skipped = prediction.error().reason;
    return;
  }
  line.saturated = prediction->saturated;
  const auto metric = *line.m->metric;
  const bool of_power = metric == calibrate::Metric::power || metric == calibrate::Metric::joules;
  const auto v = of_power && power != nullptr
                     ? calibrate::power_value(run, *prediction, stack, metric, *power)
                     : calibrate::value_of(*prediction, run, metric);
  if (v)
    line.predicted = *v;
  else
    line.skipped = v.error().reason;
}

}  // namespace

std::vector<Line> predict_all(const std::vector<Measurement>& rows, const StackShelf& shelf,
                              CatalogLibrary& library) {
  std::vector<Line> lines;
  lines.reserve(rows.size());
  const auto power = library.power();
  std::map<std::string, Known> runs;
  for (const auto& m : rows) {
    Line l;
    l.m = &m;
    const auto& stack = shelf.for_row(m);
    l.profile = stack.id;
    const auto key = run_key(m);
    auto at = runs.find(key);
    if (at == runs.end()) at = runs.emplace(key, predicted_run(m, stack, library)).first;
    const auto& known = at->second;
    if (known.run)
      take_value(l, known.prediction, *known.run, stack, &power);
    else
      l.skipped = known.run.error().reason;
    lines.push_back(std::move(l));
  }
  return lines;
}

std::vector<Line> predict_fitted(const Corpus& corpus, const calibrate::Fit& fit,
                                 const cost::Stack& base,
                                 const std::function<bool(const Measurement&)>& keep) {
  std::vector<Line> lines;
  const calibrate::Run* last = nullptr;
  spec::Outcome<calibrate::Prediction> prediction = spec::Infeasible{};
  for (const auto& r : corpus.rows) {
    if (!keep(*r.m)) continue;
    if (r.run != last) {
      const auto stack = calibrate::with_values(base, calibrate::profile_of(fit, r.profile),
                                                calibrate::family_of(fit, r.family));
      prediction = calibrate::predict(*r.run, stack);
      last = r.run;
    }
    Line l;
    l.m = r.m;
    l.profile = r.profile;
    take_value(l, prediction, *r.run, base, nullptr);
    lines.push_back(std::move(l));
  }
  return lines;
}

std::vector<calibrate::Pair> pairs_of(const std::vector<Line>& lines,
                                      const std::function<bool(const Line&)>& keep) {
  std::vector<calibrate::Pair> pairs;
  for (const auto& l : lines)
    if (l.skipped.empty() && keep(l)) pairs.push_back({l.m->value, l.predicted});
  return pairs;
}

std::vector<cost::Residual> residuals_of(const std::vector<Line>& lines, cost::LeftOut left_out) {
  std::vector<cost::Residual> all;
  for (const auto& slice : calibrate::slices()) {
    const auto e = calibrate::errors_of(
        pairs_of(lines, [&](const Line& l) { return calibrate::holds(slice, *l.m); }));
    if (e.count > 0)
      all.push_back({left_out, slice.of, static_cast<long>(e.count), e.median, e.p90, e.bias});
  }
  return all;
}

std::map<std::string, std::vector<cost::Residual>> residuals_by_profile(
    const std::vector<Line>& lines, cost::LeftOut left_out) {
  std::map<std::string, std::vector<Line>> parts;
  for (const auto& l : lines) parts[l.profile].push_back(l);
  std::map<std::string, std::vector<cost::Residual>> all;
  for (const auto& [profile, part] : parts) all[profile] = residuals_of(part, left_out);
  return all;
}

}  // namespace perfmodel::cli
