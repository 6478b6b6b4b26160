#include "power/chip_power.hpp"

namespace perfmodel::power {

ChipPower chip_power(Power tdp, const ChipShares& shares, const Activity& a) {
  ChipPower p;
  p.idle = tdp * shares.idle.value.base();
  p.active = tdp * (shares.active.value.base() * a.busy);
  p.matrix = tdp * (shares.matrix.value.base() * a.matrix);
  p.vector = tdp * (shares.vector.value.base() * a.vector);
  p.memory = tdp * (shares.memory.value.base() * a.memory);
  p.link = tdp * (shares.link.value.base() * a.link);
  const Power room = tdp - p.idle;
  if (p.dynamic() <= room) return p;
  p.held = room / p.dynamic();
  for (auto* part : {&p.active, &p.matrix, &p.vector, &p.memory, &p.link}) *part *= p.held;
  return p;
}

}  // namespace perfmodel::power
