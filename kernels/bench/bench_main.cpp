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
// calls of their own ratios. canary_spread is the distance between the quartiles of a small kernel
// that was run between the calls: how noisy the machine was.
#include <benchmark/benchmark.h>

#include "kernels/bench/benchmarks.hpp"

int main(int argc, char** argv) {
  namespace k = perfmodel::kernels;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::AddCustomContext("features", k::to_string(k::machine_features()));
#if defined(__VERSION__)
  benchmark::AddCustomContext("compiler", __VERSION__);
#endif
  k::Session session;
  const auto forced = k::forced_tier_name();
  k::register_benchmarks(k::plan_benchmarks(forced, k::usual_threads()), 0, session, nullptr);
  k::register_ratios(forced);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
