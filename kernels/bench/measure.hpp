// Measuring on a machine that others use too: short samples, alternated call by call, and medians.
#pragma once

#include <functional>
#include <vector>

#include "kernels/formats/buffer.hpp"
#include "kernels/registry/descriptor.hpp"

namespace perfmodel::kernels {

/// Seconds that f took. With one thread its processor time, which leaves out what other processes
/// took of the processor; with several the time that passed.
double seconds_of(const Team& team, const std::function<void()>& f);

/// Operations per second of a tier's widest multiply-adds on all threads; what it reads is in its
/// cache before the time starts.
double multiply_add_rate(Tier tier, Team& team);

/// What other processes had of the processors while all threads of a team were at work. A thread
/// that waits for the others spins for a while, so it counts as running; each reads its own clock,
/// as that of a process lags behind by up to a tick for the threads that do not ask.
class TakenTime {
 public:
  explicit TakenTime(Team& team);

  /// Between these the team works. No one else may use it in the meantime.
  void start();
  /// The share of this section alone, between 0 and 1.
  double stop();
  /// Of all such sections so far, between 0 and 1; 0 before the first.
  double share() const;

 private:
  void read_clocks();

  struct alignas(kCacheLine) Clock {
    double seconds = 0.0;
  };
  Team& team_;
  std::vector<Clock> clocks_;
  double began_ = 0.0, ran_before_ = 0.0;
  double passed_ = 0.0, ran_ = 0.0;  // of all sections; both by all threads
};

struct Quartiles {
  double low = 0.0, median = 0.0, high = 0.0;
};
/// Of at least one value.
Quartiles quartiles_of(std::vector<double> values);

/// What the machine gives at the moment: one short sample of each roof.
struct RoofSample {
  double read = 0.0;   // bytes per second, four streams from memory
  double copy = 0.0;   // bytes read and written per second, stores past the caches
  double flops = 0.0;  // operations per second of the tier's widest multiply-add
};

class Roofs {
 public:
  /// Takes the best tiers up to `tier` that have the operations.
  Roofs(Tier tier, Team& team);
  RoofSample sample();

 private:
  Tier read_tier_, copy_tier_, flops_tier_;
  Team& team_;
  Buffer<float> memory_;
  std::size_t next_ = 0;
};

}  // namespace perfmodel::kernels
