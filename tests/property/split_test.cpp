// Pools for prefill and decode against brute force on small systems, and what the search rests on.
#include <gtest/gtest.h>

#include <algorithm>

#include <fmt/format.h>

#include "hall.hpp"
#include "search/best_batch.hpp"
#include "search/deployment.hpp"
#include "search/split.hpp"
#include "search/worth.hpp"

namespace perfmodel::property {
namespace {

/// What the bounds of the search rest on, beside the ceiling's own test.
void expect_no_lower_latency(const Subject& s, const cost::Machine& machine,
                             const serving::Workload& w) {
  const auto prefill = serving::prefill_cost(s.plan, machine, w);
  serving::Steady before;
  Time decode_before{};
  const double largest = serving::largest_batch(s.plan, machine, w);
  for (double b = 1; b <= std::min(largest, 4000.0); b += std::max(1.0, std::floor(b / 7))) {
    const auto at = serving::steady_state(s.plan, machine, w, prefill, 0, b);
    EXPECT_GE(at.tpot.base(), before.tpot.base() * (1 - kRounding)) << s.text() << " at " << b;
    EXPECT_GE(at.ttft.base(), before.ttft.base() * (1 - kRounding)) << s.text() << " at " << b;
    EXPECT_GE(at.decode_step, decode_before * (1 - kRounding)) << s.text() << " at " << b;
    before = at;
    decode_before = at.decode_step;
    if (enough_failures()) return;
  }
}

TEST(Batch, NeverLowersALatency) {
  const auto tally = for_each_subject({.weights = {""}}, [](const Subject& s) {
    expect_no_lower_latency(s, s.typical, usual_workload(*s.llm));
  });
  EXPECT_GT(tally.seen, floor_of(5'000)) << tally.text();
}

TEST(Batch, NeverLowersALatencyOfMixedSteps) {
  std::size_t number = 0;
  const auto tally = for_each_subject({.weights = {""}, .every = 7}, [&](const Subject& s) {
    auto machine = s.typical;
    machine.mixed = true;
    auto w = usual_workload(*s.llm);
    // Prompts of many chunks, of one, and many to a chunk.
    constexpr double kShares[] = {1, 1, 0.02};
    machine.chunk = number % 3 == 0 ? 512 : 8192;
    w.input = std::max(1.0, w.input * kShares[number++ % 3]);
    expect_no_lower_latency(s, machine, w);
  });
  EXPECT_GT(tally.seen, floor_of(700)) << tally.text();
}

TEST(Batch, NeverLowersALatencyOverASlowPrefixLink) {
  const auto tally = for_each_subject({.weights = {""}, .every = 11}, [&](const Subject& s) {
    auto machine = s.typical;
    machine.reads_prefixes = true;
    machine.prefix_link = Bandwidth::from_base(2e9);
    auto w = usual_workload(*s.llm);
    w.prefix_hit = 0.9;
    expect_no_lower_latency(s, machine, w);
  });
  EXPECT_GT(tally.seen, floor_of(400)) << tally.text();
}

struct SplitSpace {
  std::string_view name;
  std::string_view llm;
  std::string_view system;
  int systems;
  double ttft_ms;
  double tpot_ms;
  search::Objective objective = search::Objective::output;
  double input = 0;  // tokens; 0: the usual
};
std::ostream& operator<<(std::ostream& out, const SplitSpace& s) {
  return out << s.name;
}
constexpr SplitSpace kSplitSpaces[] = {
    {"llama8b_h100", "llama-3.1-8b", "hgx-h100", 1, 2000, 50},
    {"llama8b_h100_tight", "llama-3.1-8b", "hgx-h100", 1, 260, 9},
    {"llama8b_h100_per_chip", "llama-3.1-8b", "hgx-h100", 1, 500, 15, search::Objective::per_chip},
    {"llama70b_h100_16", "llama-3.1-70b", "hgx-h100", 2, 1500, 35},
    {"qwen30b_910c", "qwen3-30b-a3b", "atlas-800i-a3", 1, 2000, 40},
    {"deepseek_v2_h200_16", "deepseek-v2", "hgx-h200", 2, 2000, 40},
    {"llama8b_h100_long", "llama-3.1-8b", "hgx-h100", 1, 4000, 30, search::Objective::output,
     60'000},
};

class SplitSearch : public ::testing::TestWithParam<SplitSpace> {};

TEST_P(SplitSearch, FindsTheBestThereIs) {
  const auto& space = GetParam();
  const auto& catalog = hall().catalog;
  auto setup = cli::load_comparison(catalog, "", std::string(space.system), true);
  setup.systems = space.systems;
  const auto llm = catalog.llm(space.llm);
  const auto machine = setup.machine(catalog.stack("typical"));
  const auto precision = mapping::resolve({}, llm, setup.chip);
  ASSERT_TRUE(precision);
  auto w = usual_workload(llm);
  if (space.input > 0) w.input = space.input;
  search::Request request;
  request.objective = space.objective;
  request.slo.ttft = Time::from_base(space.ttft_ms * 1e-3);
  request.slo.tpot = Time::from_base(space.tpot_ms * 1e-3);
  request.split = search::Split::where_better;
  const search::Problem problem{llm, machine, *precision, w, setup.devices()};

  // All pairs of engines, all numbers of them, all batches of both.
  const auto link = serving::pool_link(machine, setup.devices());
  ASSERT_TRUE(link);
  struct Engine {
    phase::Plan plan;
    double devices;
    std::vector<serving::Steady> decode;  // that keep the promise
    serving::PrefillCost cost;
  };
  std::vector<Engine> engines;
  for (const auto& c : search::candidates(llm, setup.devices(), 1)) {
    auto plan = phase::compile(llm, c, *precision, machine, 0);
    if (!plan || c.devices() == setup.devices()) continue;
    Engine e{*plan, 1.0 * c.devices(), {}, serving::prefill_cost(*plan, machine, w)};
    const double most = serving::largest_batch(*plan, machine, w, serving::Role::decode);
    for (double b = 1; b <= most; ++b) {
      const auto s = serving::decode_state(*plan, machine, w, 0, b);
      if (s.tpot > *request.slo.tpot) break;
      e.decode.push_back(s);
    }
    engines.push_back(std::move(e));
  }
  double best = 0;
  std::string where;
  std::size_t points = 0;
  for (const auto& p : engines) {
    for (const auto& d : engines) {
      const auto transfer = serving::cache_transfer(p.plan, d.plan, w);
      double most = 0;  // requests/s of a decode engine
      for (const auto& s : d.decode) most = std::max(most, s.output_rate.base() / w.output);
      for (double n = 1; n <= p.cost.full; ++n) {
        const auto f = serving::prefill_at(p.plan, machine, p.cost, transfer, *link, n);
        if (f.ttft > *request.slo.ttft) continue;
        if (!serving::memory_plan(p.plan, machine, w, 2 * n, serving::Role::prefill).fits())
          continue;
        for (int np = 1; np * p.devices < setup.devices(); ++np) {
          for (int nd = 1; np * p.devices + nd * d.devices <= setup.devices(); ++nd) {
            ++points;
            double v = std::min(np * f.rate.base(), nd * most) * w.output;
            if (space.objective == search::Objective::per_chip)
              v /= np * p.devices + nd * d.devices;
            if (v <= best) continue;
            best = v;
            where = fmt::format("{} x {} feeds {} x {}", np, mapping::to_string(p.plan.parallelism),
                                nd, mapping::to_string(d.plan.parallelism));
          }
        }
      }
    }
  }
  EXPECT_GT(points, 50u);
  auto shared = request;
  shared.split = search::Split::never;
  const auto together = search::find_deployment(problem, shared);
  const auto found = search::find_deployment(problem, request);
  ASSERT_TRUE(found) << found.error().reason;
  const auto value = [&](const search::Deployment& d) {
    return search::worth_of(problem, space.objective, d);
  };
  const double expected = std::max(best, together ? value(*together) : 0.0);
  EXPECT_GE(value(*found), expected * (1 - 2e-3)) << where;
  EXPECT_LE(value(*found), expected * (1 + 1e-9))
      << "found " << (found->prefill ? mapping::to_string(found->prefill->plan.parallelism) : "")
      << " feeds " << mapping::to_string(found->plan.parallelism) << "; " << where;
  EXPECT_LE(found->devices(), setup.devices());
  EXPECT_TRUE(search::meets(found->steady, request.slo));
  if (found->prefill) {
    EXPECT_TRUE(found->prefill->memory.fits());
    EXPECT_TRUE(found->memory.fits());
    EXPECT_LE(found->prefill->utilisation, 1 + 1e-9);
    const auto again = search::at_machine(*found, machine, w);
    EXPECT_NEAR(again.output_rate() / found->output_rate(), 1, 1e-9) << "not what it says it is";
    EXPECT_NEAR(again.steady.ttft / found->steady.ttft, 1, 1e-9);
  }
}
INSTANTIATE_TEST_SUITE_P(Small, SplitSearch, ::testing::ValuesIn(kSplitSpaces),
                         [](const auto& named) { return std::string(named.param.name); });

}  // namespace
}  // namespace perfmodel::property
