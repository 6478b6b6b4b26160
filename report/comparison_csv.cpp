// One table declares each column once, with what fills it from a line: a system, a system at an
// interactivity, or a crossing.
#include "report/comparison_content.hpp"
#include "report/comparison_format.hpp"
#include "report/csv_economy.hpp"

namespace perfmodel::report {
namespace {

using Field = std::string;

struct Line {
  const ComparisonRecord& record;
  const ComparedSystem* system = nullptr;
  const InteractivityPoint* point = nullptr;
  const CrossingRow* crossing = nullptr;

  /// The rows of systems alone, of feasible ones, of those beside the baseline.
  const ComparedSystem* whole() const { return point == nullptr ? system : nullptr; }
  const ComparedSystem* answered() const {
    return whole() != nullptr && is_feasible(*system) ? system : nullptr;
  }
  const ComparedSystem* beside() const {
    return whole() != nullptr && system->compared ? system : nullptr;
  }
};

Field row_kind(const Line& l) {
  if (l.crossing != nullptr) return "crossover";
  return l.point != nullptr ? "interactivity" : "system";
}

Field reason(const Line& l) {
  if (l.point != nullptr) return l.point->infeasible;
  return l.system != nullptr ? l.system->answer.infeasible : "";
}

/// A field of the asked system, whatever the row says of it.
template <auto Member>
Field asked(const Line& l) {
  const auto& a = l.system != nullptr ? l.system->answer : l.record.base().answer;
  if constexpr (std::is_same_v<decltype(a.*Member), const std::string&>) {
    return a.*Member;
  } else {
    return csv_number(static_cast<double>(a.*Member));
  }
}
template <auto Member>
Field of_system(const Line& l) {
  return l.system != nullptr ? asked<Member>(l) : "";
}
template <auto Member>
Field of_answer(const Line& l) {
  return l.answered() != nullptr ? asked<Member>(l) : "";
}

template <auto OfAnswer>
Field answer_field(const Line& l) {
  return l.answered() != nullptr ? OfAnswer(l.system->answer) : "";
}
template <auto Member>
constexpr auto expected = &answer_field<&performance_field<&EstimateRecord::expected, Member>>;
template <auto Member>
constexpr auto ceiling = &answer_field<&performance_field<&EstimateRecord::ceiling, Member>>;
template <auto Bound, auto Member>
constexpr auto bound = &answer_field<&bound_field<Bound, Member>>;

template <auto Member>
Field memory(const Line& l) {
  return l.answered() != nullptr ? csv_number((l.system->answer.memory.*Member).base() / kGiga)
                                 : "";
}
template <auto Member>
Field power_kw(const Line& l) {
  const auto* s = l.whole();
  return s != nullptr && s->*Member ? csv_number((s->*Member)->value.base() / kKilo) : "";
}
template <auto Member>
Field power_grade(const Line& l) {
  const auto* s = l.whole();
  return s != nullptr && s->*Member ? (s->*Member)->grade : "";
}
template <auto Member>
Field per_kw(const Line& l) {
  const auto* s = l.answered();
  if (s == nullptr || !(s->*Member)) return "";
  return csv_number(s->answer.expected.output_system.base() / (s->*Member)->value.base() * kKilo);
}
template <auto Scope, auto Rate, auto Member>
Field ratio(const Line& l) {
  return l.beside() != nullptr ? csv_number(l.system->*Scope.*Rate.*Member) : "";
}
template <auto Member>
Field beside_number(const Line& l) {
  return l.beside() != nullptr ? csv_number(l.system->*Member) : "";
}

constexpr std::string_view kFactorParts[] = {"compute", "formats", "bandwidth", "capacity",
                                             "links",   "chips",   "software"};
template <std::size_t Index>
Field factor(const Line& l) {
  const auto* s = l.beside();
  if (s == nullptr) return "";
  for (const auto& f : s->factors)
    if (f.part == kFactorParts[Index]) return csv_number(f.factor);
  return "";
}

using S = ComparedSystem;
using A = EstimateRecord;
using P = Performance;
constexpr auto kPerChip = &S::per_chip;
constexpr auto kSystem = &S::system;
constexpr CsvColumn<Line> kColumns[] = {
    {"row", row_kind},
    {"verdict",
     [](const Line& l) -> Field { return reason(l).empty() ? "feasible" : "infeasible"; }},
    {"reason", reason},
    {"compared",
     [](const Line& l) { return l.crossing != nullptr ? l.crossing->leader : l.system->label; }},
    {"baseline", [](const Line& l) { return l.record.base().label; }},
    {"chip", of_system<&A::chip>},
    {"chip_status", of_system<&A::chip_status>},
    {"system", of_system<&A::system>},
    {"systems", of_system<&A::systems>},
    {"chips", of_system<&A::chips>},
    {"llm", asked<&A::llm>},
    {"workload", asked<&A::workload>},
    {"input_tokens", asked<&A::input>},
    {"output_tokens", asked<&A::output>},
    {"length_spread", asked<&A::spread>},
    {"prefix_hit", asked<&A::prefix_hit>},
    {"slo_ttft_ms", [](const Line& l) { return milliseconds(l.record.base().answer.slo_ttft); }},
    {"slo_tpot_ms",
     [](const Line& l) {
       return l.point != nullptr ? csv_number(kMilli / l.point->interactivity.base())
                                 : milliseconds(l.record.base().answer.slo_tpot);
     }},
    {"overrides",
     [](const Line& l) {
       const auto& s = l.system != nullptr ? *l.system : l.record.base();
       return joined(s.answer.overrides);
     }},
    {"stack",
     [](const Line& l) { return l.system != nullptr ? l.system->answer.expected.stack : ""; }},
    {"interactivity_tokens_per_s_per_user",
     [](const Line& l) {
       if (l.crossing != nullptr) return csv_number(l.crossing->at.base());
       return l.point != nullptr ? csv_number(l.point->interactivity.base()) : "";
     }},
    {"deployment",
     [](const Line& l) -> Field {
       if (l.point != nullptr) return l.point->deployment;
       return l.answered() != nullptr ? l.system->answer.parallelism : "";
     }},
    {"prefill_deployment",
     [](const Line& l) -> Field {
       const bool own = l.answered() != nullptr && l.system->answer.prefill && l.point == nullptr;
       return own ? l.system->answer.prefill->parallelism : "";
     }},
    {"engines", of_answer<&A::engines>},
    {"batch_per_rank", of_answer<&A::batch>},
    {"concurrency", of_answer<&A::concurrency>},
    {"limit", of_answer<&A::limit>},
    {"weights_format", of_answer<&A::weights_format>},
    {"kv_format", of_answer<&A::kv_format>},
    {"compute", of_answer<&A::compute>},
    {"ttft_ms",
     [](const Line& l) {
       if (l.point != nullptr)
         return reason(l).empty() ? csv_number(l.point->ttft.base() * kMilli) : "";
       return expected<&P::ttft>(l);
     }},
    {"tpot_ms",
     [](const Line& l) {
       if (l.point != nullptr)
         return reason(l).empty() ? csv_number(l.point->tpot.base() * kMilli) : "";
       return expected<&P::tpot>(l);
     }},
    {"output_tokens_per_s_per_chip",
     [](const Line& l) {
       if (l.point != nullptr)
         return reason(l).empty() ? csv_number(l.point->output_per_chip.base()) : "";
       return expected<&P::output_per_chip>(l);
     }},
    {"output_tokens_per_s_system", expected<&P::output_system>},
    {"decode_only_tokens_per_s_per_chip", expected<&P::decode_per_chip>},
    {"prefill_only_tokens_per_s_per_chip", expected<&P::prefill_per_chip>},
    {"ceiling_output_tokens_per_s_per_chip", ceiling<&P::output_per_chip>},
    {"ceiling_output_tokens_per_s_system", ceiling<&P::output_system>},
    {"ceiling_decode_only_tokens_per_s_per_chip", ceiling<&P::decode_per_chip>},
    {"ceiling_prefill_only_tokens_per_s_per_chip", ceiling<&P::prefill_per_chip>},
    {"interval_samples", of_answer<&A::samples>},
    {"ttft_ms_p10", bound<&A::p10, &P::ttft>},
    {"ttft_ms_p50", bound<&A::p50, &P::ttft>},
    {"ttft_ms_p90", bound<&A::p90, &P::ttft>},
    {"tpot_ms_p10", bound<&A::p10, &P::tpot>},
    {"tpot_ms_p50", bound<&A::p50, &P::tpot>},
    {"tpot_ms_p90", bound<&A::p90, &P::tpot>},
    {"output_tokens_per_s_per_chip_p10", bound<&A::p10, &P::output_per_chip>},
    {"output_tokens_per_s_per_chip_p50", bound<&A::p50, &P::output_per_chip>},
    {"output_tokens_per_s_per_chip_p90", bound<&A::p90, &P::output_per_chip>},
    {"output_tokens_per_s_system_p10", bound<&A::p10, &P::output_system>},
    {"output_tokens_per_s_system_p50", bound<&A::p50, &P::output_system>},
    {"output_tokens_per_s_system_p90", bound<&A::p90, &P::output_system>},
    {"decode_only_tokens_per_s_per_chip_p10", bound<&A::p10, &P::decode_per_chip>},
    {"decode_only_tokens_per_s_per_chip_p50", bound<&A::p50, &P::decode_per_chip>},
    {"decode_only_tokens_per_s_per_chip_p90", bound<&A::p90, &P::decode_per_chip>},
    {"prefill_only_tokens_per_s_per_chip_p10", bound<&A::p10, &P::prefill_per_chip>},
    {"prefill_only_tokens_per_s_per_chip_p50", bound<&A::p50, &P::prefill_per_chip>},
    {"prefill_only_tokens_per_s_per_chip_p90", bound<&A::p90, &P::prefill_per_chip>},
    {"slo_kept_share",
     [](const Line& l) {
       const auto* s = l.answered();
       return s != nullptr && s->answer.samples > 0 ? csv_number(s->answer.keeps) : "";
     }},
    {"memory_weights_gb", memory<&MemoryRow::weights>},
    {"memory_kv_gb", memory<&MemoryRow::cache>},
    {"memory_capacity_gb", memory<&MemoryRow::capacity>},
    {"power_system_kw", power_kw<&S::power>},
    {"power_system_grade", power_grade<&S::power>},
    {"output_tokens_per_s_per_kw_system", per_kw<&S::power>},
    {"power_chips_kw", power_kw<&S::chip_power>},
    {"power_chips_grade", power_grade<&S::chip_power>},
    {"output_tokens_per_s_per_kw_chips", per_kw<&S::chip_power>},
    {"ratio_output_per_chip", ratio<kPerChip, &RateRatios::output, &Ratio::expected>},
    {"ratio_output_system", ratio<kSystem, &RateRatios::output, &Ratio::expected>},
    {"ratio_decode_per_chip", ratio<kPerChip, &RateRatios::decode, &Ratio::expected>},
    {"ratio_decode_system", ratio<kSystem, &RateRatios::decode, &Ratio::expected>},
    {"ratio_prefill_per_chip", ratio<kPerChip, &RateRatios::prefill, &Ratio::expected>},
    {"ratio_prefill_system", ratio<kSystem, &RateRatios::prefill, &Ratio::expected>},
    {"ratio_ceiling_output_per_chip", ratio<kPerChip, &RateRatios::output, &Ratio::ceiling>},
    {"ratio_ceiling_output_system", ratio<kSystem, &RateRatios::output, &Ratio::ceiling>},
    {"ratio_ceiling_decode_per_chip", ratio<kPerChip, &RateRatios::decode, &Ratio::ceiling>},
    {"ratio_ceiling_prefill_per_chip", ratio<kPerChip, &RateRatios::prefill, &Ratio::ceiling>},
    {"ratio_ttft", beside_number<&S::ttft>},
    {"ratio_tpot", beside_number<&S::tpot>},
    {"chance_above_per_chip",
     [](const Line& l) -> Field {
       const auto* s = l.beside();
       return s != nullptr && s->chance_above ? csv_number(*s->chance_above) : "";
     }},
    {"ratio_tokens_per_joule",
     [](const Line& l) {
       const auto* s = l.beside();
       return s != nullptr && s->per_joule ? csv_number(*s->per_joule) : "";
     }},
    {"power_scope",
     [](const Line& l) { return l.beside() != nullptr ? l.system->per_joule_scope : ""; }},
    {"ratio_at_interactivity",
     [](const Line& l) {
       return l.point != nullptr && l.point->ratio ? csv_number(*l.point->ratio) : "";
     }},
    {"metric", [](const Line& l) { return l.record.metric; }},
    {"factor_compute", factor<0>},
    {"factor_formats", factor<1>},
    {"factor_bandwidth", factor<2>},
    {"factor_capacity", factor<3>},
    {"factor_links", factor<4>},
    {"factor_chips", factor<5>},
    {"factor_software", factor<6>},
    {"orders", beside_number<&S::orders>},
    {"orders_possible", beside_number<&S::orders_possible>},
    {"no_factors", [](const Line& l) { return l.whole() != nullptr ? l.system->no_factors : ""; }},
    {"reach_tokens_per_s_per_user",
     [](const Line& l) {
       const auto* s = l.whole();
       return s != nullptr && s->reach ? csv_number(s->reach->base()) : "";
     }},
    {"overtaken", [](const Line& l) { return l.crossing != nullptr ? l.crossing->other : ""; }},
    {"by_reach",
     [](const Line& l) -> Field {
       if (l.crossing == nullptr) return "";
       return l.crossing->by_reach ? "true" : "false";
     }},
    {"weakest_grade", of_answer<&A::weakest_grade>},
    {"weakest_path", of_answer<&A::weakest_path>},
    {"version", [](const Line& l) { return l.record.version; }},
};

std::string line(const Line& l) {
  std::vector<std::string> fields;
  for (const auto& c : kColumns) fields.push_back(c.field(l));
  for (const auto& c : economy_columns())
    fields.push_back(l.answered() != nullptr ? c.field(l.system->answer) : Field());
  return csv_record(fields);
}

}  // namespace

std::vector<std::string_view> comparison_columns() {
  return column_names(kColumns, economy_columns());
}

std::string comparison_csv(const ComparisonRecord& record) {
  if (record.sources) {
    std::string rows = sources_csv_header();
    for (const auto& s : record.systems) rows += sources_csv_rows(s.answer);
    return rows;
  }
  auto out = csv_header(comparison_columns());
  for (const auto& s : record.systems) out += line({record, &s, nullptr, nullptr});
  for (const auto& s : record.systems)
    for (const auto& p : s.points) out += line({record, &s, &p, nullptr});
  for (const auto& c : record.crossings) out += line({record, nullptr, nullptr, &c});
  return out;
}

}  // namespace perfmodel::report
