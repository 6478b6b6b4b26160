#include "diff/kinds.hpp"

#include <algorithm>
#include <array>

namespace perfmodel::diff {
namespace {

constexpr auto kKinds = std::to_array<Kind>({
    {.name = "operators of an estimate",
     .made_by = "perfmodel estimate --explain --format csv",
     .signature = "verdict,phase,operator,total_us,bound",
     .keys = "chip,system,llm,phase,operator",
     .verdicts = "verdict",
     .less = "compute_us,vector_us,memory_us,link_us,overhead_us,total_us",
     .more = "",
     .neither = "count,matrix_gflop,vector_gflop,weights_mb,kv_mb,activations_mb,message_mb,"
                "share_of_pass,energy_mj",
     .notes = ""},
    {.name = "estimate",
     .made_by = "perfmodel estimate --format csv",
     .signature = "verdict,chip,llm,ttft_ms,tpot_ms,output_tokens_per_s_per_chip",
     .keys = "role,chip,system,llm,workload,input_tokens,output_tokens,length_spread,prefix_hit,"
             "slo_ttft_ms,slo_tpot_ms",
     .verdicts = "verdict",
     .less = "ttft_ms,tpot_ms,decode_step_ms,prefill_ms,ceiling_ttft_ms,ceiling_tpot_ms,"
             "ceiling_decode_step_ms,ceiling_prefill_ms,transfer_ms,queue_ms,"
             "ttft_ms_p10,ttft_ms_p50,ttft_ms_p90,tpot_ms_p10,tpot_ms_p50,tpot_ms_p90,"
             "decode_step_ms_p10,decode_step_ms_p50,decode_step_ms_p90,"
             "prefill_ms_p10,prefill_ms_p50,prefill_ms_p90,"
             "joules_per_output_token,joules_per_output_token_p10,joules_per_output_token_p90,"
             "kwh_per_million_output_tokens,usd_per_million_input_tokens,"
             "usd_per_million_input_tokens_p10,usd_per_million_input_tokens_p90,"
             "usd_per_million_output_tokens,usd_per_million_output_tokens_p10,"
             "usd_per_million_output_tokens_p90,rented_usd_per_million_input_tokens,"
             "rented_usd_per_million_output_tokens,price_shares_per_million_input_tokens,"
             "price_shares_per_million_output_tokens",
     .more = "output_tokens_per_s_per_chip,output_tokens_per_s_system,input_tokens_per_s_per_chip,"
             "decode_only_tokens_per_s_per_chip,decode_only_tokens_per_s_system,"
             "prefill_only_tokens_per_s_per_chip,prefill_only_tokens_per_s_system,"
             "ceiling_output_tokens_per_s_per_chip,ceiling_output_tokens_per_s_system,"
             "ceiling_input_tokens_per_s_per_chip,ceiling_decode_only_tokens_per_s_per_chip,"
             "ceiling_decode_only_tokens_per_s_system,ceiling_prefill_only_tokens_per_s_per_chip,"
             "ceiling_prefill_only_tokens_per_s_system,slo_kept_share,batch_fits_share,"
             "output_tokens_per_joule,output_tokens_per_s_per_mw",
     .neither =
         "tp,pp,dp,ep,moe_tp,cp,engines,engine_devices,chips_used,batch_per_rank,concurrency,"
         "prefill_engines,prefill_chips_used,prefill_requests_together,prefill_utilisation,"
         "transferred_mb,memory_free_gb,largest_batch_per_rank,memory_capacity_gb,memory_"
         "reserve_gb,memory_weights_gb,memory_kv_gb,"
         "memory_activations_gb,power_nameplate_kw,pue,chip_tdp_w,capital_usd,"
         "capital_usd_per_h",
     // Watts follow the work done: what it costs is better or worse by the token.
     .notes =
         "candidates,interval_samples,interval_basis,residual_tpot_rows,residual_tpot_median,"
         "residual_tpot_p90,power_modelled_chips_kw,power_modelled_around_kw,power_modelled_kw,"
         "power_modelled_kw_p10,power_modelled_kw_p90,power_site_kw,power_site_kw_p10,"
         "power_site_kw_p90,chip_power_w,chip_idle_w,chip_active_w,chip_matrix_w,chip_vector_w,"
         "chip_memory_w,chip_link_w,electricity_usd_per_h,prefill_time_share,"
         "nearest_run,nearest_run_distance,nearest_run_measured,nearest_run_predicted,version"},
    {.name = "validation",
     .made_by = "perfmodel validate --format csv",
     .signature = "id,metric,measured,predicted,ratio,skipped",
     .keys = "id,source,chip,model,stack,left_out,mode,metric",
     .verdicts = "saturated,skipped",
     .less = "",
     .more = "",
     .neither = "measured,predicted,ratio",
     .notes = "profile"},
    {.name = "accuracy",
     .made_by = "perfmodel validate --summary",
     .signature = "scope,name,kind,title,rows,median,mean,p90,bias,rank",
     .keys = "scope,name,kind,title",
     .verdicts = "",
     .less = "median,mean,p90",
     .more = "rank",
     .neither = "rows,bias",
     .notes = ""},
    {.name = "host kernels",
     .made_by = "perfmodel bench",
     .signature = "kernel,shape,tier,threads,time_us,time_q1_us,time_q3_us,of_roof_percent",
     .keys = "kernel,shape,tier,threads",
     .verdicts = "",
     .less = "time_us,error",
     .more = "gflop_per_s,gb_per_s",
     .neither = "gflop,megabytes,max_error",
     .notes = "m,n,k,groups,rounds,time_q1_us,time_q3_us,roof_read_gb_per_s,roof_copy_gb_per_s,"
              "roof_gflop_per_s,of_read_percent,of_copy_percent,of_flop_percent,of_roof_percent,"
              "clock_ghz,canary_us,canary_spread_percent,l1d_kib,l2_kib,l3_mib"},
    {.name = "host kernels against libraries",
     .made_by = "perfmodel bench --against",
     .signature = "kernel,shape,tier,threads,library,our_time_us,library_time_us,speedup",
     .keys = "kernel,shape,tier,threads,library",
     .verdicts = "",
     .less = "our_time_us,difference",
     .more = "speedup",
     .neither = "bound",
     .notes = "rounds,our_time_q1_us,our_time_q3_us,library_time_us,library_time_q1_us,"
              "library_time_q3_us,speedup_q1,speedup_q3"},
    {.name = "prediction of host kernels",
     .made_by = "perfmodel bench --predict --format csv",
     .signature = "kernel,shape,tier,threads,measured_us,engine_us",
     .keys = "kernel,shape,tier,threads",
     .verdicts = "",
     .less = "",
     .more = "",
     .neither = "measured_us,engine_us,fitted_us,left_out_us,roofline_us",
     .notes = "engine_error_percent,fitted_error_percent,left_out_error_percent,"
              "roofline_error_percent,canary_spread_percent",
     // A shape that two files of results/host have is there twice.
     .repeats = true},
    {.name = "forms of the models on the host",
     .made_by = "tools/host/forms",
     .signature = "form,class,rows,prediction,median_error_percent,p90_error_percent",
     .keys = "form,class,prediction",
     .verdicts = "",
     .less = "median_error_percent,p90_error_percent",
     .more = "",
     .neither = "rows",
     .notes = ""},
    {.name = "roofs of the host",
     .made_by = "perfmodel host --format csv",
     .signature = "roof,value,median,q1,q3,best,unit,threads,rounds",
     .keys = "roof,unit,threads",
     .verdicts = "",
     .less = "",
     .more = "",
     .neither = "value,median",
     .notes = "q1,q3,best,rounds"},
    {.name = "accuracy of operators",
     .made_by = "perfmodel calibrate --operators --report --format csv",
     .signature = "class,chip,rows,set_aside,fitted_median,curve_median,left_out_median",
     .keys = "class,chip",
     .verdicts = "",
     .less = "fitted_median,fitted_p90,curve_median,curve_p90,left_out_median,left_out_p90",
     .more = "",
     .neither = "rows,set_aside,curve_bias",
     .notes = ""},
    {.name = "power of chips",
     .made_by = "perfmodel calibrate --power --format csv",
     .signature = "run,measured_w,at_measured_throughput_w,predicted_w",
     .keys = "run,chip,stack,mode",
     .verdicts = "",
     .less = "",
     .more = "",
     .neither = "tdp_w,measured_w,at_measured_throughput_w,left_out_stack_w,predicted_w",
     .notes = ""},
    {.name = "fleet",
     .made_by = "perfmodel fleet --format csv",
     .signature = "row,fleet,objective,served_share,chips_left,block_chips,supply",
     .keys = "row,fleet,objective,hardware,chip,system,stack,workload,llm,block_chips,supply,case",
     .verdicts = "reason",
     .less = "chips_serving,ttft_ms,tpot_ms,power_kw,cost_usd_per_h",
     .more = "served_requests_per_s,served_share,block_output_tokens_per_s,"
             "block_planned_requests_per_s,output_tokens_per_s_per_chip,"
             "chips_per_month,chips_per_month_p10,chips_per_month_p50,chips_per_month_p90,"
             "added_output_tokens_per_s_per_month,added_output_tokens_per_s_per_month_p10,"
             "added_output_tokens_per_s_per_month_p50,added_output_tokens_per_s_per_month_p90,"
             "after_output_tokens_per_s,after_output_tokens_per_s_p10,"
             "after_output_tokens_per_s_p50,after_output_tokens_per_s_p90",
     .neither = "input_tokens,output_tokens,slo_ttft_ms,slo_tpot_ms,priority,"
                "demand_requests_per_s,peak_16_bit_tflop_per_s,chips,chips_training,chips_left,"
                "chips_more,blocks,block_engines,months",
     .notes = "deployment,weights_format,limit,short_of"},
    // As google_benchmark.hpp reads it.
    {.name = "Google Benchmark",
     .made_by = "--benchmark_out",
     .signature = "benchmark,real_time_ns,cpu_time_ns,error",
     .keys = "benchmark",
     .verdicts = "error",
     .less = "real_time_ns,cpu_time_ns",
     .more = "bytes_per_second,items_per_second",
     .neither = "",
     .notes = "label",
     .repeats = true},
});

constexpr std::string_view kVerdictNames =
    "verdict,status,feasible,result,outcome,error,error_message,reason,skipped,saturated";

}  // namespace

std::string_view name_of(Better b) {
  switch (b) {
    case Better::less:
      return "less";
    case Better::more:
      return "more";
    case Better::neither:
      break;
  }
  return "neither";
}

std::span<const Kind> kinds() {
  return kKinds;
}

std::vector<std::string> words_of(std::string_view list) {
  std::vector<std::string> words;
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    words.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return words;
}

bool lists(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    if (list.substr(0, end) == word) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

const Kind* find_kind(std::span<const std::string> header) {
  for (const auto& kind : kKinds) {
    const auto wanted = words_of(kind.signature);
    const bool all = std::all_of(wanted.begin(), wanted.end(), [&](const auto& w) {
      return std::find(header.begin(), header.end(), w) != header.end();
    });
    if (all) return &kind;
  }
  return nullptr;
}

Better direction_of(std::string_view column) {
  for (const std::string_view rate : {"per_s", "per_second", "/s", "tok_s", "tokens_s"})
    if (column.find(rate) != std::string_view::npos) return Better::more;
  for (const std::string_view time : {"_ns", "_us", "_ms", "_s", "_seconds"})
    if (column.ends_with(time)) return Better::less;
  return Better::neither;
}

bool is_verdict_name(std::string_view column) {
  return lists(kVerdictNames, column);
}

}  // namespace perfmodel::diff
