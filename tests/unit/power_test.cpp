// Power, energy and cost against figures worked out by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "calibrate/power_fit.hpp"
#include "engine_support.hpp"
#include "power/pass_energy.hpp"
#include "power/system_power.hpp"
#include "search/worth.hpp"
#include "tco/cost.hpp"

namespace perfmodel {
namespace {

using test::figure;

Power watts(double w) {
  return Power::from_base(w);
}

/// Idle 10 %, active 10 %, and at full rate matrix 100, vector 40, memory 60, link 20 % of the TDP.
power::Coefficients round_coefficients() {
  power::Coefficients c;
  const auto share = [](double v) { return figure(Count::from_base(v)); };
  c.chip = {share(0.1), share(0.1), share(1.0), share(0.4), share(0.6), share(0.2)};
  c.around = {figure(watts(300)), share(0.5), share(0.75), share(1.2)};
  return c;
}

hw::Chip round_chip() {
  hw::Chip c;
  c.id = "round";
  c.tdp = figure(watts(1000));
  return c;
}
hw::System round_system(int chips) {
  hw::System s;
  s.id = "rounds";
  s.chips = figure(Count::from_base(chips));
  return s;
}

TEST(ChipPower, AddsWhatEachResourceDraws) {
  const auto c = round_coefficients().chip;
  EXPECT_DOUBLE_EQ(power::chip_power(watts(1000), c, {}).total().base(), 100);
  const auto p = power::chip_power(
      watts(1000), c, {.busy = 0.5, .matrix = 0.2, .vector = 0.1, .memory = 0.3, .link = 0.05});
  EXPECT_DOUBLE_EQ(p.active.base(), 50);
  EXPECT_DOUBLE_EQ(p.matrix.base(), 200);
  EXPECT_DOUBLE_EQ(p.vector.base(), 40);
  EXPECT_DOUBLE_EQ(p.memory.base(), 180);
  EXPECT_DOUBLE_EQ(p.link.base(), 10);
  EXPECT_DOUBLE_EQ(p.total().base(), 580);
  EXPECT_EQ(p.held, 1);
}

TEST(ChipPower, IsHeldAtTheTdpInProportion) {
  const auto p = power::chip_power(watts(1000), round_coefficients().chip,
                                   {.busy = 1, .matrix = 1, .memory = 1});
  // 100 + 1000 + 600 in the 900 above the floor.
  EXPECT_NEAR(p.total().base(), 1000, 1e-9);
  EXPECT_NEAR(p.held, 900.0 / 1700.0, 1e-12);
  EXPECT_NEAR(p.memory / p.matrix, 0.6, 1e-12);
  EXPECT_NEAR(p.idle.base(), 100, 1e-12);
}

TEST(SystemPower, IsItsNameplateWhereAllChipsAreAtTheirTdp) {
  const auto c = round_coefficients();
  auto system = round_system(4);
  system.power = figure(watts(7000));
  const power::Activity most{.busy = 1, .matrix = 1};
  const auto p = power::system_power(system, round_chip(), 2, c, {{8, most}});
  ASSERT_TRUE(p);
  EXPECT_TRUE(p->nameplate.published);
  EXPECT_NEAR(p->nameplate.around.base(), 6000, 1e-9);
  EXPECT_NEAR(p->system().base(), 14000, 1e-9);
  EXPECT_NEAR(p->site().base(), 14000 * 1.2, 1e-9);
}

TEST(SystemPower, CountsIdleChipsAndTheSteadyPartAround) {
  const auto c = round_coefficients();
  auto system = round_system(4);
  system.power = figure(watts(7000));
  system.pue = figure(Count::from_base(1.04));
  const auto p = power::system_power(system, round_chip(), 1, c, {{1, {.busy = 1, .matrix = 1}}});
  ASSERT_TRUE(p);
  EXPECT_NEAR(p->chips.base(), 1000 + 3 * 100, 1e-9);
  // 3000 W around at most, three quarters of it steady: 2250 + 750 * 1300 / 4000.
  EXPECT_NEAR(p->around.base(), 2250 + 750 * 0.325, 1e-9);
  EXPECT_NEAR(p->site() / p->system(), 1.04, 1e-12);
  EXPECT_TRUE(p->nameplate.pue_published);
}

TEST(SystemPower, TakesSoMuchByTheChipWhereNobodyPublishedATotal) {
  const auto n = power::nameplate(round_system(4), round_chip(), 1, round_coefficients());
  ASSERT_TRUE(n);
  EXPECT_FALSE(n->published);
  EXPECT_NEAR(n->around.base(), 4 * (300 + 0.5 * 1000), 1e-9);
}

TEST(SystemPower, TakesPublishedPartsInPlaceOfWattsByTheChip) {
  auto system = round_system(4);
  system.host_power = figure(watts(500));
  system.network_power = figure(watts(700));
  const auto n = power::nameplate(system, round_chip(), 2, round_coefficients());
  ASSERT_TRUE(n);
  EXPECT_NEAR(n->around.base(), 2 * 1200 + 0.5 * 8000, 1e-9);
}

TEST(SystemPower, IsRefusedWithoutATdpOrWithTooSmallATotal) {
  auto chip = round_chip();
  auto system = round_system(4);
  system.power = figure(watts(3999));
  const auto less = power::nameplate(system, chip, 1, round_coefficients());
  ASSERT_FALSE(less);
  EXPECT_NE(less.error().reason.find("4 chips of 1 kW draw more than the 3.999 kW of rounds"),
            std::string::npos)
      << less.error().reason;
  chip.tdp->low = watts(900);
  const auto near = power::nameplate(system, chip, 1, round_coefficients());
  ASSERT_TRUE(near) << "the ranges allow it";
  EXPECT_EQ(near->around.base(), 0);
  chip.tdp.reset();
  const auto none = power::nameplate(system, chip, 1, round_coefficients());
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().reason.find("chip.power.tdp"), std::string::npos);
}

tco::Prices round_prices() {
  tco::Prices p;
  p.lifetime = figure(Time::from_base(4 * kYear));
  p.interest = figure(Count::from_base(0));
  p.surroundings = figure(Count::from_base(0.5));
  p.yuan = figure(ExchangeRate::from_base(7));
  p.electricity = figure(EnergyPrice::from_base(0.1 / kKilowattHour));
  return p;
}

TEST(Cost, SpreadsThePriceOverTheLifetime) {
  const auto p = round_prices();
  EXPECT_NEAR(tco::recovery_rate(p).base() * kYear, 0.25, 1e-12);
  auto dear = p;
  dear.interest = figure(Count::from_base(0.1));
  // The annuity of four years at ten percent, as in tables: 0.31547.
  EXPECT_NEAR(tco::recovery_rate(dear).base() * kYear, 0.31547, 1e-5);
}

TEST(Cost, TakesTheBestPriceThereIs) {
  const auto prices = round_prices();
  auto system = round_system(4);
  auto chip = round_chip();
  EXPECT_FALSE(tco::capital_of(system, chip, 1, prices)) << "no price stays no price";
  chip.price_cny = figure(Cny::from_base(70000));
  EXPECT_NEAR(tco::capital_of(system, chip, 2, prices)->value.base(), 8 * 10000 * 1.5, 1e-6);
  EXPECT_EQ(tco::capital_of(system, chip, 1, prices)->scope, tco::Scope::chips);
  chip.price_usd = figure(Usd::from_base(20000));
  EXPECT_NEAR(tco::capital_of(system, chip, 1, prices)->value.base(), 4 * 20000 * 1.5, 1e-6);
  system.price_usd = figure(Usd::from_base(200000));
  const auto whole = tco::capital_of(system, chip, 3, prices);
  EXPECT_NEAR(whole->value.base(), 600000, 1e-6);
  EXPECT_EQ(whole->scope, tco::Scope::system);
}

TEST(Cost, OfTokensIsSplitByTheTimeThatTheyTake) {
  const auto rate = UsdRate::from_base(1.0);  // a dollar a second
  const auto t = tco::by_token(rate, 0.25, Frequency::from_base(1000), Frequency::from_base(100));
  EXPECT_NEAR(t.input.base(), 0.25 / 1000, 1e-15);
  EXPECT_NEAR(t.output.base(), 0.75 / 100, 1e-15);
  const auto running = tco::running_cost({Usd::from_base(kYear * 4), tco::Scope::system, {}, ""},
                                         watts(1e6), round_prices());
  EXPECT_NEAR(running.capital.base(), 1.0, 1e-12);
  EXPECT_NEAR(running.electricity.base() * kHour, 100.0, 1e-9) << "1 MW at 0.1 USD/kWh";
}

/// One dense layer of known work: the parts of a pass's energy.
TEST(PassEnergy, PartsAddUpAndFollowTheWork) {
  const auto llm = test::catalog().llm("llama-3.1-8b");
  const auto machine = test::round_machine();
  const auto plan =
      phase::compile(llm, {.tp = 1}, test::uniform_precision(spec::Storage::bf16), machine, 0);
  ASSERT_TRUE(plan);
  serving::Lengths lengths;
  lengths.input = 1024;
  lengths.output = 128;
  const auto pass = serving::decode_pass(*plan, lengths, 16);
  const auto shares = round_coefficients().chip;
  const auto e = power::energy_of(*plan, machine, pass, watts(1000), shares);
  Energy sum = e.software;
  for (auto part : e.operators) sum += part;
  EXPECT_NEAR(sum / e.total, 1, 1e-12);
  const auto work = power::work_of(*plan, machine, pass);
  // An ideal machine is at its limit of memory all the time: all weights but the input table, and
  // the cache, over 1 TB/s.
  EXPECT_NEAR(work.memory / work.busy, 1, 1e-3);
  const double expected =
      1000 * (0.1 + 0.1 + 0.6 * (work.memory / work.busy) + 1.0 * (work.matrix / work.busy));
  EXPECT_NEAR(e.total / work.busy / watts(1000) * 1000, expected, 1e-6);
  // 2 operations by parameter and token at 100 TFLOP/s, the attention's little more.
  EXPECT_NEAR(work.matrix.base(), 16 * 2 * 7.5e9 / 100e12, 0.05 * work.matrix.base());
}

TEST(PowerFit, FindsTheSharesBehindExactData) {
  const auto truth = round_coefficients().chip;
  std::vector<calibrate::PowerObservation> rows;
  for (double busy : {0.0, 0.5, 1.0})
    for (double memory : {0.1, 0.4})
      for (double matrix : {0.05, 0.3}) {
        calibrate::PowerObservation o;
        o.pools = {{8, {.busy = busy, .matrix = matrix, .vector = 0.1, .memory = memory}},
                   {4, {.busy = 0.3, .link = 0.2}}};
        o.share = calibrate::predicted_share(truth, o.pools);
        rows.push_back(o);
      }
  rows.back().share *= 3;  // a fault of its own does not bend the rest
  const auto fit = calibrate::fit_power(rows, truth);
  const auto found = calibrate::with(truth, fit);
  EXPECT_NEAR(found.idle.value.base(), 0.1, 1e-3);
  EXPECT_NEAR(found.active.value.base(), 0.1, 1e-3);
  EXPECT_NEAR(found.matrix.value.base(), 1.0, 1e-2);
  EXPECT_NEAR(found.memory.value.base(), 0.6, 1e-2);
}

TEST(PowerFit, FindsWhatSurroundsTheChips) {
  const auto fit = calibrate::fit_around(
      {{"a", 700, 300 + 1.5 * 700}, {"b", 1000, 300 + 1.5 * 1000}, {"c", 1400, 300 + 1.5 * 1400}});
  EXPECT_NEAR(fit.fixed.value, 300, 0.1);
  EXPECT_NEAR(fit.proportional.value, 0.5, 1e-3);
  EXPECT_NEAR(fit.total(500), 1050, 0.1);
}

/// What is wrong with a file of configs/ after one change to its text.
std::string problems(const char* kind, const std::string& file, const std::string& was,
                     const std::string& becomes) {
  auto text = cli::read_file(std::string(PERFMODEL_CONFIG_DIR) + "/" + file).value_or("");
  const auto at = text.find(was);
  EXPECT_NE(at, std::string::npos) << was;
  if (at != std::string::npos) text.replace(at, was.size(), becomes);
  spec::Diagnostics diagnostics;
  const auto name = file.substr(file.find('/') + 1);
  cli::Catalog::lint(*cli::find_kind(kind), text, name, diagnostics);
  return diagnostics.to_string();
}

TEST(PowerFiles, AreCheckedForWhatCannotBe) {
  const std::string power = "power/typical.yaml";
  EXPECT_EQ(problems("power", power, "name:", "name:"), "");
  EXPECT_NE(problems("power", power, "idle: {value: 0.175, range: [0.1, 0.25]",
                     "idle: {value: 0.9, range: [0.1, 1]")
                .find("idle and active add up to more than the TDP"),
            std::string::npos);
  EXPECT_NE(problems("power", power, "pue: {value: 1.25, range: [1.04, 1.4]",
                     "pue: {value: 0.9, range: [0.9, 1.4]"),
            "");
  EXPECT_NE(problems("power", power, "  link:", "  links:").find("did you mean 'link'"),
            std::string::npos);
  EXPECT_NE(problems("prices", "prices/typical.yaml", "0.08 USD/kWh", "0.08 USD"), "");
  EXPECT_NE(problems("prices", "prices/typical.yaml", "lifetime: {value: 5 year",
                     "lifetime: {value: 5 h"),
            "");
  EXPECT_NE(
      problems("system", "systems/gb300-nvl72.yaml", "host: {value: 18 kW", "host: {value: 180 kW")
          .find("host and network draw more than the total"),
      std::string::npos);
}

TEST(Upkeep, OfAWattIsItsPriceAndOfNothingTheIdleChip) {
  search::Upkeep u;
  u.shares = round_coefficients().chip;
  u.tdp = watts(1000);
  u.around = watts(800);
  u.steady = 0.75;
  u.pue = 1.25;
  EXPECT_NEAR(u.idle(), 1.25 * (100 + 800 * (0.75 + 0.25 * 0.1)), 1e-9);
  u.fixed = 3;
  u.by_watt = 2;
  EXPECT_NEAR(u.at({.busy = 1, .matrix = 1}), 3 + 2 * 1.25 * 1800, 1e-9);
}

}  // namespace
}  // namespace perfmodel
