// How many packages a month's wafers and memory stacks make:
//
//   packages = min(wafers * dies per wafer * die yield / dies per package,
//                  stacks / stacks per package) * package yield
//
// A package that fails takes its dies and its stacks with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fleet/fleet.hpp"

namespace perfmodel::fleet {

/// What one package takes.
struct Contents {
  long dies = 1;
  long stacks = 0;  // only where the supply counts stacks
};

/// Of a month.
struct Production {
  double by_dies = 0;    // packages that the dies make
  double by_stacks = 0;  // packages that the stacks make; infinite where they are not counted
  double packages() const { return by_stacks < by_dies ? by_stacks : by_dies; }
  bool short_of_stacks() const { return by_stacks < by_dies; }
};

/// At the values of the figures.
Production production(const Supply& supply, const SupplyCase& which, const Contents& package);

/// At `n` draws of the figures from their ranges (uncertainty/spread.hpp). A figure that two cases
/// share is drawn once for both, so that cases differ by what they change alone.
std::vector<Production> drawn_production(const Supply& supply, const SupplyCase& which,
                                         const Contents& package, std::size_t n,
                                         std::uint64_t seed);

struct Percentiles {
  double p10 = 0, p50 = 0, p90 = 0;
};
Percentiles percentiles(std::vector<double> draws);

/// The case of a supply that names none: the figures as they stand.
SupplyCase plain_case();

}  // namespace perfmodel::fleet
