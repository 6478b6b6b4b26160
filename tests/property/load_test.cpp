// What more load does: batch, context, input, and wider formats.
#include <gtest/gtest.h>

#include <algorithm>

#include "hall.hpp"

namespace perfmodel::property {
namespace {

/// Batches from one to all that memory holds.
std::vector<double> batches_up_to(double largest) {
  std::vector<double> r;
  for (double b = 1; b < largest; b = std::max(b + 1, std::floor(b * 1.5))) r.push_back(b);
  if (largest >= 1) r.push_back(largest);
  return r;
}

TEST(Batch, AtTheCeilingNeverLowersThroughput) {
  const auto tally = for_each_subject({}, [](const Subject& s) {
    const auto w = usual_workload(*s.llm);
    const auto prefill = serving::prefill_cost(s.plan, s.ceiling, w);
    Frequency rate{}, decode{};
    Time tpot{};
    for (double b : batches_up_to(serving::largest_batch(s.plan, s.ceiling, w))) {
      const auto at = serving::steady_state(s.plan, s.ceiling, w, prefill, 0, b);
      EXPECT_GE(at.output_rate.base(), rate.base() * (1 - kRounding)) << s.text() << " at " << b;
      EXPECT_GE(at.decode_only.base(), decode.base() * (1 - kRounding)) << s.text() << " at " << b;
      EXPECT_GE(at.tpot.base(), tpot.base() * (1 - kRounding)) << s.text() << " at " << b;
      rate = at.output_rate;
      decode = at.decode_only;
      tpot = at.tpot;
      if (enough_failures()) return;
    }
  });
  RecordProperty("tally", tally.text());
  EXPECT_GT(tally.seen, floor_of(30'000)) << tally.text();
}

TEST(Batch, ThatFitsIsTheLargest) {
  const auto tally = for_each_subject({}, [](const Subject& s) {
    const auto w = usual_workload(*s.llm);
    const double most = serving::largest_batch(s.plan, s.typical, w);
    EXPECT_EQ(most, std::floor(most)) << s.text();
    if (most >= 1) {
      EXPECT_TRUE(serving::memory_plan(s.plan, s.typical, w, most).fits()) << s.text();
    }
    EXPECT_FALSE(serving::memory_plan(s.plan, s.typical, w, most + 1).fits())
        << s.text() << ": " << most << " is not all that fits";
  });
  EXPECT_GT(tally.seen, floor_of(30'000)) << tally.text();
}

TEST(Context, NeverSpeedsADecodeStepUp) {
  const auto tally = for_each_subject({}, [](const Subject& s) {
    for (const auto* machine : {&s.typical, &s.ceiling}) {
      Time before{};
      for (double context = 16; context <= 65536; context *= 4) {
        ops::Pass p;
        p.sequences = p.logit_rows = 12;
        p.expert_rows = 12.0 * s.parallelism.dp;
        p.context_low = p.context_high = context;
        const auto t = phase::evaluate(s.plan, *machine, p).total;
        EXPECT_GE(t.base(), before.base() * (1 - kRounding))
            << s.text() << " with " << context << " tokens of context";
        before = t;
      }
    }
  });
  EXPECT_GT(tally.seen, floor_of(30'000)) << tally.text();
}

TEST(Input, ThatIsLongerNeverLowersTtft) {
  const auto tally = for_each_subject({}, [](const Subject& s) {
    for (const auto* machine : {&s.typical, &s.ceiling}) {
      serving::Steady before;
      for (double input : {16., 100., 128., 1000., 1024., 8000., 16384., 20000., 60000.}) {
        auto w = usual_workload(*s.llm);
        w.input = input;
        const auto at = steady_of(s.plan, *machine, w, 4);
        EXPECT_GE(at.ttft.base(), before.ttft.base() * (1 - kRounding))
            << s.text() << " with " << input << " tokens in";
        EXPECT_GE(at.prefill.base(), before.prefill.base() * (1 - kRounding))
            << s.text() << " with " << input << " tokens in";
        before = at;
        if (enough_failures()) return;
      }
    }
  });
  EXPECT_GT(tally.seen, floor_of(30'000)) << tally.text();
}

TEST(PrefixHit, NeverSlowsPrefillDown) {
  const auto tally = for_each_subject({.weights = {""}}, [](const Subject& s) {
    for (const auto* machine : {&s.typical, &s.ceiling}) {
      Time before = Time::infinity();
      for (double hit : {0.0, 0.25, 0.5, 0.9, 0.999}) {
        auto w = usual_workload(*s.llm);
        w.prefix_hit = hit;
        const auto t = serving::prefill_cost(s.plan, *machine, w).one;
        EXPECT_LE(t.base(), before.base() * (1 + kRounding)) << s.text() << " with hits of " << hit;
        before = t;
      }
    }
  });
  EXPECT_GT(tally.seen, floor_of(5'000)) << tally.text();
}

/// Memory of one device with `batch` sequences.
Bytes used(const Subject& s, const mapping::PrecisionRequest& request, double batch) {
  const auto precision = mapping::resolve(request, *s.llm, s.setup->chip);
  if (!precision) return {};
  const auto plan = phase::compile(*s.llm, s.parallelism, *precision, s.typical, 0);
  if (!plan) return {};
  return serving::memory_plan(*plan, s.typical, usual_workload(*s.llm), batch).used();
}

TEST(NarrowCache, NeverNeedsMoreMemory) {
  const auto tally = for_each_subject({}, [](const Subject& s) {
    mapping::PrecisionRequest wide, narrow;
    wide.kv = spec::Storage::bf16;
    narrow.kv = spec::Storage::fp8;
    for (double batch : {1.0, 64.0}) {
      EXPECT_LE(used(s, narrow, batch).base(), used(s, wide, batch).base()) << s.text();
    }
  });
  EXPECT_GT(tally.seen, floor_of(30'000)) << tally.text();
}

TEST(NarrowWeights, NeverNeedMoreMemory) {
  using spec::Storage;
  // A tensor that nobody can narrow keeps its own format, so only formats asked for are compared.
  const std::vector<Storage> wide = {Storage::fp32, Storage::bf16, Storage::fp8_block,
                                     Storage::fp8};
  const std::vector<Storage> narrow = {Storage::int4, Storage::mxfp4};
  const auto tally = for_each_subject({.weights = {""}}, [&](const Subject& s) {
    Bytes before = Bytes::infinity();
    // 4-bit formats leave the attention of a mixture of experts as released, so there they are not
    // the next step after 8 bits, but still no more than the model's own.
    auto all = wide;
    if (!s.llm->is_moe()) all.insert(all.end(), narrow.begin(), narrow.end());
    if (s.llm->is_moe() && spec::info(s.llm->native.experts).bits >= 8) {
      for (auto storage : narrow) {
        mapping::PrecisionRequest r;
        r.weights = storage;
        EXPECT_LE(used(s, r, 8).base(), used(s, {}, 8).base()) << s.text();
      }
    }
    for (auto storage : all) {
      mapping::PrecisionRequest r;
      r.weights = storage;
      const auto now = used(s, r, 8);
      if (now.base() <= 0) continue;
      EXPECT_LE(now.base(), before.base() * (1 + kRounding))
          << s.text() << ": " << spec::name_of(storage) << " needs more than the wider one";
      before = now;
    }
  });
  EXPECT_GT(tally.seen, floor_of(5'000)) << tally.text();
}

}  // namespace
}  // namespace perfmodel::property
