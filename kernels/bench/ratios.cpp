// One kernel against another on the same shape, call by call in alternating order.
#include <benchmark/benchmark.h>

#include "kernels/bench/benchmarks.hpp"

namespace perfmodel::kernels {

namespace {

void bench_ratio(benchmark::State& state, const Planned& a, const Planned& b) {
  Team team(a.threads);
  const auto case_a = a.kernel->make(a.shape, Purpose::benchmark);
  const auto case_b = b.kernel->make(b.shape, Purpose::benchmark);
  const Exec exec_a{*a.choice.tier, team}, exec_b{*b.choice.tier, team};
  case_a->run(exec_a);
  case_b->run(exec_b);
  std::vector<double> ratios;
  bool a_first = true;
  for (auto _ : state) {
    double time_a = 0.0, time_b = 0.0;
    const auto run_a = [&] { time_a = seconds_of(team, [&] { case_a->run(exec_a); }); };
    const auto run_b = [&] { time_b = seconds_of(team, [&] { case_b->run(exec_b); }); };
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

}  // namespace

void register_ratios(std::string_view forced_tier) {
  for (const Planned& a : plan_benchmarks(forced_tier, usual_threads())) {
    const Descriptor& d = *a.kernel;
    if (d.weights != "e4m3" || d.activations != "bf16" || !a.choice.tier) continue;
    const Descriptor* wide = descriptor_named(d.family + "/bf16/bf16");
    if (wide == nullptr) continue;
    const Planned b{wide, a.shape, choose_tier(wide->tiers, forced_tier), a.threads};
    if (!b.choice.tier) continue;
    benchmark::RegisterBenchmark(("fp8_over_bf16/" + a.name()).c_str(),
                                 [a, b](benchmark::State& state) { bench_ratio(state, a, b); })
        ->UseManualTime()
        ->Iterations(usual_rounds(a.kernel->cost(a.shape).flops));
  }
}

}  // namespace perfmodel::kernels
