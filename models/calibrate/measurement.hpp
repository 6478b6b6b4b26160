// One published number with what is known about the run behind it (results/published/SCHEMA.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "calibrate/table.hpp"

namespace perfmodel::calibrate {

enum class Mode : std::uint8_t {
  aggregated,
  disaggregated,
  decode_only,
  prefill_only,
  static_batch,
  offline_max
};
inline constexpr std::array<std::string_view, 6> kModeNames = {
    "aggregated", "disaggregated", "decode_only", "prefill_only", "static_batch", "offline_max"};
constexpr std::string_view name_of(Mode m) {
  return kModeNames[static_cast<std::size_t>(m)];
}

enum class Metric : std::uint8_t {
  tpot,
  ttft,
  step,
  itl,
  output_per_chip,
  output_per_decode_chip,
  input_per_chip,
  input_per_prefill_chip,
  total_per_chip,
  batch_latency,
  requests,
  power,
  joules,
};
inline constexpr std::array<std::string_view, 13> kMetricNames = {
    "tpot_ms",
    "ttft_ms",
    "step_ms",
    "itl_ms",
    "output_tokens_per_s_per_chip",
    "output_tokens_per_s_per_decode_chip",
    "input_tokens_per_s_per_chip",
    "input_tokens_per_s_per_prefill_chip",
    "total_tokens_per_s_per_chip",
    "batch_latency_s",
    "request_per_s",
    "power_w_per_chip",
    "joules_per_output_token"};
constexpr std::string_view name_of(Metric m) {
  return kMetricNames[static_cast<std::size_t>(m)];
}

/// Degrees of a pool as published; what the source does not say is empty.
struct Degrees {
  std::optional<int> workers, tp, pp, attn_dp, moe_tp, moe_ep;
};

struct Measurement {
  std::string file;
  int line = 0;
  std::string id, source, url, date, chip, model, weights, activations, kv, stack, version;
  std::optional<Mode> mode;  // empty: a mode this program does not know (its text is mode_text)
  std::optional<Metric> metric;
  std::string mode_text, metric_text, statistic, unit, notes;
  std::optional<double> n_chips;
  Degrees prefill, decode;
  std::optional<double> input, output, jitter, concurrency, batch_per_chip, draft_tokens, accepted,
      prefix_hit;
  double value = 0;  // in the unit of the metric's name

  /// "prefill_chips=16" in the notes, where a source gives the pools' sizes.
  std::optional<double> note_number(std::string_view key) const;
};

/// Reads the canonical columns. `unit` is kept as written: the metric's name decides. Unknown
/// columns, missing columns, numbers that are none and values that are not positive are
/// diagnostics.
std::vector<Measurement> read_measurements(const Table& table, const std::string& file,
                                           spec::Diagnostics& diagnostics);

}  // namespace perfmodel::calibrate
