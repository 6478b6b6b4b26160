// The shards of a model come to the whole: work and weights of all devices together are never less
// than on one device, and equal where nothing is held twice.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "hall.hpp"

namespace perfmodel::property {
namespace {

double matrix_work(const phase::Plan& plan, const ops::Pass& pass) {
  double sum = 0;
  for (const auto& t : plan.model.terms)
    if (!t.draft) sum += t.op.cost(pass).matrix.base() * t.count;
  return sum;
}

/// Decode of `sequences` per attention rank, in one pass through all stages.
ops::Pass decode(double sequences, double ranks) {
  ops::Pass p;
  p.sequences = sequences;
  p.context_low = p.context_high = 3000;
  p.logit_rows = sequences;
  p.expert_rows = sequences * ranks;
  return p;
}

/// Key and value heads, latent vectors and routers are held by every tensor rank; only models with
/// none of them in the way are cut without a rest.
bool cut_cleanly(const llm::LlmSpec& llm, int tp) {
  if (llm.is_moe()) return false;
  return std::all_of(llm.attention.begin(), llm.attention.end(), [&](const auto& block) {
    const auto* g = std::get_if<llm::GroupedQuery>(&block.kind);
    return g != nullptr && g->kv_heads % tp == 0 && !g->indexer;
  });
}

TEST(Shards, DoTheWholeWork) {
  std::size_t equal = 0;
  const auto tally = for_each_subject({.weights = {"", "bf16"}}, [&](const Subject& s) {
    const auto& p = s.parallelism;
    mapping::Parallelism one;
    const auto whole = phase::compile(*s.llm, one, s.precision, s.ceiling, 0);
    if (!whole) return;
    constexpr double kSequences = 16;
    const double sharded = matrix_work(s.plan, decode(kSequences, p.dp)) * p.stage_devices();
    const double alone = matrix_work(*whole, decode(kSequences * p.dp, 1));
    EXPECT_GE(sharded, alone * (1 - kRounding)) << s.text() << ": work was lost";
    if (!cut_cleanly(*s.llm, p.tp)) return;
    ++equal;
    EXPECT_NEAR(sharded / alone, 1.0, kRounding) << s.text() << ": work was made up";
  });
  RecordProperty("tally", tally.text());
  EXPECT_GT(tally.seen, floor_of(10'000)) << tally.text();
  EXPECT_GT(equal, floor_of(2'000));
}

TEST(Shards, HoldTheWholeModel) {
  std::size_t equal = 0;
  const auto tally = for_each_subject({}, [&](const Subject& s) {
    const auto& p = s.parallelism;
    const auto whole = phase::compile(*s.llm, {}, s.precision, s.ceiling, 0);
    if (!whole) return;
    const double sharded = s.plan.model.weights.base() * p.devices();
    const double alone = whole->model.weights.base();
    EXPECT_GE(sharded, alone * (1 - kRounding)) << s.text() << ": weights were lost";
    // A learned position table is on every device.
    if (!cut_cleanly(*s.llm, p.tp) || s.llm->positions > 0 || p.dp > 1 || p.pp > 1) return;
    ++equal;
    // The one norm after the last layer is on every device.
    EXPECT_NEAR(sharded / alone, 1.0, 1e-4) << s.text() << ": weights were made up";
  });
  RecordProperty("tally", tally.text());
  EXPECT_GT(tally.seen, floor_of(30'000)) << tally.text();
  EXPECT_GT(equal, floor_of(5'000));
}

TEST(Shards, HoldTheWholeCache) {
  const auto tally = for_each_subject({.weights = {""}}, [&](const Subject& s) {
    const auto& p = s.parallelism;
    const auto whole = phase::compile(*s.llm, {}, s.precision, s.ceiling, 0);
    if (!whole) return;
    constexpr double kContext = 5000;
    const double sharded = s.plan.model.cache.of_sequence(kContext).base() * p.tp * p.pp;
    const double alone = whole->model.cache.of_sequence(kContext).base();
    EXPECT_GE(sharded, alone * (1 - kRounding)) << s.text() << ": cache was lost";
    // The fullest stage has its layers rounded up.
    const double layers = s.llm->layers();
    const double stage = std::ceil(layers / p.pp) / layers;
    EXPECT_LE(s.plan.model.cache.of_sequence(kContext).base(), alone * stage * (1 + kRounding))
        << s.text() << ": a shard holds more than the whole";
  });
  EXPECT_GT(tally.seen, floor_of(5'000)) << tally.text();
}

}  // namespace
}  // namespace perfmodel::property
