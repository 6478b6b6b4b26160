// The fleet's answer as one JSON object. Numbers are in base units, which the keys name; what does
// not exist is null. Keys keep their order.
#include "report/fleet_format.hpp"
#include "report/json_parts.hpp"

namespace perfmodel::report {
namespace {

constexpr std::string_view kSchema = "perfmodel/fleet/1";

Json per_hour(const std::optional<UsdRate>& c) {
  return c ? real(c->base() * kHour) : Json(nullptr);
}

template <class Q>
Json spanned(const Spanned<Q>& s, bool sampled) {
  Json j = {{"value", base(s.value)}};
  if (!sampled) return j;
  j["p10"] = base(s.p10);
  j["p50"] = base(s.p50);
  j["p90"] = base(s.p90);
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

Json demand_json(const FleetRecord& r, const FleetWorkload& w) {
  Json j = {{"name", w.name},
            {"llm", w.llm},
            {"input_tokens", real(w.input)},
            {"output_tokens", real(w.output)},
            {"slo_ttft_s", base(w.slo_ttft)},
            {"slo_tpot_s", base(w.slo_tpot)},
            {"priority", w.priority},
            {"demand_requests_per_s", base(w.demand)}};
  if (r.hardware.empty()) return j;
  j["served_requests_per_s"] = base(w.served);
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
  j["ttft_s"] = base(b.ttft);
  j["tpot_s"] = base(b.tpot);
  j["output_tokens_per_s"] = base(b.output);
  j["planned_requests_per_s"] = base(b.requests);
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

Json more_json(const FleetRecord& r, const FleetMore& m) {
  return {{"hardware", r.hardware[m.hardware].name}, {"chips", real(r.more)},
          {"chips_serving", real(m.chips)},          {"power_w", base(m.power)},
          {"cost_usd_per_h", per_hour(m.cost)},      {"served_share", shares_json(r, m.shares)}};
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
  j["output_tokens_per_s_per_chip"] = base(s.per_chip);
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
  // `what` makes one of a row, of which it may have to know the fleet.
  const auto list = [&](const auto& rows, auto what) {
    return array_of(rows, [&](const auto& row) { return what(r, row); });
  };
  j["hardware"] = array_of(r.hardware, hardware_json);
  j["workloads"] = list(r.workloads, demand_json);
  j["blocks"] = list(r.blocks, block_json);
  j["variants"] = list(r.variants, variant_json);
  j["more"] = list(r.added, more_json);
  j["supply"] = list(r.supply, supply_json);
  j["samples"] = r.samples;
  j["assumed"] = r.assumed;
  return json_text(j);
}

}  // namespace perfmodel::report
