// Power, energy, cost and what-ifs as a user asks for them.
#include <cstdlib>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "program.hpp"

namespace perfmodel::black_box {
namespace {

Words estimate(const std::string& chip, const Words& more = {}) {
  return with({"estimate", "--chip", chip, "--llm", "llama-3.1-8b", "--samples", "0", "--nearest",
               "0", "--no-compare"},
              more);
}

std::vector<Record> rows(const Words& words, int status = 0) {
  const auto r = run(with(words, {"--format", "csv"}));
  EXPECT_EQ(r.status, status) << r.text();
  return records(r.out);
}

TEST(Economy, PartsOfAnAnswerAgree) {
  const auto all = rows(estimate("h100"));
  ASSERT_EQ(all.size(), 1u);
  const auto& r = all[0];
  EXPECT_EQ(r.at("power_nameplate_kw"), "10.2");
  EXPECT_EQ(r.at("power_nameplate_published"), "true");
  const double modelled = number(r, "power_modelled_kw");
  EXPECT_LE(modelled, 10.2);
  EXPECT_NEAR(number(r, "power_modelled_chips_kw") + number(r, "power_modelled_around_kw"),
              modelled, 1e-9);
  EXPECT_NEAR(number(r, "power_site_kw"), modelled * number(r, "pue"), 1e-9);
  const double rate = number(r, "output_tokens_per_s_system");
  const double joules = number(r, "joules_per_output_token");
  EXPECT_NEAR(joules, number(r, "power_site_kw") * 1e3 / rate, 1e-9 * joules);
  EXPECT_NEAR(number(r, "output_tokens_per_joule") * joules, 1, 1e-9);
  EXPECT_NEAR(number(r, "output_tokens_per_s_per_mw") * joules, 1e6, 1e-3);
  EXPECT_NEAR(number(r, "kwh_per_million_output_tokens"), joules / 3.6, 1e-9 * joules);
  double chip = 0;
  for (const auto* part : {"idle", "active", "matrix", "vector", "memory", "link"})
    chip += number(r, std::string("chip_") + part + "_w");
  EXPECT_NEAR(chip, number(r, "chip_power_w"), 1e-9);
  EXPECT_LE(chip, 700 + 1e-9);
  // All that is paid for is paid by the tokens that come in and go out.
  const double hourly = number(r, "capital_usd_per_h") + number(r, "electricity_usd_per_h");
  const double input = number(r, "input_tokens_per_s_per_chip") * 8;
  EXPECT_NEAR(3600e-6 * (number(r, "usd_per_million_input_tokens") * input +
                         number(r, "usd_per_million_output_tokens") * rate),
              hourly, 1e-6 * hourly);
  EXPECT_NEAR(3600e-6 * (number(r, "rented_usd_per_million_input_tokens") * input +
                         number(r, "rented_usd_per_million_output_tokens") * rate),
              8 * 1.3, 1e-6);
}

TEST(Economy, OperatorsHaveTheEnergyOfTheirPass) {
  const auto all = rows(estimate("h100", {"--explain"}));
  double decode = 0;
  double time = 0;
  for (const auto& r : all) {
    if (r.at("phase") != "decode") continue;
    decode += number(r, "energy_mj");
    time += number(r, "total_us");
  }
  EXPECT_GT(time, 0);
  // One H100 for that long, between idle and TDP.
  EXPECT_GT(decode, 0.1 * 700 * time * 1e-3);
  EXPECT_LE(decode, 700 * time * 1e-3 * 1.001);
}

TEST(Economy, IntervalsHoldTheAnswerAndNameTheLargestUnknown) {
  const auto r = run({"estimate", "--chip", "h100", "--llm", "llama-3.1-8b", "--samples", "64",
                      "--nearest", "0", "--no-compare", "--format", "json"});
  ASSERT_EQ(r.status, 0) << r.text();
  const auto j = nlohmann::json::parse(r.out);
  for (const auto& q : {j["power"]["systems_w"], j["power"]["joules_per_output_token"],
                        j["cost"]["usd_per_million_output_tokens"]}) {
    EXPECT_LT(q["p10"].get<double>(), q["value"].get<double>() * 1.05) << q;
    EXPECT_GT(q["p90"].get<double>(), q["value"].get<double>() * 0.95) << q;
    EXPECT_LT(q["p10"].get<double>(), q["p90"].get<double>());
  }
  EXPECT_FALSE(j["power"]["largest_unknown"].is_null());
  EXPECT_FALSE(j["cost"]["largest_unknown"].is_null());
}

TEST(Economy, WhatNobodyPublishedStaysAbsent) {
  const auto b200 = rows(estimate("b200"))[0];
  EXPECT_NE(b200.at("cost_absent").find("no source gives a price of"), std::string::npos);
  EXPECT_EQ(b200.at("usd_per_million_output_tokens"), "");
  EXPECT_GT(number(b200, "price_shares_per_million_output_tokens"), 0);
  EXPECT_GT(number(b200, "rented_usd_per_million_output_tokens"), 0);
  const auto h800 = rows(estimate("h800"))[0];
  EXPECT_NE(h800.at("power_absent").find("chip.power.tdp"), std::string::npos);
  EXPECT_EQ(h800.at("power_modelled_kw"), "");
  const auto assumed = rows(estimate("h800", {"--assume"}))[0];
  EXPECT_GT(number(assumed, "power_modelled_kw"), 0);
  EXPECT_EQ(assumed.at("power_nameplate_published"), "false");
}

TEST(Economy, FiguresOfPowerAndPricesCanBeSet) {
  const auto dear = rows(estimate("h100", {"--set", "prices.electricity=0.8 USD/kWh"}))[0];
  const auto usual = rows(estimate("h100"))[0];
  EXPECT_NEAR(number(dear, "electricity_usd_per_h") / number(usual, "electricity_usd_per_h"), 10,
              1e-9);
  const auto idle = rows(estimate("h100", {"--set", "power.chip.idle=0.1"}))[0];
  EXPECT_NEAR(number(idle, "chip_idle_w"), 70, 1e-9);
  const auto r = run(estimate("h100", {"--set", "power.around.pue=0.9"}));
  EXPECT_EQ(r.status, 2);
  EXPECT_NE(r.err.find("pue"), std::string::npos) << r.err;
}

TEST(Economy, ASearchPerWattTurnsOutMostPerJoule) {
  const Words slo = {"--slo", "tpot=50ms"};
  auto words = slo;
  words.insert(words.end(), {"--objective", "per-watt"});
  const auto watt = rows(estimate("h20", words))[0];
  const auto most = rows(estimate("h20", slo))[0];
  EXPECT_GE(number(watt, "output_tokens_per_joule") * 1.0011,
            number(most, "output_tokens_per_joule"));
}

TEST(WhatIf, ChangesAreInTheAnswer) {
  const auto r = run(estimate("h20", {"--memory-bandwidth", "1.5x", "--clock", "2x", "--native",
                                      "fp4", "--link-scale", "2"}));
  ASSERT_EQ(r.status, 0) << r.text();
  for (const auto* line : {"chip.memory.bandwidth = 6 TB/s (was 4 TB/s)", "chip.clock times 2",
                           "chip.matrix.fp4 = 1.184 PFLOP/s", "links times 2"})
    EXPECT_NE(r.out.find(line), std::string::npos) << line << "\n" << r.out;
}

TEST(WhatIf, SystemsOfAComparisonAreChangedOneByOne) {
  const auto all = rows({"compare", "--systems", "hgx-h20,hgx-h20+memory-bandwidth=2x+clock=2x",
                         "--llm", "llama-3.1-8b", "--samples", "0", "--interactivity", "20"});
  ASSERT_GE(all.size(), 2u);
  EXPECT_EQ(all[0].at("overrides"), "");
  EXPECT_EQ(all[1].at("compared"), "hgx-h20+memory-bandwidth=2x+clock=2x");
  EXPECT_NE(all[1].at("overrides").find("chip.memory.bandwidth"), std::string::npos);
  EXPECT_GT(number(all[1], "ratio_output_per_chip"), 1);
  EXPECT_EQ(all[1].at("factor_formats"), "1");
}

TEST(WhatIf, WhatCannotBeIsRefusedWithTheReason) {
  const auto refused = [](const Words& more, const std::string& reason) {
    expect_refusal(run(estimate("ascend910c", more)), {reason});
  };
  refused({"--memory", "hbm3:12"}, "12 stacks of hbm3 are more than the 8");
  refused({"--memory", "hbm33:8"}, "unknown memory 'hbm33'");
  refused({"--memory", "hbm3:8", "--memory-bandwidth", "2x"}, "stacks bring their own");
  refused({"--memory-bandwidth", "2x", "--set", "chip.memory.bandwidth=3 TB/s"}, "both set");
  refused({"--dies", "4", "--set", "chip.dies=2"}, "both set the chip's dies");
  refused({"--native", "int8"}, "multiplies int8 already");
  refused({"--native", "fp16"}, "no type that units could get");
  refused({"--dies", "0", "--clock", "fast"}, "--clock");
  refused({"--dies", "0", "--clock", "fast"}, "--dies");
  const auto compare = [](const Words& more, const std::string& reason) {
    expect_refusal(run(with({"compare", "--systems"}, more)), {reason});
  };
  compare({"hgx-h20,hgx-h20+clock"}, "is no change");
  compare({"hgx-h20,hgx-h20+clok=2x"}, "did you mean 'clock'?");
  compare({"hgx-h20,hgx-h20+clock=2x+clock=3x"}, "clock is changed twice");
  compare({"hgx-h20,hgx-h20+memory=hbm3e:6+memory-bandwidth=2x"}, "stacks bring their own");
  compare({"hgx-h20,hgx-h20+clock=2x", "--dies", "2"}, "write all changes in the list");
}

}  // namespace
}  // namespace perfmodel::black_box
