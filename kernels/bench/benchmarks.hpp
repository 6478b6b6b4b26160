// Benchmarks made from the descriptors: which to run, one measured, and all of them registered with
// Google Benchmark. What `bench_kernels` and `perfmodel bench` share.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/bench/canary.hpp"
#include "kernels/bench/measure.hpp"
#include "kernels/registry/descriptor.hpp"

namespace perfmodel::kernels {

/// One kernel on one shape; without a tier the reason why it cannot run.
struct Planned {
  const Descriptor* kernel = nullptr;
  Shape shape;
  TierChoice choice;
  int threads = 1;

  /// "gemv/e4m3/128x128/bf16/m1n4096k4096/avx512bf16/t1"
  std::string name() const;
};

/// "m8n4096k4096", "m1024n2048k2048g32": what to_string(Shape) writes. Sizes that are left out are
/// 1; none may be below `least` or twice there, or above 2^32.
std::optional<Shape> parse_shape(std::string_view text, std::int64_t least = 1);

/// Every kernel on each of its shapes, or on `shapes` where there are some, by each number of
/// threads.
std::vector<Planned> plan_benchmarks(std::string_view forced_tier, const std::vector<int>& threads,
                                     const std::vector<Shape>& shapes = {});

/// 1, and all that the process may use.
std::vector<int> usual_threads();

/// Calls of a benchmark of so many operations each: enough for quartiles to mean something, few
/// enough for large shapes.
int usual_rounds(Ops flops);

/// What was measured. Shares are medians over the calls of their own ratios to roofs that were
/// sampled right before each.
struct Result {
  Planned what;
  std::string problem;  // not empty: why nothing was measured
  int rounds = 0;
  Quartiles seconds;
  Cost cost;
  RoofSample roof;  // medians
  double of_read = 0.0, of_copy = 0.0, of_flops = 0.0, of_roof = 0.0;
  std::optional<double> error;  // where the reference does not take too long
  double clock = 0.0;           // Hz, by chain_clock()
  Quartiles canary;             // seconds of NoiseCanary
};

/// Teams, roofs and canaries, made once for all benchmarks of a run.
class Session {
 public:
  Team& team(int threads);
  Roofs& roofs(Tier tier, int threads);
  NoiseCanary& canary(int threads);

 private:
  std::map<int, std::unique_ptr<Team>> teams_;
  std::map<std::pair<Tier, int>, std::unique_ptr<Roofs>> roofs_;
  std::map<int, std::unique_ptr<NoiseCanary>> canaries_;
};

/// One benchmark, call by call. `what` must have a tier.
class Measurement {
 public:
  Measurement(Session& session, Planned what);

  /// Samples the roofs, then runs the kernel: its seconds.
  double round();
  /// Of all rounds, of which there must be one.
  Result result();

 private:
  Planned what_;
  Team& team_;
  Roofs& roofs_;
  NoiseCanary& canary_;
  std::unique_ptr<Case> case_;
  Cost cost_;
  std::vector<double> times_, read_, copy_, flops_, of_read_, of_copy_, of_flops_, of_roof_;
};

/// Registers each with Google Benchmark, `rounds` calls or the usual number if 0. Results go to
/// `sink` as they come if there is one. `session` and `sink` must outlive the run.
void register_benchmarks(const std::vector<Planned>& all, int rounds, Session& session,
                         std::vector<Result>* sink);

/// FP8 against BF16 of the same family, alternated call by call.
void register_ratios(std::string_view forced_tier);

}  // namespace perfmodel::kernels
