// The units that config files and the command line may use.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "units/text.hpp"

namespace perfmodel {

enum class UnitPrefix { none, decimal, binary };

struct Unit {
  DimExponents dimension{};
  double factor = 1.0;  // base units in one of this unit
  UnitPrefix prefix = UnitPrefix::none;
};

/// "TB/s", "GiB", "billion", "USD/kWh": one unit, or one over another. Case matters.
std::optional<Unit> find_unit(std::string_view name);

/// Every single unit, and every single unit that makes sense per second.
const std::vector<std::string>& unit_names();

/// Units of a dimension from small to large, for choosing one when formatting.
struct Rung {
  double factor;
  std::string unit;  // empty for a plain number
};
std::vector<Rung> unit_ladder(const DimExponents& dimension, UnitPrefix prefix);

/// "bandwidth", without what dimension_name adds in parentheses.
std::string short_dimension_name(const DimExponents& dimension);

/// Two or three units to show as examples: "GB/s or TB/s"; empty where there are none.
std::string example_units(const DimExponents& dimension, Prefixes prefixes);

inline constexpr DimExponents kNoDimension{};
inline constexpr DimExponents kByteDimension = exponents_of<Bytes::dimension>();
inline constexpr DimExponents kBitDimension = exponents_of<Bits::dimension>();
inline constexpr DimExponents kBandwidthDimension = exponents_of<Bandwidth::dimension>();
inline constexpr DimExponents kBitRateDimension = exponents_of<BitRate::dimension>();

}  // namespace perfmodel
