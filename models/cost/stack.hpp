// Serving software: what it makes of the hardware. Every parameter is a figure with range, grade
// and source.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cost/residual.hpp"
#include "ops/op.hpp"
#include "spec/document.hpp"
#include "spec/sourced.hpp"
#include "units/quantity.hpp"

namespace perfmodel::cost {

/// Where a prefix that the cache holds is read from: in place, as if it cost neither time nor
/// memory; in place, and held beside the sequences in flight; or over the host's link, or the
/// network.
enum class PrefixTier : std::uint8_t { free, hbm, host, remote };

/// How the software is run, as a question states it: no file does.
struct Policy {
  bool mixed = false;  // prefill rides in decode steps, a chunk at a time
  PrefixTier prefix = PrefixTier::free;
  /// `imbalance` is the hottest rank over the mean as measured, the chance of routing included.
  bool balance_measured = false;
  bool own_acceptance = false;  // of drafted tokens as many as `acceptance` says are accepted
};

struct Stack {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  std::string date;
  std::string about;
  std::vector<std::string> serves;  // names of the software in measurement files
  /// Integer effects: rows padded to tiles, tiles to waves, and the random unevenness of expert
  /// routing.
  bool quantise = true;
  double sharpness =
      4;  // exponent of the smooth maximum of compute and memory time; 0: hard maximum
  spec::Sourced<Count> gemm;
  spec::Sourced<Count> grouped_gemm;
  spec::Sourced<Count> attention_prefill;
  spec::Sourced<Count> attention_decode;
  spec::Sourced<Count> vector;
  spec::Sourced<Count> memory;
  spec::Sourced<Count> link;
  spec::Sourced<Count>
      kernel_start;  // of the architecture's start and conversion times; fusion hides some
  spec::Sourced<Time> launch;
  spec::Sourced<Time> layer;
  spec::Sourced<Time> expert_layer;  // more, per mixture-of-experts layer: routing, permutation
  spec::Sourced<Time> step;
  spec::Sourced<Time> sequence;  // per sequence of a rank and pass
  spec::Sourced<Time> collective;
  spec::Sourced<Time> dispatch;
  spec::Sourced<Time> combine;
  spec::Sourced<Time>
      request;  // before the first token, off the device: tokeniser, scheduler, reply
  spec::Sourced<Count> overlap_shared_expert;
  spec::Sourced<Count> overlap_communication;
  spec::Sourced<Count> memory_use;
  spec::Sourced<Count> interference;
  spec::Sourced<Count> in_step;  // how far equal requests that start together stay together
  spec::Sourced<Count>
      queue;  // requests whose prefill a new one waits for, at most, when they are spread out
  spec::Sourced<Count> acceptance;  // chance that a drafted token is accepted, given the one before
  spec::Sourced<Count> imbalance;
  spec::Sourced<Count> chunk;  // tokens of one prefill pass
  Policy policy;
  std::vector<std::string> notes;
  std::vector<Residual> residual;  // empty for a profile that nothing was compared with
  std::vector<spec::Source> sources;

  const spec::Sourced<Count>& efficiency(ops::OpClass c) const;
};

std::optional<Stack> read_stack(const spec::Document& document, spec::Diagnostics& diagnostics);

}  // namespace perfmodel::cost
