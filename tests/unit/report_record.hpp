// A typical answer, built by hand, for the tests of the formats.
#pragma once

#include <string>

#include "report/estimate_record.hpp"

namespace perfmodel::report {

inline Time ms(double v) {
  return Time::from_base(v * 1e-3);
}
inline Time us(double v) {
  return Time::from_base(v * 1e-6);
}
inline Bytes gb(double v) {
  return Bytes::from_base(v * 1e9);
}
inline Bytes mb(double v) {
  return Bytes::from_base(v * 1e6);
}
inline Frequency per_s(double v) {
  return Frequency::from_base(v);
}

inline OperatorRow operator_row(const std::string& phase, const std::string& name, double scale) {
  OperatorRow op;
  op.phase = phase;
  op.name = name;
  op.kind = "gemm";
  op.formula = "2 m n k, weights read once (" + name + ")";
  op.count = 61;
  op.compute = "int8";
  op.matrix = Ops::from_base(123.4e9 * scale);
  op.vector = Ops::from_base(1.2e9 * scale);
  op.weights = mb(456.7 * scale);
  op.kv = mb(12.5);
  op.activations = mb(33.25 * scale);
  op.t_compute = us(210.5 * scale);
  op.t_vector = us(11.5);
  op.t_memory = us(1834.2 * scale);
  op.t_link = us(0);
  op.t_overhead = us(61);
  op.total = us(1895.2 * scale);
  op.share = 0.0407 * scale;
  op.bound = "memory";
  return op;
}

inline ComparisonRow comparison(const std::string& role, const std::string& chip,
                                const std::string& system, double per_chip, int chips) {
  ComparisonRow c;
  c.role = role;
  c.chip = chip;
  c.system = system;
  c.status = "shipping";
  c.chips = chips;
  c.deployment = "tp=1 dp=32 ep=32";
  c.concurrency = 9216;
  c.ttft = ms(1420);
  c.tpot = ms(49.93);
  c.output_per_chip = per_s(per_chip);
  c.output_system = per_s(per_chip * chips);
  c.decode_per_chip = per_s(per_chip * 1.2);
  c.prefill_per_chip = per_s(per_chip * 6);
  c.weights = "fp8-block";
  c.weakest_grade = "official";
  return c;
}

inline Performance performance(const std::string& stack, double speed) {
  Performance p;
  p.stack = stack;
  p.ttft = ms(1234.5 / speed);
  p.tpot = ms(49.38 / speed);
  p.decode_step = ms(46.2 / speed);
  p.prefill = ms(611.7 / speed);
  p.output_per_chip = per_s(1943.2 * speed);
  p.output_system = per_s(1943.2 * 384 * speed);
  p.input_per_chip = per_s(7772.8 * speed);
  p.decode_per_chip = per_s(2310.6 * speed);
  p.decode_system = per_s(2310.6 * 384 * speed);
  p.prefill_per_chip = per_s(11203.4 * speed);
  p.prefill_system = per_s(11203.4 * 384 * speed);
  return p;
}

inline NearRun near_run(const std::string& id, double tpot_ms, double predicted_ms) {
  NearRun n;
  n.id = id;
  n.source = "Serving on a supernode";
  n.url = "https://example.org/supernode";
  n.date = "2025-06-15";
  n.chip = "ascend910c";
  n.llm = "deepseek-r1";
  n.stack = "CloudMatrix-Infer";
  n.profile = "cann-2025";
  n.mode = "decode_only";
  n.weights = "int8";
  n.parallelism = "tp=1 dp=320 ep=320";
  n.chips = 160;
  n.input = 4096;
  n.output = 256;
  n.concurrency = 15360;
  n.distance = 2.25;
  n.metrics = {{"tpot_ms", "mean", tpot_ms, predicted_ms},
               {"output_tokens_per_s_per_chip", "mean", 1943, 1790.5}};
  return n;
}

inline EstimateRecord typical_record() {
  EstimateRecord r;
  r.banners = {
      "The Ascend 910D was never launched: US guidance and the press named it, and the 950 "
      "superseded it. All figures are a scenario of four 910B-class dies."};
  r.chip = "ascend910d";
  r.chip_name = "Huawei Ascend 910D (scenario)";
  r.chip_status = "cancelled";
  r.system = "cloudmatrix384-910d";
  r.system_name = "CloudMatrix384 with 910D";
  r.llm = "deepseek-r1";
  r.llm_name = "DeepSeek-R1";
  r.attention = "MLA";
  r.parameters_total = 671.03e9;
  r.parameters_active = 37.55e9;
  r.workload = "custom";
  r.input = 4096;
  r.output = 1024;
  r.prefix_hit = 0.5;
  r.slo_ttft = ms(2000);
  r.slo_tpot = ms(50);
  r.overrides = {"chip.memory.bandwidth = 4.8 TB/s (was 6.4 TB/s)"};
  r.chips = 384;
  r.chips_used = 384;
  r.devices_per_chip = 4;
  r.parallelism = "tp=1 dp=64 ep=64";
  r.dp = 64;
  r.ep = 64;
  r.engine_devices = 64;
  r.engines = 24;
  r.searched = true;
  r.candidates = 412;
  r.limit = "TPOT";
  r.batch = 24;
  r.concurrency = 36864;
  r.weights_format = "int8 (experts, attention), bf16 (embedding)";
  r.kv_format = "bf16";
  r.compute = "int8, bf16 attention core";
  r.fallbacks = {"fp8-block weights as int8: the chip has no FP8"};
  r.draft_tokens = 1;
  r.accepted = 0.7;
  r.expected = performance("cann-2026", 1.0);
  r.ceiling = performance("ceiling", 1.6);
  r.memory = {gb(64), gb(4.5), gb(21.31), gb(27.9), gb(1.25), gb(9.04), 31.0};
  const char* names[] = {"qkv_a_proj", "q_b_proj", "mla_core",      "o_proj",  "moe_gate",
                         "dispatch",   "experts",  "shared_expert", "combine", "lm_head"};
  for (const char* phase : {"prefill", "decode"}) {
    double scale = 1;
    for (const char* name : names) {
      auto op = operator_row(phase, name, phase[0] == 'p' ? 40 * scale : scale);
      op.share = 0.03 * scale;
      if (op.name == "dispatch" || op.name == "combine") {
        op.kind = "communication";
        op.compute = "";
        op.message = "all_to_all";
        op.message_bytes = mb(4.5);
        op.t_link = us(930);
        op.bound = "link";
      }
      r.operators.push_back(op);
      scale += 0.75;
    }
  }
  r.bottlenecks = {16, 12, 6, 18, 2};
  r.weakest_grade = "derived";
  r.weakest_path = "chip.memory.bandwidth";
  r.weakest_stack_grade = "assumed";
  r.weakest_stack_path = "stack.efficiency.attention";
  r.assumptions = {"link latency of family davinci-v2",
                   "routing balanced to within 20 %",
                   "one request per rank prefills at a time",
                   "no host overhead beyond the stack's",
                   "KV cache is not transferred",
                   "lengths are as asked"};
  FigureRow f;
  f.path = "chip.memory.bandwidth";
  f.value = "4.8 TB/s";
  f.range = "1.6 TB/s .. 6.4 TB/s";
  f.grade = "derived";
  f.source = "Pushing the Limits; Reports of a patent";
  f.url = "https://cset.georgetown.edu/publication/pushing-the-limits";
  f.date = "2026-11";
  f.file = "configs/chips/ascend910d.yaml";
  f.line = 33;
  f.overridden = true;
  f.note = "4 x 1.6; low end two dies";
  r.figures = {f, f};
  r.figures[1].path = "chip.matrix.int8";
  r.figures[1].overridden = false;
  r.comparisons = {comparison("alternative", "ascend910c", "cloudmatrix384", 1102.5, 384),
                   comparison("alternative", "ascend950dt", "atlas-950-superpod", 2400, 8192),
                   comparison("reference", "gb200", "gb200-nvl72", 6123.4, 72),
                   comparison("reference", "h200", "hgx-h200", 2310, 32),
                   comparison("reference", "h20", "hgx-h20", 0, 8)};
  r.comparisons[1].status = "announced";
  r.comparisons.back().infeasible =
      "weights need 85.2 GB per device and 64 GB are there: 21.2 GB short";
  r.residual = {{"tpot", "in_sample", 312, 0.0912, 0.271, 1.02},
                {"output_rate", "in_sample", 1173, 0.0793, 0.318, 1.07},
                {"tpot", "left_out_chip", 300, 0.162, 1.595, 1.01}};
  r.nearest_runs = {near_run("cm384-009", 49.4, 52.1), near_run("cm384-010", 14.9, 20.86),
                    near_run("cm384-011", 24.6, 24.7)};
  r.nearest_note = "no measurement on ascend910d; the nearest is deepseek-r1 on ascend910c";
  r.version = "0.1.0";
  return r;
}

/// As typical_record, without an answer. Numbers that a caller left in must not show.
inline EstimateRecord infeasible_record() {
  EstimateRecord r = typical_record();
  r.infeasible = "weights need 85.2 GB per device and 64 GB are there: 21.2 GB short";
  r.nearest = "2 systems, or weights int4";
  r.comparisons.clear();
  return r;
}

}  // namespace perfmodel::report
