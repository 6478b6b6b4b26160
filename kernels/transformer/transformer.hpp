// A small real transformer made of the kernels: prefill, also in chunks, and decode over a paged KV
// cache, for any number of sequences at once. What it is for: steps of known work, whose time can
// be measured and predicted as a sum of kernels, and whose results show what a format costs.
//
// Activations are BF16 between kernels, sums FP32. The number of threads does not change a bit of a
// result, and neither do other sequences in the same step or the chunks that a prompt comes in, as
// long as the same kernels take each token: a step of one token multiplies by GEMV, and steps of
// one token per sequence have decode attention.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/transformer/kernel_calls.hpp"
#include "kernels/transformer/pass.hpp"
#include "kernels/transformer/weights.hpp"

namespace perfmodel::kernels {

/// New tokens of a sequence.
struct Chunk {
  std::int64_t sequence;
  std::span<const std::int32_t> tokens;
};

class Transformer {
 public:
  /// KV cache in BF16 or E4M3, of `pages` pages of 64 tokens per layer. Throws
  /// std::invalid_argument for another format.
  Transformer(std::shared_ptr<const TransformerWeights> weights, Format cache, std::int64_t pages);

  const TransformerConfig& config() const { return weights_->config(); }

  /// An empty one; they are numbered from 0.
  std::int64_t add_sequence();
  /// Tokens of a sequence.
  std::int64_t length(std::int64_t sequence) const;
  /// Takes the sequence back to its first `length` tokens and frees the pages of the others.
  void truncate(std::int64_t sequence, std::int64_t length);

  /// Adds the tokens of each chunk to its sequence, and returns the logits [chunk][vocabulary] that
  /// follow the last token of each; valid until the next step. Decode attention runs where every
  /// chunk has one token, prefill attention otherwise. `exec.tier` is that of the weights. Throws
  /// std::invalid_argument, with nothing changed, for unknown sequences, sequences named twice,
  /// tokens beyond the vocabulary, empty chunks, no chunks, and too few free pages.
  std::span<const float> step(std::span<const Chunk> chunks, const Exec& exec);

  /// The kernels of the last step.
  const KernelCalls& calls() const { return calls_; }
  /// What the router chose so far, [token][layer][expert of the token]; empty for `dense`.
  std::span<const std::int32_t> experts(std::int64_t sequence) const;

 private:
  struct Sequence {
    std::int64_t length = 0;
    std::vector<std::int32_t> pages;
    std::vector<std::int32_t> experts;
  };
  const Sequence& at(std::int64_t sequence) const;
  void check(std::span<const Chunk> chunks) const;
  StepSequences extend(std::span<const Chunk> chunks);
  void remember_experts(std::span<const Chunk> chunks);

  std::shared_ptr<const TransformerWeights> weights_;
  KvLayout layout_;
  std::vector<KvCache> caches_;
  std::vector<std::int32_t> free_pages_;  // the last one goes first
  std::vector<Sequence> sequences_;
  Workspace workspace_;
  Buffer<std::uint16_t> residual_;
  std::vector<float> logits_;
  std::vector<std::int32_t> experts_;  // of the last step, [layer][token][expert of the token]
  KernelCalls calls_;
};

/// New tokens of a sequence after those that the cache has.
struct ChunkSize {
  std::int64_t cached, fresh;
};

/// The kernels that a step would run, without weights and without running it. The number of experts
/// that get rows is the expected one; all else is as `Transformer::calls` has it.
KernelCalls step_calls(const TransformerConfig& config, const QuantSpec& weights, Format cache,
                       std::span<const ChunkSize> chunks);

/// The same for a step that a descriptor names, "transformer/dense/bf16" with a shape in its
/// meaning. Empty for names of others.
KernelCalls step_calls(std::string_view name, const Shape& shape);

}  // namespace perfmodel::kernels
