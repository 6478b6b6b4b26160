// How one engine is spread over devices.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "llm/llm_spec.hpp"
#include "spec/outcome.hpp"

namespace perfmodel::mapping {

/// Devices are numbered with tensor parallelism innermost, then context parallelism, then attention
/// data parallelism, then pipeline stages. A rank of attention is the tp * cp devices that share
/// the cache of a sequence. Experts use the tp * cp * dp devices of a stage as ep * moe_tp.
///
/// Context parallelism divides the tokens of a sequence, and with them its cache, over cp groups of
/// tp devices, each with all of the weights but the experts. What that means for a pass is in
/// serving/engine.hpp, for messages in ops/communication.hpp.
struct Parallelism {
  int tp = 1;
  int pp = 1;
  int dp = 1;  // attention data parallelism
  int ep = 1;
  int moe_tp = 1;
  int cp = 1;  // context parallelism

  int devices() const { return pp * stage_devices(); }
  int stage_devices() const { return tp * cp * dp; }
  /// Devices that hold a part of a sequence's cache, over all stages.
  int rank_devices() const { return tp * cp * pp; }
  /// Groups of a stage with tokens of their own, which meet at the experts.
  int token_groups() const { return cp * dp; }
  bool operator==(const Parallelism&) const = default;
};

/// "tp=2 pp=2 cp=4 dp=8 ep=64"; degrees of 1 are left out except tp.
std::string to_string(const Parallelism& p);

/// Degrees as a user types them.
struct AskedParallelism {
  Parallelism degrees;  // those left out are 1; one of the two expert degrees gives the other
  bool experts_given = false;

  /// Experts that were left open spread over all devices of a stage.
  Parallelism of(const llm::LlmSpec& llm) const;
};
/// "tp=1,dp=32,ep=32" with the degrees tp, pp, cp, dp, ep, moe-tp. What is wrong goes to
/// `problems`, a text each; the result is empty if there was any.
std::optional<AskedParallelism> parse_parallelism(std::string_view text,
                                                  std::vector<std::string>& problems);

/// Why `p` cannot carry `llm`, if it cannot: heads not divisible, experts not covered, more stages
/// than layers, a sequence that cannot be divided.
std::optional<spec::Infeasible> check(const Parallelism& p, const llm::LlmSpec& llm);

/// The largest tp not above `tp` that divides the heads of every attention block.
int nearest_tp(int tp, const llm::LlmSpec& llm);

/// Whether tp divides the heads of every attention block.
bool divides_heads(int tp, const llm::LlmSpec& llm);

/// Whether context parallelism can divide the model's sequences: every block attends to the whole
/// context. A window is shorter than a part, the state of linear attention passes through all
/// tokens in turn, and selected or compressed keys are chosen over all parts at once.
bool divides_sequences(const llm::LlmSpec& llm);

}  // namespace perfmodel::mapping
