// What the machine is like at the moment: how fast it clocks, and how much a piece of work that
// never changes varies.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/bench/measure.hpp"

namespace perfmodel::kernels {

/// Clock in Hz from a chain of dependent 64-bit multiplications, each of which takes three cycles
/// on the x86 cores of the last ten years; elsewhere a rate that means something only beside
/// itself.
double chain_clock();

/// One small kernel out of the caches, again and again: its spread is that of the machine.
class NoiseCanary {
 public:
  explicit NoiseCanary(Team& team);
  ~NoiseCanary();
  NoiseCanary(const NoiseCanary&) = delete;
  NoiseCanary& operator=(const NoiseCanary&) = delete;

  /// Runs it once, timed as any kernel is.
  void sample();
  /// Of the samples since the last call, which must be at least one.
  Quartiles take();

 private:
  Team& team_;
  std::unique_ptr<Case> kernel_;
  std::vector<double> times_;
};

}  // namespace perfmodel::kernels
