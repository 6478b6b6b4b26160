#include "spec/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace perfmodel::spec {
namespace {

// Lead bytes, and what the second byte may be; all further bytes are 80..BF (RFC 3629, section 4).
struct Sequence {
  std::uint8_t lead_first, lead_last, second_first, second_last;
  std::size_t length;
};
constexpr std::array kSequences = {
    Sequence{0xC2, 0xDF, 0x80, 0xBF, 2}, Sequence{0xE0, 0xE0, 0xA0, 0xBF, 3},
    Sequence{0xE1, 0xEC, 0x80, 0xBF, 3}, Sequence{0xED, 0xED, 0x80, 0x9F, 3},
    Sequence{0xEE, 0xEF, 0x80, 0xBF, 3}, Sequence{0xF0, 0xF0, 0x90, 0xBF, 4},
    Sequence{0xF1, 0xF3, 0x80, 0xBF, 4}, Sequence{0xF4, 0xF4, 0x80, 0x8F, 4},
};

std::uint8_t byte_at(std::string_view text, std::size_t i) {
  return static_cast<std::uint8_t>(text[i]);
}
bool continues(std::uint8_t b) {
  return (b & 0xC0) == 0x80;
}

// Length of the character at `at`, 0 if it is ill-formed.
std::size_t length_at(std::string_view text, std::size_t at) {
  const auto lead = byte_at(text, at);
  if (lead < 0x80) return 1;
  const auto* s = std::find_if(kSequences.begin(), kSequences.end(), [&](const Sequence& q) {
    return lead >= q.lead_first && lead <= q.lead_last;
  });
  if (s == kSequences.end() || text.size() - at < s->length) return 0;
  const auto second = byte_at(text, at + 1);
  if (second < s->second_first || second > s->second_last) return 0;
  for (std::size_t i = 2; i < s->length; ++i) {
    if (!continues(byte_at(text, at + i))) return 0;
  }
  return s->length;
}

}  // namespace

std::size_t find_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto length = length_at(text, at);
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return !continues(static_cast<std::uint8_t>(c)); }));
}

}  // namespace perfmodel::spec
