// The search against brute force: small systems, every candidate, every batch.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "hall.hpp"
#include "search/deployment.hpp"

namespace perfmodel::property {
namespace {

struct Space {
  std::string_view name;
  std::string_view llm;
  std::string_view system;
  int systems;
  std::string_view stack;
  double ttft_ms;  // 0: no promise
  double tpot_ms;
  cost::Policy policy = {};
  double acceptance = -1;  // of the depths of speculation to choose from; none below 0
  double input = 0;        // tokens; 0: the usual
  bool divided = false;    // sequences must be, to keep the promise
};
std::ostream& operator<<(std::ostream& out, const Space& s) {
  return out << s.name;
}

constexpr Space kSpaces[] = {
    {"llama8b_h100", "llama-3.1-8b", "hgx-h100", 1, "typical", 2000, 50},
    {"llama8b_h100_tight", "llama-3.1-8b", "hgx-h100", 1, "typical", 150, 9},
    {"llama8b_h100_ceiling", "llama-3.1-8b", "hgx-h100", 1, "ceiling", 500, 10},
    {"llama8b_h100_free", "llama-3.1-8b", "hgx-h100", 1, "typical", 0, 0},
    {"llama8b_h100_tpot_only", "llama-3.1-8b", "hgx-h100", 1, "typical", 0, 20},
    {"llama8b_h100_ttft_only", "llama-3.1-8b", "hgx-h100", 1, "typical", 60, 0},
    {"llama70b_h100", "llama-3.1-70b", "hgx-h100", 1, "typical", 2000, 50},
    {"llama70b_h100_16", "llama-3.1-70b", "hgx-h100", 2, "typical", 2000, 35},
    {"deepseek_v2_h200", "deepseek-v2", "hgx-h200", 1, "typical", 2000, 50},
    {"deepseek_v2_h200_tight", "deepseek-v2", "hgx-h200", 1, "typical", 1000, 20},
    {"deepseek_v2_h200_16", "deepseek-v2", "hgx-h200", 2, "typical", 2000, 40},
    {"mixtral_mi300x_16", "mixtral-8x7b", "mi300x-8", 2, "typical", 2000, 25},
    {"qwen30b_910c", "qwen3-30b-a3b", "atlas-800i-a3", 1, "typical", 2000, 40},
    {"gpt_oss_h20", "gpt-oss-120b", "hgx-h20", 1, "typical", 2000, 30},
    {"llama8b_h100_mixed", "llama-3.1-8b", "hgx-h100", 1, "typical", 500, 12, {.mixed = true}},
    {"deepseek_v2_h200_mixed", "deepseek-v2", "hgx-h200", 1, "typical", 2000, 30, {.mixed = true}},
    {"qwen27b_h200_drafts", "qwen3.5-27b", "hgx-h200", 1, "typical", 2000, 20, {}, 0.6},
    {"qwen27b_h200_few_drafts", "qwen3.5-27b", "hgx-h200", 1, "typical", 2000, 40, {}, 0.2},
    {"deepseek_r1_b200_drafts", "deepseek-r1", "hgx-b200", 1, "typical", 2000, 15, {}, 0.8},
    {"llama8b_h100_long", "llama-3.1-8b", "hgx-h100", 1, "typical", 9000, 30, {}, -1, 100'000},
    {"llama8b_h100_16_long",
     "llama-3.1-8b",
     "hgx-h100",
     2,
     "typical",
     1500,
     30,
     {},
     -1,
     100'000,
     true},
    {"deepseek_v2_h200_long", "deepseek-v2", "hgx-h200", 1, "typical", 9000, 60, {}, -1, 100'000},
    {"deepseek_v2_h200_16_long",
     "deepseek-v2",
     "hgx-h200",
     2,
     "typical",
     4000,
     60,
     {},
     -1,
     100'000,
     true},
};

class Search : public ::testing::TestWithParam<Space> {};

bool meets(const serving::Steady& s, const serving::Slo& slo) {
  return (!slo.tpot || s.tpot <= *slo.tpot) && (!slo.ttft || s.ttft <= *slo.ttft);
}

TEST_P(Search, FindsTheBestThereIs) {
  const auto& space = GetParam();
  const auto& catalog = hall().catalog;
  auto setup = cli::load_comparison(catalog, "", std::string(space.system), true);
  setup.systems = space.systems;
  const auto llm = catalog.llm(space.llm);
  auto stack = catalog.stack(space.stack);
  stack.policy = space.policy;
  const auto machine = setup.machine(stack);
  const auto precision = mapping::resolve({}, llm, setup.chip);
  ASSERT_TRUE(precision);
  auto workload = usual_workload(llm);
  if (space.input > 0) workload.input = space.input;
  search::Request request;
  if (space.acceptance >= 0) request.speculations = cli::depths(llm, space.acceptance);
  if (space.ttft_ms > 0) request.slo.ttft = Time::from_base(space.ttft_ms * 1e-3);
  if (space.tpot_ms > 0) request.slo.tpot = Time::from_base(space.tpot_ms * 1e-3);
  const search::Problem problem{llm, machine, *precision, workload, setup.devices()};
  const auto found = search::find_deployment(problem, request);

  // Every candidate at every batch.
  std::size_t points = 0;
  double best = 0;
  std::string where;
  const auto all = search::candidates(llm, setup.devices(), 1);
  EXPECT_GE(all.size(), 4u);
  auto depths = request.speculations;
  if (depths.empty()) depths.push_back({});
  for (const auto& p : all) {
    for (const auto& depth : depths) {
      const auto plan = phase::compile(llm, p, *precision, machine, depth.drafts);
      if (!plan) continue;
      const int engines = setup.devices() / p.devices();
      const auto prefill = serving::prefill_cost(*plan, machine, workload);
      const double largest = serving::largest_batch(*plan, machine, workload);
      for (double b = 1; b <= largest; ++b) {
        ++points;
        const auto s = serving::steady_state(*plan, machine, workload, prefill, depth.accepted, b);
        if (!meets(s, request.slo)) continue;
        const double rate = s.output_rate.base() * engines;
        if (rate <= best) continue;
        best = rate;
        where = fmt::format("{} x {} batch {}, {} drafts", engines, mapping::to_string(p), b,
                            depth.drafts);
      }
    }
  }
  EXPECT_GT(points, 100u);
  ASSERT_EQ(static_cast<bool>(found), best > 0)
      << (found ? "found what brute force did not" : found.error().reason) << "; " << where;
  if (!found) return;
  EXPECT_TRUE(meets(found->steady, request.slo)) << "the promise is broken";
  if (space.divided) {
    EXPECT_GT(found->plan.parallelism.cp, 1);
  }
  EXPECT_TRUE(found->memory.fits());
  EXPECT_LE(found->plan.parallelism.devices() * found->engines, setup.devices());
  EXPECT_GE(found->output_rate().base(), best / 1.001)
      << "found " << found->engines << " x " << mapping::to_string(found->plan.parallelism)
      << " batch " << found->batch << ", " << found->draft_tokens << " drafts, "
      << best / found->output_rate().base() - 1 << " better is " << where;
  const auto again = serving::steady_state(found->plan, machine, workload,
                                           serving::prefill_cost(found->plan, machine, workload),
                                           found->accepted, found->batch);
  EXPECT_EQ(again.output_rate.base(), found->steady.output_rate.base()) << "not what it says it is";
}
INSTANTIATE_TEST_SUITE_P(Small, Search, ::testing::ValuesIn(kSpaces),
                         [](const auto& named) { return std::string(named.param.name); });

/// One engine of every size that the heads allow is looked at, so nothing is missed for its shape.
TEST(Candidates, AreDistinctValidAndFit) {
  std::size_t seen = 0;
  for (const auto& llm : hall().llms) {
    for (int devices : {1, 2, 6, 8, 16, 72, 384, 768}) {
      for (int stages : {1, 2, 4}) {
        if (stages > devices) continue;
        const auto all = search::candidates(llm, devices, stages);
        EXPECT_FALSE(all.empty()) << llm.id << " on " << devices;
        for (std::size_t i = 0; i < all.size(); ++i) {
          ++seen;
          EXPECT_LE(all[i].devices(), devices) << llm.id << " " << mapping::to_string(all[i]);
          EXPECT_FALSE(mapping::check(all[i], llm)) << llm.id << " " << mapping::to_string(all[i]);
          EXPECT_EQ(std::count(all.begin(), all.end(), all[i]), 1)
              << llm.id << " " << mapping::to_string(all[i]);
        }
      }
    }
  }
  EXPECT_GT(seen, 5'000u);
}

/// Every number of groups that leaves a whole number of engines, of models whose sequences divide.
TEST(Candidates, DivideSequencesByPowersOfTwo) {
  const auto contexts = [](const char* id, int devices) {
    std::set<int> r;
    for (const auto& p : search::candidates(hall().catalog.llm(id), devices, 1)) r.insert(p.cp);
    return r;
  };
  EXPECT_EQ(contexts("llama-3.1-70b", 8), (std::set<int>{1, 2, 4, 8}));
  EXPECT_EQ(contexts("llama-3.1-70b", 72), (std::set<int>{1, 2, 4, 8, 16}));
  EXPECT_EQ(contexts("deepseek-r1", 16), (std::set<int>{1, 2, 4, 8, 16}));
  EXPECT_EQ(contexts("gpt-oss-120b", 72), std::set<int>{1});
}

/// On every chip the search's own answer keeps its promise and fits.
TEST(Deployment, KeepsItsPromiseOnEveryChip) {
  std::size_t found = 0, refused = 0;
  const auto& h = hall();
  std::size_t number = 0;
  for (const auto& setup : h.setups) {
    for (const auto& llm : h.llms) {
      if (number++ % (kStride > 1 ? 41 : 5) != 0) continue;
      if (setup.devices() > 1000) continue;
      const auto precision = mapping::resolve({}, llm, setup.chip);
      if (!precision) continue;
      const auto machine = setup.machine(h.typical);
      const auto workload = usual_workload(llm);
      search::Request request;
      request.slo.tpot = Time::from_base(0.05);
      request.slo.ttft = Time::from_base(2.0);
      const search::Problem problem{llm, machine, *precision, workload, setup.devices()};
      const auto d = search::find_deployment(problem, request);
      if (!d) {
        ++refused;
        EXPECT_FALSE(d.error().reason.empty());
        continue;
      }
      ++found;
      EXPECT_TRUE(meets(d->steady, request.slo)) << setup.chip.id << " " << llm.id;
      EXPECT_TRUE(d->memory.fits()) << setup.chip.id << " " << llm.id;
      EXPECT_LE(d->batch, d->largest_batch) << setup.chip.id << " " << llm.id;
      EXPECT_LE(d->plan.parallelism.devices() * d->engines, setup.devices());
      if (enough_failures()) return;
    }
  }
  EXPECT_GT(found, kSanitized ? 15u : 200u) << refused << " refused";
  EXPECT_GT(refused, 0u);
}

}  // namespace
}  // namespace perfmodel::property
