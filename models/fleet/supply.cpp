#include "fleet/supply.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "uncertainty/draws.hpp"
#include "uncertainty/spread.hpp"

namespace perfmodel::fleet {
namespace {

using spec::Sourced;

/// The figures of a supply through `at`, which takes the value or a draw of each; shares are at
/// most 1.
template <class At>
Production made(const Supply& s, const SupplyCase& c, const Contents& package, const At& at) {
  constexpr double kAny = 1e300;
  const double yield = at(s.package_yield, 1.0);
  const double dies =
      at(s.wafers, kAny) * at(c.wafers, kAny) * at(s.dies_per_wafer, kAny) * at(s.die_yield, 1.0);
  Production p;
  p.by_dies = dies / static_cast<double>(package.dies) * yield;
  p.by_stacks = std::numeric_limits<double>::infinity();
  if (s.stacks)
    p.by_stacks =
        at(*s.stacks, kAny) * at(c.stacks, kAny) / static_cast<double>(package.stacks) * yield;
  return p;
}

}  // namespace

Production production(const Supply& supply, const SupplyCase& which, const Contents& package) {
  return made(supply, which, package,
              [](const Sourced<Count>& f, double) { return f.value.base(); });
}

std::vector<Production> drawn_production(const Supply& supply, const SupplyCase& which,
                                         const Contents& package, std::size_t n,
                                         std::uint64_t seed) {
  std::vector<Production> all(n);
  // Every figure asks for its draws once, then gives them one by one.
  struct Drawn {
    const Sourced<Count>* figure;
    std::vector<double> u;
  };
  std::vector<Drawn> drawn;
  for (std::size_t i = 0; i < n; ++i)
    all[i] = made(supply, which, package, [&](const Sourced<Count>& f, double most) {
      auto at =
          std::find_if(drawn.begin(), drawn.end(), [&](const Drawn& d) { return d.figure == &f; });
      if (at == drawn.end())
        at = drawn.insert(drawn.end(),
                          {&f, uncertainty::draws_of(uncertainty::key_of(f.origin), n, seed)});
      return uncertainty::spread_of(f, 0, most).at(at->u[i]);
    });
  return all;
}

Percentiles percentiles(std::vector<double> draws) {
  std::sort(draws.begin(), draws.end());
  const auto at = [&](double share) {
    const double place = share * static_cast<double>(draws.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const auto above = std::min(below + 1, draws.size() - 1);
    return draws[below] + (place - static_cast<double>(below)) * (draws[above] - draws[below]);
  };
  if (draws.empty()) return {};
  return {at(0.1), at(0.5), at(0.9)};
}

SupplyCase plain_case() {
  Sourced<Count> one;
  one.value = one.low = one.high = Count::from_base(1);
  return {"as it stands", one, one};
}

}  // namespace perfmodel::fleet
