// Fleet files: what they mean, and what each mistake is answered with; supplies by hand.
#include <cmath>

#include <gtest/gtest.h>

#include "fleet/fleet.hpp"
#include "fleet/supply.hpp"
#include "unit/config_text.hpp"

namespace perfmodel::fleet {
namespace {

using Read = test::ConfigText<Fleet>;

Read read(const std::string& text) {
  return test::read_text(read_fleet, text, "f.yaml");
}

constexpr const char* kHead = "schema: 1\nfleet: f\nabout: a\n";
constexpr const char* kInventory = "inventory:\n  - {chip: h800, count: 16}\n";
constexpr const char* kWorkloads =
    "workloads:\n  - {name: chat, llm: qwen3-32b, requests_per_s: 2}\n";
constexpr const char* kSupply =
    "supply:\n"
    "  - name: year\n"
    "    chip: ascend910c\n"
    "    wafers_per_month: {value: 1000, range: [500, 2000], grade: assumed, note: n}\n"
    "    dies_per_wafer: {value: 80, grade: derived, source: s}\n"
    "    die_yield: {value: 0.5, range: [0.4, 0.6], grade: assumed, note: n}\n"
    "    package_yield: {value: 0.9, range: [0.8, 1], grade: assumed, note: n}\n"
    "    stacks_per_month: {value: 100 thousand, range: [80, 200], grade: assumed, note: n}\n";
constexpr const char* kSources = "sources:\n  s: {title: t}\n";

TEST(FleetReader, TakesAWholeFile) {
  const auto r = read(
      std::string(kHead) +
      "inventory:\n"
      "  - {name: old, chip: ascend910b, count: 1600, stack: cann-2026, join: 2}\n"
      "  - {system: cloudmatrix384, count: 4, price: {value: 8 MUSD, grade: press, source: s}}\n"
      "workloads:\n"
      "  - {name: chat, llm: qwen3-32b, workload: chat, input: 10, output: 20, prefix_hit: 0.5,\n"
      "     weights: int8, slo: {ttft: 2 s, tpot: 50 ms}, requests_per_s: 2}\n"
      "  - {name: batch, llm: qwen3-32b, output_tokens_per_s: 3e4, priority: 2, on: [old]}\n"
      "training: {share: 0.25}\nobjective: cost\nutilisation: 0.8\nmore: 64\nassume: true\n" +
      kSupply + "    cases:\n      - {name: one}\n" +
      "      - {name: three, wafers: {value: 3, range: [2, 4], grade: assumed, note: n}}\n" +
      kSources);
  EXPECT_EQ(r.problems, "");
  ASSERT_TRUE(r.value);
  const auto& f = *r.value;
  EXPECT_EQ(f.inventory[0].name, "old");
  EXPECT_EQ(f.inventory[0].join, 2);
  EXPECT_EQ(f.inventory[1].name, "cloudmatrix384") << "what it is, where it has no name";
  EXPECT_EQ(f.inventory[1].price->value, Usd::from_base(8e6));
  EXPECT_EQ(f.workloads[0].requests, Frequency::from_base(2));
  EXPECT_EQ(f.workloads[0].slo.tpot, Time::from_base(0.05));
  EXPECT_EQ(f.workloads[0].weights, spec::Storage::int8);
  EXPECT_EQ(f.workloads[1].tokens, Frequency::from_base(3e4));
  EXPECT_EQ(f.workloads[1].priority, 2);
  EXPECT_EQ(f.workloads[1].workload.text, "default");
  EXPECT_EQ(f.workloads[1].on[0].text, "old");
  EXPECT_EQ(f.training.share, 0.25);
  EXPECT_EQ(f.objective, Objective::cost);
  EXPECT_EQ(f.more, 64);
  EXPECT_TRUE(f.assume);
  ASSERT_EQ(f.supply.size(), 1U);
  EXPECT_EQ(f.supply[0].cases[0].wafers.value.base(), 1);
  EXPECT_EQ(f.supply[0].cases[1].wafers.high.base(), 4);
}

TEST(FleetReader, AnswersEachMistakeWithItsPlace) {
  const auto inventory = [](const char* entry) {
    return std::string("inventory: [") + entry + "]\n" + kWorkloads;
  };
  const auto workload = [](const char* entry) {
    return std::string(kInventory) + "workloads: [" + entry + "]\n";
  };
  const auto more = [](const char* rest) { return std::string(kInventory) + kWorkloads + rest; };
  const auto supply = [](std::string text, const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
    return kWorkloads + text + kSources;
  };
  const std::vector<std::pair<std::string, const char*>> mistakes = {
      {inventory("{count: 3}"), "f.yaml:4:13: inventory.0: names neither a chip nor a system"},
      {inventory("{chip: h20}"), "inventory.0: key 'count' is missing"},
      {inventory("{chip: h20, count: 0}"), "inventory.0.count: '0' is not between 1 and"},
      {inventory("{chip: h20, count: 2, jion: 3}"), "did you mean 'join'?"},
      {inventory("{chip: h20, count: 2, join: 0}"), "inventory.0.join: '0' is not between"},
      {inventory("{chip: h20, count: 2, power: 9 kW}"), "inventory.0.power: '9 kW' is a bare"},
      {inventory("{chip: h20, count: 1}, {chip: h20, count: 2}"),
       "inventory.1: 'h20' is there twice (give each a name of its own: name: WORD)"},
      {inventory("h20"), "inventory.0: is a single value, expected a map"},
      {workload("{llm: qwen3-32b, requests_per_s: 2}"), "workloads.0: key 'name' is missing"},
      {workload("{name: a, requests_per_s: 2}"), "workloads.0: key 'llm' is missing"},
      {workload("{name: a, llm: b}"), "workloads.0: does not say how much is asked for"},
      {workload("{name: a, llm: b, requests_per_s: 2, output_tokens_per_s: 2}"),
       "workloads.0: says twice how much is asked"},
      {workload("{name: a, llm: b, requests_per_s: 0}"), "requests_per_s: '0' is not between"},
      {workload("{name: a, llm: b, requests_per_s: 1, priority: 0}"), "priority: '0' is not"},
      {workload("{name: a, llm: b, requests_per_s: 1, prefix_hit: 1}"), "prefix_hit: '1' is not"},
      {workload("{name: a, llm: b, requests_per_s: 1, weights: fp88}"), "did you mean 'fp8'?"},
      {workload("{name: a, llm: b, requests_per_s: 1, slo: {tpot: 50}}"), "workloads.0.slo.tpot"},
      {workload("{name: a, llm: b, requests_per_s: 1, slo: {tpt: 50 ms}}"), "did you mean 'tpot'?"},
      {workload("{name: a, llm: b, requests_per_s: 1, on: [h80]}"),
       "workloads.0.on: 'h80' is not in the inventory (did you mean 'h800'?)"},
      {workload("{name: a, llm: b, requests_per_s: 1}, {name: a, llm: b, requests_per_s: 1}"),
       "workloads.1: 'a' is there twice"},
      {workload(""), "workloads: nothing is asked for"},
      {more("training: {}\n"), "training: takes chips or a share of them"},
      {more("training: {chips: 8, share: 0.5}\n"), "training: takes chips or a share of them"},
      {more("training: {share: 2}\n"), "training.share: '2' is not between 0 and 1"},
      {more("objective: watts\n"), "objective: unknown value 'watts'"},
      {more("utilisation: 0\n"), "utilisation: '0' is not between 0.01 and 1"},
      {more("more: 0\n"), "more: '0' is not between 1 and"},
      {more("assume: maybe\n"), "assume: 'maybe'"},
      {more("stock: 3\n"), "unknown key 'stock'"},
      {kWorkloads, "has neither an inventory nor a supply"},
      {kInventory, "key 'workloads' is missing"},
      {supply(kSupply, "    chip: ascend910c\n", ""), "supply.0: key 'chip' is missing"},
      {supply(kSupply, "    die_yield: {value: 0.5, range: [0.4, 0.6]",
              "    die_yield: {value: 1.5, range: [1, 2]"),
       "supply.0.die_yield.value: '1.5' is above the largest"},
      {supply(kSupply, "value: 1000, range", "value: 1000 W, range"),
       "supply.0.wafers_per_month.value"},
      {supply(kSupply, "  - name: year\n", "  - name: year\n    months: 0\n"),
       "months: '0' is not"},
      {supply(kSupply, "range: [500, 2000], grade", "grade"), "supply.0.wafers_per_month"},
      {supply(kSupply, "  - name: year\n", "  - name: year\n    cases: [{wafers: 3}]\n"),
       "supply.0.cases.0.wafers: '3' is a bare"},
      {supply(kSupply, "  - name: year\n", "  - name: year\n    cases: [{name: a}, {name: a}]\n"),
       "supply.0.cases.1: 'a' is there twice"},
      {supply(kSupply, "  - name: year\n", "  - name: year\n    stacks_per_package: 0\n"),
       "stacks_per_package: '0' is not"},
  };
  for (const auto& [mistake, says] : mistakes) {
    const auto r = read(kHead + mistake);
    EXPECT_FALSE(r.value) << mistake;
    EXPECT_NE(r.problems.find(says), std::string::npos) << says << "\n" << r.problems;
  }
  const auto right = read(std::string(kHead) + kInventory + kWorkloads + kSupply + kSources);
  EXPECT_TRUE(right.value) << right.problems;
}

TEST(FleetReader, NamesAllMistakesAtOnce) {
  const auto r = read(std::string(kHead) +
                      "inventory: [{count: 1}]\nworkloads: [{name: a}]\nutilisation: 2\nmor: 1\n");
  for (const char* says : {"inventory.0", "workloads.0", "utilisation", "did you mean 'more'?"})
    EXPECT_NE(r.problems.find(says), std::string::npos) << says << "\n" << r.problems;
}

Supply supply_of(const std::string& text = kSupply) {
  const auto r = read(std::string(kHead) + kWorkloads + text + kSources);
  EXPECT_TRUE(r.value) << r.problems;
  return r.value->supply[0];
}

TEST(FleetSupply, IsTheScarcerOfDiesAndStacks) {
  auto s = supply_of();
  // 1000 wafers x 80 dies x 0.5 / 2 = 20,000 by dies; 100,000 / 8 = 12,500 by stacks; x 0.9.
  auto p = production(s, plain_case(), {2, 8});
  EXPECT_DOUBLE_EQ(p.by_dies, 18'000);
  EXPECT_DOUBLE_EQ(p.by_stacks, 11'250);
  EXPECT_DOUBLE_EQ(p.packages(), 11'250);
  EXPECT_TRUE(p.short_of_stacks());
  p = production(s, plain_case(), {2, 4});
  EXPECT_DOUBLE_EQ(p.packages(), 18'000);
  EXPECT_FALSE(p.short_of_stacks());
  // Three times the wafers make more only as far as the stacks reach.
  auto three = plain_case();
  three.wafers.value = Count::from_base(3);
  EXPECT_DOUBLE_EQ(production(s, three, {2, 4}).packages(), 22'500);
  s.stacks.reset();
  EXPECT_DOUBLE_EQ(production(s, three, {2, 4}).packages(), 54'000);
}

TEST(FleetSupply, DrawsWithinWhatTheRangesSay) {
  const auto s = supply_of();
  constexpr std::size_t kDraws = 512;
  const auto drawn = drawn_production(s, plain_case(), {2, 8}, kDraws, 1);
  ASSERT_EQ(drawn.size(), kDraws);
  std::vector<double> packages;
  for (const auto& p : drawn) packages.push_back(p.packages());
  const auto p = percentiles(packages);
  EXPECT_LT(p.p10, p.p50);
  EXPECT_LT(p.p50, p.p90);
  const double value = production(s, plain_case(), {2, 8}).packages();
  EXPECT_GT(value, p.p10);
  EXPECT_LT(value, p.p90);
  // The same draws each time, and in every case: a case that doubles everything doubles each.
  auto twice = plain_case();
  twice.wafers.value = twice.wafers.low = twice.wafers.high = Count::from_base(2);
  twice.stacks = twice.wafers;
  const auto doubled = drawn_production(s, twice, {2, 8}, kDraws, 1);
  for (std::size_t i = 0; i < kDraws; ++i)
    EXPECT_NEAR(doubled[i].packages() / drawn[i].packages(), 2.0, 1e-12);
}

TEST(FleetSupply, PercentilesLieBetweenTheDraws) {
  const auto p = percentiles({10, 0, 5});
  EXPECT_DOUBLE_EQ(p.p10, 1);
  EXPECT_DOUBLE_EQ(p.p50, 5);
  EXPECT_DOUBLE_EQ(p.p90, 9);
}

}  // namespace
}  // namespace perfmodel::fleet
