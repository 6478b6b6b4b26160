#include "mapping/attention_terms.hpp"

#include <algorithm>

#include "ops/attention.hpp"
#include "ops/communication.hpp"
#include "ops/compressed_attention.hpp"
#include "ops/elementwise.hpp"
#include "ops/indexer.hpp"
#include "ops/latent_attention.hpp"
#include "ops/linear_attention.hpp"

namespace perfmodel::mapping {
namespace {

/// A rotation is two products and a sum per element.
constexpr double kRopeOps = 3.0;

class Terms {
 public:
  explicit Terms(const AttentionCut& cut)
      : cut_(cut), kv_(spec::bytes_per_element(cut.precision.kv)) {}

  std::vector<Term> take() { return std::move(terms_); }

  void operator()(const llm::GroupedQuery& a) {
    const double heads = static_cast<double>(a.heads) / cut_.tp;
    const double kv_heads = std::max(1.0, static_cast<double>(a.kv_heads) / cut_.tp);
    rope(heads * a.head_dim + kv_heads * a.head_dim);
    if (a.indexer) indexer(*a.indexer, 1.0);
    const Bytes query = query_bytes(heads, a.head_dim, a.v_head_dim);
    exchange(kv_ * (kv_heads * (a.head_dim + a.v_head_dim)), query, query);
    add(ops::Op::make(ops::kAttention, "attention",
                      ops::AttentionArgs{.heads = heads,
                                         .kv_heads = kv_heads,
                                         .qk_dim = static_cast<double>(a.head_dim),
                                         .v_dim = static_cast<double>(a.v_head_dim),
                                         .cap = static_cast<double>(a.window),
                                         .selected = selected(a.indexer),
                                         .kv = kv_,
                                         .activation = cut_.activation,
                                         .writes = 1.0 / a.share_kv,
                                         .ranks = static_cast<double>(cut_.cp)}),
        cut_.precision.core);
  }

  void operator()(const llm::Latent& a) {
    const double heads = static_cast<double>(a.heads) / cut_.tp;
    rope((heads + 1.0) * a.qk_rope_dim);
    if (a.indexer) indexer(*a.indexer, 1.0);
    // Prefill works on keys and values that every rank expands for itself, which leaves only the
    // latents worth sending.
    const double latent = a.kv_lora_rank;
    exchange(kv_ * (latent + a.qk_rope_dim), Bytes{},
             query_bytes(heads, latent + a.qk_rope_dim, latent));
    add(ops::Op::make(ops::kLatentAttention, "latent_attention",
                      ops::LatentAttentionArgs{.heads = heads,
                                               .latent = static_cast<double>(a.kv_lora_rank),
                                               .nope = static_cast<double>(a.qk_nope_dim),
                                               .rope = static_cast<double>(a.qk_rope_dim),
                                               .v_dim = static_cast<double>(a.v_head_dim),
                                               .selected = selected(a.indexer),
                                               .kv = kv_,
                                               .activation = cut_.activation,
                                               .ranks = static_cast<double>(cut_.cp)}),
        cut_.precision.core);
  }

  void operator()(const llm::Compressed& a) {
    const double heads = static_cast<double>(a.heads) / cut_.tp;
    rope((heads + 1.0) * a.qk_rope_dim);
    if (a.indexer) indexer(*a.indexer, a.ratio);
    add(ops::Op::make(ops::kCompressedAttention, "compressed_attention",
                      ops::CompressedAttentionArgs{.heads = heads,
                                                   .dim = static_cast<double>(a.head_dim),
                                                   .window = static_cast<double>(a.window),
                                                   .ratio = static_cast<double>(a.ratio),
                                                   .selected = selected(a.indexer),
                                                   .kv = kv_,
                                                   .activation = cut_.activation}),
        cut_.precision.core);
  }

  void operator()(const llm::Linear& a) {
    const double tp = cut_.tp;
    const double conv = (2.0 * a.k_heads * a.k_dim + a.v_heads * a.v_dim) * a.conv / tp;
    add(ops::Op::make(
            ops::kLinearAttention, "linear_attention",
            ops::LinearAttentionArgs{.v_heads = a.v_heads / tp,
                                     .k_dim = static_cast<double>(a.k_dim),
                                     .v_dim = static_cast<double>(a.v_dim),
                                     .conv = conv,
                                     .state = spec::bytes_per_element(spec::Storage::fp32),
                                     .activation = cut_.activation}),
        cut_.precision.core);
  }

 private:
  static double selected(const std::optional<llm::Indexer>& ix) { return ix ? ix->topk : 0.0; }

  Term& add(const ops::Op& op, spec::Compute compute) {
    Term t;
    t.op = op;
    t.compute = compute;
    t.count = cut_.layers;
    terms_.push_back(t);
    return terms_.back();
  }
  /// One token's queries, and their partial sums over values with the logarithms of their weights
  /// in 32 bits.
  Bytes query_bytes(double heads, double key, double value) const {
    return cut_.activation * (heads * (key + value)) +
           spec::bytes_per_element(spec::Storage::fp32) * heads;
  }
  void exchange(Bytes cache, Bytes prefill_query, Bytes decode_query) {
    if (cut_.cp == 1) return;
    auto& t = add(ops::Op::make(ops::kContextExchange, ops::kContextExchange.id,
                                ops::ContextExchangeArgs{.cache = cache,
                                                         .prefill_query = prefill_query,
                                                         .decode_query = decode_query,
                                                         .ranks = static_cast<double>(cut_.cp)}),
                  cut_.precision.core);
    t.group = Group::context;
    t.stream = Stream::exchange;
  }
  void rope(double width) {
    add(ops::Op::make(ops::kElementwise, "rope",
                      ops::ElementwiseArgs{.read = width,
                                           .written = width,
                                           .ops = kRopeOps * width,
                                           .element = cut_.activation}),
        cut_.precision.core);
  }
  /// The indexer runs whole on every device: all heads score all keys.
  void indexer(const llm::Indexer& ix, double ratio) {
    add(ops::Op::make(ops::kIndexer, "indexer",
                      ops::IndexerArgs{.heads = static_cast<double>(ix.heads),
                                       .dim = static_cast<double>(ix.dim),
                                       .ratio = ratio,
                                       .share = 1.0 / ix.shared_by,
                                       .key = spec::bytes_per_element(spec::Storage::fp8)}),
        cut_.precision.indexer);
  }

  const AttentionCut& cut_;
  Bytes kv_;
  std::vector<Term> terms_;
};

}  // namespace

std::vector<Term> attention_terms(const llm::AttentionBlock& block, const AttentionCut& cut) {
  Terms terms(cut);
  std::visit(terms, block.kind);
  return terms.take();
}

}  // namespace perfmodel::mapping
