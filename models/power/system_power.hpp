// Power of a system: its chips, what surrounds them, and the room that it stands in.
#pragma once

#include <vector>

#include "hw/chip.hpp"
#include "hw/system.hpp"
#include "power/chip_power.hpp"
#include "spec/outcome.hpp"

namespace perfmodel::power {

/// Chips of a system that do the same.
struct Pool {
  double chips = 0;
  Activity activity;
};

/// Whole systems at their most: all chips at their TDP.
struct Nameplate {
  Power chips{};
  Power around{};  // hosts, network, fans, conversion
  bool published =
      false;  // the total is the system's own figure, `around` what the chips leave of it
  double pue = 1;
  bool pue_published = false;

  Power system() const { return chips + around; }
  Power site() const { return system() * pue; }
};

struct SystemPower {
  Nameplate nameplate;
  std::vector<ChipPower> pools;  // of one chip, in the order of the pools given
  Power chips{};                 // all, idle ones included
  Power around{};

  Power system() const { return chips + around; }
  Power site() const { return system() * nameplate.pue; }
};

/// Of `systems` systems. Where the total is published, all but the chips' TDPs surrounds them; else
/// hosts and network where both are published, so many watts by the chip where not, and a part of
/// the TDP for fans and conversion. Fails where the TDP is not published, or where
/// the chips alone draw more than the total even at the near ends of both ranges; where they do so
/// at other values of the ranges, nothing is left for the rest.
spec::Outcome<Nameplate> nameplate(const hw::System& system, const hw::Chip& chip, int systems,
                                   const Coefficients& coefficients);

/// At work: chips that are in no pool are idle. Of what surrounds the chips the `steady` part
/// stays, and the rest goes with their power:
///
///   around = around at most * (steady + (1 - steady) * chips / chips at most)
///
/// so that a system whose chips all draw their TDP draws what its nameplate says.
spec::Outcome<SystemPower> system_power(const hw::System& system, const hw::Chip& chip, int systems,
                                        const Coefficients& coefficients,
                                        const std::vector<Pool>& pools);

}  // namespace perfmodel::power
