// The small transformers: against float64, step by step, and what their promises are worth.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "kernels/registry/sample.hpp"
#include "kernels/transformer/divergence.hpp"
#include "kernels/transformer/reference.hpp"
#include "kernels/transformer/transformer.hpp"
#include "sanitized.hpp"

namespace perfmodel::kernels {
namespace {

constexpr QuantSpec kBf16{Format::bf16, ScaleScheme::none};
constexpr QuantSpec kFp8{Format::e4m3, ScaleScheme::block_128x128, ScaleType::fp32};
constexpr QuantSpec kFp8PowersOfTwo{Format::e4m3, ScaleScheme::block_128x128, ScaleType::ue8m0};

Tier best_tier() {
  const auto tiers = gemm_tiers(kBf16, Format::bf16);
  return *choose_tier(tiers, "").tier;
}

std::shared_ptr<const TransformerWeights> weights_of(Architecture a, const QuantSpec& spec) {
  static std::map<std::string, std::shared_ptr<const TransformerWeights>> made;
  auto& w = made[std::string(name_of(a)) + name_of(spec)];
  if (w == nullptr)
    w = std::make_shared<TransformerWeights>(transformer_config(a, 1), spec, best_tier());
  return w;
}

std::vector<std::int32_t> some_tokens(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::int32_t> t(n);
  for (auto& x : t) x = static_cast<std::int32_t>(random.bits() >> 20 & 0xFF);
  return t;
}

struct Model {
  Architecture architecture;
  QuantSpec spec;
};

class Transformers : public testing::TestWithParam<Model> {
 protected:
  Team team_{1};
  const std::vector<std::int32_t> tokens_ = some_tokens(90, 4);

  std::shared_ptr<const TransformerWeights> weights() const {
    return weights_of(GetParam().architecture, GetParam().spec);
  }
  Transformer model(Format cache = Format::bf16, std::int64_t pages = 8) const {
    Transformer t(weights(), cache, pages);
    t.add_sequence();
    t.add_sequence();
    return t;
  }
  /// Tokens [from, to) into a sequence; logits of the last.
  std::vector<float> feed(Transformer& t, std::int64_t sequence, std::size_t from, std::size_t to) {
    return feed(t, sequence, from, to, team_);
  }
  std::vector<float> feed(Transformer& t, std::int64_t sequence, std::size_t from, std::size_t to,
                          Team& team) const {
    const Chunk chunk{sequence, std::span(tokens_).subspan(from, to - from)};
    const auto logits = t.step({&chunk, 1}, {best_tier(), team});
    return {logits.begin(), logits.end()};
  }
  /// Reference logits after tokens [0, n), for each of the last `rows`.
  std::vector<double> expected(ReferenceTransformer& reference, const Transformer& t,
                               std::int64_t sequence, std::size_t n, std::size_t rows) const {
    const auto experts = t.experts(sequence);
    const std::size_t each = experts.size() / static_cast<std::size_t>(t.length(sequence));
    std::vector<double> all;
    reference.restart();
    for (std::size_t i = 0; i < n; ++i) {
      const auto logits = reference.next(tokens_[i], experts.subspan(i * each, each));
      if (i + rows >= n) all.insert(all.end(), logits.begin(), logits.end());
    }
    return all;
  }
};

INSTANTIATE_TEST_SUITE_P(
    All, Transformers,
    testing::Values(Model{Architecture::dense, kBf16}, Model{Architecture::dense, kFp8},
                    Model{Architecture::dense, kFp8PowersOfTwo},
                    Model{Architecture::mla_moe, kBf16}, Model{Architecture::mla_moe, kFp8},
                    Model{Architecture::mla_moe, kFp8PowersOfTwo}),
    [](const auto& p) {
      std::string name = std::string(name_of(p.param.architecture)) + "_" + name_of(p.param.spec);
      for (char& c : name) c = std::isalnum(c) != 0 ? c : '_';
      return name;
    });

/// Roundings of activations to BF16, some ten per layer of 2^-9 / sqrt(3) each, add up at random to
/// about 0.5 % of the logits after two layers; twice that is the bound.
constexpr double kBf16Activations = 0.01;

TEST_P(Transformers, PrefillAndDecodeFollowFloat64OnTheSameWeights) {
  auto t = model();
  std::vector<float> logits = feed(t, 0, 0, 70);
  for (std::size_t i = 70; i < 78; ++i) {
    const auto next = feed(t, 0, i, i + 1);
    logits.insert(logits.end(), next.begin(), next.end());
  }
  ReferenceTransformer reference(t.config(), GetParam().spec);
  const auto expected_logits = expected(reference, t, 0, 78, 9);
  const auto d = logit_divergence(expected_logits, logits, t.config().vocabulary);
  RecordProperty("relative_rms", std::to_string(d.relative_rms));
  RecordProperty("max_kl", std::to_string(d.max_kl));
  EXPECT_LT(d.relative_rms, kBf16Activations);
  EXPECT_GT(d.relative_rms, 1e-5) << "BF16 activations cannot be that exact";
  // Where the router's choice is not the reference's own, rounding must explain it.
  EXPECT_LT(reference.largest_shortfall(), 0.05);
}

TEST_P(Transformers, ChunkedPrefillGivesTheBitsOfTheWhole) {
  auto t = model();
  const auto whole = feed(t, 0, 0, 70);
  for (const std::size_t first : {std::size_t{2}, std::size_t{33}, std::size_t{64}}) {
    feed(t, 1, 0, first);
    EXPECT_EQ(feed(t, 1, first, 70), whole) << first;
    t.truncate(1, 0);
  }
}

TEST_P(Transformers, DecodeAfterPrefillIsPrefillOfMore) {
  auto t = model();
  feed(t, 0, 0, 69);
  const auto decoded = feed(t, 0, 69, 70), prefilled = feed(t, 1, 0, 70);
  const std::vector<double> as_double(prefilled.begin(), prefilled.end());
  // Two orders of FP32 sums: they differ by less than BF16 does, but a sum may round to the other
  // neighbour in BF16.
  const auto d = logit_divergence(as_double, decoded, t.config().vocabulary);
  EXPECT_LT(d.relative_rms, kBf16Activations);
  EXPECT_LT(d.max_kl, 1e-3);
}

TEST_P(Transformers, TheNumberOfThreadsDoesNotChangeABit) {
  Team three(3);
  auto a = model(), b = model();
  EXPECT_EQ(feed(a, 0, 0, 40), feed(b, 0, 0, 40, three));
  EXPECT_EQ(feed(a, 0, 40, 41), feed(b, 0, 40, 41, three));
  EXPECT_EQ(feed(a, 0, 41, 48), feed(b, 0, 41, 48, three));
}

TEST_P(Transformers, OtherSequencesInTheStepDoNotMatter) {
  auto alone = model(), together = model();
  const auto first = feed(alone, 0, 0, 20), second = feed(alone, 1, 5, 40);
  const std::span all(tokens_);
  const Chunk chunks[] = {{0, all.first(20)}, {1, all.subspan(5, 35)}};
  auto both = together.step(chunks, {best_tier(), team_});
  const auto v = static_cast<std::size_t>(alone.config().vocabulary);
  EXPECT_EQ(std::vector<float>(both.begin(), both.begin() + static_cast<std::ptrdiff_t>(v)), first);
  EXPECT_EQ(std::vector<float>(both.begin() + static_cast<std::ptrdiff_t>(v), both.end()), second);
  // Decode, with another partner: the same kernels for two tokens, whichever the other is.
  const Chunk one[] = {{1, all.subspan(40, 1)}, {0, all.subspan(20, 1)}};
  const Chunk other[] = {{1, all.subspan(40, 1)}, {0, all.subspan(77, 1)}};
  both = together.step(one, {best_tier(), team_});
  const auto logits = alone.step(other, {best_tier(), team_});
  EXPECT_TRUE(
      std::equal(both.begin(), both.begin() + static_cast<std::ptrdiff_t>(v), logits.begin()));
  EXPECT_FALSE(std::equal(both.begin(), both.end(), logits.begin()));
}

TEST_P(Transformers, AFp8CacheCostsSomeButNotMuch) {
  auto exact = model(), fp8 = model(Format::e4m3);
  feed(exact, 0, 0, 69);
  feed(fp8, 0, 0, 69);
  const auto a = feed(exact, 0, 69, 70), b = feed(fp8, 0, 69, 70);
  const auto d =
      logit_divergence(std::vector<double>(a.begin(), a.end()), b, exact.config().vocabulary);
  EXPECT_GT(d.relative_rms, 1e-4);
  EXPECT_LT(d.relative_rms, 0.1);
}

TEST(StepCalls, ADescriptorNamesTheListOfItsSteps) {
  for (const char* name : {"transformer/dense/bf16", "transformer/mla_moe/e4m3"}) {
    const auto* d = descriptor_named(name);
    ASSERT_NE(d, nullptr);
    const Shape shape{2, 9, 3, 1};
    const auto calls = step_calls(name, shape);
    ASSERT_FALSE(calls.empty()) << name;
    EXPECT_EQ(cost_of(calls).flops.base(), d->cost(shape).flops.base());
  }
  EXPECT_TRUE(step_calls("gemm/bf16/bf16", {1, 1, 1, 1}).empty());
}

TEST_P(Transformers, TheListOfKernelsIsThatOfTheStep) {
  auto t = model();
  const auto& config = t.config();
  const auto compare = [&](std::vector<ChunkSize> sizes, const char* what) {
    const auto planned = step_calls(config, GetParam().spec, Format::bf16, sizes);
    ASSERT_EQ(planned.size(), t.calls().size()) << what;
    for (std::size_t i = 0; i < planned.size(); ++i) {
      const KernelCall &p = planned[i], &c = t.calls()[i];
      EXPECT_EQ(p.name, c.name) << what;
      EXPECT_NE(descriptor_named(c.name), nullptr) << c.name;
      EXPECT_EQ(p.count, c.count) << what << ' ' << p.name;
      EXPECT_EQ(to_string(p.shape), to_string(c.shape)) << what << ' ' << p.name;
    }
  };
  feed(t, 0, 0, 70);
  compare({{0, 70}}, "prefill");
  feed(t, 0, 70, 80);
  compare({{70, 10}}, "chunk");
  feed(t, 0, 80, 81);
  compare({{80, 1}}, "decode of one");
  EXPECT_GT(cost_of(t.calls()).flops.base(), 0.0);
}

TEST_P(Transformers, TheCostOfAStepIsAboutThatOfItsMatrices) {
  const auto config = transformer_config(GetParam().architecture, 8);
  const auto bytes_per_parameter = GetParam().spec.format == Format::bf16 ? 2.0 : 1.0;
  const ChunkSize decode[] = {{1024, 1}}, prefill[] = {{0, 512}};
  const Cost one = cost_of(step_calls(config, GetParam().spec, Format::bf16, decode));
  const Cost many = cost_of(step_calls(config, GetParam().spec, Format::bf16, prefill));
  const auto parameters = static_cast<double>(config.parameters());
  EXPECT_GT(one.memory.base(), 0.1 * parameters * bytes_per_parameter);
  EXPECT_LT(one.memory.base(), 1.5 * parameters * bytes_per_parameter);
  // Two operations per parameter and token that are used, and some attention.
  EXPECT_GT(many.flops.base(), 2.0 * 512.0 * 0.2 * parameters);
  EXPECT_LT(many.flops.base(), 2.0 * 512.0 * 1.2 * parameters);
}

TEST_P(Transformers, TruncatedSequencesGoOnAsIfNothingHadBeen) {
  auto t = model();
  feed(t, 0, 0, 40);
  const auto first = feed(t, 0, 40, 50);
  feed(t, 0, 50, 90);
  t.truncate(0, 40);
  EXPECT_EQ(t.length(0), 40);
  EXPECT_EQ(feed(t, 0, 40, 50), first);
  // Nothing is lost on the way: the pages suffice again and again.
  for (int i = 0; i < 20; ++i) {
    t.truncate(0, 0);
    feed(t, 0, 0, 80);
  }
}

TEST_P(Transformers, RefusesWhatDoesNotFitAndChangesNothing) {
  auto t = model(Format::bf16, 2);
  const auto before = feed(t, 0, 0, 40);
  const Exec exec{best_tier(), team_};
  const std::vector<std::int32_t> beyond{3, 256};
  const std::span some(tokens_);
  const auto refused = [&](const std::vector<Chunk>& chunks) {
    EXPECT_THROW(t.step(chunks, exec), std::invalid_argument);
  };
  refused({});
  refused({{0, {}}});
  refused({{0, beyond}});
  refused({{2, some.first(3)}});
  refused({{1, some.first(3)}, {1, some.first(3)}});
  refused({{1, some.first(70)}});  // two pages, one is free
  const Tier other = best_tier() == Tier::scalar ? Tier::portable : Tier::scalar;
  EXPECT_THROW(t.step(std::vector<Chunk>{{0, some.first(3)}}, {other, team_}),
               std::invalid_argument);
  EXPECT_THROW(t.truncate(0, 41), std::invalid_argument);
  EXPECT_EQ(t.length(0), 40);
  feed(t, 1, 0, 64);
  t.truncate(1, 0);
  EXPECT_EQ(feed(t, 1, 0, 40), before);
}

/// What the format costs beside what BF16 does: the reference has the weights as they were.
TEST(TransformerFormats, Fp8DivergesMoreThanBf16AndWithinReason) {
  Team team(1);
  const auto tokens = some_tokens(48, 4);
  for (const Architecture a : {Architecture::dense, Architecture::mla_moe}) {
    ReferenceTransformer reference(transformer_config(a, 1), std::nullopt);
    std::vector<double> exact;
    for (const std::int32_t t : tokens) {
      const auto logits = reference.next(t);
      exact.insert(exact.end(), logits.begin(), logits.end());
    }
    std::vector<LogitDivergence> found;
    for (const QuantSpec& spec : {kBf16, kFp8, kFp8PowersOfTwo}) {
      Transformer t(weights_of(a, spec), Format::bf16, 1);
      t.add_sequence();
      std::vector<float> logits;
      for (std::size_t i = 0; i < tokens.size(); ++i) {
        const Chunk chunk{0, std::span(tokens).subspan(i, 1)};
        const auto next = t.step({&chunk, 1}, {best_tier(), team});
        logits.insert(logits.end(), next.begin(), next.end());
      }
      found.push_back(logit_divergence(exact, logits, t.config().vocabulary));
      const std::string name = std::string(name_of(a)) + "_" + name_of(spec);
      RecordProperty(name + "_mean_kl", std::to_string(found.back().mean_kl));
      RecordProperty(name + "_max_difference", std::to_string(found.back().max_difference));
    }
    for (std::size_t fp8 = 1; fp8 < found.size(); ++fp8) {
      EXPECT_GT(found[fp8].mean_kl, 3.0 * found[0].mean_kl) << name_of(a);
      // E4M3 rounds each weight by 2^-4 / sqrt(3) at most, about 2.5 % on the mean; over two layers
      // that makes some 5 % of the logits, and the square of it, halved, as KL.
      EXPECT_LT(found[fp8].relative_rms, 0.15) << name_of(a);
      EXPECT_LT(found[fp8].mean_kl, 0.02) << name_of(a);
    }
  }
}

/// Of the benchmarked models what decides the size of the errors, their layers and their number of
/// logits, at the small one's width: the matrices of the large ones take ten seconds to make.
TEST(TransformerErrors, OfTheBenchmarkedDepthStayWithinTheStatedBound) {
  if (kSanitized) GTEST_SKIP() << "for the numbers of the plain build";
  Team team(1);
  const Exec exec{best_tier(), team};
  for (const auto& [a, spec] :
       {std::pair{Architecture::dense, kFp8}, std::pair{Architecture::mla_moe, kBf16}}) {
    TransformerConfig config = transformer_config(a, 1);
    config.layers = transformer_config(a, 8).layers;
    config.vocabulary = transformer_config(a, 8).vocabulary;
    const auto* d = descriptor_named("transformer/" + std::string(name_of(a)) + "/" +
                                     std::string(name_of(spec.format)));
    ASSERT_NE(d, nullptr);
    Transformer t(std::make_shared<TransformerWeights>(config, spec, best_tier()), Format::bf16, 1);
    t.add_sequence();
    ReferenceTransformer reference(config, spec);
    // Single tokens of a short sequence, then of another: 2 x 3 steps.
    for (const std::uint64_t seed : {std::uint64_t{11}, std::uint64_t{12}}) {
      t.truncate(0, 0);
      reference.restart();
      for (const auto token : some_tokens(3, seed)) {
        const Chunk chunk{0, {&token, 1}};
        const auto logits = t.step({&chunk, 1}, exec);
        const auto experts = t.experts(0);
        const auto each = experts.size() / static_cast<std::size_t>(t.length(0));
        const auto expected = reference.next(token, experts.last(each));
        double squares = 0.0;
        for (const double v : expected) squares += v * v;
        const auto found = logit_divergence(expected, logits, config.vocabulary);
        const double rms = std::sqrt(squares / static_cast<double>(expected.size()));
        EXPECT_LE(found.max_difference / rms, d->max_error) << d->name;
        // 80 roundings at random, and the little more that so narrow a model varies.
        EXPECT_LT(found.relative_rms, 1.2 * std::sqrt(80.0 / 3.0) * 0x1p-9) << d->name;
        EXPECT_GT(found.relative_rms, 0.002) << d->name;
      }
    }
  }
}

TEST(LogitDivergence, OfKnownDistributions) {
  const std::vector<double> p{std::log(0.5), std::log(0.25), std::log(0.25), 0.0, 0.0, 0.0};
  const std::vector<float> same{1.0F, 1.0F - std::log(2.0F), 1.0F - std::log(2.0F), 5.0F, 5.0F,
                                5.0F};
  auto d = logit_divergence(p, same, 3);
  EXPECT_NEAR(d.max_kl, 0.0, 1e-6) << "a constant added to all logits changes no probability";
  EXPECT_NEAR(d.max_difference, 5.0, 1e-6);
  const std::vector<float> other{
      std::log(0.25F), std::log(0.5F), std::log(0.25F), 0.0F, 0.0F, 0.0F};
  d = logit_divergence(p, other, 3);
  // 0.5 ln 2 - 0.25 ln 2
  EXPECT_NEAR(d.max_kl, 0.25 * std::log(2.0), 1e-6);
  EXPECT_NEAR(d.mean_kl, 0.125 * std::log(2.0), 1e-6);
  EXPECT_EQ(d.same_top, 0.5);
  EXPECT_THROW(logit_divergence(p, other, 4), std::invalid_argument);
  EXPECT_THROW(logit_divergence({}, {}, 3), std::invalid_argument);
}

TEST(TransformerConfigs, AreOfTheirSizeAndCheckTheirDimensions) {
  for (const Architecture a : {Architecture::dense, Architecture::mla_moe}) {
    EXPECT_LT(transformer_config(a, 1).parameters(), 3000000);
    const auto large = transformer_config(a, 8).parameters();
    EXPECT_TRUE(large > 100000000 && large < 300000000) << large;
    EXPECT_THROW(transformer_config(a, 2), std::invalid_argument);
  }
  TransformerConfig c;
  c.hidden = 100;
  EXPECT_THROW(c.check(), std::invalid_argument);
  c = {};
  c.kv_heads = 3;
  EXPECT_THROW(c.check(), std::invalid_argument);
  c = transformer_config(Architecture::mla_moe, 1);
  c.experts_per_token = 7;
  EXPECT_THROW(c.check(), std::invalid_argument);
  EXPECT_THROW(cost_of({{"no/such", {}, 1}}), std::invalid_argument);
}

TEST(TransformerConfigs, ExpectedNumberOfExperts) {
  const auto c = transformer_config(Architecture::mla_moe, 8);  // 4 of 16
  EXPECT_EQ(expected_experts(c, 1), 4);
  EXPECT_EQ(expected_experts(c, 1000), 16);
  EXPECT_EQ(expected_experts(c, 2), 7);
}

}  // namespace
}  // namespace perfmodel::kernels
