// What a sweep finds out about one point.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "serving/points.hpp"
#include "spec/outcome.hpp"

namespace perfmodel::sweep {

/// `slo_missed` points have numbers, those after it have none but the memory of `out_of_memory`.
enum class Verdict : std::uint8_t {
  ok,
  slo_missed,
  out_of_memory,
  invalid_mapping,
  unsupported_type,
  missing_figure,
  too_long,
};
inline constexpr std::array<std::string_view, 7> kVerdictNames = {"ok",
                                                                  "slo-missed",
                                                                  "out-of-memory",
                                                                  "invalid-mapping",
                                                                  "unsupported-type",
                                                                  "missing-figure",
                                                                  "too-long"};
constexpr std::string_view name_of(Verdict v) {
  return kVerdictNames[static_cast<std::size_t>(v)];
}
constexpr bool has_numbers(Verdict v) {
  return v <= Verdict::slo_missed;
}
constexpr bool has_memory(Verdict v) {
  return v <= Verdict::out_of_memory;
}
Verdict verdict_of(spec::Why why);

struct Point {
  Verdict verdict = Verdict::ok;
  double batch = 0;  // sequences per attention rank
  Time ttft{};
  Time tpot{};
  Time decode_step{};
  Time prefill{};           // of one request
  Frequency output_rate{};  // tokens a second of one engine
  Frequency input_rate{};   // at that output rate
  Bytes memory_used{};      // of the fullest device
};

/// A deployment in its machine, and how often it is there.
struct Site {
  const serving::Points* points = nullptr;
  double accepted = 0;     // mean drafts accepted per step
  double max_context = 0;  // tokens the model can hold
  int engines = 1;
  int chips = 1;  // of the whole system, idle ones included

  double attention_ranks() const { return points->plan().parallelism.dp; }
  /// Of a device, without what the software keeps free.
  Bytes memory() const { return points->machine().capacity * points->machine().memory_use; }
};

}  // namespace perfmodel::sweep
