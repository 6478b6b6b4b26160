#include "ops/attention.hpp"

namespace perfmodel::ops {
namespace {

void cost(const Op& op, const Pass& p, OpCost& c) noexcept {
  const auto& a = op.args<AttentionArgs>();
  const double cap = a.selected > 0 ? a.selected : a.cap;
  const double rows = p.rows();
  const double scores = rows * a.heads * mean_keys(p, cap);
  c.matrix = Ops::from_base(2.0 * scores * (a.qk_dim + a.v_dim));
  c.vector = Ops::from_base(kSoftmaxOps * scores);
  c.keys = mean_keys(p, cap);
  c.narrow = narrow_cache(a.kv);
  // The queries of one sequence share one sweep over its cache, except that selected keys differ by
  // query: then each reads its own, up to the whole cache.
  double read = mean_cached(p, a.cap);
  if (a.selected > 0) read = std::min(read, mean_cached(p, a.selected) * p.tokens_per_sequence);
  const double written = p.tokens_per_sequence * a.writes;
  c.kv = a.kv * (p.sequences * (read + written) * a.kv_heads * (a.qk_dim + a.v_dim));
  // Decoding, all ranks' queries meet the rank's part of the cache.
  const double queries = p.phase == Phase::decode ? rows * a.ranks : rows;
  c.activations = a.activation * (queries * a.heads * (a.qk_dim + a.v_dim));
}

Op sample() {
  return Op::make(kAttention, "attention",
                  AttentionArgs{.heads = 32,
                                .kv_heads = 8,
                                .qk_dim = 128,
                                .v_dim = 128,
                                .kv = Bytes::from_base(2),
                                .activation = Bytes::from_base(2)});
}

}  // namespace

const OpKind kAttention{"attention",
                        "2 (d_qk + d_v) operations per query, head and key; cache read once per "
                        "sequence, new keys and values written",
                        OpClass::attention_prefill,
                        OpClass::attention_decode,
                        cost,
                        sample};

}  // namespace perfmodel::ops
