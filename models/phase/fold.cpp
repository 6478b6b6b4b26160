// Operators into rows of the table: each form states what its cost formula (models/ops/) and the
// roofline (cost/roofline.cpp) come to once all that no pass changes is known. The property test
// holds them to evaluate's numbers on every model.
#include <algorithm>
#include <cmath>

#include "ops/attention.hpp"
#include "ops/communication.hpp"
#include "ops/compressed_attention.hpp"
#include "ops/elementwise.hpp"
#include "ops/embedding.hpp"
#include "ops/gemm.hpp"
#include "ops/grouped_gemm.hpp"
#include "ops/indexer.hpp"
#include "ops/latent_attention.hpp"
#include "ops/linear_attention.hpp"
#include "ops/sampling.hpp"
#include "phase/table.hpp"

namespace perfmodel::phase {
namespace {

using mapping::Term;

/// Adds to an equal row if there is one.
template <class Row>
void add(std::vector<Row>& rows, Row row) {
  for (auto& r : rows) {
    Row same = row;
    same.count = r.count;
    if (same == r) {
      r.count += row.count;
      return;
    }
  }
  rows.push_back(row);
}

/// Place of `value` in `values`, or `most` where there is no room for it.
template <class T>
std::size_t place(std::vector<T>& values, const T& value, std::size_t most) {
  const auto at = std::find(values.begin(), values.end(), value);
  const auto i = static_cast<std::size_t>(at - values.begin());
  if (at == values.end() && i < most) values.push_back(value);
  return i;
}

class Folder {
 public:
  Folder(const Plan& plan, const cost::Machine& m, ops::Phase phase)
      : plan_(plan), m_(m), phase_(phase) {}

  void add_term(const Term& t, double count) {
    t_ = &t;
    count_ = count;
    class_ = t.op.kind().op_class(phase_);
    if (!folded()) out_.unfolded.push_back({t, count});
  }
  Program take() { return std::move(out_); }

 private:
  const cost::Curve& curve() const { return m_.curve[static_cast<std::size_t>(class_)]; }
  double efficiency(ops::OpClass c) const { return m_.efficiency[static_cast<std::size_t>(c)]; }

  /// Seconds an operation, as time_of has them.
  double by_matrix_op() const {
    const auto i = spec::index(t_->compute);
    return 1.0 / (m_.peak[i] * std::min(1.0, curve().share[i] * efficiency(class_))).base();
  }
  double by_vector_op() const {
    if (m_.vector.base() <= 0) return 0.0;
    return 1.0 / (m_.vector * efficiency(ops::OpClass::vector)).base();
  }
  double by_byte(double factor) const {
    double share = curve().stream * factor;
    if (class_ == ops::OpClass::grouped_gemm || class_ == ops::OpClass::attention_decode)
      share *= efficiency(class_);
    return 1.0 / (m_.memory * std::min(1.0, share * m_.memory_scale)).base();
  }
  /// An ideal machine keeps all activations on the chip.
  double touched(Bytes b) const { return m_.quantise ? b.base() : 0.0; }
  double& constant() { return out_.constant[static_cast<std::size_t>(t_->stream)]; }
  void add_overhead() { constant() += count_ * (curve().start + m_.launch).base(); }

  bool folded() {
    const auto* kind = &t_->op.kind();
    if (kind == &ops::kGemm) return gemm(t_->op.args<ops::GemmArgs>());
    if (kind == &ops::kGroupedGemm) return grouped_gemm(t_->op.args<ops::GroupedGemmArgs>());
    if (kind == &ops::kAttention) return attention(t_->op.args<ops::AttentionArgs>());
    if (kind == &ops::kLatentAttention) return latent(t_->op.args<ops::LatentAttentionArgs>());
    if (kind == &ops::kCompressedAttention)
      return compressed(t_->op.args<ops::CompressedAttentionArgs>());
    if (kind == &ops::kIndexer) return indexer(t_->op.args<ops::IndexerArgs>());
    if (kind == &ops::kLinearAttention) return linear(t_->op.args<ops::LinearAttentionArgs>());
    if (kind == &ops::kElementwise) return elementwise(t_->op.args<ops::ElementwiseArgs>());
    if (kind == &ops::kEmbedding) return embedding(t_->op.args<ops::EmbeddingArgs>());
    if (kind == &ops::kSampling) return sampling(t_->op.args<ops::SamplingArgs>());
    if (kind == &ops::kContextExchange) return gathered(t_->op.args<ops::ContextExchangeArgs>());
    if (kind == &ops::kDispatch || kind == &ops::kCombine)
      return exchange(t_->op.args<ops::ExpertExchangeArgs>());
    if (kind == &ops::kAllReduce || kind == &ops::kAllGather || kind == &ops::kReduceScatter ||
        kind == &ops::kSend)
      return collective(t_->op.args<ops::CollectiveArgs>());
    return false;
  }

  bool streamed(Rows rows, Bytes read, Bytes activations, double vector_ops) {
    Streamed r;
    r.rows = rows;
    r.stream = t_->stream;
    r.by_byte = by_byte(1.0);
    r.read = read.base() * r.by_byte;
    r.touched = touched(activations);
    r.vector = vector_ops * by_vector_op();
    r.count = count_;
    add(out_.streamed, r);
    add_overhead();
    return true;
  }
  bool elementwise(const ops::ElementwiseArgs& a) {
    const double share = a.routed ? a.per_token : a.row_share;
    return streamed(a.routed ? Rows::experts : Rows::all, {},
                    a.element * ((a.read + a.written) * share), a.ops * share);
  }
  bool embedding(const ops::EmbeddingArgs& a) {
    return streamed(Rows::all, a.weight * a.hidden, a.out * a.hidden, 0.0);
  }
  bool sampling(const ops::SamplingArgs& a) {
    return streamed(Rows::logits, {}, a.logit * (2.0 * a.vocab), ops::kSoftmaxOps * a.vocab);
  }

  /// What dense products and those of experts share. Fails where tiles are not powers of two: then
  /// the folded steps to whole waves could round otherwise than those of `padding`.
  template <class Args>
  bool product(Product r, const Args& a, double groups) {
    const double tall = std::max(1.0, std::floor(m_.tile_n / m_.tile_m));
    if (m_.quantise && std::exp2(std::round(std::log2(tall))) != tall) return false;
    const double columns = std::ceil(a.n / m_.tile_n);
    r.stream = t_->stream;
    r.compute = m_.quantise ? 2.0 * a.k * m_.tile_m * columns * m_.tile_n * by_matrix_op()
                            : 2.0 * a.k * a.n * groups * by_matrix_op();
    r.tile = m_.tile_m;
    r.columns = columns;
    r.by_tall = 1.0 / tall;
    r.split = std::max(1.0, std::floor(a.k / cost::kSplitDepth));
    if (m_.cores > 0) {
      r.cores = m_.cores;
      r.wave_share = curve().waves;
    }
    r.weights = (a.weight * (a.k * a.n * groups)).base();
    r.touched = touched((a.in * a.k + a.out * a.n) * groups);
    const double unpack =
        a.packed && m_.peak[spec::index(*a.packed)].base() <= 0 ? curve().unpack : 1.0;
    r.by_byte_single = by_byte(unpack);
    r.by_byte = a.widened ? by_byte(unpack * curve().widen) : r.by_byte_single;
    if (a.converts) {
      r.converted = touched(Bytes::from_base(3.0 * groups * a.k));
      r.by_byte_converted =
          1.0 / (m_.memory * std::min(1.0, curve().stream * m_.memory_scale)).base();
      constant() += count_ * curve().convert.base();
    }
    r.count = count_;
    add(out_.products, r);
    add_overhead();
    return true;
  }
  bool gemm(const ops::GemmArgs& a) {
    Product r;
    r.rows = a.logits ? Rows::logits : Rows::all;
    r.row_share = a.row_share;
    r.groups = a.instances;
    return product(r, a, a.instances);
  }
  bool grouped_gemm(const ops::GroupedGemmArgs& a) {
    Product r;
    r.routing =
        place(out_.routings,
              {a.topk, a.ranks, a.balanced ? 1.0 : a.ranks, a.local, a.token_share, a.log_miss},
              kMaxRoutings);
    return r.routing < kMaxRoutings && product(r, a, 1.0);
  }

  /// Index of keys or cached tokens of at most `cap`, 0 for all.
  std::size_t cap(double most) {
    return place(out_.caps, most > 0 ? most : std::numeric_limits<double>::infinity(), kMaxCaps);
  }
  bool scored(Scored r, double activations, bool narrow) {
    if (std::max({r.keys, r.more_keys, r.whole, r.any, r.each}) >= kMaxCaps) return false;
    r.stream = t_->stream;
    r.touched = touched(Bytes::from_base(activations));
    r.by_byte = by_byte(narrow ? curve().narrow : 1.0);
    r.count = count_;
    add(out_.scored, r);
    add_overhead();
    return true;
  }
  bool attention(const ops::AttentionArgs& a) {
    Scored r;
    const double width = a.qk_dim + a.v_dim;
    const Bytes entry = a.kv * (a.kv_heads * width);
    r.keys = r.more_keys = cap(a.selected > 0 ? a.selected : a.cap);
    r.by_score = 2.0 * a.heads * width * by_matrix_op();
    r.ramp = curve().ramp;
    r.vector = ops::kSoftmaxOps * a.heads * by_vector_op();
    r.whole = r.any = cap(a.cap);
    r.each = cap(a.selected > 0 ? a.selected : a.cap);
    (a.selected > 0 ? r.picked_bytes : r.whole_bytes) = entry.base();
    r.token_bytes = entry.base() * a.writes;
    const double queries = phase_ == ops::Phase::decode ? a.ranks : 1.0;
    return scored(r, (a.activation * (queries * a.heads * width)).base(), ops::narrow_cache(a.kv));
  }
  bool latent(const ops::LatentAttentionArgs& a) {
    Scored r;
    const Bytes entry = a.kv * (a.latent + a.rope);
    const bool absorbed = phase_ == ops::Phase::decode || a.selected > 0;
    const double width = absorbed ? 2.0 * a.latent + a.rope : a.nope + a.rope + a.v_dim;
    r.keys = r.more_keys = cap(a.selected);
    r.by_score = 2.0 * a.heads * width * by_matrix_op();
    if (!absorbed) {
      const double expanded = 2.0 * a.latent * a.heads * (a.nope + a.v_dim) * by_matrix_op();
      r.by_cached = expanded * a.ranks;
      r.by_row = expanded * (a.ranks - 1.0);
    }
    r.ramp = curve().ramp;
    r.vector = ops::kSoftmaxOps * a.heads * by_vector_op();
    r.whole = r.any = cap(0);
    r.each = cap(a.selected);
    (absorbed && a.selected > 0 ? r.picked_bytes : r.whole_bytes) = entry.base();
    r.token_bytes = entry.base();
    const double queries = phase_ == ops::Phase::decode ? a.ranks : 1.0;
    return scored(r, (a.activation * (queries * a.heads * (absorbed ? 1.0 : 2.0) * width)).base(),
                  ops::narrow_cache(a.kv));
  }
  bool compressed(const ops::CompressedAttentionArgs& a) {
    Scored r;
    const Bytes entry = a.kv * a.dim;
    r.keys = r.more_keys = r.whole = r.any = r.each = cap(a.window);
    r.whole_bytes = r.token_bytes = entry.base();
    if (a.ratio > 0) {
      const double tokens = a.selected * a.ratio;
      r.more_keys = r.each = cap(tokens);
      r.more_share = 1.0 / a.ratio;
      r.any = cap(0);
      r.picked_bytes = entry.base() / a.ratio;
      r.token_bytes += entry.base() / a.ratio;
    }
    r.by_score = 4.0 * a.heads * a.dim * by_matrix_op();
    r.vector = ops::kSoftmaxOps * a.heads * by_vector_op();
    return scored(r, (a.activation * (a.heads * 2.0 * a.dim)).base(), false);
  }
  bool indexer(const ops::IndexerArgs& a) {
    Scored r;
    const double part = a.share / a.ratio;
    r.keys = r.more_keys = r.whole = r.any = r.each = cap(0);
    r.by_score = 2.0 * part * a.heads * a.dim * by_matrix_op();
    r.vector = part * (a.heads + ops::kSelectOps) * by_vector_op();
    r.whole_bytes = r.token_bytes = (a.key * (part * a.dim)).base();
    return scored(r, 0.0, false);
  }
  bool linear(const ops::LinearAttentionArgs& a) {
    Scored r;
    r.keys = r.more_keys = r.whole = r.any = r.each = cap(0);
    r.by_row = a.v_heads * 6.0 * a.k_dim * a.v_dim * by_matrix_op();
    const double state = (a.state * (a.v_heads * a.k_dim * a.v_dim + a.conv)).base();
    if (phase_ == ops::Phase::decode) {
      r.fixed_bytes = 2.0 * state;
    } else {
      r.fixed_bytes = state;
      r.by_chunk = a.v_heads * 2.0 * (a.k_dim + a.v_dim) * by_matrix_op();
      r.chunk = ops::kLinearChunk;
    }
    return scored(r, (a.activation * (a.v_heads * 2.0 * (a.k_dim + a.v_dim))).base(), false);
  }

  bool collective(const ops::CollectiveArgs& a) {
    const auto& route = plan_.route(t_->group);
    if (route.alone()) return true;
    ops::Pass one;
    const auto pattern = t_->op.cost(one).message.pattern;
    const auto rows = a.expert_rows ? Rows::experts : a.logits ? Rows::logits : Rows::all;
    auto lines = cost::lines_of(m_, route, pattern, a.element * a.width) * count_;
    constant() += count_ * m_.collective.base();
    for (auto& l : out_.linked) {
      if (l.rows != rows || l.stream != t_->stream) continue;
      l.lines += lines;
      return true;
    }
    out_.linked.push_back({rows, t_->stream, std::move(lines)});
    return true;
  }
  bool gathered(const ops::ContextExchangeArgs& a) {
    const auto& route = plan_.route(t_->group);
    if (route.alone()) return true;
    const bool prefill = phase_ == ops::Phase::prefill;
    const Bytes query = prefill ? a.prefill_query : a.decode_query;
    const auto lines = [&](Bytes per_unit, double rounds) {
      const Bytes each = per_unit * (a.ranks / rounds);
      auto l = cost::lines_of(m_, route, ops::Pattern::all_gather, each);
      return (std::move(l) + m_.collective) * (rounds * count_);
    };
    Gathered r;
    r.stream = t_->stream;
    r.whole = cap(0);
    if (r.whole >= kMaxCaps) return false;
    r.moves_cache = prefill;
    r.moves_queries = query.base() > 0;
    if (r.moves_cache) r.cache = lines(a.cache, 1.0);
    if (r.moves_queries) r.queries = lines(query, cost::kQueryRounds);
    out_.gathered.push_back(std::move(r));
    return true;
  }
  bool exchange(const ops::ExpertExchangeArgs& a) {
    const auto& route = plan_.route(t_->group);
    if (route.alone()) return true;
    const bool dispatch = &t_->op.kind() == &ops::kDispatch;
    // Affine in the tokens, and their share of the time of so many is all of it.
    constexpr double kMany = 0x1p40;
    const Time none = cost::expert_exchange(m_, route, a.token, 0.0, a.topk);
    const Time many = cost::expert_exchange(m_, route, a.token, kMany, a.topk);
    Exchanged r;
    if (!a.balanced && a.ranks > 1.0) {
      r.routing = routing_of(a);
      if (r.routing >= kMaxRoutings) return false;
    }
    r.stream = t_->stream;
    r.by_row = ((many - none) / kMany).base() * a.row_share;
    r.count = count_;
    add(out_.exchanged, r);
    constant() += count_ * (none + (dispatch ? m_.dispatch : m_.combine)).base();
    return true;
  }
  /// That of the experts' products where they have come before: only the load counts here.
  std::size_t routing_of(const ops::ExpertExchangeArgs& a) {
    const auto& all = out_.routings;
    const auto at = std::find_if(all.begin(), all.end(), [&](const Routing& r) {
      return r.topk == a.topk && r.ranks == a.ranks && r.varying == a.ranks;
    });
    if (at != all.end()) return static_cast<std::size_t>(at - all.begin());
    Routing r;
    r.topk = a.topk;
    r.ranks = r.varying = a.ranks;
    return place(out_.routings, r, kMaxRoutings);
  }

  const Plan& plan_;
  const cost::Machine& m_;
  ops::Phase phase_;
  const Term* t_ = nullptr;
  double count_ = 0;
  ops::OpClass class_ = ops::OpClass::gemm;
  Program out_;
};

}  // namespace

Program fold(const Plan& plan, const cost::Machine& machine, ops::Phase phase, bool draft,
             double times) {
  Folder folder(plan, machine, phase);
  // Messages last, as dispatch and combine look for the load of the experts' products.
  for (const bool message : {false, true})
    for (const auto& t : plan.model.terms)
      if (t.draft == draft && message == (t.op.kind().prefill_class == ops::OpClass::link))
        folder.add_term(t, t.count * times);
  return folder.take();
}

}  // namespace perfmodel::phase
