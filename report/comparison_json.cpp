// The comparison as one JSON object. Numbers are in base units, which the keys name; what does not
// exist is null. Keys keep their order.
#include "report/comparison_content.hpp"
#include "report/comparison_format.hpp"
#include "report/json_economy.hpp"
#include "report/json_parts.hpp"

namespace perfmodel::report {
namespace {

constexpr std::string_view kSchema = "perfmodel/compare/1";

Json performance_json(const Performance& p) {
  return {{"stack", p.stack},
          {"ttft_s", base(p.ttft)},
          {"tpot_s", base(p.tpot)},
          {"output_tokens_per_s_per_chip", base(p.output_per_chip)},
          {"output_tokens_per_s_system", base(p.output_system)},
          {"decode_only_tokens_per_s_per_chip", base(p.decode_per_chip)},
          {"prefill_only_tokens_per_s_per_chip", base(p.prefill_per_chip)}};
}

Json nameplate_json(const std::optional<PowerFigure>& p) {
  if (!p) return nullptr;
  return {{"w", base(p->value)}, {"grade", p->grade}};
}

Json ratio_json(const Ratio& r) {
  return {{"expected", real(r.expected)}, {"ceiling", real(r.ceiling)}};
}
Json ratios_json(const RateRatios& r) {
  return {{"output", ratio_json(r.output)},
          {"decode_only", ratio_json(r.decode)},
          {"prefill_only", ratio_json(r.prefill)}};
}

Json against_json(const ComparedSystem& s) {
  if (!s.compared) return nullptr;
  const auto factor = [](const FactorRow& f) {
    return Json{{"part", f.part}, {"factor", real(f.factor)}, {"change", text_or_null(f.change)}};
  };
  return {{"per_chip", ratios_json(s.per_chip)},
          {"system", ratios_json(s.system)},
          {"ttft", real(s.ttft)},
          {"tpot", real(s.tpot)},
          {"chance_above_per_chip", real(s.chance_above)},
          {"tokens_per_joule", real(s.per_joule)},
          {"power_scope", text_or_null(s.per_joule_scope)},
          {"factors", array_of(s.factors, factor)},
          {"orders", real(s.orders)},
          {"orders_possible", real(s.orders_possible)},
          {"no_factors", text_or_null(s.no_factors)}};
}

Json point_json(const InteractivityPoint& p) {
  Json j = {{"tokens_per_s_per_user", base(p.interactivity)},
            {"infeasible", text_or_null(p.infeasible)}};
  if (!p.infeasible.empty()) return j;
  j["output_tokens_per_s_per_chip"] = base(p.output_per_chip);
  j["ttft_s"] = base(p.ttft);
  j["tpot_s"] = base(p.tpot);
  j["deployment"] = p.deployment;
  j["ratio"] = real(p.ratio);
  return j;
}

Json crossing_json(const CrossingRow& c) {
  return {{"leader", c.leader},
          {"other", c.other},
          {"tokens_per_s_per_user", base(c.at)},
          {"by_reach", c.by_reach}};
}

Json system_json(const ComparedSystem& s, bool sources) {
  const auto& a = s.answer;
  Json j = {{"compared", s.label},          {"chip", a.chip},
            {"chip_status", a.chip_status}, {"system", a.system},
            {"systems", a.systems},         {"chips", a.chips},
            {"banners", a.banners},         {"infeasible", text_or_null(a.infeasible)}};
  if (is_feasible(s)) {
    if (a.prefill)
      j["prefill_pool"] = {{"parallelism", a.prefill->parallelism},
                           {"engines", a.prefill->engines},
                           {"chips_used", a.prefill->chips_used}};
    j["deployment"] = {{"parallelism", a.parallelism},
                       {"engines", a.engines},
                       {"batch_per_rank", real(a.batch)},
                       {"concurrency", real(a.concurrency)},
                       {"limit", a.limit}};
    j["formats"] = formats_json(a);
    j["expected"] = performance_json(a.expected);
    j["ceiling"] = performance_json(a.ceiling);
    j["intervals"] = intervals_json(a);
    j["memory"] = {{"weights_bytes", base(a.memory.weights)},
                   {"kv_bytes", base(a.memory.cache)},
                   {"capacity_bytes", base(a.memory.capacity)}};
    j["weakest"] = {{"grade", a.weakest_grade}, {"figure", a.weakest_path}};
  }
  j["power_system"] = nameplate_json(s.power);
  j["power_chips"] = nameplate_json(s.chip_power);
  j["power"] = power_json(a);
  j["cost"] = cost_json(a);
  j["overrides"] = a.overrides;
  j["over_baseline"] = against_json(s);
  j["interactivity"] = array_of(s.points, point_json);
  j["reach_tokens_per_s_per_user"] = base(s.reach);
  if (sources) j["figures"] = array_of(a.figures, figure_json);
  return j;
}

}  // namespace

std::string comparison_json(const ComparisonRecord& record) {
  const auto& asked = record.base().answer;
  const auto system = [&](const ComparedSystem& s) { return system_json(s, record.sources); };
  const Json all = {
      {"schema", kSchema},
      {"version", record.version},
      {"llm", asked.llm},
      {"workload", workload_json(asked)},
      {"overrides", asked.overrides},
      {"baseline", record.base().label},
      {"metric", record.metric},
      {"systems", array_of(record.systems, system)},
      {"scanned_tokens_per_s_per_user", {base(record.scanned_from), base(record.scanned_to)}},
      {"crossovers", array_of(record.crossings, crossing_json)},
      {"provenance", provenance_json(record.provenance)}};
  return json_text(all);
}

}  // namespace perfmodel::report
