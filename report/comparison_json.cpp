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
  Json factors = Json::array();
  for (const auto& f : s.factors)
    factors.push_back(
        {{"part", f.part}, {"factor", real(f.factor)}, {"change", text_or_null(f.change)}});
  return {{"per_chip", ratios_json(s.per_chip)},
          {"system", ratios_json(s.system)},
          {"ttft", real(s.ttft)},
          {"tpot", real(s.tpot)},
          {"chance_above_per_chip", s.chance_above ? real(*s.chance_above) : Json(nullptr)},
          {"tokens_per_joule", s.per_joule ? real(*s.per_joule) : Json(nullptr)},
          {"power_scope", text_or_null(s.per_joule_scope)},
          {"factors", std::move(factors)},
          {"orders", real(s.orders)},
          {"orders_possible", real(s.orders_possible)},
          {"no_factors", text_or_null(s.no_factors)}};
}

Json points_json(const ComparedSystem& s) {
  Json all = Json::array();
  for (const auto& p : s.points) {
    Json j = {{"tokens_per_s_per_user", base(p.interactivity)},
              {"infeasible", text_or_null(p.infeasible)}};
    if (p.infeasible.empty()) {
      j["output_tokens_per_s_per_chip"] = base(p.output_per_chip);
      j["ttft_s"] = base(p.ttft);
      j["tpot_s"] = base(p.tpot);
      j["deployment"] = p.deployment;
      j["ratio"] = p.ratio ? real(*p.ratio) : Json(nullptr);
    }
    all.push_back(std::move(j));
  }
  return all;
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
    j["formats"] = {{"weights", a.weights_format},
                    {"kv", a.kv_format},
                    {"compute", a.compute},
                    {"fallbacks", a.fallbacks}};
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
  j["interactivity"] = points_json(s);
  j["reach_tokens_per_s_per_user"] = base(s.reach);
  if (sources) {
    j["figures"] = Json::array();
    for (const FigureRow& f : a.figures) j["figures"].push_back(figure_json(f));
  }
  return j;
}

}  // namespace

std::string comparison_json(const ComparisonRecord& record) {
  const auto& asked = record.base().answer;
  Json systems = Json::array();
  for (const auto& s : record.systems) systems.push_back(system_json(s, record.sources));
  Json crossings = Json::array();
  for (const auto& c : record.crossings)
    crossings.push_back({{"leader", c.leader},
                         {"other", c.other},
                         {"tokens_per_s_per_user", base(c.at)},
                         {"by_reach", c.by_reach}});
  const Json all = {
      {"schema", kSchema},
      {"version", record.version},
      {"llm", asked.llm},
      {"workload",
       {{"id", asked.workload},
        {"input_tokens", real(asked.input)},
        {"output_tokens", real(asked.output)},
        {"length_spread", real(asked.spread)},
        {"prefix_hit", real(asked.prefix_hit)},
        {"slo_ttft_s", base(asked.slo_ttft)},
        {"slo_tpot_s", base(asked.slo_tpot)}}},
      {"overrides", asked.overrides},
      {"baseline", record.base().label},
      {"metric", record.metric},
      {"systems", std::move(systems)},
      {"scanned_tokens_per_s_per_user", {base(record.scanned_from), base(record.scanned_to)}},
      {"crossovers", std::move(crossings)},
      {"provenance", provenance_json(record.provenance)}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace perfmodel::report
