// How power follows from work: shares of the thermal design power (TDP) that are the same for all
// chips, and what surrounds the chips of a system. Every one is a figure with range, grade, source.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "spec/document.hpp"
#include "spec/sourced.hpp"
#include "units/quantity.hpp"

namespace perfmodel::power {

/// Of a chip (power/chip_power.hpp), by its TDP.
struct ChipShares {
  spec::Sourced<Count> idle;    // with a model loaded and nothing to do
  spec::Sourced<Count> active;  // more while a pass runs, whatever it does
  // More at the full published rate of each resource.
  spec::Sourced<Count> matrix;
  spec::Sourced<Count> vector;
  spec::Sourced<Count> memory;
  spec::Sourced<Count> link;
};

/// Of what surrounds the chips (power/system_power.hpp): hosts, switches, NICs, optics, fans and
/// conversion.
struct Surroundings {
  spec::Sourced<Power> fixed;         // by the chip, where a system's total is not published
  spec::Sourced<Count> proportional;  // likewise, by the TDP
  spec::Sourced<Count> steady;        // part that does not follow the load of the chips
  spec::Sourced<Count> pue;           // where the system does not say
};

struct Coefficients {
  std::string id;
  std::string name;
  ChipShares chip;
  Surroundings around;
  std::vector<std::string> notes;
  std::vector<spec::Source> sources;
};

std::optional<Coefficients> read_coefficients(const spec::Document& document,
                                              spec::Diagnostics& diagnostics);

}  // namespace perfmodel::power
