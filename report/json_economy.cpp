#include "report/json_economy.hpp"

#include "report/content.hpp"
#include "report/json_parts.hpp"
#include "report/scales.hpp"

namespace perfmodel::report {
namespace {

template <class Q>
Json likely(const EstimateRecord& r, const Likely<Q>& q, double times = 1) {
  Json j = {{"value", real(q.value.base() * times)}};
  j["p10"] = r.samples > 0 ? real(q.p10.base() * times) : Json(nullptr);
  j["p90"] = r.samples > 0 ? real(q.p90.base() * times) : Json(nullptr);
  return j;
}

}  // namespace

nlohmann::ordered_json power_json(const EstimateRecord& r) {
  const auto& p = r.power;
  if (!is_feasible(r) || (p.absent.empty() && p.tdp.base() <= 0)) return nullptr;
  if (!p.absent.empty()) return {{"absent", p.absent}};
  const double joules = p.token.value.base();
  return {{"absent", nullptr},
          {"nameplate_w", base(p.nameplate)},
          {"nameplate_published", p.nameplate_published},
          {"nameplate_grade", p.nameplate_grade},
          {"chips_w", base(p.chips)},
          {"around_w", base(p.around)},
          {"systems_w", likely(r, p.systems)},
          {"site_w", likely(r, p.site)},
          {"pue", real(p.pue)},
          {"chip",
           {{"tdp_w", base(p.tdp)},
            {"total_w", base(p.chip.total())},
            {"held_at_tdp", p.limited},
            {"idle_w", base(p.chip.idle)},
            {"active_w", base(p.chip.active)},
            {"matrix_w", base(p.chip.matrix)},
            {"vector_w", base(p.chip.vector)},
            {"memory_w", base(p.chip.memory)},
            {"link_w", base(p.chip.link)}}},
          {"joules_per_output_token", likely(r, p.token)},
          {"output_tokens_per_joule", real(1.0 / joules)},
          {"output_tokens_per_s_per_mw", real(kMega / joules)},
          {"kwh_per_million_output_tokens", real(joules * kMillion / kKilowattHour)},
          {"weakest_grade", p.weakest_grade},
          {"weakest_path", p.weakest_path},
          {"largest_unknown", text_or_null(p.widest)}};
}

nlohmann::ordered_json cost_json(const EstimateRecord& r) {
  const auto& c = r.cost;
  if (!is_feasible(r) || c.output_of_capital <= 0) return nullptr;
  const bool rented = c.rented_output.base() > 0;
  const auto rent = [&](Usd u) { return rented ? real(u.base() * kMillion) : Json(nullptr); };
  Json j = {{"absent", text_or_null(c.absent)}};
  if (c.absent.empty()) {
    j["capital_usd"] = base(c.capital);
    j["capital_scope"] = c.capital_scope;
    j["capital_grade"] = c.grade;
    j["capital_path"] = c.path;
    j["capital_usd_per_h"] = real(c.capital_rate.base() * kHour);
    j["electricity_usd_per_h"] = real(c.electricity.base() * kHour);
    j["usd_per_million_input_tokens"] = likely(r, c.input, kMillion);
    j["usd_per_million_output_tokens"] = likely(r, c.output, kMillion);
    j["largest_unknown"] = text_or_null(c.widest);
  }
  j["prefill_time_share"] = real(c.prefill_share);
  j["rented_usd_per_million_input_tokens"] = rent(c.rented_input);
  j["rented_usd_per_million_output_tokens"] = rent(c.rented_output);
  j["price_shares_per_million_input_tokens"] = real(c.input_of_capital * kMillion);
  j["price_shares_per_million_output_tokens"] = real(c.output_of_capital * kMillion);
  return j;
}

}  // namespace perfmodel::report
