// How far to trust an answer: residuals of the software profile, and the nearest published runs.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/content.hpp"
#include "report/numbers.hpp"

namespace perfmodel::report {
namespace {

constexpr std::string_view kInSample = "in_sample";
constexpr std::size_t kKinds = 3;    // of residuals in a sentence
constexpr std::size_t kRunCap = 56;  // of a run in a terminal

struct Name {
  std::string_view id;
  std::string_view text;
};
/// What an answer states comes first; the others stand in for a profile that has none of it.
constexpr std::array<Name, 11> kKindNames = {
    {{"tpot", "TPOT"},
     {"output_rate", "output rate"},
     {"ttft", "TTFT"},
     {"tpot_disaggregated", "disaggregated TPOT"},
     {"output_rate_disaggregated", "disaggregated output rate"},
     {"decode_only", "decode-only runs"},
     {"prefill_only", "prefill-only runs"},
     {"static_batch", "static batches"},
     {"offline", "offline rate"},
     {"total_rate", "total rate"},
     {"ttft_disaggregated", "disaggregated TTFT"}}};
constexpr std::array<Name, 3> kLeftOutNames = {{{"left_out_chip", "on chips"},
                                                {"left_out_llm", "of models"},
                                                {"left_out_stack", "of software"}}};

/// 0.0912 is "9 %", 1.234 "120 %": a residual is not known to more.
std::string rough(double share) {
  return share < 0.995 ? fmt::format("{:.0f} %", share * 100)
                       : fmt::format("{:.0f} %", std::round(share * 10) * 10);
}

const ResidualRow* find(const EstimateRecord& r, std::string_view left_out, std::string_view kind) {
  const auto at = std::find_if(r.residual.begin(), r.residual.end(), [&](const ResidualRow& one) {
    return one.left_out == left_out && one.kind == kind;
  });
  return at == r.residual.end() ? nullptr : &*at;
}

std::string residual_text(const EstimateRecord& r) {
  std::vector<std::string> parts;
  const Name* first = nullptr;
  for (const auto& name : kKindNames) {
    const auto* e = find(r, kInSample, name.id);
    if (e == nullptr || parts.size() == kKinds) continue;
    const auto numbers = whole(static_cast<double>(e->rows));
    if (first == nullptr) {
      first = &name;
      parts.push_back(fmt::format("{} median error {}, 90th percentile {} ({})", name.text,
                                  rough(e->median), rough(e->p90),
                                  counted(static_cast<double>(e->rows), "measured number")));
    } else {
      parts.push_back(
          fmt::format("{} {}, {} ({})", name.text, rough(e->median), rough(e->p90), numbers));
    }
  }
  if (parts.empty()) return fmt::format("{} was compared with no measurement", r.expected.stack);
  for (const auto& left_out : kLeftOutNames)
    if (const auto* e = find(r, left_out.id, first->id))
      parts.push_back(fmt::format("{} {} left out of the fit {}, {}", first->text, left_out.text,
                                  rough(e->median), rough(e->p90)));
  return fmt::format("{}{} on published runs: {}", r.expected.stack,
                     r.profile_changed ? ", before the figures set here," : "", joined(parts));
}

/// "tpot_ms" as words and unit.
struct Metric {
  std::string_view id, name, unit;
};
constexpr std::array<Metric, 11> kMetrics = {
    {{"tpot_ms", "TPOT", "ms"},
     {"ttft_ms", "TTFT", "ms"},
     {"step_ms", "step", "ms"},
     {"itl_ms", "ITL", "ms"},
     {"output_tokens_per_s_per_chip", "output", "tok/s/chip"},
     {"output_tokens_per_s_per_decode_chip", "output", "tok/s/decode chip"},
     {"input_tokens_per_s_per_chip", "input", "tok/s/chip"},
     {"input_tokens_per_s_per_prefill_chip", "input", "tok/s/prefill chip"},
     {"total_tokens_per_s_per_chip", "total", "tok/s/chip"},
     {"batch_latency_s", "batch", "s"},
     {"request_per_s", "requests", "/s"}}};

std::string name_of(const MeasuredRow& m) {
  const auto* at = std::find_if(kMetrics.begin(), kMetrics.end(),
                                [&](const Metric& known) { return known.id == m.metric; });
  if (at == kMetrics.end()) return m.metric;
  return fmt::format("{}, {}", at->name, at->unit);
}

std::string ratio(const MeasuredRow& m) {
  const double r = m.predicted / m.measured;
  return r < 0.1 ? number(r, 1) : fmt::format("{:.2f}", r);
}

std::string software_of(const NearRun& r) {
  const std::string name = r.stack.empty() ? "software not stated" : r.stack;
  constexpr std::size_t year = 4;
  return r.date.size() < year ? name : fmt::format("{} {}", name, r.date.substr(0, year));
}

std::string settings_of(const NearRun& r) {
  std::vector<std::string> parts = {r.mode, r.parallelism, "weights " + r.weights};
  if (r.input > 0 || r.output > 0)
    parts.push_back(fmt::format("{} in, {} out", whole(r.input), whole(r.output)));
  if (r.concurrency > 0) parts.push_back(fmt::format("{} in flight", number(r.concurrency)));
  return joined(parts, ", ");
}

std::string name_of(const NearRun& r) {
  return fmt::format("{} {}, {}, {}", number(r.chips), r.chip, r.llm, software_of(r));
}

std::string source_of(const NearRun& r) {
  std::vector<std::string> parts = {r.source};
  for (const auto* more : {&r.date, &r.url})
    if (!more->empty()) parts.push_back(*more);
  return joined(parts, ", ");
}

}  // namespace

std::vector<Statement> evidence(const EstimateRecord& record) {
  std::vector<Statement> out;
  if (!is_feasible(record)) return out;
  out.push_back({"residual", residual_text(record)});
  if (!record.nearest_note.empty()) out.push_back({"measured", record.nearest_note});
  return out;
}

std::string nearest_run_text(const NearRun& run) {
  return fmt::format("{}, {}: {}", run.id, run.source, settings_of(run));
}

Grid nearest_runs(const EstimateRecord& record, Detail detail) {
  Grid grid;
  if (!is_feasible(record) || record.nearest_runs.empty()) return grid;
  if (detail == Detail::brief) {
    grid.columns = {{"nearest published runs", Align::left, kRunCap},
                    {"of", Align::left},
                    {"measured"},
                    {"predicted"},
                    {"ratio"}};
    for (const NearRun& r : record.nearest_runs) {
      if (r.metrics.empty()) continue;
      const MeasuredRow& m = r.metrics.front();
      grid.rows.push_back({{name_of(r), name_of(m), number(m.measured, kFewDigits),
                            number(m.predicted, kFewDigits), ratio(m)},
                           ""});
    }
    return grid;
  }
  grid.columns = {{"id", Align::left},
                  {"chips"},
                  {"chip", Align::left},
                  {"model", Align::left},
                  {"software", Align::left},
                  {"profile", Align::left},
                  {"settings", Align::left},
                  {"of", Align::left},
                  {"measured"},
                  {"predicted"},
                  {"ratio"},
                  {"distance"},
                  {"source", Align::left}};
  for (const NearRun& r : record.nearest_runs)
    for (const MeasuredRow& m : r.metrics)
      grid.rows.push_back({{r.id, number(r.chips), r.chip, r.llm, software_of(r), r.profile,
                            settings_of(r), name_of(m), number(m.measured), number(m.predicted),
                            ratio(m), number(r.distance, kFewDigits), source_of(r)},
                           ""});
  return grid;
}

}  // namespace perfmodel::report
