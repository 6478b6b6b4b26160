// Figures of any dimension as rows of an answer.
#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "hw/chip.hpp"
#include "search/provenance.hpp"
#include "units/text.hpp"

namespace perfmodel::search {

class Collector {
 public:
  std::vector<UsedFigure> take() { return std::move(figures_); }

  void side(UsedFigure::Side s, const std::vector<spec::Source>& sources) {
    side_ = s;
    sources_ = &sources;
  }

  /// Before the paths of what follows.
  void prefix(std::string text) { prefix_ = std::move(text); }

  template <class Q>
  void add(const spec::Sourced<Q>& f) {
    UsedFigure u;
    u.side = side_;
    u.path = prefix_ + f.origin.path;
    u.value = format(f.value);
    take_numbers(u, f);
    if (f.low < f.value || f.value < f.high) u.range = format(f.low) + " .. " + format(f.high);
    u.grade = f.grade;
    for (const auto& id : f.sources)
      for (const auto& s : *sources_)
        if (s.id == id) u.sources.push_back(s);
    u.origin = f.origin;
    u.overridden = f.overridden;
    u.note = f.note;
    for (const auto& claim : f.claims)
      u.claims += (u.claims.empty() ? "" : ", ") + claim.source + " " + claim.value;
    figures_.push_back(std::move(u));
  }
  template <class Q>
  void add(const hw::Figure<Q>& f) {
    if (f) add(*f);
  }
  void add(UsedFigure u) { figures_.push_back(std::move(u)); }

 private:
  /// In the unit that the value is shown in.
  template <class Q>
  static void take_numbers(UsedFigure& u, const spec::Sourced<Q>& f) {
    constexpr auto dimension = exponents_of<typename Q::dimension>();
    const auto shown = parse_quantity(format(f.value, kDigits), dimension);
    const auto* parsed = std::get_if<ParsedQuantity>(&shown);
    const double factor = parsed != nullptr ? parsed->factor : 1.0;
    if (parsed != nullptr) u.unit = parsed->unit;
    // As many decimals as anybody writes, not those of a division by the factor.
    const auto in_unit = [&](Q q) { return std::round(q.base() / factor * kDecimals) / kDecimals; };
    u.number = in_unit(f.value);
    u.low = in_unit(f.low);
    u.high = in_unit(f.high);
  }

  static constexpr int kDigits = 6;
  static constexpr double kDecimals = 1e9;

  UsedFigure::Side side_ = UsedFigure::Side::hardware;
  const std::vector<spec::Source>* sources_ = nullptr;
  std::string prefix_;
  std::vector<UsedFigure> figures_;
};

}  // namespace perfmodel::search
