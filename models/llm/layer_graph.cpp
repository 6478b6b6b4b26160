#include "llm/layer_graph.hpp"

namespace perfmodel::llm {
namespace {

/// Appends the matrices of one block; a small class so that every matrix gets layers and block
/// index.
class Builder {
 public:
  Builder(LayerGraph& graph, double hidden) : graph_(graph), hidden_(hidden) {}

  void begin_block(int index, double layers) {
    block_ = index;
    layers_ = layers;
  }

  Matrix& add(std::string_view name, Part part, double k) {
    Matrix m;
    m.name = name;
    m.part = part;
    m.k = k;
    m.layers = layers_;
    m.stage_block = block_;
    graph_.matrices.push_back(m);
    return graph_.matrices.back();
  }
  void columns(std::string_view name, Part part, double k, double n) {
    add(name, part, k).columns = n;
  }
  void replicated(std::string_view name, Part part, double k, double n) {
    add(name, part, k).replicated = n;
  }
  /// A projection back to the hidden width, its input divided over the ranks.
  void rows(std::string_view name, Part part, double k) {
    auto& m = add(name, part, k);
    m.replicated = hidden_;
    m.split_input = true;
  }
  void small_attention(double per_layer) { graph_.small.attention += per_layer * layers_; }
  void small_ffn(double per_layer) { graph_.small.ffn += per_layer * layers_; }
  void small_experts(double per_layer) { graph_.small.experts += per_layer * layers_; }
  double hidden() const { return hidden_; }
  double layers() const { return layers_; }

 private:
  LayerGraph& graph_;
  double hidden_;
  int block_ = -1;
  double layers_ = 1;
};

void add_indexer(Builder& b, const Indexer& ix, double query_width) {
  const double share = 1.0 / ix.shared_by;
  b.add("index_q", Part::attention, query_width).replicated = ix.heads * ix.dim * share;
  b.add("index_k", Part::attention, b.hidden()).replicated = (ix.dim + ix.heads) * share;
  b.small_attention(2.0 * ix.dim * share);  // layer norm of the index keys
}

void add_attention(Builder& b, const GroupedQuery& a) {
  const double q = a.heads * a.head_dim * (a.output_gate ? 2.0 : 1.0);
  const double kv = a.kv_heads * (a.head_dim + a.v_head_dim);
  // Layers that share a cache with their neighbour have no K and V projection of their own.
  auto& qkv = b.add("qkv_proj", Part::attention, b.hidden());
  qkv.columns = q;
  qkv.kv_columns = kv / a.share_kv;
  qkv.kv_heads = a.kv_heads;
  b.rows("o_proj", Part::attention, a.heads * a.v_head_dim);
  if (a.bias) b.small_attention(q + kv / a.share_kv);
  if (a.out_bias) b.small_attention(b.hidden());
  if (a.qk_norm) b.small_attention(2.0 * a.head_dim);
  if (a.sinks) b.small_attention(a.heads);
  if (a.indexer) {
    // Block-sparse form: index queries and keys straight from the hidden state, unweighted heads.
    b.replicated("index_qk", Part::attention, b.hidden(),
                 (a.indexer->heads + 1.0) * a.indexer->dim / a.indexer->shared_by);
  }
}

void add_attention(Builder& b, const Latent& a) {
  const double q = a.heads * (a.qk_nope_dim + a.qk_rope_dim);
  const double latent = a.kv_lora_rank + a.qk_rope_dim;
  if (a.q_lora_rank > 0) {
    b.replicated("qkv_a_proj", Part::attention, b.hidden(), a.q_lora_rank + latent);
    b.columns("q_b_proj", Part::attention, a.q_lora_rank, q);
    b.small_attention(a.q_lora_rank);
  } else {
    auto& m = b.add("q_kv_a_proj", Part::attention, b.hidden());
    m.columns = q;
    m.replicated = latent;
  }
  b.columns("kv_b_proj", Part::attention, a.kv_lora_rank, a.heads * (a.qk_nope_dim + a.v_head_dim));
  b.small_attention(a.kv_lora_rank);
  b.rows("o_proj", Part::attention, a.heads * a.v_head_dim);
  if (a.indexer) add_indexer(b, *a.indexer, a.q_lora_rank > 0 ? a.q_lora_rank : b.hidden());
}

void add_attention(Builder& b, const Compressed& a) {
  const double q = a.heads * a.head_dim;
  b.replicated("qkv_a_proj", Part::attention, b.hidden(), a.q_lora_rank + a.head_dim);
  b.columns("q_b_proj", Part::attention, a.q_lora_rank, q);
  b.small_attention(a.q_lora_rank + a.head_dim);
  // Grouped output projection: each of o_groups groups of heads to o_lora_rank, then all to hidden.
  b.columns("o_a_proj", Part::attention, q / a.o_groups, a.o_groups * a.o_lora_rank);
  b.rows("o_b_proj", Part::attention, a.o_groups * a.o_lora_rank);
  b.small_attention(a.heads);  // sinks
  if (a.ratio > 0) {
    // Weighted pooling of `ratio` tokens into one entry: values and gates, over two overlapping
    // windows where an indexer is present, plus position weights and a norm.
    const double windows = a.indexer ? 2.0 : 1.0;
    b.replicated("compressor", Part::attention, b.hidden(), 2.0 * windows * a.head_dim);
    b.small_attention(a.ratio * windows * a.head_dim + a.head_dim);
  }
  if (a.indexer) {
    const auto& ix = *a.indexer;
    b.replicated("index_q", Part::attention, a.q_lora_rank, ix.heads * ix.dim);
    b.replicated("index_k", Part::attention, b.hidden(), ix.heads + 4.0 * ix.dim);
    b.small_attention(2.0 * a.ratio * ix.dim + ix.dim);
  }
  if (a.streams > 1) {
    // Hyper-connections before attention and before the FFN: from all streams, a mixing matrix and
    // the weights in and out.
    const double s = a.streams;
    b.replicated("stream_mix", Part::attention, s * b.hidden(), 2.0 * (2.0 + s) * s);
    b.small_attention(2.0 * ((2.0 + s) * s + 3.0));
  }
}

void add_attention(Builder& b, const Linear& a) {
  const double keys = a.k_heads * a.k_dim;
  const double values = a.v_heads * a.v_dim;
  const double gate = a.output_gate ? values : 0.0;
  if (a.variant == Linear::Variant::gated_delta_net) {
    // q, k, v, output gate, and the per-head decay and write strength.
    b.columns("in_proj", Part::attention, b.hidden(), 2.0 * keys + values + gate + 2.0 * a.v_heads);
    b.small_attention((2.0 * keys + values) * a.conv + 2.0 * a.v_heads + a.v_dim);
  } else {
    b.columns("in_proj", Part::attention, b.hidden(), 2.0 * keys + values + gate);
    b.small_attention(values);
  }
  b.rows("out_proj", Part::attention, values);
}

void add_ffn(Builder& b, const DenseFfn& f) {
  const double up = f.gated ? 2.0 * f.width : f.width;
  b.columns(f.gated ? "gate_up_proj" : "up_proj", Part::dense_ffn, b.hidden(), up);
  b.rows("down_proj", Part::dense_ffn, f.width);
  if (f.bias) b.small_ffn(up + b.hidden());
}

void add_ffn(Builder& b, const MoeFfn& f) {
  const double up = f.gated ? 2.0 : 1.0;
  b.replicated("router", Part::router, b.hidden(), f.experts);
  auto& gate_up = b.add("expert_gate_up", Part::expert, b.hidden());
  gate_up.columns = up * f.width;
  gate_up.experts = f.experts;
  auto& down = b.add("expert_down", Part::expert, f.width);
  down.replicated = b.hidden();
  down.split_input = true;
  down.experts = f.experts;
  if (f.bias) {
    b.small_experts(f.experts * (up * f.width + b.hidden()));
    b.small_ffn(f.experts);
  }
  if (f.shared > 0) {
    b.columns("shared_gate_up", Part::shared_expert, b.hidden(), up * f.shared * f.shared_width);
    b.rows("shared_down", Part::shared_expert, static_cast<double>(f.shared) * f.shared_width);
    if (f.shared_gate) b.replicated("shared_gate", Part::shared_expert, b.hidden(), 1);
  }
}

}  // namespace

LayerGraph layer_graph(const LlmSpec& llm) {
  LayerGraph g;
  Builder b(g, llm.hidden);
  int index = 0;
  for (const auto& block : llm.attention) {
    b.begin_block(index++, block.layers);
    std::visit([&](const auto& kind) { add_attention(b, kind); }, block.kind);
    b.small_attention(block.norms * llm.hidden);
  }
  index = 0;
  for (const auto& block : llm.ffn) {
    b.begin_block(index++, block.layers);
    std::visit([&](const auto& kind) { add_ffn(b, kind); }, block.kind);
    b.small_ffn(block.norms * llm.hidden);
  }
  b.begin_block(-1, 1);
  b.replicated("embedding", Part::embedding, llm.vocab, llm.hidden);
  b.columns("lm_head", Part::head, llm.hidden, llm.vocab);
  g.small.outside = llm.hidden + static_cast<double>(llm.positions) * llm.hidden;
  return g;
}

LayerGraph draft_graph(const LlmSpec& llm) {
  LayerGraph g;
  Builder b(g, llm.hidden);
  b.begin_block(static_cast<int>(llm.attention.size()) - 1, 1);
  b.replicated("mtp_proj", Part::attention, 2.0 * llm.hidden, llm.hidden);
  std::visit([&](const auto& kind) { add_attention(b, kind); }, llm.attention.back().kind);
  b.small_attention(3.0 * llm.hidden);
  b.begin_block(static_cast<int>(llm.ffn.size()) - 1, 1);
  std::visit([&](const auto& kind) { add_ffn(b, kind); }, llm.ffn.back().kind);
  b.small_ffn(llm.hidden);
  return g;
}

}  // namespace perfmodel::llm
