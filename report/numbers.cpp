#include "report/numbers.hpp"

#include <fmt/format.h>

#include <cmath>

#include "units/number.hpp"
#include "units/text.hpp"

namespace perfmodel::report {
namespace {

constexpr double kLargestGrouped =
    1e15;  // beyond it digit groups are harder to read than exponents

/// Commas between groups of three digits; `digits` is a sign and digits only.
std::string grouped(std::string digits) {
  const std::size_t first = digits.starts_with('-') ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

}  // namespace

std::string number(double value, int digits) {
  if (!std::isfinite(value)) return std::string(kNoNumber);
  if (value == 0.0) return "0";
  const double rounded = scan_number(fmt::format("{:.{}e}", value, digits - 1)).value;
  const double magnitude = std::abs(rounded);
  if (magnitude >= kLargestGrouped || magnitude < 1000.0) return fmt::format("{}", rounded);
  if (rounded != std::trunc(rounded)) return fmt::format("{}", rounded);
  return grouped(fmt::format("{:.0f}", rounded));
}

std::string whole(double value) {
  const bool exact = std::isfinite(value) && value == std::trunc(value) && value != 0.0 &&
                     std::abs(value) < kLargestGrouped;
  return exact ? grouped(fmt::format("{:.0f}", value)) : number(value);
}

std::string counted(double value, std::string_view noun) {
  return fmt::format("{} {}{}", whole(value), noun, value == 1.0 ? "" : "s");
}

std::string percent(double ratio) {
  if (!std::isfinite(ratio)) return std::string(kNoNumber);
  return number(ratio * 100.0, kFewDigits) + " %";
}

std::string time_text(Time value, int digits) {
  return value.is_finite() ? format(value, digits) : std::string(kNoNumber);
}

std::string bytes_text(Bytes value) {
  return value.is_finite() ? format(value) : std::string(kNoNumber);
}

std::string parameters_text(double value) {
  return std::isfinite(value) ? format(Count::from_base(value)) : std::string(kNoNumber);
}

}  // namespace perfmodel::report
