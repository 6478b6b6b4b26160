// Two small transformers, their dimensions and their weights.
//
// dense: RMSNorm, grouped-query attention with rotary embedding, RMSNorm, SwiGLU MLP (the layer of
// Llama, arXiv 2302.13971 and 2307.09288). mla_moe: latent attention with the up-projections
// absorbed into queries and results, and a mixture of experts with a shared one, chosen by the
// largest logits of a router (DeepSeek-V2, arXiv 2405.04434, without its compression of queries).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace perfmodel::kernels {

enum class Architecture : std::uint8_t { dense, mla_moe };
constexpr std::string_view name_of(Architecture a) {
  return a == Architecture::dense ? "dense" : "mla_moe";
}

/// Columns of a head of `dense`, of the latent vector of `mla_moe` and of its rotary part: those of
/// the attention kernels' descriptors, by which a step is priced.
inline constexpr std::int64_t kHeadColumns = 128;
inline constexpr std::int64_t kLatentColumns = 512;
inline constexpr std::int64_t kRopeColumns = 64;

struct TransformerConfig {
  Architecture architecture = Architecture::dense;
  std::int64_t layers = 2;
  std::int64_t hidden = 128;  // a multiple of 128
  std::int64_t heads = 4;
  std::int64_t vocabulary = 256;
  std::int64_t intermediate = 256;  // of the MLP, of each expert and of the shared one; by 128
  std::int64_t kv_heads = 2;        // dense; divides `heads`
  // mla_moe: columns of a head without rotary embedding and of its result, multiples of 32.
  std::int64_t nope_columns = 64;
  std::int64_t result_columns = 64;
  std::int64_t experts = 6, experts_per_token = 2;
  double rope_base = 10000.0;
  float epsilon = 1e-6F;  // of RMSNorm

  /// Throws std::invalid_argument for dimensions that do not fit the above.
  void check() const;
  /// 1 / sqrt(columns of a head), the scale of the softmax.
  float softmax_scale() const;
  /// Parameters of all matrices.
  std::int64_t parameters() const;
};

/// One of the two sizes of each architecture: `scale` is hidden / 128, 1 (for tests, about a
/// million parameters) or 8 (for benchmarks, 155 or 220 million). Throws std::invalid_argument for
/// another.
TransformerConfig transformer_config(Architecture architecture, std::int64_t scale);

enum class Matrix : std::uint8_t {
  embedding,
  lm_head,
  qkv,       // dense: queries, keys, values
  q,         // mla_moe: per head [nope | rope]
  kv_down,   // latent vector and rotary part of the key
  key_up,    // per head: what takes a query to the latent space
  value_up,  // per head: latent space to result
  out,       // of attention
  router,    //
  gate_up,
  down,            // MLP of dense, shared expert of mla_moe; gate first, then up
  expert_gate_up,  // per expert
  expert_down
};
inline constexpr std::size_t kMatrixCount = 13;

/// Rows are output channels, as everywhere here.
struct MatrixSize {
  std::int64_t rows, columns;
};
MatrixSize size_of(const TransformerConfig& config, Matrix m);

/// How many of the kind a layer has: heads or experts where there is one for each, 0 where the
/// architecture has none, and for the embedding and lm_head, which no layer has.
std::int64_t count_in_layer(const TransformerConfig& config, Matrix m);

/// Embedding, router and lm_head stay in BF16 in a model of FP8 weights (as in DeepSeek-V3, arXiv
/// 2412.19437, section 3.3).
bool stays_bf16(Matrix m);

/// Pseudo-random weights, the same on every machine: normal with the variance 1 / columns that
/// keeps the size of activations, less for what adds to the residual; rows differ in scale by up to
/// two, and one value in 500 is four times as large, as trained weights have them.
std::vector<float> matrix_values(const TransformerConfig& config, Matrix m, std::int64_t layer,
                                 std::int64_t index);

enum class Norm : std::uint8_t { attention, mlp, latent, final };
/// Weights about 1.
std::vector<float> norm_values(const TransformerConfig& config, Norm n, std::int64_t layer);

}  // namespace perfmodel::kernels
