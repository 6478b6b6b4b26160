#include "ops/indexer.hpp"

namespace perfmodel::ops {
namespace {

void cost(const Op& op, const Pass& p, OpCost& c) noexcept {
  const auto& a = op.args<IndexerArgs>();
  const double scores = p.rows() * mean_keys(p, 0) / a.ratio * a.share;
  c.matrix = Ops::from_base(2.0 * scores * a.heads * a.dim);
  c.vector = Ops::from_base(scores * (a.heads + kSelectOps));
  const double tokens = p.sequences * (mean_cached(p, 0) + p.tokens_per_sequence);
  c.kv = a.key * (tokens / a.ratio * a.dim * a.share);
}

Op sample() {
  return Op::make(kIndexer, "indexer",
                  IndexerArgs{.heads = 64, .dim = 128, .key = Bytes::from_base(1)});
}

}  // namespace

const OpKind kIndexer{"indexer",
                      "2 h d operations per query and key, keys read once per sequence",
                      OpClass::attention_prefill,
                      OpClass::attention_decode,
                      cost,
                      sample};

}  // namespace perfmodel::ops
