// What must hold for every operator, whatever its formula.
#include <cmath>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "ops/registry.hpp"
#include "unit/engine_support.hpp"

namespace perfmodel::ops {
namespace {

/// A pass with everything that depends on the number of sequences in step with it.
Pass pass_of(Phase phase, double sequences, double tokens, double context) {
  Pass p;
  p.phase = phase;
  p.sequences = sequences;
  p.tokens_per_sequence = tokens;
  p.causal_length = tokens;
  p.context_low = context;
  p.context_high = context;
  p.logit_rows = sequences;
  p.expert_rows = sequences * tokens;
  return p;
}

/// Every amount of a cost, by name.
struct Amount {
  const char* name;
  double value;
};
std::vector<Amount> amounts(const OpCost& c) {
  return {{"matrix", c.matrix.base()},
          {"vector", c.vector.base()},
          {"weights", c.weights.base()},
          {"kv", c.kv.base()},
          {"activations", c.activations.base()},
          {"message bytes", c.message.bytes.base()},
          {"message queries", c.message.queries.base()},
          {"message tokens", c.message.tokens},
          {"fanout", c.message.fanout},
          {"groups", c.groups},
          {"expert load", c.expert_load}};
}

class EveryOperator : public testing::TestWithParam<const OpKind*> {
 protected:
  const Op op_ = GetParam()->sample();
};

TEST_P(EveryOperator, DescribesItself) {
  EXPECT_FALSE(GetParam()->id.empty());
  EXPECT_FALSE(GetParam()->formula.empty());
  EXPECT_EQ(&op_.kind(), GetParam());
  EXPECT_FALSE(op_.name().empty());
  EXPECT_EQ(find_kind(GetParam()->id), GetParam());
}

TEST_P(EveryOperator, CostsSomethingFiniteAndNotNegative) {
  for (auto phase : {Phase::prefill, Phase::decode}) {
    for (double sequences : {1.0, 3.0, 1000.0}) {
      for (double tokens : {1.0, 4.0, 8192.0}) {
        for (double context : {0.0, 1.0, 127.0, 2048.0, 1e6}) {
          const auto c = op_.cost(pass_of(phase, sequences, tokens, context));
          double sum = 0;
          for (const auto& a : amounts(c)) {
            EXPECT_TRUE(std::isfinite(a.value)) << a.name;
            EXPECT_GE(a.value, 0.0) << a.name;
            sum += a.value;
          }
          EXPECT_GT(sum, 0.0);
          // A message or work, never both: they are timed by different formulas.
          const bool work = c.matrix.base() > 0 || c.vector.base() > 0 || c.bytes().base() > 0;
          EXPECT_NE(work, c.message.pattern != Pattern::none);
          EXPECT_GE(c.expert_ranks, 1.0);
        }
      }
    }
  }
}

TEST_P(EveryOperator, GrowsInStepWithTheSequences) {
  // Weights are read once whatever the batch; groups of experts saturate.
  const std::set<std::string> may_saturate = {"weights", "groups", "fanout"};
  const bool exchange = op_.cost(Pass{}).message.tokens > 0;
  for (auto phase : {Phase::prefill, Phase::decode}) {
    for (double sequences : {1.0, 5.0, 64.0, 512.0}) {
      const auto one = amounts(op_.cost(pass_of(phase, sequences, 3, 777)));
      const auto two = amounts(op_.cost(pass_of(phase, 2 * sequences, 3, 777)));
      for (std::size_t i = 0; i < one.size(); ++i) {
        const std::string name = one[i].name;
        const bool per_token = exchange && name == "message bytes";  // the payload of one token
        if (may_saturate.contains(name) || per_token) {
          EXPECT_GE(two[i].value, one[i].value * (1 - 1e-12)) << name;
          EXPECT_LE(two[i].value, 2 * one[i].value * (1 + 1e-12)) << name;
        } else {
          EXPECT_DOUBLE_EQ(two[i].value, 2 * one[i].value) << name;
        }
      }
    }
  }
}

TEST_P(EveryOperator, NeverCostsLessWithMoreContext) {
  for (auto phase : {Phase::prefill, Phase::decode}) {
    for (double tokens : {1.0, 3.0, 4096.0}) {
      auto before = amounts(op_.cost(pass_of(phase, 2, tokens, 0)));
      for (double context = 1; context < 2e6; context *= 1.7) {
        const auto now = amounts(op_.cost(pass_of(phase, 2, tokens, context)));
        for (std::size_t i = 0; i < now.size(); ++i)
          EXPECT_GE(now[i].value, before[i].value * (1 - 1e-12)) << now[i].name << " " << context;
        before = now;
      }
    }
  }
}

TEST_P(EveryOperator, SeesOnlyTheMeanOfLinearContext) {
  // Without a cap a batch spread over 500..1500 costs what one at 1000 does.
  auto spread = pass_of(Phase::decode, 8, 1, 1000);
  spread.context_low = 500;
  spread.context_high = 1500;
  const auto a = amounts(op_.cost(pass_of(Phase::decode, 8, 1, 1000)));
  const auto b = amounts(op_.cost(spread));
  const bool capped = op_.kind().id == "compressed_attention";
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (capped)
      EXPECT_LE(b[i].value, a[i].value * (1 + 1e-12)) << a[i].name;  // a cap is concave
    else
      EXPECT_DOUBLE_EQ(a[i].value, b[i].value) << a[i].name;
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, EveryOperator,
                         testing::ValuesIn(all_kinds().begin(), all_kinds().end()),
                         [](const auto& param) { return std::string(param.param->id); });

TEST(OpRegistry, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const auto* k : all_kinds()) EXPECT_TRUE(names.insert(k->id).second) << k->id;
  EXPECT_GE(names.size(), 16u);
  EXPECT_EQ(find_kind("no_such_operator"), nullptr);
}

}  // namespace
}  // namespace perfmodel::ops
