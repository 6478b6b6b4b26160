#include "cli/kernel_list.hpp"

#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/columns.hpp"
#include "kernels/registry/descriptor.hpp"
#include "report/format.hpp"

namespace perfmodel::cli {
namespace {

using kernels::Descriptor;
using kernels::Tier;

/// Those that the machine lacks the features for in brackets.
std::string tiers_of(const Descriptor& d) {
  std::vector<std::string> names;
  for (const Tier t : d.tiers) {
    const auto name = std::string(kernels::name_of(t));
    names.push_back(kernels::can_run(t) ? name : "(" + name + ")");
  }
  return fmt::format("{}", fmt::join(names, " "));
}

std::string features_of(Tier t) {
  const auto text = to_string(kernels::required_features(t));
  return text.empty() ? "none" : text;
}

std::string machine_tiers(const Descriptor& d) {
  std::vector<std::string_view> names;
  for (const Tier t : d.tiers)
    if (kernels::can_run(t)) names.push_back(kernels::name_of(t));
  return fmt::format("{}", fmt::join(names, " "));
}

std::string taken(const Descriptor& d) {
  const auto choice = kernels::choose_tier(d.tiers, "");
  return std::string(choice.tier ? kernels::name_of(*choice.tier) : "-");
}

/// Of the tier that is taken here.
double max_error(const Descriptor& d) {
  const auto choice = kernels::choose_tier(d.tiers, "");
  return choice.tier ? d.max_error_of(*choice.tier) : d.max_error;
}

std::vector<std::string> all_of(const Descriptor& d) {
  std::vector<std::string> needs;
  for (const Tier t : d.tiers)
    needs.push_back(fmt::format("{}: {}", kernels::name_of(t), features_of(t)));
  const auto& example = d.benchmark_shapes.empty() ? d.test_shapes.front() : d.benchmark_shapes[0];
  const auto cost = d.cost(example);
  return {d.name,
          d.family,
          d.summary,
          d.shape_meaning,
          d.weights,
          d.activations,
          d.scales,
          fmt::format("{}", fmt::join(needs, "; ")),
          machine_tiers(d),
          taken(d),
          to_string(example),
          report::csv_number(cost.flops.base()),
          report::csv_number(cost.memory.base()),
          report::csv_number(max_error(d)),
          d.error_reason};
}

/// What it needs beyond the last tier below that it holds all features of.
std::string needs_of(Tier t) {
  const auto all = kernels::required_features(t);
  for (auto i = static_cast<std::size_t>(t); i-- > 0;) {
    const auto below = static_cast<Tier>(i);
    const auto held = kernels::required_features(below);
    if (held == kernels::FeatureSet() || !all.contains(held)) continue;
    kernels::FeatureSet more;
    for (std::size_t f = 0; f < kernels::kFeatureCount; ++f) {
      const auto feature = static_cast<kernels::Feature>(f);
      if (all.has(feature) && !held.has(feature)) more.add(feature);
    }
    return fmt::format("{}, {}", kernels::name_of(below), to_string(more));
  }
  return features_of(t);
}

/// What the table's words mean, and what each tier needs.
std::string legend() {
  std::string s =
      "\nThe last tier that this machine can run is taken; it lacks features for those in "
      "brackets.\nOperations are multiplications and additions; bytes count every operand once, "
      "read or written.\nErrors are the largest of the tier taken, in the measure and for the "
      "reason that --format csv gives.\n\ntier needs\n";
  for (std::size_t i = 0; i < kernels::kTierCount; ++i) {
    const auto t = static_cast<Tier>(i);
    s += fmt::format("  {:<12}{}{}\n", kernels::name_of(t), needs_of(t),
                     kernels::can_run(t) ? "" : "  (not on this machine)");
  }
  return s;
}

}  // namespace

std::string kernel_table() {
  std::vector<std::vector<std::string>> rows = {{"kernel", "scales", "max error", "tiers"}};
  for (const Descriptor& d : kernels::descriptors())
    rows.push_back({"  " + d.name, d.scales.empty() ? "-" : d.scales,
                    fmt::format("{:.2g}", max_error(d)), tiers_of(d)});
  std::istringstream lines(in_columns(rows, report::Align::left));
  std::string s, line;
  std::getline(lines, line);
  s = line + "\n";
  std::string_view said;
  for (const Descriptor& d : kernels::descriptors()) {
    if (d.summary != said) s += d.summary + "\n";
    said = d.summary;
    std::getline(lines, line);
    s += line + "\n";
  }
  return s + legend();
}

std::vector<std::vector<std::string>> kernel_rows() {
  std::vector<std::vector<std::string>> rows = {
      {"kernel", "family", "summary", "shape", "weights", "activations", "scales", "tiers_need",
       "machine_tiers", "tier_taken", "example_shape", "example_flop", "example_bytes", "max_error",
       "error_reason"}};
  for (const Descriptor& d : kernels::descriptors()) rows.push_back(all_of(d));
  return rows;
}

}  // namespace perfmodel::cli
