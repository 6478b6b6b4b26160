#include "units/number.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace perfmodel {
namespace {

constexpr std::size_t kQuotedLength = 60;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t length_of_non_finite_word(std::string_view text) {
  const std::string word = lower(text.substr(0, 10));
  for (const std::string_view w : {".inf", ".nan", "infinity", "inf", "nan"}) {
    if (word.starts_with(w)) return w.size();
  }
  return 0;
}

}  // namespace

NumberScan scan_number(std::string_view text) {
  using Status = NumberScan::Status;
  const std::size_t sign = !text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0;
  const std::string_view digits = text.substr(sign);
  const bool digit_first = !digits.empty() && is_digit(digits[0]);
  if (!digit_first) {
    if (const auto n = length_of_non_finite_word(digits))
      return {Status::not_finite, 0.0, sign + n};
  }
  // from_chars would accept a second sign after the one taken off here.
  const bool starts = digit_first || digits.starts_with('.');
  if (!starts) return {};
  double value = 0.0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const auto length = sign + static_cast<std::size_t>(end - digits.data());
  if (error == std::errc::invalid_argument) return {};
  if (error != std::errc{}) return {Status::out_of_range, 0.0, length};
  return {Status::ok, text[0] == '-' ? -value : value, length};
}

NumberScan scan_entire(std::string_view text) {
  const auto scan = scan_number(text);
  return scan.length == text.size() ? scan : NumberScan{};
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    const bool c1 = c == 0xC2 && next >= 0x80 && next < 0xA0;
    if (c1) {
      out += fmt::format("\\x{:02x}", next);
      ++i;
    } else if (c < 0x20 || c == 0x7F) {
      out += fmt::format("\\x{:02x}", c);
    } else {
      out += static_cast<char>(c);
    }
  }
  return out;
}

std::string quoted(std::string_view text) {
  if (text.size() <= kQuotedLength) return "'" + printable(text) + "'";
  std::size_t cut = kQuotedLength;
  const auto inside_character = [&](std::size_t i) {
    return (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
  };
  while (cut > 0 && inside_character(cut)) --cut;
  return "'" + printable(text.substr(0, cut)) + "...'";
}

}  // namespace perfmodel
