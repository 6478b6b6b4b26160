#include "spec/date.hpp"

namespace perfmodel::spec {

bool is_date(std::string_view text) {
  constexpr std::string_view pattern = "dddd-dd-dd";
  if (text.size() != 4 && text.size() != 7 && text.size() != 10) return false;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (pattern[i] == 'd' ? !digit(text[i]) : text[i] != '-') return false;
  }
  const auto two_digits = [&](std::size_t at) {
    return (text[at] - '0') * 10 + text[at + 1] - '0';
  };
  const auto within = [&](std::size_t at, int last) {
    return text.size() <= at || (two_digits(at) >= 1 && two_digits(at) <= last);
  };
  return within(5, 12) && within(8, 31);
}

}  // namespace perfmodel::spec
