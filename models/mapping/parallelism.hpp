// How one engine is spread over devices.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "llm/llm_spec.hpp"
#include "spec/outcome.hpp"

namespace perfmodel::mapping {

/// Devices are numbered with tensor parallelism innermost, then attention data parallelism, then
/// pipeline stages. Experts use the tp * dp devices of a stage as ep * moe_tp.
struct Parallelism {
  int tp = 1;
  int pp = 1;
  int dp = 1;  // attention data parallelism
  int ep = 1;
  int moe_tp = 1;

  int devices() const { return tp * pp * dp; }
  int stage_devices() const { return tp * dp; }
  bool operator==(const Parallelism&) const = default;
};

/// "tp=1 dp=32 ep=32"; degrees of 1 are left out except tp.
std::string to_string(const Parallelism& p);

/// Degrees as a user types them.
struct AskedParallelism {
  Parallelism degrees;  // those left out are 1; one of the two expert degrees gives the other
  bool experts_given = false;

  /// Experts that were left open spread over all devices of a stage.
  Parallelism of(const llm::LlmSpec& llm) const;
};
/// "tp=1,dp=32,ep=32" with the degrees tp, pp, dp, ep, moe-tp. What is wrong goes to `problems`, a
/// text each; the result is empty if there was any.
std::optional<AskedParallelism> parse_parallelism(std::string_view text,
                                                  std::vector<std::string>& problems);

/// Why `p` cannot carry `llm`, if it cannot: heads not divisible, experts not covered, more stages
/// than layers.
std::optional<spec::Infeasible> check(const Parallelism& p, const llm::LlmSpec& llm);

/// The largest tp not above `tp` that divides the heads of every attention block.
int nearest_tp(int tp, const llm::LlmSpec& llm);

/// Whether tp divides the heads of every attention block.
bool divides_heads(int tp, const llm::LlmSpec& llm);

}  // namespace perfmodel::mapping
