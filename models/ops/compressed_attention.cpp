#include "ops/compressed_attention.hpp"

#include "ops/attention.hpp"

namespace perfmodel::ops {
namespace {

void cost(const Op& op, const Pass& p, OpCost& c) noexcept {
  const auto& a = op.args<CompressedAttentionArgs>();
  const double rows = p.rows();
  double keys = mean_keys(p, a.window);
  double read = mean_cached(p, a.window);
  double written = 1.0;
  if (a.ratio > 0) {
    // Entries are capped at `selected`, that is at selected * ratio tokens.
    const double cap = a.selected * a.ratio;
    keys += mean_keys(p, cap) / a.ratio;
    double entries = mean_cached(p, 0) / a.ratio;
    if (a.selected > 0)
      entries = std::min(entries, mean_cached(p, cap) / a.ratio * p.tokens_per_sequence);
    read += entries;
    written += 1.0 / a.ratio;
  }
  const double scores = rows * a.heads * keys;
  c.matrix = Ops::from_base(4.0 * scores * a.dim);
  c.vector = Ops::from_base(kSoftmaxOps * scores);
  c.kv = a.kv * (p.sequences * (read + p.tokens_per_sequence * written) * a.dim);
  c.activations = a.activation * (rows * a.heads * 2.0 * a.dim);
}

Op sample() {
  return Op::make(kCompressedAttention, "compressed_attention",
                  CompressedAttentionArgs{.heads = 64,
                                          .dim = 512,
                                          .window = 128,
                                          .ratio = 4,
                                          .selected = 512,
                                          .kv = Bytes::from_base(2),
                                          .activation = Bytes::from_base(2)});
}

}  // namespace

const OpKind kCompressedAttention{
    "compressed_attention",
    "4 d operations per query, head and key, over the window and one entry per `ratio` tokens",
    OpClass::attention_prefill,
    OpClass::attention_decode,
    cost,
    sample};

}  // namespace perfmodel::ops
