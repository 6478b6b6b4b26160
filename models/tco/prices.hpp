// What money costs around a system: how long it serves, at what interest, for what electricity.
// Prices of chips and systems are in their own files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "spec/document.hpp"
#include "spec/sourced.hpp"
#include "units/money.hpp"

namespace perfmodel::tco {

struct Prices {
  std::string id;
  std::string name;
  spec::Sourced<Time> lifetime;       // after which it is worth nothing
  spec::Sourced<Count> interest;      // a year
  spec::Sourced<Count> surroundings;  // price of host, network and racks by that of the chips,
                                      // where nobody published the system's
  spec::Sourced<ExchangeRate> yuan;   // where a price is known in yuan alone
  spec::Sourced<EnergyPrice> electricity;
  std::vector<std::string> notes;
  std::vector<spec::Source> sources;
};

std::optional<Prices> read_prices(const spec::Document& document, spec::Diagnostics& diagnostics);

}  // namespace perfmodel::tco
