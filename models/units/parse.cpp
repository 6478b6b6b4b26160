#include <fmt/format.h>

#include <cmath>

#include "units/format.hpp"
#include "units/number.hpp"
#include "units/suggest.hpp"
#include "units/text.hpp"
#include "units/unit_table.hpp"

namespace perfmodel {
namespace {

// One parse, with what its error messages need.
struct Attempt {
  std::string_view text;    // all of it
  std::string_view number;  // as written
  std::string_view unit;    // as written
  double value = 0.0;       // of the number
  const DimExponents& wanted;
  Prefixes prefixes;

  UnitError error(std::string_view message, std::string hint = {}) const {
    return {quoted(text) + " " + std::string(message), std::move(hint)};
  }
  std::string write(std::string_view right_unit) const {
    std::string right = fmt::format("write {} {}", number, right_unit);
    // "Gbit/s or GB/s": the number belongs to both.
    constexpr std::string_view alternative = " or ";
    if (const auto at = right.find(alternative); at != std::string::npos) {
      right.insert(at + alternative.size(), std::string(number) + " ");
    }
    return right;
  }
  std::string examples() const { return "with a unit such as " + example_units(wanted, prefixes); }
};

std::string article_for(std::string_view noun) {
  const bool vowel = std::string_view("aeiou").find(noun.front()) != std::string_view::npos;
  return vowel ? "an" : "a";
}

UnitError no_number(const Attempt& a) {
  if (a.wanted == kNoDimension) return a.error("is not a number");
  return a.error("is not a number with a unit", fmt::format("write a number {}", a.examples()));
}

UnitError grouped_digits(const Attempt& a) {
  return a.error("has a digit separator",
                 "write the decimal point as '.' and digits without separators");
}

UnitError unknown_unit(const Attempt& a) {
  const std::string message = fmt::format("has an unknown unit {}", quoted(a.unit));
  if (a.wanted == kNoDimension && a.unit == "%") {
    return a.error(message, fmt::format("write {}", a.value / 100.0));
  }
  const std::string right = suggest_unit(a.unit, a.wanted);
  if (!right.empty()) return a.error(message, a.write(right));
  return a.error(message,
                 fmt::format("{} is written {}", short_dimension_name(a.wanted), a.examples()));
}

// The same amount in the wanted dimension, where bits and bytes are all that differs.
std::string in_wanted_dimension(const DimExponents& given, const DimExponents& wanted,
                                double base_value) {
  const bool to_bytes = (given == kBitDimension && wanted == kByteDimension) ||
                        (given == kBitRateDimension && wanted == kBandwidthDimension);
  const bool to_bits = (given == kByteDimension && wanted == kBitDimension) ||
                       (given == kBandwidthDimension && wanted == kBitRateDimension);
  constexpr double bits_per_byte = 8.0;
  if (to_bytes) return format_quantity(base_value / bits_per_byte, wanted);
  if (to_bits) return format_quantity(base_value * bits_per_byte, wanted);
  return {};
}

UnitError wrong_dimension(const Attempt& a, const Unit& unit) {
  const std::string given = short_dimension_name(unit.dimension);
  const std::string message =
      fmt::format("is {} {}, expected {}", article_for(given), given, dimension_name(a.wanted));
  const auto same = in_wanted_dimension(unit.dimension, a.wanted, a.value * unit.factor);
  if (!same.empty()) return a.error(message, "write " + same);
  if (a.wanted == kNoDimension) {
    const std::string word = suggest_unit(a.unit, a.wanted);
    if (!word.empty() && word != a.unit) return a.error(message, a.write(word));
    return a.error(message);
  }
  return a.error(message,
                 fmt::format("{} is written {}", short_dimension_name(a.wanted), a.examples()));
}

UnitError binary_for_decimal(const Attempt& a, const Unit& unit) {
  return a.error("has a binary prefix, expected a decimal one",
                 "write " + format_quantity(a.value * unit.factor, a.wanted));
}

UnitError decimal_for_binary(const Attempt& a, const Unit& unit) {
  std::string meant(a.unit);
  // "MB" -> "MiB", "kB" -> "KiB": often the binary unit was meant all along.
  meant = (meant[0] == 'k' ? "K" : meant.substr(0, 1)) + "i" + meant.substr(1);
  const auto exact = format_with_prefix(a.value * unit.factor, a.wanted, UnitPrefix::binary);
  return a.error("has a decimal prefix, expected a binary one",
                 fmt::format("write {}, or {} {} if that was meant", exact, a.number, meant));
}

}  // namespace

std::variant<ParsedQuantity, UnitError> parse_quantity(std::string_view text,
                                                       const DimExponents& dimension,
                                                       Prefixes prefixes) {
  text = trimmed(text);
  Attempt a{text, {}, {}, 0.0, dimension, prefixes};
  const auto scan = scan_number(text);
  switch (scan.status) {
    case NumberScan::Status::ok:
      break;
    case NumberScan::Status::not_a_number:
      return no_number(a);
    case NumberScan::Status::not_finite:
      return a.error("is not a finite number");
    case NumberScan::Status::out_of_range:
      return a.error("is out of range");
  }
  a.number = text.substr(0, scan.length);
  a.value = scan.value;
  a.unit = trimmed(text.substr(scan.length));
  if (a.unit.empty()) {
    if (dimension == kNoDimension) return ParsedQuantity{a.value, 1.0, ""};
    return a.error(fmt::format("has no unit, expected {}", dimension_name(dimension)),
                   fmt::format("write {} {}", a.number, a.examples()));
  }
  if (a.unit.size() > 1 && std::string_view(",_'").find(a.unit[0]) != std::string_view::npos) {
    return grouped_digits(a);
  }
  const auto unit = find_unit(a.unit);
  if (!unit) return unknown_unit(a);
  if (unit->dimension != dimension) return wrong_dimension(a, *unit);
  const bool holds_bytes = dimension[1] != 0;
  if (holds_bytes && prefixes == Prefixes::decimal && unit->prefix == UnitPrefix::binary) {
    return binary_for_decimal(a, *unit);
  }
  if (holds_bytes && prefixes == Prefixes::binary && unit->prefix == UnitPrefix::decimal) {
    return decimal_for_binary(a, *unit);
  }
  if (!std::isfinite(a.value * unit->factor)) return a.error("is out of range");
  return ParsedQuantity{a.value, unit->factor, std::string(a.unit)};
}

}  // namespace perfmodel
