#include "mapping/sharded_model.hpp"

#include <algorithm>
#include <cmath>

#include "llm/counts.hpp"
#include "llm/layer_graph.hpp"
#include "mapping/attention_terms.hpp"
#include "mapping/matrix_format.hpp"
#include "ops/communication.hpp"
#include "ops/elementwise.hpp"
#include "ops/embedding.hpp"
#include "ops/gemm.hpp"
#include "ops/grouped_gemm.hpp"
#include "ops/sampling.hpp"

namespace perfmodel::mapping {
namespace {

using llm::Matrix;
using llm::Part;
using spec::Compute;
using spec::Storage;

constexpr Bytes kWide = Bytes::from_base(2.0);  // activations between kernels stay in 16 bits
constexpr Bytes kLogit = Bytes::from_base(2.0);

/// Vector operations per element: an RMS norm squares, sums, scales and multiplies, and adds the
/// residual; a gated activation takes an exponential, a division and two products.
constexpr double kNormOps = 5.0;
constexpr double kActivationOps = 5.0;

class Sharder {
 public:
  Sharder(const llm::LlmSpec& llm, const Parallelism& p, const Precision& precision)
      : llm_(llm), p_(p), precision_(precision), hidden_(llm.hidden) {}

  ShardedModel run(bool with_draft) {
    main_graph();
    if (with_draft) draft_graph();
    cache();
    working_set();
    return std::move(out_);
  }

 private:
  // Experts meet the tokens of all groups by exchange; of one group every device has them.
  bool exchanges() const { return p_.token_groups() > 1; }
  bool by_experts() const { return p_.ep > 1; }

  Term& push(ops::Op op, Compute compute, double count, Group group = Group::none) {
    Term t;
    t.op = op;
    t.compute = compute;
    t.count = count;
    t.group = group;
    t.draft = draft_;
    out_.terms.push_back(t);
    return out_.terms.back();
  }

  void elementwise(std::string_view name, double read, double written, double ops, double count,
                   double row_share = 1.0) {
    push(ops::Op::make(ops::kElementwise, name,
                       ops::ElementwiseArgs{.read = read,
                                            .written = written,
                                            .ops = ops,
                                            .element = kWide,
                                            .row_share = row_share}),
         precision_.core, count);
  }
  void norm(std::string_view name, double count) {
    // Reads the block's output and the residual, writes the residual and the normalised input.
    elementwise(name, 2.0 * hidden_, 2.0 * hidden_, kNormOps * hidden_, count);
  }
  void collective(const ops::OpKind& kind, std::string_view name, double width, double count,
                  Group group, bool logits = false, bool all_rows = false) {
    push(ops::Op::make(
             kind, name,
             ops::CollectiveArgs{
                 .width = width, .element = kWide, .logits = logits, .expert_rows = all_rows}),
         precision_.core, count, group);
  }

  /// Width of the matrix on one device.
  struct Local {
    double k;
    double n;
  };
  Local local(const Matrix& m, double ways) const {
    if (m.split_input) return {m.k / ways, m.n()};
    const double kv = m.kv_columns * std::max(1.0 / ways, 1.0 / m.kv_heads);
    return {m.k, m.columns / ways + kv + m.replicated};
  }
  double ways_of(const Matrix& m) const {
    if (m.part == Part::expert) return p_.moe_tp;
    // With an exchange a device runs the whole shared expert on its own share of the tokens.
    if (m.part == Part::shared_expert && exchanges()) return 1.0;
    return p_.tp;
  }

  /// Sorting and permuting tokens costs by their copies; profiles state it for the common eight.
  static double routing_weight(const llm::MoeFfn& f) { return f.topk / 8.0; }

  /// Part of the layers on the fullest pipeline stage; the speculative layer is whole on the last.
  double stage_share() const {
    if (draft_) return 1.0;
    const double layers = llm_.layers();
    return std::ceil(layers / p_.pp) / layers;
  }

  void weigh(const Matrix& m) {
    const auto l = local(m, ways_of(m));
    double elements = l.k * l.n * m.layers * stage_share();
    if (m.experts > 0) elements *= ops::experts_held(m.experts, p_.ep);
    (draft_ ? out_.draft_weights : out_.weights) +=
        spec::bytes_per_element(format_of(m.part, precision_).storage) * elements;
  }

  void gemm(const Matrix& m) {
    const auto f = format_of(m.part, precision_);
    const auto l = local(m, ways_of(m));
    if (m.experts > 0) {
      auto a = ops::grouped_gemm_args(m.experts, topk_of(m), expert_ranks(m));
      a.k = l.k;
      a.n = l.n;
      a.weight = spec::bytes_per_element(f.storage);
      a.in = spec::activation_bytes(f.compute);
      a.out = kWide;
      a.converts = converts(f);
      a.packed = packed(f);
      a.widened = widened(f);
      a.balanced = balanced(m);
      push(ops::Op::make(ops::kGroupedGemm, m.name, a), f.compute, m.layers, Group::expert);
      return;
    }
    ops::GemmArgs a;
    a.k = l.k;
    a.n = l.n;
    a.weight = spec::bytes_per_element(f.storage);
    a.in = spec::activation_bytes(f.compute);
    a.out = kWide;
    a.converts = converts(f);
    a.packed = packed(f);
    a.widened = widened(f);
    a.logits = m.part == Part::head;
    const bool own_tokens = m.part == Part::shared_expert && exchanges();
    if (own_tokens) a.row_share = 1.0 / p_.tp;
    auto& t = push(ops::Op::make(ops::kGemm, m.name, a), f.compute, m.layers);
    if (m.part == Part::shared_expert) t.stream = Stream::shared_expert;
  }

  const llm::MoeFfn& moe_of(int block) const {
    return std::get<llm::MoeFfn>(llm_.ffn[static_cast<std::size_t>(block)].kind);
  }
  double topk_of(const Matrix& m) const { return moe_of(m.stage_block).topk; }
  /// Beyond one rank per expert, further ranks hold copies, which share the load.
  double expert_ranks(const Matrix&) const { return p_.ep; }
  bool balanced(const Matrix& m) const {
    const auto& f = moe_of(m.stage_block);
    return f.groups > 1 && f.groups % p_.ep == 0;
  }

  void matrices_of(const llm::LayerGraph& g, Part part, int block) {
    for (const auto& m : g.matrices) {
      if (m.part != part || m.stage_block != block) continue;
      gemm(m);
      weigh(m);
    }
  }

  void attention(const llm::LayerGraph& g, int index, double layers) {
    const auto& block = llm_.attention[static_cast<std::size_t>(index)];
    norm("attention_norm", layers);
    matrices_of(g, Part::attention, index);
    const AttentionCut cut{p_.tp, p_.cp, precision_, kWide, layers};
    for (const auto& t : attention_terms(block, cut)) {
      auto& pushed = push(t.op, t.compute, t.count, t.group);
      pushed.stream = t.stream;
    }
  }

  /// Partial sums of the attention output become whole again; where the experts take over with an
  /// exchange each device keeps only its share of the tokens.
  void after_attention(double layers, bool exchange) {
    if (p_.tp == 1) return;
    if (exchange)
      collective(ops::kReduceScatter, "attention_reduce_scatter", hidden_, layers, Group::tensor);
    else
      collective(ops::kAllReduce, "attention_all_reduce", hidden_, layers, Group::tensor);
  }

  void dense_ffn(const llm::LayerGraph& g, int index, const llm::DenseFfn& f, double layers) {
    after_attention(layers, false);
    norm("ffn_norm", layers);
    matrices_of(g, Part::dense_ffn, index);
    const double width = static_cast<double>(f.width) / p_.tp;
    elementwise("activation", f.gated ? 2.0 * width : width, width, kActivationOps * width, layers);
    if (p_.tp > 1) collective(ops::kAllReduce, "ffn_all_reduce", hidden_, layers, Group::tensor);
  }

  void exchange(const ops::OpKind& kind, const llm::MoeFfn& f, Bytes element, double layers) {
    ops::ExpertExchangeArgs a;
    // Every tensor-parallel shard of an expert needs the whole token.
    a.token = element * (hidden_ * p_.moe_tp);
    a.row_share = 1.0 / p_.tp;
    a.topk = f.topk;
    a.ranks = p_.ep;
    a.per_rank = static_cast<double>(f.topk) / p_.ep;
    a.balanced = f.groups > 1 && f.groups % p_.ep == 0;
    auto& t = push(ops::Op::make(kind, kind.id, a), precision_.core, layers, Group::expert);
    t.stream = Stream::exchange;
  }

  void moe_ffn(const llm::LayerGraph& g, int index, const llm::MoeFfn& f, double layers) {
    const bool spread = exchanges();
    after_attention(layers, spread);
    norm("ffn_norm", layers);
    matrices_of(g, Part::router, index);
    if (spread && by_experts())
      exchange(ops::kDispatch, f, spec::activation_bytes(precision_.expert_gemm), layers);
    else if (spread)
      collective(ops::kAllGather, "expert_all_gather", hidden_, layers, Group::stage, false, true);
    matrices_of(g, Part::expert, index);
    const double width = static_cast<double>(f.width) / p_.moe_tp;
    push(ops::Op::make(ops::kElementwise, "expert_activation",
                       ops::ElementwiseArgs{.read = f.gated ? 2.0 * width : width,
                                            .written = width,
                                            .ops = kActivationOps * width,
                                            .element = kWide,
                                            .routed = true,
                                            .per_token = static_cast<double>(f.topk) / p_.ep}),
         precision_.core, layers);
    matrices_of(g, Part::shared_expert, index);
    if (spread && by_experts())
      exchange(ops::kCombine, f, kWide, layers);
    else if (spread)
      collective(ops::kReduceScatter, "expert_reduce_scatter", hidden_, layers, Group::stage, false,
                 true);
    if (p_.tp > 1) {
      if (spread)
        collective(ops::kAllGather, "ffn_all_gather", hidden_, layers, Group::tensor);
      else
        collective(ops::kAllReduce, "ffn_all_reduce", hidden_, layers, Group::tensor);
    }
  }

  void ffn(const llm::LayerGraph& g, int index, double layers) {
    const auto& kind = llm_.ffn[static_cast<std::size_t>(index)].kind;
    if (const auto* d = std::get_if<llm::DenseFfn>(&kind)) dense_ffn(g, index, *d, layers);
    if (const auto* m = std::get_if<llm::MoeFfn>(&kind)) moe_ffn(g, index, *m, layers);
  }

  void head(const llm::LayerGraph& g) {
    norm("final_norm", 1);
    for (const auto& m : g.matrices)
      if (m.part == Part::head) gemm(m);
    if (p_.tp > 1)
      collective(ops::kAllGather, "logits_all_gather", llm_.vocab, 1, Group::tensor, true);
    push(ops::Op::make(
             ops::kSampling, "sampling",
             ops::SamplingArgs{.vocab = static_cast<double>(llm_.vocab) / p_.tp, .logit = kLogit}),
         precision_.core, 1);
  }

  void embed() {
    push(ops::Op::make(ops::kEmbedding, "embedding",
                       ops::EmbeddingArgs{.hidden = hidden_ / p_.tp,
                                          .weight = spec::bytes_per_element(precision_.embedding),
                                          .out = kWide}),
         precision_.core, 1);
    if (p_.tp > 1) collective(ops::kAllReduce, "embedding_all_reduce", hidden_, 1, Group::tensor);
  }

  void main_graph() {
    const auto g = llm::layer_graph(llm_);
    embed();
    for (std::size_t i = 0; i < llm_.attention.size(); ++i)
      attention(g, static_cast<int>(i), llm_.attention[i].layers);
    for (std::size_t i = 0; i < llm_.ffn.size(); ++i)
      ffn(g, static_cast<int>(i), llm_.ffn[i].layers);
    head(g);
    if (p_.pp > 1)
      collective(ops::kSend, "stage_send", hidden_ / p_.tp, p_.pp - 1, Group::pipeline);
    out_.layers = llm_.layers();
    for (const auto& b : llm_.ffn)
      if (const auto* m = std::get_if<llm::MoeFfn>(&b.kind))
        out_.expert_layers += b.layers * routing_weight(*m);
    weigh_outside(g);
  }

  /// Tables, head and small parameters; a tied table is one tensor unless the head sits on another
  /// stage.
  void weigh_outside(const llm::LayerGraph& g) {
    const auto wide = spec::bytes_per_element(Storage::bf16);
    const double table = static_cast<double>(llm_.vocab) * hidden_ / p_.tp;
    const Bytes in = spec::bytes_per_element(precision_.embedding) * table;
    const Bytes out = spec::bytes_per_element(precision_.head) * table;
    const bool one_tensor = llm_.tie_embeddings || p_.pp > 1;  // else table and head share a device
    out_.weights += one_tensor ? max(in, out) : in + out;
    const double of_stage =
        (g.small.attention + g.small.ffn) / p_.tp + g.small.experts / p_.ep / p_.moe_tp;
    out_.weights += wide * (of_stage * stage_share() + g.small.outside);
  }

  void draft_graph() {
    draft_ = true;
    const auto g = llm::draft_graph(llm_);
    embed();
    attention(g, static_cast<int>(llm_.attention.size()) - 1, 1);
    ffn(g, static_cast<int>(llm_.ffn.size()) - 1, 1);
    // Table and head are the main model's, so they weigh nothing more; their work is done again for
    // every drafted token (DeepSeek-V3 technical report, arXiv 2412.19437, section 2.2).
    head(llm::layer_graph(llm_));
    draft_ = false;
    out_.draft_layers = 1;
    if (const auto* m = std::get_if<llm::MoeFfn>(&llm_.ffn.back().kind))
      out_.draft_expert_layers = routing_weight(*m);
  }

  void cache() {
    const Bytes element = spec::bytes_per_element(precision_.kv);
    const Bytes index_element = spec::bytes_per_element(Storage::fp8);
    const Bytes state_element = spec::bytes_per_element(Storage::fp32);
    for (const auto& block : llm_.attention) {
      const auto c = llm::cache_elements(block);
      double share = 1.0;  // a latent or shared head is whole on every device
      if (const auto* a = std::get_if<llm::GroupedQuery>(&block.kind))
        share = std::max(1.0 / p_.tp, 1.0 / a->kv_heads);
      if (p_.cp > 1)
        out_.gathered_per_token =
            max(out_.gathered_per_token, element * (c.per_token * share / block.layers));
      share /= p_.cp;
      out_.cache.per_token +=
          (element * (c.per_token * share) + index_element * c.index_per_token) * stage_share();
      if (c.windowed > 0)
        out_.cache.windows.push_back({element * (c.windowed * share * stage_share()), c.window});
      out_.cache.per_sequence += state_element * (c.per_sequence / p_.tp * stage_share());
    }
  }

  /// The largest set of activations alive at once in a layer: the residual stream and its
  /// normalised copy beside the widest intermediate of attention or FFN.
  void working_set() {
    double widest = 0;
    for (const auto& t : out_.terms) {
      if (&t.op.kind() != &ops::kGemm) continue;
      const auto& a = t.op.args<ops::GemmArgs>();
      if (!a.logits) widest = std::max(widest, a.n);
    }
    double routed = 0;
    if (const auto* moe = llm_.moe()) {
      const double width = (moe->gated ? 2.0 : 1.0) * moe->width / p_.moe_tp + 2.0 * hidden_;
      routed = width * moe->topk * p_.token_groups() / p_.ep;
    }
    out_.activations_per_token = kWide * (3.0 * hidden_ + widest + routed);
    out_.logits_per_row = Bytes::from_base(4.0) * (static_cast<double>(llm_.vocab) / p_.tp);
  }

  const llm::LlmSpec& llm_;
  const Parallelism& p_;
  const Precision& precision_;
  double hidden_;
  bool draft_ = false;
  ShardedModel out_;
};

}  // namespace

Bytes CacheShare::of_sequence(double context) const {
  Bytes b = per_sequence + per_token * context;
  for (const auto& w : windows) b += w.per_token * std::min(context, w.tokens);
  return b;
}

ShardedModel shard(const llm::LlmSpec& llm, const Parallelism& p, const Precision& precision,
                   bool with_draft) {
  return Sharder(llm, p, precision).run(with_draft);
}

}  // namespace perfmodel::mapping
