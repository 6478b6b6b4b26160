#include "ops/communication.hpp"

namespace perfmodel::ops {
namespace {

template <Pattern pattern>
void collective(const Op& op, const Pass& p, OpCost& c) noexcept {
  const auto& a = op.args<CollectiveArgs>();
  const double rows = a.expert_rows ? p.expert_rows : a.logits ? p.logit_rows : p.rows();
  c.message.pattern = pattern;
  c.message.bytes = a.element * (rows * a.width);
}

template <Pattern pattern>
void exchange(const Op& op, const Pass& p, OpCost& c) noexcept {
  const auto& a = op.args<ExpertExchangeArgs>();
  c.message.pattern = pattern;
  c.message.bytes = a.token;
  c.message.tokens = p.rows() * a.row_share;
  c.message.fanout = a.topk;
  c.expert_load = p.expert_rows * a.per_rank;
  c.expert_ranks = a.balanced ? 1.0 : a.ranks;
}

void context_exchange(const Op& op, const Pass& p, OpCost& c) noexcept {
  const auto& a = op.args<ContextExchangeArgs>();
  c.message.pattern = Pattern::context;
  const bool prefill = p.phase == Phase::prefill;
  c.message.queries = (prefill ? a.prefill_query : a.decode_query) * (p.rows() * a.ranks);
  if (prefill)
    c.message.bytes =
        a.cache * (p.sequences * (mean_cached(p, 0) + p.tokens_per_sequence) * a.ranks);
}

Op sample_context_exchange() {
  return Op::make(kContextExchange, kContextExchange.id,
                  ContextExchangeArgs{.cache = Bytes::from_base(512),
                                      .prefill_query = Bytes::from_base(4096),
                                      .decode_query = Bytes::from_base(4096),
                                      .ranks = 4});
}

template <const OpKind& kind>
Op sample_collective() {
  return Op::make(kind, kind.id, CollectiveArgs{.width = 7168, .element = Bytes::from_base(2)});
}
template <const OpKind& kind>
Op sample_exchange() {
  return Op::make(
      kind, kind.id,
      ExpertExchangeArgs{
          .token = Bytes::from_base(7392), .topk = 8, .ranks = 32, .per_rank = 8.0 / 32.0});
}

}  // namespace

const OpKind kAllReduce{"all_reduce",
                        "buffer of rows x width summed over the group",
                        OpClass::link,
                        OpClass::link,
                        collective<Pattern::all_reduce>,
                        sample_collective<kAllReduce>};
const OpKind kAllGather{"all_gather",
                        "buffer of rows x width assembled on every rank",
                        OpClass::link,
                        OpClass::link,
                        collective<Pattern::all_gather>,
                        sample_collective<kAllGather>};
const OpKind kReduceScatter{"reduce_scatter",
                            "buffer of rows x width summed, each rank keeps a part",
                            OpClass::link,
                            OpClass::link,
                            collective<Pattern::reduce_scatter>,
                            sample_collective<kReduceScatter>};
const OpKind kDispatch{"dispatch",
                       "every token's payload to the ranks of its topk experts",
                       OpClass::link,
                       OpClass::link,
                       exchange<Pattern::dispatch>,
                       sample_exchange<kDispatch>};
const OpKind kCombine{"combine",
                      "expert outputs back to the token's rank",
                      OpClass::link,
                      OpClass::link,
                      exchange<Pattern::combine>,
                      sample_exchange<kCombine>};
const OpKind kContextExchange{"context_exchange",
                              "prefill: cache of the whole context gathered on every rank, or "
                              "queries and results moved where that takes less; decode: queries "
                              "to all ranks, partial results back",
                              OpClass::link,
                              OpClass::link,
                              context_exchange,
                              sample_context_exchange};
const OpKind kSend{"send",
                   "rows x width to the next pipeline stage",
                   OpClass::link,
                   OpClass::link,
                   collective<Pattern::send>,
                   sample_collective<kSend>};

}  // namespace perfmodel::ops
