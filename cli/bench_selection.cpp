#include "cli/bench_selection.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/errors.hpp"
#include "cli/this_machine.hpp"
#include "spec/diagnostics.hpp"
#include "spec/wording.hpp"
#include "units/text.hpp"

namespace perfmodel::cli {
namespace {

using kernels::Planned;
using kernels::Shape;

/// An expression longer than this is no name; std::regex recurses over what it matches.
constexpr std::size_t kLongestFilter = 256;

/// Copies of the operands that a benchmark makes to leave the caches, and the roofs' own memory.
constexpr double kBesideOperands = 2e9;

/// Where the tier was asked for: by the option or by the environment.
constexpr std::string_view kOption = "--tier", kVariable = "PERFMODEL_KERNEL_TIER";

void check_tier(std::string_view where, const std::string& word) {
  const auto tier = kernels::tier_named(word);
  if (!tier)
    throw UsageError(fmt::format(
        "{}: unknown tier '{}' ({})", where, word,
        spec::nearest_hint(word, {kernels::kTierNames.begin(), kernels::kTierNames.end()},
                           fmt::format("one of: {}", fmt::join(kernels::kTierNames, ", ")))));
  if (!kernels::can_run(*tier))
    throw UsageError(fmt::format("{}: this machine cannot run '{}', which needs {}", where, word,
                                 to_string(kernels::required_features(*tier))));
}

/// Only a step may have nothing in its cache; the kernel's own shapes say so.
void check_zero(const Planned& p) {
  const auto none = [](const Shape& s) { return s.n == 0; };
  const auto& own = p.kernel->test_shapes;
  if (none(p.shape) && std::none_of(own.begin(), own.end(), none))
    throw UsageError(fmt::format("--shape: {} on {}: n is at least 1 ({})", p.kernel->name,
                                 to_string(p.shape), p.kernel->shape_meaning));
}

void check_memory(const Planned& p, const ThisMachine& machine) {
  const auto needs = p.kernel->cost(p.shape).memory + Bytes::from_base(kBesideOperands);
  if (machine.memory > Bytes() && needs > machine.memory)
    throw UsageError(fmt::format("--shape: {} on {} needs {}, the machine has {}", p.kernel->name,
                                 to_string(p.shape), format(needs, 3), format(machine.memory, 3)));
}

[[noreturn]] void nothing_matches(const std::string& filter) {
  std::vector<std::string_view> names;
  for (const auto& d : kernels::descriptors()) {
    names.push_back(d.name);
    names.push_back(d.family);
  }
  throw UsageError(fmt::format("--filter: no kernel matches '{}' ({})", filter,
                               spec::nearest_hint(filter, names, "see: perfmodel bench --list")));
}

}  // namespace

std::regex filter_of(const std::string& filter) {
  if (filter.size() > kLongestFilter)
    throw UsageError(fmt::format("--filter: longer than {} characters", kLongestFilter));
  try {
    return std::regex(filter, std::regex::ECMAScript);
  } catch (const std::regex_error& e) {
    throw UsageError(
        fmt::format("--filter: '{}' is not a regular expression: {}", filter, e.what()));
  }
}

std::vector<kernels::Shape> shapes_of(const std::vector<std::string>& words, std::int64_t least_n) {
  std::vector<kernels::Shape> shapes;
  for (const auto& w : words) {
    const auto s = kernels::parse_shape(w, 0);
    if (!s || s->n < least_n || std::min({s->m, s->k, s->groups}) < 1)
      throw UsageError(fmt::format("--shape: '{}' is not a shape like m8n4096k4096", w));
    shapes.push_back(*s);
  }
  return shapes;
}

void check_choices(const BenchWords& words) {
  const auto forced = kernels::forced_tier_name();
  if (!words.tier.empty())
    check_tier(kOption, words.tier);
  else if (!forced.empty())
    check_tier(kVariable, forced);
  const int most = kernels::available_threads();
  for (const int t : words.threads)
    if (t < 1 || t > most)
      throw UsageError(
          fmt::format("--threads: {} is not between 1 and {}, which this machine lends", t, most));
}

std::vector<Planned> select_benchmarks(const BenchWords& words) {
  check_choices(words);
  const auto shapes = shapes_of(words.shapes, 0);
  const auto threads = words.threads.empty() ? kernels::usual_threads() : words.threads;
  auto all = kernels::plan_benchmarks(words.tier.empty() ? kernels::forced_tier_name() : words.tier,
                                      threads, shapes);
  if (!words.filter.empty()) {
    const auto wanted = filter_of(words.filter);
    std::erase_if(all, [&](const Planned& p) { return !std::regex_search(p.name(), wanted); });
    if (all.empty()) nothing_matches(words.filter);
  }
  // A kernel that lacks the tier is left out as long as another has it.
  const auto lacking = all.front();
  std::erase_if(all, [](const Planned& p) { return !p.choice.tier; });
  if (all.empty())
    throw UsageError(fmt::format("{}: {}: {}", words.tier.empty() ? kVariable : kOption,
                                 lacking.kernel->name, lacking.choice.problem));
  const auto machine = this_machine();
  for (const auto& p : all) {
    check_zero(p);
    check_memory(p, machine);
  }
  return all;
}

}  // namespace perfmodel::cli
