#include "ops/latent_attention.hpp"

#include "ops/attention.hpp"

namespace perfmodel::ops {
namespace {

void cost(const Op& op, const Pass& p, OpCost& c) noexcept {
  const auto& a = op.args<LatentAttentionArgs>();
  const double rows = p.rows();
  const double scores = rows * a.heads * mean_keys(p, a.selected);
  const double entry = a.latent + a.rope;
  const double cached = mean_cached(p, 0);
  // Selected keys are gathered from the latent cache, which only the absorbed form can use.
  const bool absorbed = p.phase == Phase::decode || a.selected > 0;
  double read = cached;
  if (absorbed) {
    c.matrix = Ops::from_base(2.0 * scores * (2.0 * a.latent + a.rope));
    if (a.selected > 0) read = std::min(read, mean_cached(p, a.selected) * p.tokens_per_sequence);
    const double queries = p.phase == Phase::decode ? rows * a.ranks : rows;
    c.activations = a.activation * (queries * a.heads * (2.0 * a.latent + a.rope));
  } else {
    // Keys and values of tokens from the prefix cache are expanded again; those of new tokens are
    // the kv_b projection of this pass, but for those that other ranks gathered.
    const double gathered = cached * a.ranks + p.tokens_per_sequence * (a.ranks - 1.0);
    const double expanded = p.sequences * gathered * a.latent * a.heads * (a.nope + a.v_dim);
    c.matrix = Ops::from_base(2.0 * scores * (a.nope + a.rope + a.v_dim) + 2.0 * expanded);
    c.activations = a.activation * (rows * a.heads * 2.0 * (a.nope + a.rope + a.v_dim));
  }
  c.vector = Ops::from_base(kSoftmaxOps * scores);
  c.keys = mean_keys(p, a.selected);
  c.narrow = narrow_cache(a.kv);
  c.kv = a.kv * (p.sequences * (read + p.tokens_per_sequence) * entry);
}

Op sample() {
  return Op::make(kLatentAttention, "latent_attention",
                  LatentAttentionArgs{.heads = 128,
                                      .latent = 512,
                                      .nope = 128,
                                      .rope = 64,
                                      .v_dim = 128,
                                      .kv = Bytes::from_base(2),
                                      .activation = Bytes::from_base(2)});
}

}  // namespace

const OpKind kLatentAttention{
    "latent_attention",
    "absorbed (decode): 2 (2 r + d_rope) operations per query, head and key; expanded (prefill): 2 "
    "(d_nope + d_rope + d_v); the latent cache is read once per sequence on every device",
    OpClass::attention_prefill,
    OpClass::attention_decode,
    cost,
    sample};

}  // namespace perfmodel::ops
