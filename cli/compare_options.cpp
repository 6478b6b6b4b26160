#include "cli/compare_options.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "cli/comma_list.hpp"
#include "cli/errors.hpp"
#include "units/number.hpp"

namespace perfmodel::cli {
namespace {

constexpr std::size_t kFewest = 2, kMost = 16, kMostLevels = 24;

using Problems = std::vector<std::string>;

/// Cuts what follows the first `by`, which it removes; an empty rest is a problem.
std::string cut(std::string& word, char by, const ComparedWord& whole, Problems& problems) {
  const auto at = word.find(by);
  if (at == std::string::npos) return "";
  auto rest = word.substr(at + 1);
  word.resize(at);
  if (rest.empty() || word.empty())
    problems.push_back(
        fmt::format("'{}': nothing {} the '{}' (write [COUNTx]SYSTEM[@CHIP][/STACK][+CHANGE])",
                    whole.word, rest.empty() ? "after" : "before", by));
  return rest;
}

/// What follows the first '+', removed from the word: one change after the other.
void take_changes(std::string& word, ComparedWord& c, Problems& problems) {
  const auto at = word.find('+');
  if (at == std::string::npos) return;
  c.change = word.substr(at + 1);
  word.resize(at);
  std::string_view rest = c.change;
  std::vector<std::string_view> named;
  for (bool more = true; more;) {
    const auto change = rest.substr(0, rest.find('+'));
    more = change.size() < rest.size();
    rest.remove_prefix(more ? change.size() + 1 : change.size());
    const auto equals = change.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == change.size()) {
      problems.push_back(fmt::format(
          "'{}': '{}' is no change (write +NAME=VALUE, as in +memory=hbm3e:8 or +native=fp8)",
          c.word, change));
      continue;
    }
    const auto name = change.substr(0, equals);
    if (std::find(named.begin(), named.end(), name) != named.end())
      problems.push_back(fmt::format("'{}': {} is changed twice", c.word, name));
    named.push_back(name);
    const auto bad = hw::set(c.what_if, name, change.substr(equals + 1));
    if (!bad.empty()) problems.push_back(fmt::format("'{}': {}: {}", c.word, name, bad));
  }
  const auto clash = hw::contradiction(c.what_if);
  if (!clash.empty()) problems.push_back(fmt::format("'{}': {}", c.word, clash));
}

/// "4xhgx-h200": the count, which is removed.
void take_count(std::string& word, ComparedWord& c, Problems& problems) {
  const auto digits = word.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string::npos || word[digits] != 'x') return;
  c.count = entire_number<long>(std::string_view(word).substr(0, digits)).value_or(0);
  if (c.count < 1 || c.count > 100'000)
    problems.push_back(fmt::format("'{}': the count must be between 1 and 100000 systems", c.word));
  word.erase(0, digits + 1);
  if (word.empty()) problems.push_back(fmt::format("'{}': no system after the count", c.word));
}

void add_words(const std::string& list, bool chips, CompareOptions& o, Problems& problems) {
  if (list.empty()) return;
  for (const auto& typed : comma_separated(list)) {
    ComparedWord c;
    c.word = typed;
    if (typed.empty()) {
      problems.push_back(fmt::format("{}: '{}' has an empty place between its commas",
                                     chips ? "--chips" : "--systems", list));
      continue;
    }
    std::string word = typed;
    take_changes(word, c, problems);
    c.stack = cut(word, '/', c, problems);
    if (chips) {
      c.chip = word;
    } else {
      c.chip = cut(word, '@', c, problems);
      take_count(word, c, problems);
      c.system = word;
    }
    o.systems.push_back(std::move(c));
  }
}

void read_levels(const std::string& list, CompareOptions& o, Problems& problems) {
  for (const auto& word : comma_separated(list)) {
    const auto v = entire_number<double>(word);
    if (!v || !(*v >= kSlowestUser && *v <= kFastestUser)) {
      problems.push_back(fmt::format(
          "--interactivity: '{}' is not a number of tokens per second of a user between "
          "{} and {}, as in 20,50,100",
          word, kSlowestUser, kFastestUser));
      continue;
    }
    o.levels.push_back(Frequency::from_base(*v));
  }
  std::sort(o.levels.begin(), o.levels.end());
  o.levels.erase(std::unique(o.levels.begin(), o.levels.end()), o.levels.end());
  if (o.levels.size() > kMostLevels)
    problems.push_back(fmt::format("--interactivity: at most {} levels", kMostLevels));
}

}  // namespace

CompareOptions check_compare(const CompareArguments& words) {
  CompareOptions o;
  Problems problems;
  o.baseline = words.baseline;
  o.metric = words.metric;
  add_words(words.systems, false, o, problems);
  add_words(words.chips, true, o, problems);
  if (problems.empty() && o.systems.size() < kFewest)
    problems.emplace_back(
        "name at least two to compare, as in: perfmodel compare --systems "
        "cloudmatrix384,gb200-nvl72");
  if (o.systems.size() > kMost)
    problems.push_back(
        fmt::format("{} systems are too many to compare (at most {})", o.systems.size(), kMost));
  read_levels(words.interactivity, o, problems);
  auto question = words.question;
  question.system = "any";  // the list's own are looked at one by one
  try {
    o.question = check_arguments(question);
    if (o.question.split == search::Split::fixed)
      problems.push_back(fmt::format(
          "--disaggregate: '{}' chips are a split of one system; to compare several: no or auto",
          question.disaggregate));
    for (const auto& c : o.systems)
      if (!c.change.empty() && !o.question.what_if.empty())
        problems.push_back(
            fmt::format("'{}': changed by itself, while options change all systems; write all "
                        "changes in the list",
                        c.word));
  } catch (const UsageError& e) {
    problems.emplace_back(e.what());
  }
  if (!problems.empty()) throw UsageError(fmt::format("{}", fmt::join(problems, "\nperfmodel: ")));
  return o;
}

}  // namespace perfmodel::cli
