// A machine made of one kind of chip: how many, and how they are wired.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hw/chip.hpp"

namespace perfmodel::hw {

enum class Shape : std::uint8_t { switched, mesh, ring, torus };
inline constexpr std::array<std::string_view, 4> kShapeNames = {"switched", "mesh", "ring",
                                                                "torus"};
constexpr std::string_view name_of(Shape s) {
  return kShapeNames[static_cast<std::size_t>(s)];
}

/// One level of the interconnect.
struct Tier {
  std::string name;
  int extent =
      1;  // chips in one group of this tier; 1 is the tier between the devices of a package
  Shape shape = Shape::switched;
  bool reduction = false;       // the switch can reduce in flight
  Figure<Bandwidth> bandwidth;  // one way, per chip; absent where nobody published it
  spec::Sourced<Time> latency;  // one message, device to device
};

struct System {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  std::string chip;  // chip id, or "any" for a template
  Status status = Status::shipping;
  std::string banner;
  spec::Sourced<Count> chips;
  std::vector<Tier> tiers;        // innermost first, extents growing
  std::optional<Tier> scale_out;  // joins several such systems
  Figure<Count> host_cpus;
  Figure<Bandwidth> host_link;  // from the host's memory, one way, per chip
  Figure<Power> power;          // whole system at its most, cooling of the room left out
  Figure<Power> host_power;     // of that, CPUs and their memory
  Figure<Power> network_power;  // of that, switches, NICs and optics
  Figure<Power> site_power;     // with the network beyond and the cooling of the room
  Figure<Count> pue;            // site power over the system's own
  Figure<Usd> price_usd;
  Figure<Cny> price_cny;
  std::vector<std::string> notes;
  std::vector<spec::Source> sources;
  std::vector<std::size_t>
      tiers_from_chip;  // tiers whose bandwidth is the chip's own scale-up link

  int chip_count() const { return static_cast<int>(chips.value.base()); }
};

std::optional<System> read_system(const spec::Document& document, spec::Diagnostics& diagnostics);

/// The system built from `chip`: template tiers take the chip's scale-up link, and a missing
/// scale-out bandwidth its scale-out link. Leaves absent what the chip does not say.
System filled_for(const System& system, const Chip& chip);

}  // namespace perfmodel::hw
