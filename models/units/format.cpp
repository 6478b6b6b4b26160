#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "units/format.hpp"
#include "units/number.hpp"

namespace perfmodel {
namespace {

constexpr int kMostDigits = 17;  // what a double can tell apart

double round_to_digits(double v, int digits) {
  return scan_number(fmt::format("{:.{}e}", v, digits - 1)).value;
}

}  // namespace

std::string format_with_prefix(double base_value, const DimExponents& dimension, UnitPrefix prefix,
                               int digits) {
  if (std::isnan(base_value)) return "nan";
  if (std::isinf(base_value)) return base_value > 0 ? "inf" : "-inf";
  digits = std::clamp(digits, 1, kMostDigits);
  const auto ladder = unit_ladder(dimension, prefix);
  const double magnitude = std::abs(base_value);
  std::size_t rung = 0;
  while (rung + 1 < ladder.size() && ladder[rung + 1].factor <= magnitude) ++rung;
  double number = round_to_digits(magnitude / ladder[rung].factor, digits);
  if (magnitude == 0.0) {
    rung = 0;
    while (ladder[rung].factor < 1.0) ++rung;
  } else if (rung + 1 < ladder.size() &&
             number >= std::round(ladder[rung + 1].factor / ladder[rung].factor)) {
    // Rounding carried over: 999.96 GB is 1 TB at four digits.
    ++rung;
    number = round_to_digits(magnitude / ladder[rung].factor, digits);
  }
  const std::string& unit = ladder[rung].unit;
  return fmt::format("{}{}{}{}", base_value < 0 ? "-" : "", number, unit.empty() ? "" : " ", unit);
}

std::string format_quantity(double base_value, const DimExponents& dimension, int digits) {
  return format_with_prefix(base_value, dimension, UnitPrefix::decimal, digits);
}

}  // namespace perfmodel
