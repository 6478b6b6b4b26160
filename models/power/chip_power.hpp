// Power of a chip by what it does.
#pragma once

#include "power/coefficients.hpp"

namespace perfmodel::power {

/// What a chip does, as means over time: the share of it in which a pass runs, and what part of
/// each resource's published peak is used.
struct Activity {
  double busy = 0;
  double matrix = 0;
  double vector = 0;
  double memory = 0;
  double link = 0;
};

/// The parts of a chip's power. Where all but the floor would be more than the TDP leaves, it is
/// scaled down to that by `held` < 1, as a chip does that lowers its clock.
struct ChipPower {
  Power idle{};
  Power active{};
  Power matrix{};
  Power vector{};
  Power memory{};
  Power link{};
  double held = 1;

  Power dynamic() const { return active + matrix + vector + memory + link; }
  Power total() const { return idle + dynamic(); }
};

/// power = TDP min(1, idle + active busy + sum over resources of share * use).
///
/// Energy by operation and by byte is thus proportional to TDP over peak: a chip of a finer process
/// has more peak for its power. Never below idle, never above the TDP, and never less for more
/// work.
ChipPower chip_power(Power tdp, const ChipShares& shares, const Activity& activity);

}  // namespace perfmodel::power
