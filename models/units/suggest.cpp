#include "units/suggest.hpp"

#include <array>
#include <utility>

#include "units/number.hpp"
#include "units/unit_table.hpp"

namespace perfmodel {
namespace {

using Rewrite = std::pair<std::string_view, std::string_view>;

// Spellings of the field, lower case; the longer before what they contain.
constexpr std::array kSpellings = {
    Rewrite{" ", ""},          Rewrite{"\u00b5", "u"},    Rewrite{"\u03bc", "u"},
    Rewrite{"seconds", "s"},   Rewrite{"second", "s"},    Rewrite{"secs", "s"},
    Rewrite{"sec", "s"},       Rewrite{"minutes", "min"}, Rewrite{"minute", "min"},
    Rewrite{"hours", "h"},     Rewrite{"hour", "h"},      Rewrite{"hr", "h"},
    Rewrite{"bytes", "b"},     Rewrite{"byte", "b"},      Rewrite{"bits", "bit"},
    Rewrite{"kilo", "k"},      Rewrite{"mega", "m"},      Rewrite{"giga", "g"},
    Rewrite{"tera", "t"},      Rewrite{"peta", "p"},      Rewrite{"watts", "w"},
    Rewrite{"watt", "w"},      Rewrite{"joules", "j"},    Rewrite{"joule", "j"},
    Rewrite{"dollars", "usd"}, Rewrite{"dollar", "usd"},  Rewrite{"us$", "usd"},
    Rewrite{"$", "usd"},       Rewrite{"rmb", "cny"},     Rewrite{"yuan", "cny"},
    Rewrite{"\u00a5", "cny"},  Rewrite{"per", "/"},
};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

bool drop_suffix(std::string& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.resize(text.size() - suffix.size());
  return true;
}

// Known unit equal to `spelling` but for case; of the wanted dimension if one is.
std::string match_ignoring_case(const std::string& spelling, const DimExponents& wanted) {
  std::string found;
  for (const auto& name : unit_names()) {
    if (lower(name) != spelling) continue;
    if (find_unit(name)->dimension == wanted) return name;
    if (found.empty()) found = name;
  }
  return found;
}

// "Gb/s", "Gbps", "mb": a prefix and a bare lower-case b.
std::string bit_or_byte(std::string_view unit) {
  std::string head(unit);
  const bool rate = drop_suffix(head, "/s") || drop_suffix(head, "ps") || drop_suffix(head, "/sec");
  if (!drop_suffix(head, "b") || head.size() != 1) return {};
  constexpr std::string_view lower_prefixes = "kmgtpe", prefixes = "kMGTPE";
  const auto at = lower_prefixes.find(lower(head)[0]);
  if (at == std::string_view::npos) return {};
  const std::string prefix(1, prefixes[at]);
  const std::string suffix = rate ? "/s" : "";
  return prefix + "bit" + suffix + " or " + prefix + "B" + suffix;
}

std::string count_word(std::string_view unit) {
  constexpr std::array words = {
      Rewrite{"k", "thousand"},  Rewrite{"m", "million"},  Rewrite{"mn", "million"},
      Rewrite{"mln", "million"}, Rewrite{"b", "billion"},  Rewrite{"bn", "billion"},
      Rewrite{"g", "billion"},   Rewrite{"t", "trillion"}, Rewrite{"tn", "trillion"}};
  const std::string word = lower(unit);
  for (const auto& [shorthand, full] : words) {
    if (word == shorthand) return std::string(full);
  }
  return {};
}

}  // namespace

std::string suggest_unit(std::string_view unit, const DimExponents& wanted) {
  constexpr std::size_t longest_spelling = 40;  // a spelled-out unit is shorter; the rest is noise
  if (unit.size() > longest_spelling) return {};
  if (wanted == kNoDimension) {
    if (auto word = count_word(unit); !word.empty()) return word;
  }
  if (auto both = bit_or_byte(unit); !both.empty()) return both;
  std::string spelling = lower(unit);
  for (const auto& [from, to] : kSpellings) replace_all(spelling, from, to);
  if (auto same = match_ignoring_case(spelling, wanted); !same.empty()) return same;
  // "TFLOPS" is a rate, unless a number of operations is wanted; "GBs" and "GBps" are rates.
  std::string stem = spelling;
  if (drop_suffix(stem, "/s"))
    drop_suffix(stem, "s");
  else if (stem.ends_with("ops") || !drop_suffix(stem, "ps"))
    drop_suffix(stem, "s");
  if (stem == spelling) return {};
  const std::string plain = match_ignoring_case(stem, wanted);
  const std::string rate = match_ignoring_case(stem + "/s", wanted);
  if (!plain.empty() && (rate.empty() || find_unit(plain)->dimension == wanted)) return plain;
  return rate;
}

}  // namespace perfmodel
