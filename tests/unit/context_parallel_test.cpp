// Context parallelism by hand: what each device of a rank computes, reads, holds and sends.
#include <gtest/gtest.h>

#include "mapping/sharded_model.hpp"
#include "ops/attention.hpp"
#include "ops/communication.hpp"
#include "ops/latent_attention.hpp"
#include "serving/disaggregated.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::context_parallel {
namespace {

using mapping::Group;
using mapping::Parallelism;
using test::bytes;
using test::catalog;

mapping::ShardedModel cut(const char* llm, const Parallelism& p) {
  const auto model = catalog().llm(llm);
  EXPECT_FALSE(mapping::check(p, model)) << mapping::to_string(p);
  return mapping::shard(model, p, test::uniform_precision(spec::Storage::bf16), false);
}

const ops::Op& operator_of(const mapping::ShardedModel& m, const ops::OpKind& kind) {
  for (const auto& t : m.terms)
    if (&t.op.kind() == &kind) return t.op;
  throw std::invalid_argument("no such operator");
}

/// As the rank of cp groups sees `sequences` of `tokens` new ones after `context` cached.
ops::Pass pass_of(ops::Phase phase, double sequences, double tokens, double context, double cp) {
  ops::Pass p;
  p.phase = phase;
  p.sequences = sequences / cp;
  p.tokens_per_sequence = p.causal_length = tokens;
  p.context_low = p.context_high = context;
  return p;
}
constexpr auto kPrefill = ops::Phase::prefill;
constexpr auto kDecode = ops::Phase::decode;

/// 64 heads and 8 KV heads of 128 in 80 layers: 8 and 1 on each of 8 devices.
class ContextOfGroupedQuery : public testing::Test {
 protected:
  mapping::ShardedModel model_ = cut("llama-3.1-70b", {.tp = 8, .cp = 4});
  const ops::Op& attention_ = operator_of(model_, ops::kAttention);
  const ops::Op& exchange_ = operator_of(model_, ops::kContextExchange);
};

TEST_F(ContextOfGroupedQuery, PrefillOfEightThousandTokensByHand) {
  const auto pass = pass_of(kPrefill, 1, 8192, 0, 4);
  // 2,048 queries of each device meet (1 + 8192) / 2 keys in the mean, a quarter of all pairs.
  const auto c = attention_.cost(pass);
  EXPECT_EQ(c.matrix.base(), 2.0 * 2048 * 8 * 4096.5 * (128 + 128));
  EXPECT_EQ(c.kv.base(), 2048.0 * 2 * 128 * 2);  // a quarter of the new keys and values written
  EXPECT_EQ(c.keys, 4096.5);
  // Keys and values of all 8,192 tokens come together; queries and results, with 4 B a head for the
  // logarithm, would be 8 times as much.
  const auto m = exchange_.cost(pass).message;
  EXPECT_EQ(m.pattern, ops::Pattern::context);
  EXPECT_EQ(m.bytes.base(), 8192.0 * 2 * 128 * 2);
  EXPECT_EQ(m.queries.base(), 8192.0 * 8 * (2 * 128 * 2 + 4));
  EXPECT_EQ(m.buffer(), m.bytes);
}

TEST_F(ContextOfGroupedQuery, ALongPrefixIsDearerToMoveThanFewQueries) {
  const auto m = exchange_.cost(pass_of(kPrefill, 1, 1024, 100'000, 4)).message;
  EXPECT_EQ(m.bytes.base(), 101'024.0 * 512);
  EXPECT_EQ(m.queries.base(), 1024.0 * 4128);
  EXPECT_EQ(m.buffer(), m.queries);
}

TEST_F(ContextOfGroupedQuery, DecodeOfEightSequencesByHand) {
  const auto pass = pass_of(kDecode, 8, 1, 1000, 4);
  // All eight queries meet a quarter of 1,001 keys.
  const auto c = attention_.cost(pass);
  EXPECT_EQ(c.matrix.base(), 2.0 * 8 * 8 * (1001 / 4.0) * (128 + 128));
  EXPECT_EQ(c.kv.base(), 8 * (1001 / 4.0) * 2 * 128 * 2);
  EXPECT_EQ(c.activations.base(), 8.0 * 8 * (128 + 128) * 2);
  const auto m = exchange_.cost(pass).message;
  EXPECT_EQ(m.bytes.base(), 0.0);  // the cache stays
  EXPECT_EQ(m.queries.base(), 8.0 * 8 * (2 * 128 * 2 + 4));
}

TEST_F(ContextOfGroupedQuery, HoldsAQuarterOfTheCacheAndAllOfTheWeights) {
  const auto one = cut("llama-3.1-70b", {.tp = 8});
  EXPECT_EQ(one.cache.per_token.base(), 40'960.0);
  EXPECT_EQ(model_.cache.per_token.base(), 10'240.0);
  EXPECT_EQ(model_.weights, one.weights);
  EXPECT_EQ(model_.gathered_per_token.base(), 512.0);  // of one layer
  EXPECT_EQ(one.gathered_per_token.base(), 0.0);
}

/// 128 heads over a latent of 512 + 64: 64 heads on each of 2 devices, the latent on both.
class ContextOfLatents : public testing::Test {
 protected:
  mapping::ShardedModel model_ = cut("deepseek-v3", {.tp = 2, .ep = 8, .cp = 4});
  const ops::Op& attention_ = operator_of(model_, ops::kLatentAttention);
  const ops::Op& exchange_ = operator_of(model_, ops::kContextExchange);
};

TEST_F(ContextOfLatents, PrefillOfFourThousandTokensAfterEightByHand) {
  const auto pass = pass_of(kPrefill, 1, 4096, 8192, 4);
  // 1,024 queries meet (8193 + 12288) / 2 keys. Their keys and values are expanded on every rank:
  // those of the 8,192 before and of the 3,072 that others brought.
  const auto c = attention_.cost(pass);
  const double scores = 1024.0 * 64 * 10'240.5;
  EXPECT_EQ(c.matrix.base(),
            2 * scores * (128 + 64 + 128) + 2 * (8192.0 + 3072) * 512 * 64 * (128 + 128));
  EXPECT_EQ(c.kv.base(), (8192 + 4096) / 4.0 * 576 * 2);
  const auto m = exchange_.cost(pass).message;
  EXPECT_EQ(m.bytes.base(), (8192.0 + 4096) * 576 * 2);
  EXPECT_EQ(m.queries.base(), 0.0);
  EXPECT_EQ(m.buffer(), m.bytes);
}

TEST_F(ContextOfLatents, DecodeOfSixteenSequencesByHand) {
  const auto pass = pass_of(kDecode, 16, 1, 1000, 4);
  const auto c = attention_.cost(pass);
  EXPECT_EQ(c.matrix.base(), 2.0 * 16 * 64 * (1001 / 4.0) * (2 * 512 + 64));
  EXPECT_EQ(c.kv.base(), 16 * (1001 / 4.0) * 576 * 2);
  EXPECT_EQ(c.activations.base(), 16.0 * 64 * (2 * 512 + 64) * 2);
  // Queries in latent form and latent results.
  const auto m = exchange_.cost(pass).message;
  EXPECT_EQ(m.bytes.base(), 0.0);
  EXPECT_EQ(m.queries.base(), 16.0 * 64 * ((576 + 512) * 2 + 4));
}

TEST_F(ContextOfLatents, ExpertsMeetTheTokensOfAllGroups) {
  EXPECT_EQ(model_.cache.per_token.base(), 70'272.0 / 4);
  EXPECT_EQ(model_.gathered_per_token.base(), 1152.0);
  // The experts of a stage lie as over as many data-parallel groups.
  EXPECT_EQ(model_.weights, cut("deepseek-v3", {.tp = 2, .dp = 4, .ep = 8}).weights);
  double dispatches = 0, contexts = 0;
  for (const auto& t : model_.terms) {
    if (&t.op.kind() == &ops::kDispatch) dispatches += t.count;
    if (t.group != Group::context) continue;
    contexts += t.count;
    EXPECT_EQ(t.stream, mapping::Stream::exchange);
  }
  EXPECT_EQ(dispatches, 58);
  EXPECT_EQ(contexts, 61);
}

TEST(ContextPasses, ShareTokensAndTakeAChunkForEveryGroup) {
  phase::Plan plan;
  plan.parallelism = {.tp = 2, .dp = 3, .cp = 4};
  cost::Machine m;
  m.chunk = 1000;
  const serving::Lengths w{10'000, 200};
  EXPECT_EQ(serving::requests_per_chunk(plan, m, {900, 1}), 4);
  const auto prefill = serving::prefill_passes(plan, m, w, 1);
  EXPECT_EQ(prefill.count, 2.5);  // of 4,000 tokens, 1,000 for each group
  EXPECT_EQ(prefill.pass.rows(), 1000);
  EXPECT_EQ(prefill.pass.causal_length, 4000);
  EXPECT_EQ(prefill.pass.expert_rows, 12'000);
  EXPECT_EQ(prefill.pass.logit_rows, 0.4);  // one in all, on one group
  const auto decode = serving::decode_pass(plan, w, 20);
  EXPECT_EQ(decode.rows(), 5);
  EXPECT_EQ(decode.expert_rows, 60);
  EXPECT_EQ(decode.logit_rows, 5);
}

TEST(ContextMemory, OfALongSequenceByHand) {
  phase::Plan plan;
  plan.parallelism = {.cp = 4};
  plan.model.cache.per_token = bytes(1000 / 4.0);
  plan.model.gathered_per_token = bytes(10);
  plan.model.activations_per_token = bytes(7);
  plan.model.logits_per_row = bytes(3);
  cost::Machine m;
  m.chunk = 2000;
  const serving::Lengths w{100'000, 500};
  const auto p = serving::memory_plan(plan, m, w, 8);
  EXPECT_EQ(p.cache.base(), 8 * 100'500 * 250.0);
  // A chunk of rows on each group, two sequences' logits, one layer's cache of the prompt.
  EXPECT_EQ(p.activations.base(), 2000 * 7.0 + 2 * 3 + 100'000 * 10.0);
  // Nothing is gathered where nothing is prefilled.
  EXPECT_EQ(serving::memory_plan(plan, m, w, 8, serving::Role::decode).activations.base(),
            2 * 7.0 + 2 * 3);
}

TEST(ContextTransfer, FillsAllDevicesOfTheRank) {
  phase::Plan prefill, decode;
  prefill.parallelism = {.tp = 2, .cp = 8};
  prefill.model.cache.per_token = bytes(100 / 16.0);
  decode.parallelism = {.tp = 4};
  decode.model.cache.per_token = bytes(100 / 4.0);
  const auto t = serving::cache_transfer(prefill, decode, {1000, 1});
  EXPECT_EQ(t.request.base(), 100'000.0);
  EXPECT_EQ(t.received.base(), 25'000.0);
  EXPECT_EQ(t.sent.base(), 6250.0);
}

/// 100 GB/s and 5 us to each other, 2 us of software for each gather.
class ContextExchangeTime : public testing::Test {
 protected:
  ContextExchangeTime() : m_(test::round_machine()) {
    test::add_link(m_, 8, 100, 5);
    m_.collective = test::us(2);
  }
  cost::OpTime at(double cache, double queries) const {
    ops::OpCost c;
    c.message.pattern = ops::Pattern::context;
    c.message.bytes = bytes(cache);
    c.message.queries = bytes(queries);
    return cost::time_of_message(m_, cost::make_route(m_, 4, 1), c);
  }
  cost::Machine m_;
};

TEST_F(ContextExchangeTime, IsOneGatherOfTheCacheOrTwoOfQueries) {
  // Three quarters of 40 MB at 100 GB/s.
  const auto cache = at(40e6, 0);
  EXPECT_NEAR(cache.link.base(), 305e-6, 1e-12);
  EXPECT_NEAR(cache.overhead.base(), 2e-6, 1e-15);
  EXPECT_EQ(cache.total, cache.link + cache.overhead);
  EXPECT_EQ(cache.bound, cost::Bound::link);
  const auto queries = at(0, 40e6);
  EXPECT_NEAR(queries.link.base(), 310e-6, 1e-12);
  EXPECT_NEAR(queries.overhead.base(), 4e-6, 1e-15);
  // The second round costs 7 us, 0.93 MB's worth.
  EXPECT_EQ(at(40e6, 39.5e6).total, cache.total);
  EXPECT_LT(at(40e6, 39e6).total, cache.total);
  EXPECT_EQ(at(40e6, 40e6).total, cache.total);
}

TEST_F(ContextExchangeTime, OfOneIsNone) {
  ops::OpCost c;
  c.message.pattern = ops::Pattern::context;
  c.message.bytes = bytes(1e9);
  EXPECT_EQ(cost::time_of_message(m_, cost::make_route(m_, 1, 1), c).total.base(), 0.0);
}

}  // namespace
}  // namespace perfmodel::context_parallel
