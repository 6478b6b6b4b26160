#include "report/csv_economy.hpp"

#include "report/content.hpp"

namespace perfmodel::report {
namespace {

using R = EstimateRecord;
using Field = std::string;

bool has_power(const R& r) {
  return is_feasible(r) && r.power.absent.empty() && r.power.tdp.base() > 0;
}
bool has_cost(const R& r) {
  return is_feasible(r) && r.cost.absent.empty() && r.cost.capital.base() > 0;
}

template <Power PowerRow::*Member>
Field kw(const R& r) {
  return number_if(has_power(r), (r.power.*Member).base() / kKilo);
}
template <auto Member, auto Part>
Field likely_kw(const R& r) {
  return number_if(has_power(r), (r.power.*Member.*Part).base() / kKilo);
}
template <auto Member, auto Part>
Field drawn_kw(const R& r) {
  return number_if(has_power(r) && r.samples > 0, (r.power.*Member.*Part).base() / kKilo);
}
template <Power ChipPowerRow::*Part>
Field chip_w(const R& r) {
  return number_if(has_power(r), (r.power.chip.*Part).base());
}
template <auto Part>
Field drawn_joules(const R& r) {
  return number_if(has_power(r) && r.samples > 0, (r.power.token.*Part).base());
}
template <Likely<Usd> CostRow::*Of, Usd Likely<Usd>::*Part>
Field usd_per_million(const R& r) {
  const bool drawn = Part == &Likely<Usd>::value || r.samples > 0;
  return number_if(has_cost(r) && drawn, (r.cost.*Of.*Part).base() * kMillion);
}
template <Usd CostRow::*Member>
Field rented(const R& r) {
  const double usd = (r.cost.*Member).base();
  return number_if(is_feasible(r) && usd > 0, usd * kMillion);
}
template <double CostRow::*Member>
Field of_capital(const R& r) {
  return number_if(is_feasible(r) && r.cost.*Member > 0, r.cost.*Member * kMillion);
}
template <auto Member>
Field power_text(const R& r) {
  return has_power(r) ? r.power.*Member : "";
}
template <auto Member>
Field cost_text(const R& r) {
  return has_cost(r) ? r.cost.*Member : "";
}

constexpr auto kValue = &Likely<Power>::value;
constexpr EconomyColumn kColumns[] = {
    {"power_absent", [](const R& r) { return is_feasible(r) ? r.power.absent : ""; }},
    {"power_nameplate_kw", kw<&PowerRow::nameplate>},
    {"power_nameplate_published",
     [](const R& r) -> Field {
       if (!has_power(r)) return "";
       return r.power.nameplate_published ? "true" : "false";
     }},
    {"power_nameplate_grade", power_text<&PowerRow::nameplate_grade>},
    {"power_modelled_chips_kw", kw<&PowerRow::chips>},
    {"power_modelled_around_kw", kw<&PowerRow::around>},
    {"power_modelled_kw", likely_kw<&PowerRow::systems, kValue>},
    {"power_modelled_kw_p10", drawn_kw<&PowerRow::systems, &Likely<Power>::p10>},
    {"power_modelled_kw_p90", drawn_kw<&PowerRow::systems, &Likely<Power>::p90>},
    {"power_site_kw", likely_kw<&PowerRow::site, kValue>},
    {"power_site_kw_p10", drawn_kw<&PowerRow::site, &Likely<Power>::p10>},
    {"power_site_kw_p90", drawn_kw<&PowerRow::site, &Likely<Power>::p90>},
    {"pue", [](const R& r) { return number_if(has_power(r), r.power.pue); }},
    {"chip_tdp_w", [](const R& r) { return number_if(has_power(r), r.power.tdp.base()); }},
    {"chip_power_w",
     [](const R& r) { return number_if(has_power(r), r.power.chip.total().base()); }},
    {"chip_idle_w", chip_w<&ChipPowerRow::idle>},
    {"chip_active_w", chip_w<&ChipPowerRow::active>},
    {"chip_matrix_w", chip_w<&ChipPowerRow::matrix>},
    {"chip_vector_w", chip_w<&ChipPowerRow::vector>},
    {"chip_memory_w", chip_w<&ChipPowerRow::memory>},
    {"chip_link_w", chip_w<&ChipPowerRow::link>},
    {"joules_per_output_token",
     [](const R& r) { return number_if(has_power(r), r.power.token.value.base()); }},
    {"joules_per_output_token_p10", drawn_joules<&Likely<Energy>::p10>},
    {"joules_per_output_token_p90", drawn_joules<&Likely<Energy>::p90>},
    {"output_tokens_per_joule",
     [](const R& r) { return number_if(has_power(r), 1.0 / r.power.token.value.base()); }},
    {"output_tokens_per_s_per_mw",
     [](const R& r) { return number_if(has_power(r), kMega / r.power.token.value.base()); }},
    {"kwh_per_million_output_tokens",
     [](const R& r) {
       return number_if(has_power(r), r.power.token.value.base() * kMillion / kKilowattHour);
     }},
    {"energy_widest", power_text<&PowerRow::widest>},
    {"power_weakest_path", power_text<&PowerRow::weakest_path>},
    {"cost_absent", [](const R& r) { return is_feasible(r) ? r.cost.absent : ""; }},
    {"capital_usd", [](const R& r) { return number_if(has_cost(r), r.cost.capital.base()); }},
    {"capital_scope", cost_text<&CostRow::capital_scope>},
    {"capital_grade", cost_text<&CostRow::grade>},
    {"capital_usd_per_h",
     [](const R& r) { return number_if(has_cost(r), r.cost.capital_rate.base() * kHour); }},
    {"electricity_usd_per_h",
     [](const R& r) { return number_if(has_cost(r), r.cost.electricity.base() * kHour); }},
    {"prefill_time_share",
     [](const R& r) {
       return number_if(is_feasible(r) && r.cost.prefill_share > 0, r.cost.prefill_share);
     }},
    {"usd_per_million_input_tokens", usd_per_million<&CostRow::input, &Likely<Usd>::value>},
    {"usd_per_million_input_tokens_p10", usd_per_million<&CostRow::input, &Likely<Usd>::p10>},
    {"usd_per_million_input_tokens_p90", usd_per_million<&CostRow::input, &Likely<Usd>::p90>},
    {"usd_per_million_output_tokens", usd_per_million<&CostRow::output, &Likely<Usd>::value>},
    {"usd_per_million_output_tokens_p10", usd_per_million<&CostRow::output, &Likely<Usd>::p10>},
    {"usd_per_million_output_tokens_p90", usd_per_million<&CostRow::output, &Likely<Usd>::p90>},
    {"cost_widest", cost_text<&CostRow::widest>},
    {"rented_usd_per_million_input_tokens", rented<&CostRow::rented_input>},
    {"rented_usd_per_million_output_tokens", rented<&CostRow::rented_output>},
    {"price_shares_per_million_input_tokens", of_capital<&CostRow::input_of_capital>},
    {"price_shares_per_million_output_tokens", of_capital<&CostRow::output_of_capital>},
};

}  // namespace

std::span<const EconomyColumn> economy_columns() {
  return kColumns;
}

}  // namespace perfmodel::report
