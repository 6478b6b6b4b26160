// What a search compares deployments by.
#pragma once

#include "power/work.hpp"
#include "search/deployment.hpp"

namespace perfmodel::search {

/// What keeping one device costs, in any unit of value by time: `fixed` and so much by the watt of
/// its own power and its share of what surrounds it. For tokens per watt nothing is fixed and a
/// watt costs one.
struct Upkeep {
  power::ChipShares shares;
  Power tdp{};        // of the device
  Power around{};     // at most, the device's share
  double steady = 1;  // part of that which does not follow the device's power
  double pue = 1;
  double fixed = 0;
  double by_watt = 1;

  double at(const power::Activity& activity) const;
  double idle() const { return at({}); }
};

/// Of an engine that does both phases, at a steady state: tokens per second, by what its devices
/// cost.
///
/// Work by pass never falls as the batch grows, nor does the life of a request, so that over
/// batches [low, high] this value is at most high / low times that at `low`, as the rate is: cost
/// by token is fixed / rate + watts * work by token, and neither term falls by more than that
/// factor. Limits (the TDP, a share of one) keep the bound, since they hold at `low` too.
double worth_of(const Upkeep& upkeep, const phase::Plan& plan, const cost::Machine& machine,
                const serving::Lengths& lengths, const serving::Steady& steady);

/// Of a deployment; more is better. Without an upkeep (Problem) every device costs the same, which
/// leaves the order to the rate by device.
double worth_of(const Problem& problem, Objective objective, const Deployment& deployment);

/// No deployment of this rate on this many devices is worth more.
double most_worth(const Problem& problem, Objective objective, Frequency rate, double devices,
                  Time tpot);

}  // namespace perfmodel::search
