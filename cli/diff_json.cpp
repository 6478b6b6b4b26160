#include <cmath>

#include "cli/diff_report.hpp"
#include "report/json_parts.hpp"

namespace perfmodel::cli {
namespace {

using report::array_of;
using report::Json;

/// JSON has no infinity: as text, so that it is not taken for a missing number.
Json real(double v) {
  if (std::isfinite(v)) return v;
  return v > 0 ? "inf" : "-inf";
}

Json place_json(const diff::Place& p) {
  Json j = {{"key", p.key}};
  if (p.old_line > 0) j["old_line"] = p.old_line;
  if (p.new_line > 0) j["new_line"] = p.new_line;
  return j;
}

Json moved_json(const diff::Moved& m) {
  Json j = place_json(m.place);
  j["old"] = m.before;
  j["new"] = m.now;
  j["ratio"] = real(m.ratio);
  return j;
}

Json changed_json(const diff::Changed& x) {
  Json j = place_json(x.place);
  j["old"] = x.before;
  j["new"] = x.now;
  return j;
}

Json metric_json(const diff::MetricResult& m) {
  const bool any = m.rows > 0;
  return {{"name", m.name},
          {"better", diff::name_of(m.better)},
          {"counts", m.counts},
          {"rows", m.rows},
          {"tolerance", m.tolerance},
          {"median_ratio", any ? real(m.median) : Json(nullptr)},
          {"lowest", any ? moved_json(m.lowest) : Json(nullptr)},
          {"highest", any ? moved_json(m.highest) : Json(nullptr)},
          {"worse", m.worse},
          {"improved", m.improved},
          {"insignificant", m.insignificant},
          {"changed", m.changed},
          {"changes", array_of(m.changes, changed_json)},
          {"failing", m.failing + m.failing_changed}};
}

Json test_json(const diff::TestResult& t) {
  Json j = moved_json(t.moved);
  j["metric"] = t.metric;
  j["old_values"] = t.old_count;
  j["new_values"] = t.new_count;
  j["test"] = nullptr;
  if (t.tested)
    j["test"] = {{"u", t.test.u},
                 {"p", t.test.p},
                 {"exact", t.test.exact},
                 {"rank_biserial", t.test.effect},
                 {"probability_new_is_larger", (t.test.effect + 1) / 2}};
  j["outside"] = t.outside;
  j["significant"] = t.significant;
  j["failing"] = t.failing;
  return j;
}

Json text_json(const diff::TextResult& t) {
  return {{"name", t.name},
          {"counts", t.counts},
          {"changed", t.changed},
          {"changes", array_of(t.changes, changed_json)},
          {"failing", t.failing}};
}

Json rows_json(const diff::RowsOfOne& r) {
  return {{"count", r.count}, {"first", array_of(r.places, place_json)}};
}

}  // namespace

std::string diff_json(const diff::Comparison& c) {
  Json j;
  j["schema"] = 1;
  j["old"] = {{"file", c.old_file}, {"rows", c.old_rows}};
  j["new"] = {{"file", c.new_file}, {"rows", c.new_rows}};
  j["kind"] = c.layout.kind != nullptr ? Json(c.layout.kind->name) : Json(nullptr);
  j["keys"] = c.layout.keys();
  j["gate"] = c.gate == diff::Gate::change ? "change" : "regression";
  j["alpha"] = c.alpha;
  j["joined"] = c.joined;
  j["only_old"] = rows_json(c.only_old);
  j["only_new"] = rows_json(c.only_new);
  j["columns_only_old"] = c.layout.only_old;
  j["columns_only_new"] = c.layout.only_new;
  j["metrics"] = array_of(c.metrics, metric_json);
  j["texts"] = array_of(c.texts, text_json);
  j["tests"] = array_of(c.tests, test_json);
  j["pass"] = c.failures.empty();
  j["failures"] = c.failures;
  return report::json_text(j);
}

}  // namespace perfmodel::cli
