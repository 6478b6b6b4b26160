// Numbers and words out of untrusted text: locale-independent scanning, and quoting for messages.
#pragma once

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace perfmodel {

struct NumberScan {
  enum class Status { ok, not_a_number, not_finite, out_of_range };
  Status status = Status::not_a_number;
  double value = 0.0;
  std::size_t length = 0;  // characters used
};

/// The number that `text` begins with ("3.2e3", "-4", "+5"; decimal point only, no digit groups).
/// Words for NaN and infinity, YAML's ".nan" and ".inf" among them, are recognised in order to be
/// refused.
NumberScan scan_number(std::string_view text);

/// The whole of `text` as a number.
NumberScan scan_entire(std::string_view text);

/// The whole of `text` as a T by the rules of std::from_chars: no sign but '-', no blanks. For
/// words of options and texts of machines; figures go through the scans.
template <class T>
std::optional<T> entire_number(std::string_view text) {
  T value{};
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last) return std::nullopt;
  return value;
}

/// Without blanks at both ends.
std::string_view trimmed(std::string_view text);

/// ASCII only, whatever the locale.
std::string lower(std::string_view text);

/// Control characters, C1 ones included, as \xNN: a message may reach a terminal.
std::string printable(std::string_view text);

/// 'text' for a message: printable, and cut when long.
std::string quoted(std::string_view text);

}  // namespace perfmodel
