// One pass of new tokens through all layers: the order of the kernels, and the little between them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/transformer/launcher.hpp"

namespace perfmodel::kernels {

/// Memory of the operands of a layer: the n-th request of every layer gets the n-th buffer, which
/// lasts from step to step and grows only.
class Workspace {
 public:
  void start_layer() { next_ = 0; }
  /// Aligned to a cache line; contents are what they were.
  template <class T>
  std::span<T> take(std::int64_t count) {
    const auto n = static_cast<std::size_t>(count);
    return {reinterpret_cast<T*>(bytes(n * sizeof(T))), n};
  }

 private:
  std::uint8_t* bytes(std::size_t n);

  std::size_t next_ = 0;
  std::vector<Buffer<std::uint8_t>> buffers_;
};

/// The KV cache layout of an architecture.
KvLayout kv_layout(const TransformerConfig& config, Format cache);

class Pass {
 public:
  /// `caches` has one per layer; empty without weights. `residual` and `logits` are resized.
  Pass(Launcher& launcher, const KvLayout& layout, const StepSequences& sequences,
       std::span<KvCache> caches, Workspace& workspace);

  /// Logits [sequence][vocabulary] of the last new token of each, into `logits`; the residual
  /// stream lives in `residual`. `experts` gets the choices [layer][token][expert of the token].
  void run(Buffer<std::uint16_t>& residual, std::vector<float>& logits,
           std::vector<std::int32_t>& experts);

 private:
  /// Angles of the rotary embedding for rows of `columns`, `per_token` for each token.
  struct Angles {
    std::vector<float> cosines, sines;
  };
  Angles angles_for(std::int64_t columns, std::int64_t per_token) const;

  std::span<float> dense_attention(std::int64_t layer, Bf16In in);
  std::span<float> latent_attention(std::int64_t layer, Bf16In in);
  std::span<float> dense_mlp(std::int64_t layer, Bf16In in);
  std::span<float> mixture(std::int64_t layer, Bf16In in, std::span<std::int32_t> chosen);
  /// silu(gate) * up of rows [gate | up].
  Bf16Out activate(std::span<const float> gate_up, std::int64_t rows);
  std::span<float> project(Matrix m, std::int64_t layer, Bf16In in, std::int64_t rows);

  template <class T>
  std::span<T> take(std::int64_t count) {
    return launcher_.dry() ? std::span<T>() : workspace_.take<T>(count);
  }
  KvCache* cache(std::int64_t layer) {
    return caches_.empty() ? nullptr : &caches_[static_cast<std::size_t>(layer)];
  }

  Launcher& launcher_;
  const TransformerConfig& config_;
  KvLayout layout_;
  const StepSequences& sequences_;
  std::span<KvCache> caches_;
  Workspace& workspace_;
  std::int64_t tokens_ = 0;  // new ones, of all sequences
  Angles angles_, key_angles_;
};

/// Experts that `tokens` tokens choose between them if each chooses any alike, rounded.
std::int64_t expected_experts(const TransformerConfig& config, std::int64_t tokens);

}  // namespace perfmodel::kernels
