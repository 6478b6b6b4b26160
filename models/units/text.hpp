// Quantities as text: "3.2 TB/s", "64 GiB", "400 Gbit/s", "0.5 us", "700 W", "671 billion".
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "units/quantity.hpp"

namespace perfmodel {

/// Which prefixes a field admits. Rates and operation counts are always decimal; on-chip memories
/// are binary by construction; device memory is quoted in both.
enum class Prefixes { decimal, binary, either };

/// Dimension exponents as a value, for parsers that learn the dimension at run time.
using DimExponents = std::array<int, 7>;
template <class D>
constexpr DimExponents exponents_of() {
  return {D::ops, D::byte, D::bit, D::second, D::joule, D::usd, D::cny};
}

/// Why a text is not a quantity. `hint` proposes the nearest right thing and may be empty.
struct UnitError {
  std::string message;
  std::string hint;
};

/// A number as written, the factor of its unit, and so the value in base units (number * factor).
struct ParsedQuantity {
  double number = 0.0;
  double factor = 1.0;
  std::string unit;
};

/// Parses "<number> <unit>"; the number is locale-independent. Refuses NaN and infinities, a
/// missing or unknown unit (with a hint), a unit of another dimension, bits for bytes (hint gives
/// the value in bytes), and prefixes that `prefixes` does not admit (hint gives the value in those
/// it does).
std::variant<ParsedQuantity, UnitError> parse_quantity(std::string_view text,
                                                       const DimExponents& dimension,
                                                       Prefixes prefixes = Prefixes::either);

template <class Q>
std::variant<Q, UnitError> parse(std::string_view text, Prefixes prefixes = Prefixes::either) {
  auto r = parse_quantity(text, exponents_of<typename Q::dimension>(), prefixes);
  if (auto* e = std::get_if<UnitError>(&r)) return std::move(*e);
  const auto& p = std::get<ParsedQuantity>(r);
  return Q::from_base(p.number * p.factor);
}

/// Name of a dimension for messages: "bandwidth (bytes per second)", "time", ...
std::string dimension_name(const DimExponents& dimension);

/// Shortest text with `digits` significant digits and the prefix that puts the number in [1, 1000):
/// "3.2 TB/s", "707.8 TFLOP/s", "49.4 ms", "128 GB". Locale-independent; round-trips through parse
/// to that precision.
std::string format_quantity(double base_value, const DimExponents& dimension, int digits = 4);
template <class D>
std::string format(Quantity<D> q, int digits = 4) {
  return format_quantity(q.base(), exponents_of<D>(), digits);
}

}  // namespace perfmodel
