// Total effects, chips of one name, and how an answer follows single figures.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "cli/estimate.hpp"
#include "uncertainty/intervals.hpp"
#include "unit/answer_case.hpp"

namespace perfmodel::uncertainty {
namespace {

using test::catalog;

/// Llama-3.1-8B without software losses, so that nothing is unknown but what a test says.
struct EffectCase : test::AnswerCase {
  EffectCase() {
    stack = catalog().stack("ceiling");
    llm = catalog().llm("llama-3.1-8b");
    know_hardware();
    family = {};
    family.tile_m = family.tile_n = 1;
  }
};

std::vector<std::string> keys_of(const std::vector<Swing>& all) {
  std::vector<std::string> keys;
  for (const auto& s : all) keys.push_back(s.key);
  return keys;
}

std::vector<Effect> effects_of(const EffectCase& c, std::size_t n, unsigned threads = 0) {
  return c.use([&](const Answer& a) {
    return effects(a, {n, 1, {}, threads}, Metric::output_rate, keys_of(swings(a)));
  });
}

TEST(Effects, OneUnknownIsAllOfTheVariance) {
  EffectCase c;
  auto& bandwidth = *c.chip.memory_bandwidth;
  bandwidth.low = bandwidth.value / 1.5;
  bandwidth.high = bandwidth.value * 1.5;
  const auto all = effects_of(c, 2048);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_NEAR(all[0].first, 1, 0.06);
  EXPECT_NEAR(all[0].total, 1, 0.06);
}

TEST(Effects, TotalsAreNotLessThanFirstOrder) {
  EffectCase c;
  auto& bandwidth = *c.chip.memory_bandwidth;
  bandwidth.low = bandwidth.value / 2;
  auto& peak = *c.chip.matrix[spec::index(spec::Compute::bf16)];
  peak.low = peak.value / 8;
  const auto all = effects_of(c, 2048);
  ASSERT_EQ(all.size(), 2u);
  double first = 0;
  double total = 0;
  for (const auto& e : all) {
    EXPECT_GT(e.first, 0.02) << e.key;
    EXPECT_GT(e.total, e.first - 0.05) << e.key;
    first += e.first;
    total += e.total;
  }
  // First orders leave out what two do together, totals count it twice.
  EXPECT_LT(first, 1.05);
  EXPECT_GT(total, 0.95);
}

TEST(Effects, AreTheSameForAnyNumberOfThreads) {
  EffectCase c;
  c.chip.memory_bandwidth->low = c.chip.memory_bandwidth->value / 2;
  const auto one = effects_of(c, 512, 1);
  const auto three = effects_of(c, 512, 3);
  ASSERT_EQ(one.size(), three.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].first, three[i].first);
    EXPECT_EQ(one[i].total, three[i].total);
  }
}

/// The chip, or with a chance of three in ten one of half the memory bandwidth.
EffectCase two_bins() {
  EffectCase c;
  search::OtherBin slow{c.chip, {}};
  slow.chip.id = "slow";
  for (auto* q : {&slow.chip.memory_bandwidth->value, &slow.chip.memory_bandwidth->low,
                  &slow.chip.memory_bandwidth->high})
    *q /= 2.0;
  slow.share.value = Count::from_base(0.3);
  slow.share.origin.file = "configs/chips/h200.yaml";
  c.bins.push_back(slow);
  return c;
}

TEST(Bins, AreDrawnByTheirSharesAndAsWholes) {
  const auto c = two_bins();
  const auto drawn = c.use([](const Answer& a) { return sample(a, {1000, 1}); });
  ASSERT_EQ(drawn.bin.size(), 1000u);
  EXPECT_EQ(std::count(drawn.bin.begin(), drawn.bin.end(), 1), 300);
  // What the answer is on the other chip, worked out by itself.
  auto other = c;
  other.chip = c.bins[0].chip;
  other.bins.clear();
  const auto rate = [](const Answer& a) { return a.deployment.output_rate().base(); };
  const double ratio = std::log(other.use(rate) / c.use(rate));
  ASSERT_LT(ratio, -0.2);
  const auto& x = drawn.log_ratio[index(Metric::output_rate)];
  for (std::size_t i = 0; i < x.size(); ++i)
    EXPECT_NEAR(x[i], drawn.bin[i] == 1 ? ratio : 0, 1e-9) << i;
  EXPECT_NEAR(std::log(intervals(drawn, 1)[index(Metric::output_rate)].p50), ratio, 1e-9);
}

TEST(Bins, SwingFromTheSlowestToTheFastest) {
  const auto c = two_bins();
  const auto all = c.use([](const Answer& a) { return swings(a); });
  const auto choice =
      std::find_if(all.begin(), all.end(), [](const Swing& s) { return s.path == "chip.bins"; });
  ASSERT_NE(choice, all.end());
  constexpr auto kRate = index(Metric::output_rate);
  EXPECT_LT(choice->at_low[kRate], -0.2);
  EXPECT_EQ(choice->at_high[kRate], 0);
  EXPECT_NEAR(choice->deviation[kRate], std::sqrt(0.3 * 0.7) * -choice->at_low[kRate], 1e-12);
}

TEST(Bins, KnownChipIsNotDrawn) {
  const auto c = two_bins();
  const auto drawn = c.use([](const Answer& a) { return sample(a, {64, 1, "chip.bins"}); });
  EXPECT_EQ(std::count(drawn.bin.begin(), drawn.bin.end(), 1), 0);
}

/// A system that is named settles which chip it is; the chip alone does not.
TEST(Bins, AreAskedForByTheChipAlone) {
  const auto bins = [](const char* chip, const char* system) {
    cli::EstimateArguments w;
    w.chip = chip;
    w.system = system;
    w.samples = 64;
    w.nearest = 0;
    w.no_compare = true;
    return cli::run_estimate(catalog(), cli::check_arguments(w)).record.bins;
  };
  const auto two = bins("ascend910c", "");
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].chip, "ascend910c");
  EXPECT_EQ(two[1].chip, "ascend910c-560");
  EXPECT_LT(two[1].p50, two[0].p50);
  EXPECT_TRUE(bins("", "cloudmatrix384").empty());
  EXPECT_TRUE(bins("ascend910c", "cloudmatrix384").empty());
  EXPECT_TRUE(bins("ascend910c-560", "").empty());
}

TEST(Pulls, OfWhatBindsAreOne) {
  EffectCase c;
  // Alone on a chip whose arithmetic costs nothing, a step is the bytes over the bandwidth.
  for (auto& p : c.chip.matrix)
    if (p) p->value *= 1e6;
  c.chip.vector_fp32.reset();
  c.chip.vector_fp16.reset();
  const auto all = c.use([](const Answer& a) { return pulls(a); });
  const auto of = [&](const std::string& path) {
    const auto at = std::find_if(all.begin(), all.end(),
                                 [&](const Pull& p) { return p.key.starts_with(path + " "); });
    EXPECT_NE(at, all.end()) << path;
    return at == all.end() ? Pull{} : *at;
  };
  const auto bandwidth = of("chip.memory.bandwidth");
  EXPECT_NEAR(bandwidth.elasticity[index(Metric::decode_step)], -1, 0.01);
  EXPECT_NEAR(bandwidth.elasticity[index(Metric::output_rate)], 1, 0.02);
  EXPECT_FALSE(of("chip.matrix.int8").moves);
  const auto capacity = of("chip.memory.capacity");
  EXPECT_FALSE(capacity.moves);
  EXPECT_TRUE(capacity.room);
}

}  // namespace
}  // namespace perfmodel::uncertainty
