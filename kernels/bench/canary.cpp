#include "kernels/bench/canary.hpp"

#include <utility>

namespace perfmodel::kernels {

namespace {

constexpr std::int64_t kChain = 1 << 20;  // about a millisecond
constexpr double kCyclesPerLink = 3.0;

}  // namespace

double chain_clock() {
  const Team alone(1);
  std::uint64_t x = 0x9E3779B97F4A7C15U;
  const double t = seconds_of(alone, [&] {
    for (std::int64_t i = 0; i < kChain; ++i) {
      x *= 0xD6E8FEB86659FD93U;
      // The value is used: the compiler must not join multiplications.
      __asm__ volatile("" : "+r"(x));
    }
  });
  return kCyclesPerLink * static_cast<double>(kChain) / t;
}

NoiseCanary::NoiseCanary(Team& team)
    : team_(team),
      // A vector that every machine can run, and 256 KiB of weights.
      kernel_(descriptor_named("gemv/bf16/bf16")->make({1, 256, 512, 1}, Purpose::test)) {
  kernel_->run({Tier::portable, team_});
}

NoiseCanary::~NoiseCanary() = default;

void NoiseCanary::sample() {
  kernel_->run({Tier::portable, team_});  // what ran before has taken the caches
  times_.push_back(seconds_of(team_, [&] { kernel_->run({Tier::portable, team_}); }));
}

Quartiles NoiseCanary::take() {
  return quartiles_of(std::exchange(times_, {}));
}

}  // namespace perfmodel::kernels
