// Sentences, and the tables of the answer. The deployment in words is in content_setup.cpp, the
// tables of --explain are in content_explain.cpp.
#include "report/content.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "report/numbers.hpp"

namespace perfmodel::report {
namespace {

std::string pool_text(int engines, std::string parallelism) {
  std::erase(parallelism, '=');
  return engines > 1 ? fmt::format("{} x {}", engines, parallelism) : parallelism;
}

constexpr std::string_view kOrdinaryStatus = "shipping";  // not worth a word
constexpr std::size_t kNameCap = 28;                      // of a compared system in a terminal

bool is_ordinary(std::string_view status) {
  return status.empty() || status == kOrdinaryStatus;
}

std::string with_status(std::string_view name, std::string_view status) {
  if (is_ordinary(status)) return std::string(name);
  return name.ends_with(')') ? fmt::format("{}, {}", name, status)
                             : fmt::format("{} ({})", name, status);
}

const std::string& name_or(const std::string& name, const std::string& id) {
  return name.empty() ? id : name;
}

std::string asked_hardware(const EstimateRecord& r) {
  std::string text = with_status(name_or(r.chip_name, r.chip), r.chip_status);
  const std::string& system = name_or(r.system_name, r.system);
  if (!system.empty()) {
    text += fmt::format(", {}{}", r.systems > 1 ? fmt::format("{} x ", r.systems) : "", system);
  }
  if (r.chips > 0) text += " of " + counted(r.chips, "chip");
  return text;
}

std::string asked_llm(const EstimateRecord& r) {
  std::vector<std::string> facts;
  if (r.parameters_total > 0) {
    facts.push_back(parameters_text(r.parameters_total) + " parameters");
    const bool sparse = r.parameters_active > 0 && r.parameters_active < r.parameters_total;
    if (sparse) facts.push_back(parameters_text(r.parameters_active) + " active");
  }
  if (!r.attention.empty()) facts.push_back(r.attention);
  const std::string& name = name_or(r.llm_name, r.llm);
  return facts.empty() ? name : fmt::format("{} ({})", name, joined(facts, ", "));
}

std::string asked_workload(const EstimateRecord& r) {
  std::string text;
  if (!r.workload.empty() && r.workload != "custom") text = "workload " + r.workload + ": ";
  text += fmt::format("{} tokens in, {} out", whole(r.input), whole(r.output));
  if (r.spread > 0)
    text += fmt::format(", lengths {} to 100 % of these", number((1 - r.spread) * 100));
  text +=
      r.prefix_hit > 0 ? fmt::format(", prefix hit {}", percent(r.prefix_hit)) : ", no prefix hit";
  std::vector<std::string> slo;
  if (r.slo_ttft) slo.push_back("TTFT " + time_text(*r.slo_ttft));
  if (r.slo_tpot) slo.push_back("TPOT " + time_text(*r.slo_tpot));
  text += slo.empty() ? "; no SLO" : "; SLO " + joined(slo, ", ");
  return text;
}

std::string weakest(std::string_view path, std::string_view grade) {
  if (path.empty() && grade.empty()) return "";
  return path.empty() ? std::string(grade) : fmt::format("{} ({})", path, grade);
}

/// How much of the ceiling is reached; a time counts the other way round.
std::string share_of(double good, double best) {
  return best > 0 ? percent(good / best) : std::string(kNoNumber);
}

using RateMember = Frequency Performance::*;
using TimeMember = Time Performance::*;

/// Label, expected, with samples its interval, ceiling, share.
Row metric_row(const EstimateRecord& r, std::string label, std::string expected, std::string p10,
               const std::string& p90, std::string ceiling, std::string share) {
  Row row{{std::move(label), std::move(expected)}, ""};
  if (r.samples > 0) row.cells.push_back(std::move(p10) + " .. " + p90);
  row.cells.push_back(std::move(ceiling));
  row.cells.push_back(std::move(share));
  return row;
}

Row rate_row(const EstimateRecord& r, std::string label, RateMember m) {
  const double e = (r.expected.*m).base();
  const double c = (r.ceiling.*m).base();
  return metric_row(r, std::move(label), number(e), number((r.p10.*m).base(), kFewDigits),
                    number((r.p90.*m).base(), kFewDigits), number(c), share_of(e, c));
}
Row time_row(const EstimateRecord& r, std::string label, TimeMember m) {
  const Time e = r.expected.*m;
  const Time c = r.ceiling.*m;
  return metric_row(r, std::move(label), time_text(e), time_text(r.p10.*m, kFewDigits),
                    time_text(r.p90.*m, kFewDigits), time_text(c), share_of(c.base(), e.base()));
}

/// Whether `id` is one of the parts of "gb200-nvl72".
bool names(std::string_view system, std::string_view id) {
  const std::string bounded = fmt::format("-{}-", system);
  return bounded.find(fmt::format("-{}-", id)) != std::string::npos;
}

std::string compared_name(const ComparisonRow& c, Detail detail) {
  std::string chip = c.chip;
  if (detail == Detail::full) chip = with_status(chip, c.status);
  const std::string mark = detail == Detail::brief && !is_ordinary(c.status) ? "*" : "";
  if (c.system.empty()) return chip + mark;
  const bool said = c.chip.empty() || (names(c.system, c.chip) && chip == c.chip);
  return said ? c.system + mark : fmt::format("{}{}, {}", chip, mark, c.system);
}

ComparisonRow as_comparison(const EstimateRecord& r) {
  ComparisonRow row;
  row.chip = r.chip;
  row.system = r.system;
  row.status = r.chip_status;
  row.chips = r.chips;
  row.concurrency = r.concurrency;
  row.ttft = r.expected.ttft;
  row.tpot = r.expected.tpot;
  row.output_per_chip = r.expected.output_per_chip;
  row.output_system = r.expected.output_system;
  row.decode_per_chip = r.expected.decode_per_chip;
  row.prefill_per_chip = r.expected.prefill_per_chip;
  row.weights = r.weights_format;
  row.weakest_grade = r.weakest_grade;
  row.deployment = r.engines > 1 ? fmt::format("{} x {}", r.engines, r.parallelism) : r.parallelism;
  if (!is_feasible(r)) row.infeasible = "see above";
  return row;
}

/// "tp=1 dp=32" as "tp1 dp32", where columns are scarce.
std::string compact(std::string deployment) {
  std::erase(deployment, '=');
  return deployment;
}

/// Above the rows of a role. In a terminal it also says what their asterisks mean.
Row heading(const std::vector<ComparisonRow>& rows, const std::string& role, Detail detail) {
  if (detail == Detail::full) return {{role + "s"}, ""};
  std::vector<std::string> statuses;
  for (const ComparisonRow& c : rows) {
    const bool known = std::find(statuses.begin(), statuses.end(), c.status) != statuses.end();
    if (c.role == role && !known && !is_ordinary(c.status)) statuses.push_back(c.status);
  }
  const std::string note = statuses.empty() ? "" : fmt::format(" (* {})", joined(statuses, ", "));
  return {{}, role + "s" + note};
}

Row compared(const ComparisonRow& c, Detail detail) {
  const bool full = detail == Detail::full;
  Row row{{compared_name(c, detail)}, ""};
  if (full) row.cells.push_back(whole(c.chips));
  if (!c.infeasible.empty()) {
    row.instead = "infeasible: " + c.infeasible;
    return row;
  }
  const auto rate = [&](Frequency f) { row.cells.push_back(number(f.base())); };
  rate(c.output_per_chip);
  rate(c.output_system);
  if (full) {
    rate(c.decode_per_chip);
    rate(c.prefill_per_chip);
  }
  row.cells.push_back(time_text(c.ttft, kFewDigits));
  row.cells.push_back(time_text(c.tpot, kFewDigits));
  if (full) {
    row.cells.push_back(whole(c.concurrency));
    row.cells.push_back(c.weights);
  }
  row.cells.push_back(c.weakest_grade);
  row.cells.push_back(full ? c.deployment : compact(c.deployment));
  return row;
}

}  // namespace

std::string engines_text(const EstimateRecord& r) {
  const auto own = pool_text(r.engines, r.parallelism);
  if (!r.prefill) return own;
  return fmt::format("{} feeds {}", pool_text(r.prefill->engines, r.prefill->parallelism), own);
}

void add(std::vector<Statement>& statements, std::string label, std::string text) {
  if (!text.empty()) statements.push_back({std::move(label), std::move(text)});
}

bool is_feasible(const EstimateRecord& record) {
  return record.infeasible.empty();
}

bool has_deployment(const EstimateRecord& record) {
  return !record.parallelism.empty();
}

bool has_memory(const EstimateRecord& record) {
  return record.memory.capacity > Bytes{};
}

std::string joined(const std::vector<std::string>& texts, std::string_view separator) {
  return fmt::format("{}", fmt::join(texts, separator));
}

std::string model_and_workload(const EstimateRecord& record) {
  return joined({asked_llm(record), asked_workload(record)});
}

std::vector<Statement> question(const EstimateRecord& record) {
  std::vector<Statement> out;
  add(out, "asked", joined({asked_hardware(record), model_and_workload(record)}));
  add(out, "set", joined(record.overrides));
  return out;
}

std::vector<Statement> refusal(const EstimateRecord& record) {
  std::vector<Statement> out;
  if (is_feasible(record)) return out;
  add(out, "infeasible", record.infeasible);
  add(out, "nearest", record.nearest);
  return out;
}

std::vector<Statement> confidence(const EstimateRecord& record) {
  std::vector<std::string> parts;
  if (const auto w = weakest(record.weakest_path, record.weakest_grade); !w.empty()) {
    parts.push_back("hardware " + w);
  }
  const auto software = weakest(record.weakest_stack_path, record.weakest_stack_grade);
  if (!software.empty()) parts.push_back("software " + software);
  std::vector<Statement> out;
  add(out, "weakest", joined(parts));
  return out;
}

Grid metrics(const EstimateRecord& record) {
  Grid grid;
  if (!is_feasible(record)) return grid;
  grid.columns = {{"", Align::left}, {"expected"}};
  if (record.samples > 0) grid.columns.push_back({"p10 .. p90"});
  grid.columns.push_back({"ceiling"});
  grid.columns.push_back({"share"});
  using P = Performance;
  grid.rows = {rate_row(record, "output tok/s per chip", &P::output_per_chip),
               rate_row(record, "output tok/s, system", &P::output_system),
               rate_row(record, "decode-only tok/s per chip", &P::decode_per_chip),
               rate_row(record, "decode-only tok/s, system", &P::decode_system),
               rate_row(record, "prefill-only tok/s per chip", &P::prefill_per_chip),
               rate_row(record, "prefill-only tok/s, system", &P::prefill_system),
               time_row(record, "TTFT", &P::ttft),
               time_row(record, "TPOT", &P::tpot),
               time_row(record, "decode step", &P::decode_step)};
  return grid;
}

Grid memory(const EstimateRecord& record) {
  Grid grid;
  if (!has_memory(record)) return grid;
  const MemoryRow& m = record.memory;
  grid.columns = {{"fullest device", Align::left}, {"memory"}};
  grid.rows = {{{"weights", bytes_text(m.weights)}, ""},
               {{"KV cache", bytes_text(m.cache)}, ""},
               {{"activations", bytes_text(m.activations)}, ""},
               {{"reserve", bytes_text(m.reserve)}, ""},
               {{"free", bytes_text(m.free)}, ""},
               {{"capacity", bytes_text(m.capacity)}, ""}};
  if (m.largest_batch > 0) {
    grid.rows.push_back({{"largest batch per rank", whole(std::floor(m.largest_batch))}, ""});
  }
  return grid;
}

std::vector<Statement> memory_in_words(const EstimateRecord& record) {
  std::vector<Statement> out;
  if (!has_memory(record)) return out;
  const MemoryRow& m = record.memory;
  std::string text = fmt::format(
      "fullest device: {} weights, {} KV cache, {} activations, {} reserve; {} free of {}",
      bytes_text(m.weights), bytes_text(m.cache), bytes_text(m.activations), bytes_text(m.reserve),
      bytes_text(m.free), bytes_text(m.capacity));
  if (m.largest_batch > 0)
    text += fmt::format("; largest batch per rank {}", whole(std::floor(m.largest_batch)));
  add(out, "memory", text);
  return out;
}

Grid bottlenecks(const EstimateRecord& record, std::size_t most) {
  Grid grid;
  grid.columns = {{"bottleneck", Align::left},
                  {"phase", Align::left},
                  {"bound by", Align::left},
                  {"time"},
                  {"share of a token's time"}};
  if (!is_feasible(record)) return grid;
  for (const std::size_t i : record.bottlenecks) {
    if (i >= record.operators.size() || grid.rows.size() == most) continue;
    const OperatorRow& op = record.operators[i];
    grid.rows.push_back(
        {{op.name, op.phase, op.bound, time_text(op.total), percent(op.token_share)}, ""});
  }
  return grid;
}

Grid comparisons(const EstimateRecord& record, Detail detail) {
  Grid grid;
  if (record.comparisons.empty()) return grid;
  if (detail == Detail::full) {
    grid.columns = {{"compared", Align::left},
                    {"chips"},
                    {"output tok/s per chip"},
                    {"output tok/s, system"},
                    {"decode-only tok/s per chip"},
                    {"prefill-only tok/s per chip"},
                    {"TTFT"},
                    {"TPOT"},
                    {"requests in flight"},
                    {"weights", Align::left},
                    {"weakest", Align::left},
                    {"deployment", Align::left}};
  } else {
    grid.columns = {{"compared", Align::left, kNameCap},
                    {"tok/s/chip"},
                    {"tok/s"},
                    {"TTFT"},
                    {"TPOT"},
                    {"weakest", Align::left},
                    {"deployment", Align::left}};
  }
  grid.rows.push_back(compared(as_comparison(record), detail));
  if (detail == Detail::brief) grid.rows[0].cells[0] = "this answer";
  std::string role;
  // Roles one after the other, whatever the order of the rows.
  for (const std::string_view wanted : {"alternative", "reference", ""}) {
    for (const ComparisonRow& c : record.comparisons) {
      const bool known = c.role == "alternative" || c.role == "reference";
      if (known ? c.role != wanted : !wanted.empty()) continue;
      if (c.role != role) grid.rows.push_back(heading(record.comparisons, c.role, detail));
      role = c.role;
      Row row = compared(c, detail);
      row.cells[0].insert(0, "  ");
      grid.rows.push_back(row);
    }
  }
  return grid;
}

}  // namespace perfmodel::report
