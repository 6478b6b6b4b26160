// Runs the kernels of a step and writes down each call; or, without weights, only writes them down.
// One code path for both, so that what is priced is what runs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/attention/attention.hpp"
#include "kernels/rows/convert.hpp"
#include "kernels/rows/rows.hpp"
#include "kernels/transformer/kernel_calls.hpp"
#include "kernels/transformer/weights.hpp"

namespace perfmodel::kernels {

/// Sequences of one step and their pages, as the attention kernels take them.
struct StepSequences {
  std::vector<std::int32_t> pages;
  std::vector<std::int64_t> first_page;
  std::vector<std::int64_t> tokens;      // of each sequence, the new ones included
  std::vector<std::int64_t> new_tokens;  // of each sequence
  std::vector<std::int64_t> places;      // in the KV cache, of each new token
  std::vector<std::int64_t> positions;   // in its sequence, of each new token
  std::vector<std::int32_t> ids;         // of each new token
};

/// Operands are views of a workspace; without weights they are empty and not looked at, and what
/// counts are the sizes beside them. Each kernel runs on the tier of `exec`, or the last below it
/// that it has. Steps of a single token multiply by GEMV, all others by GEMM.
class Launcher {
 public:
  /// `tokens`: new ones of the step.
  Launcher(const TransformerConfig& config, const QuantSpec& spec, std::int64_t tokens,
           const TransformerWeights* weights, const Exec* exec, KernelCalls& calls);

  bool dry() const { return weights_ == nullptr; }
  const TransformerConfig& config() const { return config_; }
  const TransformerWeights& weights() const { return *weights_; }

  void embed(std::span<const std::int32_t> ids, std::int64_t tokens, Bf16Out out);
  /// Rows of `columns` BF16 values, by index.
  void gather(Bf16In in, std::int64_t columns, std::span<const std::int32_t> index,
              std::int64_t rows, Bf16Out out);
  void rmsnorm(Bf16In in, Norm n, std::int64_t layer, std::int64_t rows, Bf16Out out);
  void gemm(Matrix m, std::int64_t layer, Bf16In in, std::int64_t rows, std::span<float> out);
  /// `active`: matrices that have rows, as far as known.
  void grouped_gemm(Matrix m, std::int64_t layer, std::span<const std::int64_t> offsets,
                    std::int64_t active, Bf16In in, std::int64_t rows, std::span<float> out);
  /// Rows of all tokens, `per_token` each; `in` from an offset on.
  struct Rows {
    std::int64_t tokens, per_token, columns;
  };
  void narrow(std::span<const float> in, std::int64_t offset, const RowPlaces& from, const Rows& r,
              Bf16Out out, const RowPlaces& to);
  void widen(Bf16In in, std::int64_t offset, const RowPlaces& from, const Rows& r,
             std::span<float> out, std::int64_t out_offset, const RowPlaces& to);
  void add_residual(std::span<const float> in, std::int64_t rows, Bf16Out sum);
  void rope(Bf16In in, std::int64_t rows, std::int64_t columns, std::span<const float> cosines,
            std::span<const float> sines, Bf16Out out);
  void swiglu(Bf16In gate, Bf16In up, std::int64_t rows, Bf16Out out);
  void kv_append(KvCache* cache, const KvLayout& layout, std::span<const std::int64_t> places,
                 std::int64_t tokens, std::span<const float> keys, std::int64_t key_stride,
                 std::span<const float> values, std::int64_t value_offset,
                 std::int64_t value_stride);
  /// Decode where each sequence has one new token, prefill otherwise.
  void attention(const KvCache* cache, const KvLayout& layout, const StepSequences& s,
                 std::span<const float> q, std::span<float> out);
  void route(std::span<const float> logits, std::int64_t tokens, std::span<std::int32_t> ids,
             std::span<float> weights);
  void combine(std::span<const float> in, std::span<const std::int32_t> index,
               std::span<const float> weights, std::int64_t tokens, std::span<float> out);

 private:
  void call(const std::string& name, const Shape& s) { add_call(calls_, name, s); }
  Exec on(const std::vector<Tier>& tiers) const;
  /// Row r of `in` by matrix `number`, to row r of `out`.
  void gemv(Matrix m, std::int64_t layer, std::size_t number, Bf16In in, std::int64_t r,
            std::span<float> out);

  const TransformerConfig& config_;
  QuantSpec spec_;
  bool single_;
  const TransformerWeights* weights_;
  const Exec* exec_;
  KernelCalls& calls_;
};

}  // namespace perfmodel::kernels
