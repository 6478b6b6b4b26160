#include "llm/counts.hpp"

#include <algorithm>

#include "llm/layer_graph.hpp"

namespace perfmodel::llm {
namespace {

double topk_share(const LlmSpec& llm, const Matrix& m) {
  const auto& block = llm.ffn[static_cast<std::size_t>(m.stage_block)];
  const auto& moe = std::get<MoeFfn>(block.kind);
  return static_cast<double>(moe.topk) / moe.experts;
}

}  // namespace

double ParameterCount::active_as_published(ActiveConvention convention) const {
  switch (convention) {
    case ActiveConvention::all:
      return active;
    // A tied table is the head too, so it goes only when the head goes.
    case ActiveConvention::no_embedding:
      return head > 0 ? active - embedding : active;
    case ActiveConvention::no_embedding_head:
      return active - embedding - head;
  }
  return active;
}

ParameterCount count_parameters(const LlmSpec& llm) {
  const auto g = layer_graph(llm);
  ParameterCount c;
  const double small = g.small.attention + g.small.ffn + g.small.outside;
  c.total = small + g.small.experts;
  c.active = small;
  for (const auto& m : g.matrices) {
    const double p = m.parameters();
    switch (m.part) {
      case Part::embedding:
        c.embedding = p;
        break;
      case Part::head:
        c.head = llm.tie_embeddings ? 0.0 : p;
        break;
      case Part::expert:
        c.routed += p;
        c.active += p * topk_share(llm, m);
        break;
      default:
        c.active += p;
        break;
    }
    if (m.part == Part::head && llm.tie_embeddings) continue;
    c.total += p;
    if (m.part == Part::embedding || m.part == Part::head) c.active += p;
  }
  if (const auto* moe = llm.moe()) c.active += g.small.experts * moe->topk / moe->experts;
  return c;
}

double count_draft_parameters(const LlmSpec& llm) {
  if (llm.mtp_layers == 0) return 0.0;
  const auto g = draft_graph(llm);
  double p = g.small.attention + g.small.ffn + g.small.experts;
  for (const auto& m : g.matrices) p += m.parameters();
  return p * llm.mtp_layers;
}

CacheElements cache_elements(const AttentionBlock& block) {
  CacheElements c;
  const double layers = block.layers;
  if (const auto* a = std::get_if<GroupedQuery>(&block.kind)) {
    const double per = layers * a->kv_heads * (a->head_dim + a->v_head_dim) / a->share_kv;
    (a->window > 0 ? c.windowed : c.per_token) = per;
    c.window = a->window;
    if (a->indexer) c.index_per_token = layers * a->indexer->dim / a->indexer->shared_by;
  } else if (const auto* l = std::get_if<Latent>(&block.kind)) {
    c.per_token = layers * (l->kv_lora_rank + l->qk_rope_dim);
    if (l->indexer) c.index_per_token = layers * l->indexer->dim / l->indexer->shared_by;
  } else if (const auto* v = std::get_if<Compressed>(&block.kind)) {
    c.windowed = layers * v->head_dim;
    c.window = v->window;
    if (v->ratio > 0) {
      c.per_token = layers * v->head_dim / v->ratio;
      if (v->indexer) c.index_per_token = layers * v->indexer->dim / v->ratio;
    }
  } else if (const auto* s = std::get_if<Linear>(&block.kind)) {
    c.per_sequence = layers * (static_cast<double>(s->v_heads) * s->k_dim * s->v_dim +
                               (2.0 * s->k_heads * s->k_dim + s->v_heads * s->v_dim) * s->conv);
  }
  return c;
}

Bytes cache_bytes(const LlmSpec& llm, double context, spec::Storage kv) {
  const Bytes element = spec::bytes_per_element(kv);
  const Bytes index_element = spec::bytes_per_element(spec::Storage::fp8);
  const Bytes state_element = spec::bytes_per_element(spec::Storage::fp32);
  Bytes b{};
  for (const auto& block : llm.attention) {
    const auto c = cache_elements(block);
    b += element * (c.per_token * context + c.windowed * std::min(context, c.window));
    b += index_element * (c.index_per_token * context);
    b += state_element * c.per_sequence;
  }
  return b;
}

Ops attention_operations(const AttentionBlock& block, double context) {
  double ops = 0;
  const auto with_index = [&](const Indexer& ix, double keys) {
    ops += 2.0 * ix.heads * ix.dim * keys / ix.shared_by;
    return std::min<double>(keys, ix.topk);
  };
  if (const auto* a = std::get_if<GroupedQuery>(&block.kind)) {
    double keys = a->window > 0 ? std::min<double>(context, a->window) : context;
    if (a->indexer) keys = with_index(*a->indexer, keys);
    ops += 2.0 * a->heads * (a->head_dim + a->v_head_dim) * keys;
  } else if (const auto* l = std::get_if<Latent>(&block.kind)) {
    // Absorbed form, as in decoding: scores over latent and rotary part, values over the latent.
    const double keys = l->indexer ? with_index(*l->indexer, context) : context;
    ops += 2.0 * l->heads * (2.0 * l->kv_lora_rank + l->qk_rope_dim) * keys;
  } else if (const auto* v = std::get_if<Compressed>(&block.kind)) {
    double keys = std::min<double>(context, v->window);
    if (v->ratio > 0) {
      const double entries = context / v->ratio;
      keys += v->indexer ? with_index(*v->indexer, entries) : entries;
    }
    ops += 4.0 * v->heads * v->head_dim * keys;
  } else if (const auto* s = std::get_if<Linear>(&block.kind)) {
    // Decay, read, delta, write, query of a k_dim x v_dim state per value head: two operations per
    // element each for read, write and query.
    ops += 6.0 * s->v_heads * s->k_dim * s->v_dim;
  }
  return Ops::from_base(ops);
}

Ops operations_per_token(const LlmSpec& llm, double context) {
  const auto g = layer_graph(llm);
  Ops ops{};
  for (const auto& m : g.matrices) {
    if (m.part == Part::embedding) continue;
    const double share = m.part == Part::expert ? topk_share(llm, m) : 1.0;
    ops += Ops::from_base(2.0 * m.parameters() * share);
  }
  for (const auto& block : llm.attention)
    ops += attention_operations(block, context) * static_cast<double>(block.layers);
  return ops;
}

}  // namespace perfmodel::llm
