// Context parallelism on every chip and model that it can be had of: the parts come to the whole,
// more of it holds less on each device, and latencies keep their order.
#include <gtest/gtest.h>

#include <algorithm>

#include "hall.hpp"
#include "ops/communication.hpp"
#include "ops/gemm.hpp"

namespace perfmodel::property {
namespace {

Scope divided(std::size_t every) {
  return {.weights = {""},
          .degrees = {{.tp = 1, .ep = 0, .cp = 8},
                      {.tp = 2, .dp = 2, .ep = 0, .cp = 4},
                      {.tp = 2, .pp = 2, .ep = 0, .cp = 2}},
          .every = every};
}

/// As that of the subject, its sequences undivided.
phase::Plan undivided(const Subject& s) {
  auto p = s.parallelism;
  p.cp = 1;
  p.ep = s.llm->is_moe() ? p.stage_devices() : 1;
  return *phase::compile(*s.llm, p, s.precision, s.typical, 0);
}

struct Sum {
  double matrix = 0;
  double cache = 0;
};
/// Of one device, but for the logits: of prefill they are those of one group.
Sum sum_of(const phase::Plan& plan, const ops::Pass& pass, double passes) {
  Sum sum;
  for (const auto& t : plan.model.terms) {
    if (&t.op.kind() == &ops::kGemm && t.op.args<ops::GemmArgs>().logits) continue;
    const auto c = t.op.cost(pass);
    sum.matrix += c.matrix.base() * (t.count * passes);
    sum.cache += c.kv.base() * (t.count * passes);
  }
  return sum;
}

/// What the groups of a rank expand of latents that others computed, for one prompt in one pass.
double expanded_again(const Subject& s, double tokens) {
  double ops = 0;
  for (const auto& b : s.llm->attention)
    if (const auto* a = std::get_if<llm::Latent>(&b.kind))
      ops += 2.0 * b.layers * a->kv_lora_rank * (a->qk_nope_dim + a->v_head_dim) * a->heads /
             s.parallelism.tp;
  return ops * tokens * (s.parallelism.cp - 1);
}

TEST(ContextParallel, PartsComeToTheWhole) {
  const auto tally = for_each_subject(divided(4), [](const Subject& s) {
    const double cp = s.parallelism.cp;
    const auto whole = undivided(s);
    const auto w = usual_workload(*s.llm);
    const auto near = [&](double parts, double all) {
      EXPECT_NEAR(cp * parts, all, all * kRounding) << s.text();
    };
    for (double batch : {16.0, 100.0}) {
      const auto part = sum_of(s.plan, serving::decode_pass(s.plan, w, batch), 1);
      const auto all = sum_of(whole, serving::decode_pass(whole, w, batch), 1);
      near(part.matrix, all.matrix);
      near(part.cache, all.cache);
    }
    auto m = s.typical;
    m.chunk = w.input;  // one pass, so that no prompt is read again
    const auto one = serving::prefill_passes(s.plan, m, w, 1);
    const auto part = sum_of(s.plan, one.pass, one.count);
    const auto all = sum_of(whole, serving::prefill_passes(whole, m, w, 1).pass, 1);
    near(part.matrix, all.matrix + expanded_again(s, w.input));
    near(part.cache, all.cache);
    near(s.plan.model.cache.of_sequence(5000).base(), whole.model.cache.of_sequence(5000).base());
  });
  EXPECT_GT(tally.seen, floor_of(500)) << tally.text();
  EXPECT_GT(tally.skipped.at("the mapping does not fit the model"), 0u);
}

TEST(ContextParallel, UndividedSendsNothing) {
  const Scope scope{.weights = {""}, .every = 3};
  const auto tally = for_each_subject(scope, [](const Subject& s) {
    for (const auto& t : s.plan.model.terms)
      EXPECT_NE(&t.op.kind(), &ops::kContextExchange) << s.text();
    EXPECT_EQ(s.plan.model.gathered_per_token.base(), 0) << s.text();
    EXPECT_TRUE(s.plan.route(mapping::Group::context).alone());
  });
  EXPECT_GT(tally.seen, floor_of(2'000)) << tally.text();
}

TEST(ContextParallel, MoreGroupsHoldLess) {
  std::size_t compared = 0;
  const Scope scope{.weights = {""}, .degrees = {{.tp = 2, .ep = 0}}, .every = 2};
  const auto tally = for_each_subject(scope, [&](const Subject& s) {
    if (!mapping::divides_sequences(*s.llm)) return;
    const auto w = usual_workload(*s.llm);
    Bytes before = Bytes::infinity();
    for (int cp : {1, 2, 3, 4, 8, 64}) {
      auto p = s.parallelism;
      p.cp = cp;
      p.ep = s.llm->is_moe() ? p.stage_devices() : 1;
      const auto plan = phase::compile(*s.llm, p, s.precision, s.typical, 0);
      if (!plan) continue;
      ++compared;
      const auto held = serving::memory_plan(*plan, s.typical, w, 8).cache;
      EXPECT_LT(held, before) << s.text() << " cp " << cp;
      before = held;
    }
  });
  EXPECT_GT(compared, floor_of(3'000)) << tally.text();
}

TEST(ContextParallel, FasterLinksAreNeverSlower) {
  const auto tally = for_each_subject(divided(4), [](const Subject& s) {
    auto w = usual_workload(*s.llm);
    for (double input : {w.input, 100'000.0}) {
      w.input = input;
      for (const auto* machine : {&s.typical, &s.ceiling}) {
        auto faster = *machine;
        for (std::size_t i = 0; i < faster.link_count; ++i) faster.links[i].bandwidth *= 2.0;
        const auto before = steady_of(s.plan, *machine, w, 8);
        const auto after = steady_of(s.plan, faster, w, 8);
        EXPECT_LE(after.prefill.base(), before.prefill.base() * (1 + kRounding)) << s.text();
        EXPECT_LE(after.decode_step.base(), before.decode_step.base() * (1 + kRounding))
            << s.text();
      }
    }
  });
  EXPECT_GT(tally.seen, floor_of(500)) << tally.text();
}

/// What the search's bounds rest on.
TEST(ContextParallel, MoreLoadNeverLowersALatency) {
  const auto tally = for_each_subject(divided(4), [](const Subject& s) {
    const auto w = usual_workload(*s.llm);
    const auto prefill = serving::prefill_cost(s.plan, s.typical, w);
    serving::Steady before;
    for (double b = 1; b < 3000; b += std::max(1.0, std::floor(b / 7))) {
      const auto at = serving::steady_state(s.plan, s.typical, w, prefill, 0, b);
      EXPECT_GE(at.tpot.base(), before.tpot.base() * (1 - kRounding)) << s.text() << " at " << b;
      EXPECT_GE(at.ttft.base(), before.ttft.base() * (1 - kRounding)) << s.text() << " at " << b;
      before = at;
      if (enough_failures()) return;
    }
    before = {};
    for (double input : {16., 1000., 8000., 16384., 60000., 70000., 200000., 1e6}) {
      auto longer = w;
      longer.input = input;
      const auto at = steady_of(s.plan, s.typical, longer, 4);
      EXPECT_GE(at.ttft.base(), before.ttft.base() * (1 - kRounding))
          << s.text() << " of " << input;
      before = at;
    }
  });
  EXPECT_GT(tally.seen, floor_of(500)) << tally.text();
}

TEST(ContextParallel, IsNeverFasterThanTheCeiling) {
  const auto tally = for_each_subject(divided(4), [](const Subject& s) {
    auto w = usual_workload(*s.llm);
    for (double input : {w.input, 200'000.0}) {
      w.input = input;
      const auto expected = steady_of(s.plan, s.typical, w, 7);
      const auto ceiling = steady_of(s.plan, s.ceiling, w, 7);
      EXPECT_GE(expected.ttft.base(), ceiling.ttft.base() * (1 - kRounding)) << s.text();
      EXPECT_GE(expected.tpot.base(), ceiling.tpot.base() * (1 - kRounding)) << s.text();
    }
  });
  EXPECT_GT(tally.seen, floor_of(500)) << tally.text();
}

}  // namespace
}  // namespace perfmodel::property
