// A model cut for one device: its operators, its weights and its cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "mapping/parallelism.hpp"
#include "mapping/precision.hpp"
#include "ops/op.hpp"

namespace perfmodel::mapping {

/// The devices that a message stays among.
enum class Group : std::uint8_t { none, tensor, data, expert, stage, pipeline, context };
inline constexpr std::size_t kGroups = 7;

/// What an operator may be hidden under.
enum class Stream : std::uint8_t { main, shared_expert, exchange };

/// `count` instances of an operator in one pass through the whole model.
struct Term {
  ops::Op op;
  spec::Compute compute = spec::Compute::bf16;
  double count = 1;
  Stream stream = Stream::main;
  Group group = Group::none;
  bool draft = false;  // belongs to the speculative layer, which runs once per drafted token
};

/// Cache of one device, all layers of its stage.
struct CacheShare {
  Bytes per_token{};
  struct Window {
    Bytes per_token{};
    double tokens = 0;
  };
  std::vector<Window> windows;
  Bytes per_sequence{};

  Bytes of_sequence(double context) const;
};

struct ShardedModel {
  std::vector<Term> terms;
  double layers = 0;
  double expert_layers = 0;  // of layers, weighted by experts per token over eight
  double draft_layers = 0;
  double draft_expert_layers = 0;
  Bytes weights{};  // of the fullest device
  Bytes draft_weights{};
  CacheShare cache;
  Bytes activations_per_token{};  // working set of one token in a pass
  Bytes gathered_per_token{};     // of a layer's cache, where ranks gather it in prefill
  Bytes logits_per_row{};
};

/// `p` must have passed check(). `with_draft` adds the speculative layer.
ShardedModel shard(const llm::LlmSpec& llm, const Parallelism& p, const Precision& precision,
                   bool with_draft);

}  // namespace perfmodel::mapping
