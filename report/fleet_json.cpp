// The fleet's answer as one JSON object. Numbers are in base units, which the keys name; what does
// not exist is null. Keys keep their order.
#include <cmath>
#include <nlohmann/json.hpp>

#include "report/fleet_format.hpp"

namespace perfmodel::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "perfmodel/fleet/1";

Json real(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}
template <class D>
Json base(const std::optional<Quantity<D>>& q) {
  return q ? real(q->base()) : Json(nullptr);
}
Json per_hour(const std::optional<UsdRate>& c) {
  return c ? real(c->base() * kHour) : Json(nullptr);
}
Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

template <class Q>
Json spanned(const Spanned<Q>& s, bool sampled) {
  Json j = {{"value", real(s.value.base())}};
  if (!sampled) return j;
  j["p10"] = real(s.p10.base());
  j["p50"] = real(s.p50.base());
  j["p90"] = real(s.p90.base());
  return j;
}

Json shares_json(const FleetRecord& r, const std::vector<double>& shares) {
  Json j = Json::object();
  for (std::size_t w = 0; w < shares.size(); ++w) j[r.workloads[w].name] = real(shares[w]);
  return j;
}

Json hardware_json(const FleetHardware& h) {
  return {{"name", h.name},
          {"chip", h.chip},
          {"chip_status", h.chip_status},
          {"system", h.system},
          {"stack", h.stack},
          {"peak_16_bit_ops_per_s", base(h.peak)},
          {"chips", real(h.chips)},
          {"training", real(h.training)},
          {"serving", real(h.serving)},
          {"left", real(h.left)},
          {"power_w", base(h.power)},
          {"cost_usd_per_h", per_hour(h.cost)}};
}

Json workload_json(const FleetWorkload& w, bool served) {
  Json j = {{"name", w.name},
            {"llm", w.llm},
            {"input_tokens", real(w.input)},
            {"output_tokens", real(w.output)},
            {"slo_ttft_s", base(w.slo_ttft)},
            {"slo_tpot_s", base(w.slo_tpot)},
            {"priority", w.priority},
            {"demand_requests_per_s", real(w.demand.base())}};
  if (!served) return j;
  j["served_requests_per_s"] = real(w.served.base());
  j["served_share"] = real(w.share);
  j["chips"] = real(w.chips);
  j["limit"] = text_or_null(w.limit);
  return j;
}

Json block_json(const FleetRecord& r, const FleetBlock& b) {
  Json j = {{"hardware", r.hardware[b.hardware].name},
            {"workload", r.workloads[b.workload].name},
            {"infeasible", text_or_null(b.infeasible)}};
  if (!b.infeasible.empty()) return j;
  j["blocks"] = real(b.blocks);
  j["chips"] = real(b.chips);
  j["engines"] = real(b.engines);
  j["deployment"] = b.parallelism;
  j["weights"] = b.weights;
  j["limit"] = b.limit;
  j["ttft_s"] = real(b.ttft.base());
  j["tpot_s"] = real(b.tpot.base());
  j["output_tokens_per_s"] = real(b.output.base());
  j["planned_requests_per_s"] = real(b.requests.base());
  j["power_w"] = base(b.power);
  j["cost_usd_per_h"] = per_hour(b.cost);
  return j;
}

Json variant_json(const FleetRecord& r, const FleetVariant& v) {
  Json j = {{"objective", v.objective}, {"unknown", text_or_null(v.unknown)}};
  if (!v.unknown.empty()) return j;
  j["chips"] = real(v.chips);
  j["power_w"] = base(v.power);
  j["cost_usd_per_h"] = per_hour(v.cost);
  j["served_share"] = shares_json(r, v.shares);
  for (std::size_t h = 0; h < v.chips_by_hardware.size(); ++h)
    j["serving"][r.hardware[h].name] = real(v.chips_by_hardware[h]);
  return j;
}

Json supply_json(const FleetRecord& r, const SupplyRow& s) {
  const bool sampled = r.samples > 0;
  Json j = {{"supply", s.supply},
            {"case", s.which},
            {"chip", s.chip},
            {"system", s.system},
            {"months", real(s.months)},
            {"chips_per_month", spanned(s.chips, sampled)},
            {"short_of", s.limited_by},
            {"short_of_stacks_share", sampled ? real(s.stacks_limit) : Json(nullptr)},
            {"workload", r.workloads[s.workload].name},
            {"infeasible", text_or_null(s.infeasible)}};
  if (!s.infeasible.empty()) return j;
  j["output_tokens_per_s_per_chip"] = real(s.per_chip.base());
  j["added_output_tokens_per_s_per_month"] = spanned(s.added, sampled);
  j["after_output_tokens_per_s"] = spanned(s.after, sampled);
  j["after_power_w"] = base(s.power);
  return j;
}

}  // namespace

std::string fleet_json(const FleetRecord& r) {
  Json j = {{"schema", kSchema},
            {"version", r.version},
            {"fleet", r.fleet},
            {"objective", r.objective},
            {"utilisation", real(r.utilisation)},
            {"training_chips", real(r.training)},
            {"banners", r.banners}};
  for (const auto* list : {"hardware", "workloads", "blocks", "variants", "more", "supply"})
    j[list] = Json::array();
  for (const auto& h : r.hardware) j["hardware"].push_back(hardware_json(h));
  for (const auto& w : r.workloads) j["workloads"].push_back(workload_json(w, !r.hardware.empty()));
  for (const auto& b : r.blocks) j["blocks"].push_back(block_json(r, b));
  for (const auto& v : r.variants) j["variants"].push_back(variant_json(r, v));
  for (const auto& m : r.added)
    j["more"].push_back({{"hardware", r.hardware[m.hardware].name},
                         {"chips", real(r.more)},
                         {"chips_serving", real(m.chips)},
                         {"power_w", base(m.power)},
                         {"cost_usd_per_h", per_hour(m.cost)},
                         {"served_share", shares_json(r, m.shares)}});
  for (const auto& s : r.supply) j["supply"].push_back(supply_json(r, s));
  j["samples"] = r.samples;
  j["assumed"] = r.assumed;
  return j.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace perfmodel::report
