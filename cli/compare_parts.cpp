#include "cli/compare_parts.hpp"

#include <cmath>

#include <fmt/format.h>

#include "cli/record.hpp"
#include "search/attribution.hpp"
#include "units/text.hpp"

namespace perfmodel::cli {
namespace {

using search::Part;
using search::Place;

Place place_of(const Contender& c) {
  return {c.setup.chip, c.setup.system, c.setup.family, c.setup.systems, c.question.stack};
}

template <class Q>
std::string figure(const hw::Figure<Q>& f) {
  return f ? format(f->value) : "unknown";
}

std::string to(const std::string& a, const std::string& b) {
  return a == b ? "" : fmt::format("{} to {}", a, b);
}

std::string rate_text(const hw::Chip& c) {
  const auto* rate = search::sixteen_bit_rate(c);
  return rate ? format(rate->value) : "unknown";
}

std::string domain_text(const Place& p) {
  if (p.system.tiers.empty()) return "no links";
  const auto& t = p.system.tiers.back();
  return fmt::format("{} chips at {}", t.extent, figure(t.bandwidth));
}

std::string software_text(const Place& a, const Place& b) {
  auto kernels = to(a.family.id, b.family.id);
  if (!kernels.empty()) kernels.insert(0, "kernels of ");
  auto profile = to(a.stack.id, b.stack.id);
  if (!profile.empty()) profile.insert(0, "profile ");
  if (kernels.empty() || profile.empty()) return kernels + profile;
  return kernels + ", " + profile;
}

/// What the part is on each side; where it differs in a detail, that it does.
std::string change_text(Part part, const Place& a, const Place& b,
                        const report::ComparedSystem& base, const report::ComparedSystem& system) {
  const auto text = [&]() -> std::string {
    switch (part) {
      case Part::compute: {
        const auto rates = to(rate_text(a.chip), rate_text(b.chip));
        return rates.empty() ? "" : rates + " in 16 bits";
      }
      case Part::formats:
        return to(base.answer.compute, system.answer.compute);
      case Part::bandwidth:
        return to(figure(a.chip.memory_bandwidth), figure(b.chip.memory_bandwidth));
      case Part::capacity:
        return to(figure(a.chip.memory_capacity), figure(b.chip.memory_capacity));
      case Part::links:
        return to(domain_text(a), domain_text(b));
      case Part::chips:
        return to(fmt::to_string(a.chips()), fmt::to_string(b.chips()));
      case Part::software:
        return software_text(a, b);
    }
    return "";
  }();
  return text.empty() ? "differs in details" : text;
}

Frequency rate_per_chip(const std::string& metric, const report::Performance& p) {
  if (metric == "decode") return p.decode_per_chip;
  return metric == "prefill" ? p.prefill_per_chip : p.output_per_chip;
}

}  // namespace

Frequency rate_per_chip(const std::string& metric, const Setup& setup,
                        const search::Deployment& deployment) {
  return rate_per_chip(metric, performance("", setup, deployment));
}

void take_apart(const std::string& metric, const Contender& from,
                const report::ComparedSystem& base, const Contender& to,
                const search::Shapes& shapes, report::ComparedSystem& system) {
  const auto a = place_of(from);
  const auto b = place_of(to);
  std::vector<std::size_t> bits;
  for (std::size_t i = 0; i < search::kParts; ++i)
    if (search::differing(a, b) & (std::size_t{1} << i)) bits.push_back(std::size_t{1} << i);
  const std::size_t all = (std::size_t{1} << bits.size()) - 1;
  const auto logarithm = [&](std::size_t made) -> std::optional<double> {
    // The ends are known, and the factors multiply to their ratio.
    if (made == 0 || made == all) {
      const auto& end = made == 0 ? base : system;
      return std::log(rate_per_chip(metric, end.answer.expected).base());
    }
    std::size_t parts = 0;
    for (std::size_t i = 0; i < bits.size(); ++i)
      if (made >> i & 1U) parts |= bits[i];
    auto place = search::exchanged(a, b, parts);
    if (!place) return std::nullopt;
    Setup setup;
    setup.chip = std::move(place->chip);
    setup.system = std::move(place->system);
    setup.family = std::move(place->family);
    setup.systems = place->systems;
    const auto& question = parts & bit(Part::software) ? to.question : from.question;
    auto request = question.request;
    request.shapes = shapes;
    const auto found = solve(setup, question, question.precision, request);
    if (!found) return std::nullopt;
    return std::log(rate_per_chip(metric, setup, *found).base());
  };
  const auto attribution = search::attribute(bits.size(), logarithm);
  if (!attribution) {
    system.no_factors = "every order of exchanging the parts passes a machine that cannot serve";
    return;
  }
  system.orders = attribution->orders;
  system.orders_possible = attribution->possible;
  for (std::size_t i = 0, next = 0; i < search::kParts; ++i) {
    report::FactorRow row;
    row.part = std::string(search::kPartNames[i]);
    if (next < bits.size() && bits[next] == std::size_t{1} << i) {
      row.factor = std::exp(attribution->parts[next++]);
      row.change = change_text(static_cast<Part>(i), a, b, base, system);
    }
    system.factors.push_back(std::move(row));
  }
}

}  // namespace perfmodel::cli
