// Benchmarks of all kernels, made from their descriptors.
//
//   bench_kernels --benchmark_filter='gemv/e4m3'        one kernel, best tier
//   (PERFMODEL_KERNEL_TIER forces) bench_kernels --benchmark_filter='fp8_over_bf16'    FP8 against
//   BF16, alternated call by call
//
// Roofs are sampled in the same process between the calls, so that a slow spell of the machine hits
// both. Counters: GB_per_s and GFLOP_per_s by the descriptor's counts; fraction_of_read and
// fraction_of_copy of the memory roofs, fraction_of_flops of the tier's multiply-adds;
// fraction_of_roof, of the larger of bytes / read roof and FLOPs / peak. All are medians over the
// calls of their own ratios.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>

#include "kernels/bench/measure.hpp"
#include "kernels/registry/descriptor.hpp"

namespace perfmodel::kernels {
namespace {

/// The reference sums in FP64, one product after the other: beyond this it would take minutes.
constexpr double kLargestReferenceFlops = 3e8;

void bench_kernel(benchmark::State& state, const Descriptor& d, Tier tier, int threads,
                  const Shape& shape) {
  Team team(threads);
  Roofs roofs(tier, team);
  const auto c = d.make(shape, Purpose::benchmark);
  const Cost cost = d.cost(shape);
  const double flops = cost.flops.base(), bytes = cost.memory.base();
  c->run({tier, team});  // packs weights, touches memory
  std::vector<double> of_read, of_copy, of_flops, of_roof, times;
  for (auto _ : state) {
    const RoofSample roof = roofs.sample();
    const double t = seconds_of(team, [&] { c->run({tier, team}); });
    state.SetIterationTime(t);
    times.push_back(t);
    of_read.push_back(bytes / t / roof.read);
    of_copy.push_back(bytes / t / roof.copy);
    of_flops.push_back(flops / t / roof.flops);
    of_roof.push_back(std::max(bytes / roof.read, flops / roof.flops) / t);
  }
  const double time = quartiles_of(times).median;
  state.counters["GB_per_s"] = bytes / time * 1e-9;
  state.counters["GFLOP_per_s"] = flops / time * 1e-9;
  state.counters["fraction_of_read"] = quartiles_of(of_read).median;
  state.counters["fraction_of_copy"] = quartiles_of(of_copy).median;
  state.counters["fraction_of_flops"] = quartiles_of(of_flops).median;
  state.counters["fraction_of_roof"] = quartiles_of(of_roof).median;
  if (flops <= kLargestReferenceFlops) state.counters["error"] = c->error();
}

/// Time of `b` over time of `a`, on the same shape, call by call in alternating order.
void bench_ratio(benchmark::State& state, const Descriptor& a, Tier tier_a, const Descriptor& b,
                 Tier tier_b, int threads, const Shape& shape) {
  Team team(threads);
  const auto case_a = a.make(shape, Purpose::benchmark), case_b = b.make(shape, Purpose::benchmark);
  case_a->run({tier_a, team});
  case_b->run({tier_b, team});
  std::vector<double> ratios;
  bool a_first = true;
  for (auto _ : state) {
    double time_a = 0.0, time_b = 0.0;
    const auto run_a = [&] { time_a = seconds_of(team, [&] { case_a->run({tier_a, team}); }); };
    const auto run_b = [&] { time_b = seconds_of(team, [&] { case_b->run({tier_b, team}); }); };
    if (a_first) run_a();
    run_b();
    if (!a_first) run_a();
    a_first = !a_first;
    state.SetIterationTime(time_a);
    ratios.push_back(time_b / time_a);
  }
  const Quartiles q = quartiles_of(ratios);
  state.counters["speedup"] = q.median;
  state.counters["speedup_q1"] = q.low;
  state.counters["speedup_q3"] = q.high;
}

/// Rounds for a claim: enough for quartiles to mean something, few enough for large shapes.
int rounds_for(const Descriptor& d, const Shape& s) {
  return d.cost(s).flops.base() > 1e10 ? 11 : 41;
}

void register_all() {
  const std::string forced = forced_tier_name();
  std::vector<int> threads{1};
  if (available_threads() > 1) threads.push_back(available_threads());
  for (const Descriptor& d : descriptors()) {
    const TierChoice choice = choose_tier(d.tiers, forced);
    for (const Shape& s : d.benchmark_shapes) {
      for (const int t : threads) {
        const std::string name = d.name + "/" + to_string(s) + "/" +
                                 std::string(choice.tier ? name_of(*choice.tier) : "none") + "/t" +
                                 std::to_string(t);
        if (!choice.tier) {
          benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
            state.SkipWithError(choice.problem.c_str());
          });
          continue;
        }
        benchmark::RegisterBenchmark(name.c_str(),
                                     [&d, choice, t, s](benchmark::State& state) {
                                       bench_kernel(state, d, *choice.tier, t, s);
                                     })
            ->UseManualTime()
            ->Iterations(rounds_for(d, s));
      }
    }
    // The same kernel in BF16, where there is one of the same family.
    if (d.weights != "e4m3" || d.activations != "bf16") continue;
    const Descriptor* b = descriptor_named(d.family + "/bf16/bf16");
    if (b == nullptr) continue;
    const TierChoice choice_b = choose_tier(b->tiers, forced);
    if (!choice.tier || !choice_b.tier) continue;
    for (const Shape& s : d.benchmark_shapes) {
      for (const int t : threads) {
        const std::string name = "fp8_over_bf16/" + d.name + "/" + to_string(s) + "/" +
                                 std::string(name_of(*choice.tier)) + "/t" + std::to_string(t);
        benchmark::RegisterBenchmark(name.c_str(),
                                     [&d, b, choice, choice_b, t, s](benchmark::State& state) {
                                       bench_ratio(state, d, *choice.tier, *b, *choice_b.tier, t,
                                                   s);
                                     })
            ->UseManualTime()
            ->Iterations(rounds_for(d, s));
      }
    }
  }
}

}  // namespace
}  // namespace perfmodel::kernels

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::AddCustomContext(
      "features", perfmodel::kernels::to_string(perfmodel::kernels::machine_features()));
#if defined(__VERSION__)
  benchmark::AddCustomContext("compiler", __VERSION__);
#endif
  perfmodel::kernels::register_all();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
