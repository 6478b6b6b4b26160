// The weight matrices of a model, with how each may be cut. Parameter counts and the operators of a
// pass are both made from this list, so that they cannot disagree.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "llm/llm_spec.hpp"

namespace perfmodel::llm {

enum class Part : std::uint8_t {
  embedding,
  head,
  attention,
  router,
  dense_ffn,
  shared_expert,
  expert
};

/// y[rows, n] = x[rows, k] W[k, n], `layers` times (and `experts` times where set). The n output
/// columns are of three sorts, by what tensor parallelism does to them.
struct Matrix {
  std::string_view name;
  Part part = Part::attention;
  double k = 0;           // input width
  double columns = 0;     // output columns divided over the ranks
  double kv_columns = 0;  // output columns divided by KV head, at least one head on every rank
  int kv_heads = 1;
  double replicated = 0;     // output columns that every rank computes
  bool split_input = false;  // the input width is divided instead; ranks hold partial sums
  double layers = 1;
  int experts = 0;       // 0: not an expert's matrix
  int stage_block = -1;  // index of the attention or FFN block it belongs to, -1 outside the layers

  double n() const { return columns + kv_columns + replicated; }
  double parameters() const { return k * n() * layers * (experts > 0 ? experts : 1); }
};

/// Everything else that is learned and small: norms, biases, convolutions, gates. In elements, all
/// layers.
struct SmallParameters {
  double attention = 0;
  double ffn = 0;
  double experts = 0;  // biases of routed experts
  double outside = 0;  // final norm, learned positions
};

struct LayerGraph {
  std::vector<Matrix> matrices;
  SmallParameters small;
};

LayerGraph layer_graph(const LlmSpec& llm);

/// The matrices of one multi-token-prediction layer: the projection of (hidden, embedding) to
/// hidden, then one layer of the model's last attention and FFN blocks. Embedding and head are
/// those of the model itself.
LayerGraph draft_graph(const LlmSpec& llm);

}  // namespace perfmodel::llm
