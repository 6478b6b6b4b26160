// The whole record as one JSON object. Numbers are in base units, which the keys name; what does
// not exist (an infinity, the performance of an infeasible answer) is null. Keys keep their order.
#include <utility>

#include "report/content.hpp"
#include "report/format.hpp"
#include "report/json_economy.hpp"
#include "report/json_parts.hpp"

namespace perfmodel::report {
namespace {

constexpr std::string_view kSchema = "perfmodel/estimate/1";

Json question_json(const EstimateRecord& r) {
  return {{"chip", {{"id", r.chip}, {"name", r.chip_name}, {"status", r.chip_status}}},
          {"system", {{"id", r.system}, {"name", r.system_name}}},
          {"systems", r.systems},
          {"chips", r.chips},
          {"devices_per_chip", r.devices_per_chip},
          {"llm",
           {{"id", r.llm},
            {"name", r.llm_name},
            {"attention", r.attention},
            {"parameters_total", real(r.parameters_total)},
            {"parameters_active", real(r.parameters_active)}}},
          {"workload", workload_json(r)},
          {"overrides", r.overrides}};
}

Json prefill_json(const EstimateRecord& r) {
  if (!r.prefill) return nullptr;
  const auto& p = *r.prefill;
  return {{"chip", p.chip},
          {"system", p.system},
          {"parallelism", p.parallelism},
          {"engines", p.engines},
          {"engine_devices", p.engine_devices},
          {"chips_used", p.chips_used},
          {"requests_together", real(p.together)},
          {"utilisation", real(p.utilisation)},
          {"pass_s", base(p.pass)},
          {"transfer_s", base(p.transfer)},
          {"transferred_bytes_per_request", base(p.transferred)}};
}

Json deployment_json(const EstimateRecord& r) {
  if (!has_deployment(r)) return nullptr;
  return {{"parallelism", r.parallelism},
          {"tp", r.tp},
          {"pp", r.pp},
          {"dp", r.dp},
          {"ep", r.ep},
          {"moe_tp", r.moe_tp},
          {"cp", r.cp},
          {"engines", r.engines},
          {"engine_devices", r.engine_devices},
          {"chips_used", r.chips_used},
          {"batch_per_rank", real(r.batch)},
          {"concurrency", real(r.concurrency)},
          {"objective", text_or_null(r.objective)},
          {"prefill_pool", prefill_json(r)},
          {"requests_per_s_offered", base(r.rate)},
          {"queue_s", r.rate ? base(r.queue) : Json(nullptr)}};
}

Json performance_json(const Performance& p) {
  return {{"stack", p.stack},
          {"ttft_s", base(p.ttft)},
          {"tpot_s", base(p.tpot)},
          {"decode_step_s", base(p.decode_step)},
          {"prefill_s", base(p.prefill)},
          {"output_tokens_per_s_per_chip", base(p.output_per_chip)},
          {"output_tokens_per_s_system", base(p.output_system)},
          {"input_tokens_per_s_per_chip", base(p.input_per_chip)},
          {"decode_only_tokens_per_s_per_chip", base(p.decode_per_chip)},
          {"decode_only_tokens_per_s_system", base(p.decode_system)},
          {"prefill_only_tokens_per_s_per_chip", base(p.prefill_per_chip)},
          {"prefill_only_tokens_per_s_system", base(p.prefill_system)}};
}

Json bin_json(const BinRow& b) {
  return {{"chip", b.chip},
          {"share", real(b.share)},
          {"output_tokens_per_s_per_chip_p10", base(b.p10)},
          {"output_tokens_per_s_per_chip_p50", base(b.p50)},
          {"output_tokens_per_s_per_chip_p90", base(b.p90)}};
}

Json swing_json(const SwingRow& s) {
  return {{"path", s.path},
          {"range", text_or_null(s.range)},
          {"grade", s.grade},
          {"hardware", s.hardware},
          {"output_rate_change_at_low", real(s.rate_at_low)},
          {"output_rate_change_at_high", real(s.rate_at_high)},
          {"variance_share", real(s.variance_share)},
          {"total_variance_share", real(s.total_share)}};
}

Json memory_json(const EstimateRecord& r) {
  if (!has_memory(r)) return nullptr;
  const MemoryRow& m = r.memory;
  return {{"capacity_bytes", base(m.capacity)},
          {"reserve_bytes", base(m.reserve)},
          {"weights_bytes", base(m.weights)},
          {"kv_bytes", base(m.cache)},
          {"activations_bytes", base(m.activations)},
          {"free_bytes", base(m.free)},
          {"largest_batch_per_rank", real(m.largest_batch)}};
}

Json operator_json(const OperatorRow& o) {
  return {{"phase", o.phase},
          {"name", o.name},
          {"kind", o.kind},
          {"formula", o.formula},
          {"count", real(o.count)},
          {"compute", text_or_null(o.compute)},
          {"matrix_flop", base(o.matrix)},
          {"vector_flop", base(o.vector)},
          {"weights_bytes", base(o.weights)},
          {"kv_bytes", base(o.kv)},
          {"activations_bytes", base(o.activations)},
          {"message", text_or_null(o.message)},
          {"message_bytes", base(o.message_bytes)},
          {"compute_s", base(o.t_compute)},
          {"vector_s", base(o.t_vector)},
          {"memory_s", base(o.t_memory)},
          {"link_s", base(o.t_link)},
          {"overhead_s", base(o.t_overhead)},
          {"total_s", base(o.total)},
          {"share_of_pass", real(o.share)},
          {"bound", o.bound},
          {"energy_j", o.energy.base() > 0 ? base(o.energy) : Json(nullptr)}};
}

Json comparison_json(const ComparisonRow& c) {
  const bool known = c.infeasible.empty();
  const auto if_known = [&](Json value) { return known ? std::move(value) : Json(nullptr); };
  return {{"role", c.role},
          {"verdict", known ? "feasible" : "infeasible"},
          {"reason", text_or_null(c.infeasible)},
          {"chip", c.chip},
          {"system", c.system},
          {"status", c.status},
          {"chips", c.chips},
          {"deployment", text_or_null(c.deployment)},
          {"concurrency", if_known(real(c.concurrency))},
          {"ttft_s", if_known(base(c.ttft))},
          {"tpot_s", if_known(base(c.tpot))},
          {"output_tokens_per_s_per_chip", if_known(base(c.output_per_chip))},
          {"output_tokens_per_s_system", if_known(base(c.output_system))},
          {"decode_only_tokens_per_s_per_chip", if_known(base(c.decode_per_chip))},
          {"prefill_only_tokens_per_s_per_chip", if_known(base(c.prefill_per_chip))},
          {"weights", text_or_null(c.weights)},
          {"weakest_grade", text_or_null(c.weakest_grade)}};
}

Json residual_json(const ResidualRow& r) {
  return {{"kind", r.kind},           {"sample", r.left_out}, {"rows", r.rows},
          {"median", real(r.median)}, {"p90", real(r.p90)},   {"bias", real(r.bias)}};
}

Json measured_json(const MeasuredRow& m) {
  return {{"metric", m.metric},
          {"statistic", text_or_null(m.statistic)},
          {"measured", real(m.measured)},
          {"predicted", real(m.predicted)},
          {"ratio", real(m.predicted / m.measured)}};
}

Json near_run_json(const NearRun& r) {
  return {{"id", r.id},
          {"distance", real(r.distance)},
          {"chip", r.chip},
          {"chips", real(r.chips)},
          {"llm", r.llm},
          {"stack", text_or_null(r.stack)},
          {"profile", r.profile},
          {"mode", r.mode},
          {"parallelism", r.parallelism},
          {"weights", r.weights},
          {"input_tokens", real(r.input)},
          {"output_tokens", real(r.output)},
          {"concurrency", r.concurrency > 0 ? real(r.concurrency) : Json(nullptr)},
          {"metrics", array_of(r.metrics, measured_json)},
          {"source", r.source},
          {"url", text_or_null(r.url)},
          {"date", text_or_null(r.date)}};
}

Json evidence_json(const EstimateRecord& r) {
  return {{"profile", r.expected.stack},
          {"profile_changed", r.profile_changed},
          {"residual", array_of(r.residual, residual_json)},
          {"nearest_note", text_or_null(r.nearest_note)},
          {"nearest_runs", array_of(r.nearest_runs, near_run_json)}};
}

}  // namespace

Json intervals_json(const EstimateRecord& r) {
  if (r.samples == 0) return nullptr;
  Json out = {{"samples", r.samples},           {"basis", r.interval_basis},
              {"p10", performance_json(r.p10)}, {"p50", performance_json(r.p50)},
              {"p90", performance_json(r.p90)}, {"slo_kept", real(r.keeps)},
              {"batch_fits", real(r.fits)}};
  if (!r.bins.empty()) out["bins"] = array_of(r.bins, bin_json);
  return out;
}

std::string to_json(const EstimateRecord& record) {
  const bool feasible = is_feasible(record);
  Json out;
  out["schema"] = kSchema;
  out["version"] = record.version;
  out["verdict"] = feasible ? "feasible" : "infeasible";
  out["reason"] = text_or_null(record.infeasible);
  out["nearest"] = text_or_null(record.nearest);
  out["banners"] = record.banners;
  out["question"] = question_json(record);
  out["deployment"] = deployment_json(record);
  out["search"] = {{"searched", record.searched},
                   {"candidates", record.candidates},
                   {"limit", text_or_null(record.limit)}};
  out["formats"] = formats_json(record);
  out["speculation"] = {{"draft_tokens", record.draft_tokens},
                        {"accepted_tokens", real(record.accepted)}};
  out["expected"] = feasible ? performance_json(record.expected) : Json(nullptr);
  out["ceiling"] = feasible ? performance_json(record.ceiling) : Json(nullptr);
  out["intervals"] = feasible ? intervals_json(record) : Json(nullptr);
  out["memory"] = memory_json(record);
  out["power"] = power_json(record);
  out["cost"] = cost_json(record);
  out["weakest"] = {{"hardware_grade", text_or_null(record.weakest_grade)},
                    {"hardware_path", text_or_null(record.weakest_path)},
                    {"software_grade", text_or_null(record.weakest_stack_grade)},
                    {"software_path", text_or_null(record.weakest_stack_path)}};
  out["assumptions"] = record.assumptions;
  out["operators"] = feasible ? array_of(record.operators, operator_json) : Json::array();
  // Indices into operators, worst first.
  out["bottlenecks"] = feasible ? Json(record.bottlenecks) : Json::array();
  out["figures"] = array_of(record.figures, figure_json);
  out["comparisons"] = array_of(record.comparisons, comparison_json);
  out["evidence"] = feasible ? evidence_json(record) : Json(nullptr);
  if (!record.why.empty())
    out["why"] = {{"text", record.why}, {"figures", array_of(record.swings, swing_json)}};
  out["provenance"] = provenance_json(record.provenance);
  return json_text(out);
}

}  // namespace perfmodel::report
