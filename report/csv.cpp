// RFC 4180: CRLF after every record, a header, the same number of fields everywhere. One table per
// shape declares each column once, with what fills it. A number that does not exist is an empty
// field.
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <type_traits>

#include "report/content.hpp"
#include "report/csv_economy.hpp"
#include "report/format.hpp"

namespace perfmodel::report {
namespace {

using Record = EstimateRecord;
using Other = ComparisonRow;
using Field = std::string;

/// A column of the answers. The question is the same for all rows.
struct AnswerColumn {
  std::string_view name;
  Field (*subject)(const Record&);
  Field (*other)(const Record&, const Other&);
};

Field none(const Record&, const Other&) {
  return "";
}

Field text_if(bool known, const std::string& text) {
  return known ? text : "";
}

template <auto Member>
Field asked(const Record& r) {
  using T = std::remove_cvref_t<decltype(r.*Member)>;
  if constexpr (std::is_same_v<T, std::string>) {
    return r.*Member;
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    return joined(r.*Member);
  } else if constexpr (std::is_same_v<T, std::optional<Time>>) {
    return milliseconds(r.*Member);
  } else {
    return csv_number(static_cast<double>(r.*Member));
  }
}
template <auto Member>
Field same(const Record& r, const Other&) {
  return asked<Member>(r);
}
/// A field of the deployment.
template <auto Member>
Field chosen(const Record& r) {
  return text_if(has_deployment(r), asked<Member>(r));
}

/// A field of the prefill pool, where there is one.
template <auto Member>
Field prefill(const Record& r) {
  if (!r.prefill) return "";
  const auto& value = (*r.prefill).*Member;
  using T = std::remove_cvref_t<decltype(value)>;
  if constexpr (std::is_same_v<T, std::string>) {
    return value;
  } else if constexpr (std::is_same_v<T, Time>) {
    return csv_number(value.base() * kMilli);
  } else if constexpr (std::is_same_v<T, Bytes>) {
    return csv_number(value.base() / kMega);
  } else {
    return csv_number(static_cast<double>(value));
  }
}

template <auto Member>
constexpr auto expected = &performance_field<&Record::expected, Member>;
template <auto Member>
constexpr auto ceiling = &performance_field<&Record::ceiling, Member>;
template <Performance Record::*Bound, auto Member>
constexpr auto bound = &bound_field<Bound, Member>;

template <auto Member>
Field other_text(const Record&, const Other& o) {
  return o.*Member;
}
template <auto Member>
Field other_answer(const Record&, const Other& o) {
  const auto value = o.*Member;
  const bool known = o.infeasible.empty();
  if constexpr (std::is_same_v<decltype(value), const double>) {
    return number_if(known, value);
  } else {
    constexpr bool is_time = std::is_same_v<decltype(value), const Time>;
    return number_if(known, value.base() * (is_time ? kMilli : 1.0));
  }
}

template <Bytes MemoryRow::*Member>
Field memory_gb(const Record& r) {
  return number_if(has_memory(r), (r.memory.*Member).base() / kGiga);
}

const OperatorRow* worst(const Record& r) {
  const bool known =
      is_feasible(r) && !r.bottlenecks.empty() && r.bottlenecks[0] < r.operators.size();
  return known ? &r.operators[r.bottlenecks[0]] : nullptr;
}

/// In sample, of TPOT in aggregated serving.
template <auto Member>
Field tpot_residual(const Record& r) {
  for (const ResidualRow& e : r.residual)
    if (is_feasible(r) && e.kind == "tpot" && e.left_out == "in_sample")
      return csv_number(static_cast<double>(e.*Member));
  return "";
}

const NearRun* nearest_run(const Record& r) {
  const bool known =
      is_feasible(r) && !r.nearest_runs.empty() && !r.nearest_runs[0].metrics.empty();
  return known ? &r.nearest_runs[0] : nullptr;
}
template <auto Member>
Field nearest_number(const Record& r) {
  return nearest_run(r) ? csv_number(nearest_run(r)->metrics[0].*Member) : "";
}

Field verdict(bool feasible) {
  return feasible ? "feasible" : "infeasible";
}

using R = Record;
using P = Performance;
constexpr AnswerColumn kAnswer[] = {
    {"role", [](const R&) -> Field { return "subject"; }, other_text<&Other::role>},
    {"verdict", [](const R& r) { return verdict(is_feasible(r)); },
     [](const R&, const Other& o) { return verdict(o.infeasible.empty()); }},
    {"reason", asked<&R::infeasible>, other_text<&Other::infeasible>},
    {"nearest", asked<&R::nearest>, none},
    {"chip", asked<&R::chip>, other_text<&Other::chip>},
    {"chip_status", asked<&R::chip_status>, other_text<&Other::status>},
    {"system", asked<&R::system>, other_text<&Other::system>},
    {"systems", asked<&R::systems>, none},
    {"chips", asked<&R::chips>,
     [](const R&, const Other& o) { return number_if(o.chips > 0, o.chips); }},
    {"llm", asked<&R::llm>, same<&R::llm>},
    {"workload", asked<&R::workload>, same<&R::workload>},
    {"input_tokens", asked<&R::input>, same<&R::input>},
    {"output_tokens", asked<&R::output>, same<&R::output>},
    {"length_spread", asked<&R::spread>, same<&R::spread>},
    {"prefix_hit", asked<&R::prefix_hit>, same<&R::prefix_hit>},
    {"slo_ttft_ms", asked<&R::slo_ttft>, same<&R::slo_ttft>},
    {"slo_tpot_ms", asked<&R::slo_tpot>, same<&R::slo_tpot>},
    {"overrides", asked<&R::overrides>, none},
    {"deployment", asked<&R::parallelism>, other_text<&Other::deployment>},
    {"tp", chosen<&R::tp>, none},
    {"pp", chosen<&R::pp>, none},
    {"dp", chosen<&R::dp>, none},
    {"ep", chosen<&R::ep>, none},
    {"moe_tp", chosen<&R::moe_tp>, none},
    {"cp", chosen<&R::cp>, none},
    {"engines", chosen<&R::engines>, none},
    {"engine_devices", chosen<&R::engine_devices>, none},
    {"devices_per_chip", asked<&R::devices_per_chip>, none},
    {"chips_used", chosen<&R::chips_used>, none},
    {"searched", [](const R& r) -> Field { return r.searched ? "true" : "false"; }, none},
    {"candidates", asked<&R::candidates>, none},
    {"limit", asked<&R::limit>, none},
    {"batch_per_rank", [](const R& r) { return number_if(r.batch > 0, r.batch); }, none},
    {"concurrency", [](const R& r) { return number_if(r.concurrency > 0, r.concurrency); },
     other_answer<&Other::concurrency>},
    {"weights_format", asked<&R::weights_format>, other_text<&Other::weights>},
    {"kv_format", asked<&R::kv_format>, none},
    {"compute", asked<&R::compute>, none},
    {"fallbacks", asked<&R::fallbacks>, none},
    {"prefill_deployment", prefill<&PrefillPoolRow::parallelism>, none},
    {"prefill_engines", prefill<&PrefillPoolRow::engines>, none},
    {"prefill_chips_used", prefill<&PrefillPoolRow::chips_used>, none},
    {"prefill_requests_together", prefill<&PrefillPoolRow::together>, none},
    {"prefill_utilisation", prefill<&PrefillPoolRow::utilisation>, none},
    {"transfer_ms", prefill<&PrefillPoolRow::transfer>, none},
    {"transferred_mb", prefill<&PrefillPoolRow::transferred>, none},
    {"objective", asked<&R::objective>, none},
    {"requests_per_s_offered", [](const R& r) { return r.rate ? csv_number(r.rate->base()) : ""; },
     none},
    {"queue_ms", [](const R& r) { return r.rate ? csv_number(r.queue.base() * kMilli) : ""; },
     none},
    {"draft_tokens", asked<&R::draft_tokens>, none},
    {"accepted_tokens", asked<&R::accepted>, none},
    {"stack", [](const R& r) { return text_if(is_feasible(r), r.expected.stack); }, none},
    {"ttft_ms", expected<&P::ttft>, other_answer<&Other::ttft>},
    {"tpot_ms", expected<&P::tpot>, other_answer<&Other::tpot>},
    {"decode_step_ms", expected<&P::decode_step>, none},
    {"prefill_ms", expected<&P::prefill>, none},
    {"output_tokens_per_s_per_chip", expected<&P::output_per_chip>,
     other_answer<&Other::output_per_chip>},
    {"output_tokens_per_s_system", expected<&P::output_system>,
     other_answer<&Other::output_system>},
    {"input_tokens_per_s_per_chip", expected<&P::input_per_chip>, none},
    {"decode_only_tokens_per_s_per_chip", expected<&P::decode_per_chip>,
     other_answer<&Other::decode_per_chip>},
    {"decode_only_tokens_per_s_system", expected<&P::decode_system>, none},
    {"prefill_only_tokens_per_s_per_chip", expected<&P::prefill_per_chip>,
     other_answer<&Other::prefill_per_chip>},
    {"prefill_only_tokens_per_s_system", expected<&P::prefill_system>, none},
    {"ceiling_ttft_ms", ceiling<&P::ttft>, none},
    {"ceiling_tpot_ms", ceiling<&P::tpot>, none},
    {"ceiling_decode_step_ms", ceiling<&P::decode_step>, none},
    {"ceiling_prefill_ms", ceiling<&P::prefill>, none},
    {"ceiling_output_tokens_per_s_per_chip", ceiling<&P::output_per_chip>, none},
    {"ceiling_output_tokens_per_s_system", ceiling<&P::output_system>, none},
    {"ceiling_input_tokens_per_s_per_chip", ceiling<&P::input_per_chip>, none},
    {"ceiling_decode_only_tokens_per_s_per_chip", ceiling<&P::decode_per_chip>, none},
    {"ceiling_decode_only_tokens_per_s_system", ceiling<&P::decode_system>, none},
    {"ceiling_prefill_only_tokens_per_s_per_chip", ceiling<&P::prefill_per_chip>, none},
    {"ceiling_prefill_only_tokens_per_s_system", ceiling<&P::prefill_system>, none},
    {"interval_samples", asked<&R::samples>, none},
    {"interval_basis", asked<&R::interval_basis>, none},
    {"ttft_ms_p10", bound<&R::p10, &P::ttft>, none},
    {"ttft_ms_p50", bound<&R::p50, &P::ttft>, none},
    {"ttft_ms_p90", bound<&R::p90, &P::ttft>, none},
    {"tpot_ms_p10", bound<&R::p10, &P::tpot>, none},
    {"tpot_ms_p50", bound<&R::p50, &P::tpot>, none},
    {"tpot_ms_p90", bound<&R::p90, &P::tpot>, none},
    {"decode_step_ms_p10", bound<&R::p10, &P::decode_step>, none},
    {"decode_step_ms_p50", bound<&R::p50, &P::decode_step>, none},
    {"decode_step_ms_p90", bound<&R::p90, &P::decode_step>, none},
    {"prefill_ms_p10", bound<&R::p10, &P::prefill>, none},
    {"prefill_ms_p50", bound<&R::p50, &P::prefill>, none},
    {"prefill_ms_p90", bound<&R::p90, &P::prefill>, none},
    {"output_tokens_per_s_per_chip_p10", bound<&R::p10, &P::output_per_chip>, none},
    {"output_tokens_per_s_per_chip_p50", bound<&R::p50, &P::output_per_chip>, none},
    {"output_tokens_per_s_per_chip_p90", bound<&R::p90, &P::output_per_chip>, none},
    {"output_tokens_per_s_system_p10", bound<&R::p10, &P::output_system>, none},
    {"output_tokens_per_s_system_p50", bound<&R::p50, &P::output_system>, none},
    {"output_tokens_per_s_system_p90", bound<&R::p90, &P::output_system>, none},
    {"input_tokens_per_s_per_chip_p10", bound<&R::p10, &P::input_per_chip>, none},
    {"input_tokens_per_s_per_chip_p50", bound<&R::p50, &P::input_per_chip>, none},
    {"input_tokens_per_s_per_chip_p90", bound<&R::p90, &P::input_per_chip>, none},
    {"decode_only_tokens_per_s_per_chip_p10", bound<&R::p10, &P::decode_per_chip>, none},
    {"decode_only_tokens_per_s_per_chip_p50", bound<&R::p50, &P::decode_per_chip>, none},
    {"decode_only_tokens_per_s_per_chip_p90", bound<&R::p90, &P::decode_per_chip>, none},
    {"decode_only_tokens_per_s_system_p10", bound<&R::p10, &P::decode_system>, none},
    {"decode_only_tokens_per_s_system_p50", bound<&R::p50, &P::decode_system>, none},
    {"decode_only_tokens_per_s_system_p90", bound<&R::p90, &P::decode_system>, none},
    {"prefill_only_tokens_per_s_per_chip_p10", bound<&R::p10, &P::prefill_per_chip>, none},
    {"prefill_only_tokens_per_s_per_chip_p50", bound<&R::p50, &P::prefill_per_chip>, none},
    {"prefill_only_tokens_per_s_per_chip_p90", bound<&R::p90, &P::prefill_per_chip>, none},
    {"prefill_only_tokens_per_s_system_p10", bound<&R::p10, &P::prefill_system>, none},
    {"prefill_only_tokens_per_s_system_p50", bound<&R::p50, &P::prefill_system>, none},
    {"prefill_only_tokens_per_s_system_p90", bound<&R::p90, &P::prefill_system>, none},
    {"slo_kept_share", [](const R& r) { return number_if(r.samples > 0, r.keeps); }, none},
    {"batch_fits_share", [](const R& r) { return number_if(r.samples > 0, r.fits); }, none},
    {"memory_capacity_gb", memory_gb<&MemoryRow::capacity>, none},
    {"memory_reserve_gb", memory_gb<&MemoryRow::reserve>, none},
    {"memory_weights_gb", memory_gb<&MemoryRow::weights>, none},
    {"memory_kv_gb", memory_gb<&MemoryRow::cache>, none},
    {"memory_activations_gb", memory_gb<&MemoryRow::activations>, none},
    {"memory_free_gb", memory_gb<&MemoryRow::free>, none},
    {"largest_batch_per_rank",
     [](const R& r) { return number_if(has_memory(r), r.memory.largest_batch); }, none},
    {"bottleneck", [](const R& r) { return worst(r) ? worst(r)->name : ""; }, none},
    {"bottleneck_phase", [](const R& r) { return worst(r) ? worst(r)->phase : ""; }, none},
    {"bottleneck_bound", [](const R& r) { return worst(r) ? worst(r)->bound : ""; }, none},
    {"weakest_grade", asked<&R::weakest_grade>, other_text<&Other::weakest_grade>},
    {"weakest_path", asked<&R::weakest_path>, none},
    {"weakest_stack_grade", asked<&R::weakest_stack_grade>, none},
    {"weakest_stack_path", asked<&R::weakest_stack_path>, none},
    {"residual_tpot_rows", tpot_residual<&ResidualRow::rows>, none},
    {"residual_tpot_median", tpot_residual<&ResidualRow::median>, none},
    {"residual_tpot_p90", tpot_residual<&ResidualRow::p90>, none},
    {"nearest_run", [](const R& r) { return nearest_run(r) ? nearest_run(r)->id : ""; }, none},
    {"nearest_run_distance",
     [](const R& r) { return nearest_run(r) ? csv_number(nearest_run(r)->distance) : ""; }, none},
    {"nearest_run_metric",
     [](const R& r) { return nearest_run(r) ? nearest_run(r)->metrics[0].metric : ""; }, none},
    {"nearest_run_measured", nearest_number<&MeasuredRow::measured>, none},
    {"nearest_run_predicted", nearest_number<&MeasuredRow::predicted>, none},
    {"nearest_note", asked<&R::nearest_note>, none},
    {"banners", asked<&R::banners>, none},
    {"assumptions", asked<&R::assumptions>, none},
    {"version", asked<&R::version>, same<&R::version>},
};

}  // namespace

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string csv_record(const std::vector<std::string>& fields) {
  std::string out;
  for (const auto& field : fields) {
    if (&field != fields.data()) out += ',';
    out += csv_field(field);
  }
  return out.append(kLineEnd);
}

std::string csv_number(double value) {
  if (!std::isfinite(value)) return "";
  std::array<char, 32> text{};  // the longest double takes 24 characters
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::vector<std::string_view> csv_columns(bool explain) {
  if (explain) return operator_columns();
  return column_names(kAnswer, economy_columns());
}

std::string to_csv(const EstimateRecord& record, bool explain) {
  if (record.sources) return sources_csv_header() + sources_csv_rows(record);
  if (explain) return operators_csv(record);
  // Compared systems have no power or cost of their own here.
  const auto line = [&](auto answer, auto economy) {
    std::vector<Field> fields;
    for (const AnswerColumn& c : kAnswer) fields.push_back(answer(c));
    for (const EconomyColumn& c : economy_columns()) fields.push_back(economy(c));
    return csv_record(fields);
  };
  auto out = csv_header(csv_columns(explain));
  out += line([&](const auto& c) { return c.subject(record); },
              [&](const auto& c) { return c.field(record); });
  for (const ComparisonRow& row : record.comparisons)
    out += line([&](const auto& c) { return c.other(record, row); },
                [](const auto&) { return Field(); });
  return out;
}

}  // namespace perfmodel::report
