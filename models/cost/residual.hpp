// How far a profile's predictions are from measurements of its software, by kind of number.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "spec/reader.hpp"

namespace perfmodel::cost {

/// Kinds of measured numbers whose errors are told apart: what was measured, and how the engine
/// ran. A rate without a mode counts aggregated and disaggregated runs.
enum class Measured : std::uint8_t {
  tpot,
  tpot_disaggregated,
  output_rate,
  total_rate,
  output_rate_disaggregated,  // per decode chip
  ttft,
  ttft_disaggregated,
  static_batch,
  offline,
  decode_only,
  prefill_only,
};
inline constexpr std::array<std::string_view, 11> kMeasuredNames = {
    "tpot",        "tpot_disaggregated", "output_rate",  "total_rate", "output_rate_disaggregated",
    "ttft",        "ttft_disaggregated", "static_batch", "offline",    "decode_only",
    "prefill_only"};
constexpr std::string_view name_of(Measured m) {
  return kMeasuredNames[static_cast<std::size_t>(m)];
}

/// What the fit behind the predictions had not seen.
enum class LeftOut : std::uint8_t { nothing, chip, llm, stack };
inline constexpr std::array<std::string_view, 4> kLeftOutNames = {"in_sample", "left_out_chip",
                                                                  "left_out_llm", "left_out_stack"};
constexpr std::string_view name_of(LeftOut l) {
  return kLeftOutNames[static_cast<std::size_t>(l)];
}

/// Errors are |predicted / measured - 1|.
struct Residual {
  LeftOut left_out = LeftOut::nothing;
  Measured of = Measured::tpot;
  long rows = 0;
  double median = 0;
  double p90 = 0;
  double bias = 1;  // geometric mean of predicted / measured
};

/// The optional map `residual` of a profile: by what was left out, then by kind of number.
std::vector<Residual> read_residuals(spec::MapReader& stack);

}  // namespace perfmodel::cost
