// What a comparison rests on: attribution, exchange of parts, crossings.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "cli/setup.hpp"
#include "engine_support.hpp"
#include "search/attribution.hpp"
#include "search/crossover.hpp"
#include "search/exchange.hpp"

namespace perfmodel::search {
namespace {

using test::catalog;
using Value = std::optional<double>;

double sum(const std::vector<double>& v) {
  return std::accumulate(v.begin(), v.end(), 0.0);
}

TEST(Attribution, SharesAnInteractionEvenlyAndAddsUp) {
  // By hand: 0 alone adds 1, 1 alone adds 2, both add 7, so each gets its own and half of the 4.
  const auto a = attribute(2, [](std::size_t made) -> Value {
    constexpr double v[] = {10, 11, 12, 17};
    return v[made];
  });
  ASSERT_TRUE(a);
  EXPECT_DOUBLE_EQ(a->parts[0], 3);
  EXPECT_DOUBLE_EQ(a->parts[1], 4);
  EXPECT_EQ(a->orders, 2);
  EXPECT_EQ(a->possible, 2);
}

TEST(Attribution, CountsOnlyOrdersWhoseStatesHaveAValue) {
  // Change 0 alone is impossible: only 1 then 0 is left, and each gets what it adds there.
  const auto a = attribute(2, [](std::size_t made) -> Value {
    if (made == 1) return std::nullopt;
    return made == 0 ? 0.0 : made == 2 ? 5.0 : 6.0;
  });
  ASSERT_TRUE(a);
  EXPECT_DOUBLE_EQ(a->parts[0], 1);
  EXPECT_DOUBLE_EQ(a->parts[1], 5);
  EXPECT_EQ(a->orders, 1);
}

TEST(Attribution, IsEmptyWithoutAnOrderOrAnEnd) {
  const auto without = [](std::size_t missing, std::size_t also) {
    return attribute(2, [=](std::size_t made) -> Value {
      if (made == missing || made == also) return std::nullopt;
      return 1.0;
    });
  };
  EXPECT_FALSE(without(0, 0));
  EXPECT_FALSE(without(3, 3));
  EXPECT_FALSE(without(1, 2));
  EXPECT_TRUE(without(1, 1));
}

TEST(Attribution, HasTheValuesOfAnyGame) {
  // A game with interactions of all degrees: adds up, is reversed with the ends exchanged, gives
  // nothing to the last change, which never matters, and the same to the first two, which are
  // alike.
  constexpr std::size_t n = 6;
  const auto value = [](std::size_t made) -> Value {
    const auto alike = static_cast<double>((made & 1U) + (made >> 1 & 1U));
    const auto rest = static_cast<double>(made >> 2 & 7U);
    return alike * alike * 0.5 + std::sqrt(rest + 1.0) * (1.0 + alike);
  };
  const auto a = attribute(n, value);
  const auto back = attribute(n, [&](std::size_t made) { return value(made ^ 63U); });
  ASSERT_TRUE(a && back);
  EXPECT_EQ(a->orders, 720);
  EXPECT_NEAR(sum(a->parts), *value(63) - *value(0), 1e-12);
  for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(a->parts[i], -back->parts[i], 1e-12);
  EXPECT_NEAR(a->parts[0], a->parts[1], 1e-12);
  EXPECT_NEAR(a->parts[5], 0, 1e-12);
}

TEST(Attribution, NothingToChangeIsNoDifference) {
  const auto a = attribute(0, [](std::size_t) -> Value { return 3.0; });
  ASSERT_TRUE(a);
  EXPECT_TRUE(a->parts.empty());
}

Place place(const std::string& system) {
  const auto s = cli::load_comparison(catalog(), "", system, true);
  return {s.chip, s.system, s.family, s.systems, catalog().stack("typical")};
}

constexpr std::size_t kAll = (std::size_t{1} << kParts) - 1;

std::optional<Frequency> output(const Place& p) {
  cli::EstimateOptions o;
  o.words.llm = "llama-3.1-8b";
  static const auto question = cli::load_question(catalog(), o);
  cli::Setup setup;
  setup.chip = p.chip;
  setup.system = p.system;
  setup.family = p.family;
  setup.systems = p.systems;
  const auto d = cli::solve(setup, question, {}, question.request);
  if (!d) return std::nullopt;
  return d->output_rate();
}

/// Any system, exchanged in no part or in all, is one end or the other to the engine.
TEST(Exchange, OfNothingOrEverythingIsOneOfTheTwo) {
  const auto base = place("hgx-h200");
  const auto of_base = output(base);
  std::size_t seen = 0;
  for (const auto& id : catalog().ids(*cli::find_kind("system"))) {
    if (catalog().system(id).chip == "any") continue;
    const auto other = place(id);
    const auto rate = output(other);
    if (!sixteen_bit_rate(other.chip) || !rate) continue;
    const auto none = exchanged(other, base, 0);
    const auto all = exchanged(base, other, kAll);
    ASSERT_TRUE(none && all) << id;
    EXPECT_EQ(output(*none), rate) << id;
    EXPECT_EQ(output(*all), rate) << id;
    // Parts that do not differ may be exchanged or not.
    const auto rest = exchanged(base, other, differing(base, other));
    ASSERT_TRUE(rest) << id;
    EXPECT_EQ(output(*rest), rate) << id;
    ++seen;
  }
  EXPECT_GE(seen, 20u);
  EXPECT_EQ(differing(base, base), 0u);
  EXPECT_TRUE(of_base);
}

TEST(Exchange, TakesEachPartFromWhereItIsAsked) {
  const auto a = place("cloudmatrix384");
  const auto b = place("hgx-h200");
  EXPECT_EQ(differing(a, b), kAll);
  const auto with = [&](Part p) { return exchanged(a, b, bit(p)).value(); };
  EXPECT_EQ(with(Part::bandwidth).chip.memory_bandwidth->value, b.chip.memory_bandwidth->value);
  EXPECT_EQ(with(Part::bandwidth).chip.memory_capacity->value, a.chip.memory_capacity->value);
  EXPECT_EQ(with(Part::capacity).chip.memory_capacity->value, b.chip.memory_capacity->value);
  EXPECT_EQ(with(Part::software).family.id, "hopper");
  EXPECT_EQ(with(Part::links).chip.devices, 1);
  EXPECT_EQ(with(Part::chips).chips(), 8);
  // Compute moves all types by the ratio in 16 bits; formats move their ratios to it, not the
  // speed.
  const double speed = sixteen_bit_rate(b.chip)->value / sixteen_bit_rate(a.chip)->value;
  const auto fast = with(Part::compute).chip;
  EXPECT_FALSE(fast.peak(spec::Compute::fp8));
  EXPECT_DOUBLE_EQ(fast.peak(spec::Compute::int8)->value / a.chip.peak(spec::Compute::int8)->value,
                   speed);
  const auto typed = with(Part::formats).chip;
  ASSERT_TRUE(typed.peak(spec::Compute::fp8));
  EXPECT_NEAR(sixteen_bit_rate(typed)->value / sixteen_bit_rate(a.chip)->value, 1, 1e-12);
  EXPECT_NEAR(typed.peak(spec::Compute::fp8)->value / sixteen_bit_rate(typed)->value,
              b.chip.peak(spec::Compute::fp8)->value / sixteen_bit_rate(b.chip)->value, 1e-12);
}

TEST(Exchange, MoreChipsThanTheLinksReachAreJoinedByTheirNetworkOrNotAtAll) {
  const auto many = place("cloudmatrix384");
  auto few = place("hgx-h200");
  const auto joined = exchanged(many, few, bit(Part::links)).value();
  EXPECT_EQ(joined.chips(), 384);
  EXPECT_EQ(joined.system.tiers.back().extent, 384);
  EXPECT_EQ(joined.system.tiers.back().bandwidth->value, few.system.scale_out->bandwidth->value);
  few.system.scale_out.reset();
  EXPECT_FALSE(exchanged(many, few, bit(Part::links)));
  EXPECT_TRUE(exchanged(many, few, bit(Part::links) | bit(Part::chips)));
  // Without a 16-bit rate nothing says how fast the other's formats would be.
  auto unknown = few;
  unknown.chip.matrix = {};
  EXPECT_FALSE(exchanged(many, unknown, bit(Part::formats)));
}

Frequency hz(double v) {
  return Frequency::from_base(v);
}
/// A rate that falls as `scale / x^power`, kept up to `limit`.
RateCurve falling(double scale, double power, double limit) {
  return rate_curve(
      [=](Frequency f) -> std::optional<Frequency> {
        if (f.base() > limit) return std::nullopt;
        return hz(scale / std::pow(f.base(), power));
      },
      hz(1), hz(1000), 12);
}

TEST(Crossings, AreWhereTheCurvesMeet) {
  // 1000 / x and 100 / sqrt(x) meet at x = 100.
  const auto steep = falling(1000, 1.0, 1e9);
  const auto flat = falling(100, 0.5, 1e9);
  const auto found = crossings(steep, flat);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NEAR(found[0].at.base(), 100, 1);
  EXPECT_FALSE(found[0].first);
  EXPECT_FALSE(found[0].by_reach);
  const auto mirrored = crossings(flat, steep);
  ASSERT_EQ(mirrored.size(), 1u);
  EXPECT_TRUE(mirrored[0].first);
  EXPECT_TRUE(crossings(steep, steep).empty());
}

TEST(Crossings, TheOneThatCannotKeepItAnyMoreIsOvertaken) {
  const auto strong = falling(1000, 0.5, 70);
  const auto weak = falling(100, 0.5, 300);
  EXPECT_NEAR(reach(strong)->base(), 70, 0.5);
  EXPECT_NEAR(reach(weak)->base(), 300, 2);
  EXPECT_EQ(reach(falling(1, 1, 1e9))->base(), 1000);
  EXPECT_FALSE(reach(falling(1, 1, 0.5)));
  const auto found = crossings(strong, weak);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NEAR(found[0].at.base(), 70, 0.5);
  EXPECT_TRUE(found[0].by_reach);
  EXPECT_FALSE(found[0].first);
}

TEST(Crossings, LeadsBelowAPercentAreDraws) {
  const auto even = falling(1000, 0.5, 1e9);
  const auto close = falling(1005, 0.5, 1e9);
  EXPECT_TRUE(crossings(even, close).empty());
}

}  // namespace
}  // namespace perfmodel::search
